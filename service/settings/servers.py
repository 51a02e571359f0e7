"""FHIR servers of the settings file: their address, our key there, what may be asked of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from service.catalog.documents import Where
from service.ehr.addresses import base_of, is_protected
from service.ehr.backend_auth import Registration
from service.ehr.connect import Server
from service.ehr.keys import SigningKey, load_key
from service.ehr.limits import Limits
from service.errors import UsageError
from service.settings.secrets import Secrets


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """A FHIR server as it is set up. `registration` lacks the types that we need there: the studies tell."""

    base: str
    dialect: str | None = None
    accepted_outcomes: frozenset[str] = frozenset()
    limits: Limits = Limits()
    client_id: str | None = None
    key: SigningKey | None = field(default=None, repr=False)
    token_url: str | None = None
    jku: str | None = None
    scopes: str | None = None
    other_bases: tuple[str, ...] = ()

    def server(self, types: Mapping[str, str]) -> Server:
        """The server with the rights that are asked for there: letters of SMART scopes by type."""
        registration = None
        if self.client_id is not None and self.key is not None:
            registration = Registration(self.client_id, self.key, types, self.token_url, self.jku, self.scopes)
        return Server(self.base, registration, self.dialect, self.limits, self.accepted_outcomes, self.other_bases)


def read_server(secrets: Secrets, place: Where, content: Mapping[str, Any]) -> ServerSettings:
    """A server of the file; what is wrong is noted in the problems."""
    registration = content.get("registration", {})
    return ServerSettings(
        base=_base(secrets, (*place, "base"), content["base"]),
        dialect=content.get("dialect"),
        accepted_outcomes=frozenset(content.get("accepted_outcomes", ())),
        limits=Limits(**{name: _number(value) for name, value in content.get("limits", {}).items()}),
        client_id=registration.get("client_id"),
        key=read_key(secrets, (*place, "registration"), registration) if registration else None,
        token_url=registration.get("token_url"),
        jku=registration.get("jku"),
        scopes=registration.get("scopes"),
        other_bases=tuple(
            _base(secrets, (*place, "other_bases", index), each)
            for index, each in enumerate(content.get("other_bases", ()))
        ),
    )


def _base(secrets: Secrets, where: Where, text: str) -> str:
    try:
        base = base_of(text)
    except UsageError as error:
        secrets.problems.append(f"{secrets.document.at(where)}: {error}")
        return text
    if where[-1] == "base" and not is_protected(base):
        secrets.problems.append(
            f"{secrets.document.at(where)}: patients' data and tokens go there, so it begins with https://"
        )
    return base


def read_key(secrets: Secrets, place: Where, registration: Mapping[str, Any]) -> SigningKey | None:
    """Our private key towards a server; what is wrong is noted in the problems."""
    before = len(secrets.problems)
    text = secrets.find(place, "key", registration)
    if text is None:
        if len(secrets.problems) == before:
            secrets.problems.append(f"{secrets.document.at(place)}: key_env or key_file is missing")
        return None
    try:
        return load_key(text, registration.get("kid"))
    except UsageError as error:
        secrets.problems.append(f"{secrets.document.at(place)}: {error}")
        return None


def _number(value: Any) -> Any:
    """YAML's decimals are exact ones here; the limits reckon in seconds as floats."""
    return value if isinstance(value, int) else float(value)
