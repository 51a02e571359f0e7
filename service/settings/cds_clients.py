"""CDS clients of the settings file: who may ask for cards, how they prove it, and which web pages may ask."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from service.catalog.documents import Where
from service.ehr.addresses import base_of, is_protected
from service.ehr.cds_clients import USUAL_ALGORITHMS, CdsClient
from service.ehr.jwks import KeySet, read_key_set
from service.errors import UsageError
from service.settings.secrets import Secrets

ANY_ORIGIN = "*"
UNSAFE = "this has to begin with https:// and name a host, without user and fragment"


@dataclass(frozen=True, slots=True)
class CdsCallers:
    """Who may call the CDS service of a tenant: EHRs by their tokens, and pages of these origins in a browser."""

    clients: tuple[CdsClient, ...] = ()
    origins: frozenset[str] = frozenset()


def read_callers(secrets: Secrets, place: Where, tenant: str, content: Mapping[str, Any]) -> CdsCallers:
    """The callers that the part `cds` of a tenant lists; what is wrong is noted in the problems."""
    return CdsCallers(read_clients(secrets, place, tenant, content), _origins(secrets, place, content))


def read_clients(secrets: Secrets, place: Where, tenant: str, content: Mapping[str, Any]) -> tuple[CdsClient, ...]:
    """The clients of a tenant; what is wrong is noted in the problems."""
    listed = content.get("clients", [])
    audience = _audience(secrets, place, content) if listed else ()
    found = [_client(secrets, (*place, "clients", i), tenant, audience, each) for i, each in enumerate(listed)]
    return tuple(each for each in found if each is not None)


def not_told_apart(callers: Iterable[tuple[str, CdsCallers]]) -> list[str]:
    """The problems of clients with one issuer and one claim, in whatever tenants (each with its place) they are."""
    seen: dict[tuple[str, str | None], str] = {}
    problems = []
    for where, each in callers:
        for client in each.clients:
            key = (client.issuer, client.claim)
            if key in seen:
                problems.append(
                    f"{where}: a CDS client of this tenant has the issuer of one of {seen[key]}; "
                    "nothing tells them apart but the claim 'tenant' of their tokens: set tenant for each"
                )
            seen.setdefault(key, client.tenant)
    return problems


def _audience(secrets: Secrets, place: Where, content: Mapping[str, Any]) -> tuple[str, ...]:
    """Our addresses as the EHR knows them: never what a request or a proxy says of itself."""
    if "audience" in content:
        listed = [((*place, "audience", index), each) for index, each in enumerate(content["audience"])]
    else:
        public = secrets.document.content.get("public_url")
        listed = [] if public is None else [(("public_url",), public)]
    if not listed:
        _note(secrets, place, "EHRs sign for our address: set public_url, or audience here")
    return tuple(base for where, each in listed if (base := _base(secrets, where, each)) is not None)


def _base(secrets: Secrets, where: Where, text: str) -> str | None:
    try:
        base = base_of(text)
    except (UsageError, ValueError):
        base = ""
    if is_protected(base):
        return base
    if where != ("public_url",):  # which is checked for everybody
        _note(secrets, where, UNSAFE)
    return None


def _client(
    secrets: Secrets, place: Where, tenant: str, audience: tuple[str, ...], content: Mapping[str, Any]
) -> CdsClient | None:
    before = len(secrets.problems)
    algorithms = frozenset(content.get("algorithms", USUAL_ALGORITHMS))
    keys = _keys(secrets, place, algorithms, content)
    for index, each in enumerate(content.get("jku", ())):
        if not is_protected(each):
            _note(secrets, (*place, "jku", index), UNSAFE)
    if len(secrets.problems) > before or not audience:
        return None
    return CdsClient(
        tenant=tenant,
        issuer=content["issuer"],
        audience=audience,
        keys=keys,
        jku=frozenset(content.get("jku", ())),
        claim=content.get("tenant"),
        algorithms=algorithms,
    )


def _keys(
    secrets: Secrets, place: Where, algorithms: frozenset[str], content: Mapping[str, Any]
) -> str | KeySet | None:
    url, file = content.get("jwks_url"), content.get("jwks_file")
    if url is not None and file is not None:
        _note(secrets, place, "jwks_url and jwks_file both stand here; keep one")
    if url is None and file is None and not content.get("jku"):
        _note(secrets, place, "jwks_url or jwks_file is missing, and no jku is listed")
    if url is not None and not is_protected(url):
        _note(secrets, (*place, "jwks_url"), UNSAFE)
    if file is not None:
        return _from_file(secrets, (*place, "jwks_file"), algorithms, file)
    return None if url is None else str(url)


def _from_file(secrets: Secrets, where: Where, algorithms: frozenset[str], name: str) -> KeySet | None:
    try:
        keys = read_key_set(secrets.path(name).read_bytes())
    except OSError as error:
        _note(secrets, where, f"the file cannot be read ({type(error).__name__})")
        return None
    except UsageError as error:
        _note(secrets, where, str(error))
        return None
    if not any(each.fits(each.kid, algorithm) for each in keys.keys if each.kid for algorithm in algorithms):
        _note(secrets, where, f"no public key in it has an id (kid) and is for {' or '.join(sorted(algorithms))}")
        return None
    return keys


def _origins(secrets: Secrets, place: Where, content: Mapping[str, Any]) -> frozenset[str]:
    for index, each in enumerate(content.get("origins", ())):
        if each != ANY_ORIGIN and not _is_origin(each):
            _note(
                secrets,
                (*place, "origins", index),
                "an origin is written as browsers send it: https://, a host in small letters, nothing behind it",
            )
    return frozenset(content.get("origins", ()))


def _is_origin(text: str) -> bool:
    return is_protected(text) and text == text.lower() and text == "{0.scheme}://{0.netloc}".format(urlsplit(text))


def _note(secrets: Secrets, where: Where, problem: str) -> None:
    secrets.problems.append(f"{secrets.document.at(where)}: {problem}")
