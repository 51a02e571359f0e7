"""Apps of the settings file: which EHRs may launch this service for a patient, and how it is registered there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from service.catalog.documents import Where
from service.ehr.addresses import base_of, is_protected
from service.ehr.smart_launch import CALLBACK, App
from service.errors import UsageError
from service.settings.secrets import Secrets
from service.settings.servers import read_key

ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d{1,5})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class LaunchSettings:
    """An app as it is set up; it lacks the types that are asked for: the studies tell."""

    where: str
    plain: App = field(repr=False)

    def app(self, types: Mapping[str, str]) -> App:
        """The app with the rights that it asks for: letters of SMART scopes by type."""
        return replace(self.plain, types=types)


def read_launch(
    secrets: Secrets, place: Where, content: list[Mapping[str, Any]], public_url: str | None
) -> tuple[LaunchSettings, ...]:
    """The apps of a tenant; what is wrong is noted in the problems."""
    return tuple(_one(secrets, (*place, index), each, public_url) for index, each in enumerate(content))


def _one(secrets: Secrets, place: Where, content: Mapping[str, Any], public_url: str | None) -> LaunchSettings:
    where = secrets.document.at(place)
    ours = any(f"key_{each}" in content for each in ("env", "file"))
    secret = secrets.find(place, "client_secret", content)
    if ours and any(f"client_secret_{each}" in content for each in ("env", "file")):
        secrets.problems.append(f"{where}: a key and a client_secret both stand here; keep one, better the key")
    return LaunchSettings(
        where,
        App(
            iss=address(secrets, (*place, "iss"), content["iss"]),
            client_id=content["client_id"],
            redirect_uri=redirect(secrets, place, content, public_url),
            key=read_key(secrets, place, content) if ours else None,
            secret=secret,
            embed=_origins(secrets, (*place, "embed"), content.get("embed", ())),
            jku=content.get("jku"),
        ),
    )


def redirect(
    secrets: Secrets, place: Where, content: Mapping[str, Any], public_url: str | None, path: str = CALLBACK
) -> str:
    """Where browsers come back to: `path` below `redirect_base`, or below the public address."""
    if "redirect_base" in content:
        return address(secrets, (*place, "redirect_base"), content["redirect_base"]) + path
    if public_url is None:
        secrets.problems.append(
            f"{secrets.document.at(place)}: browsers have to come back; set public_url, or redirect_base"
        )
    return f"{public_url or ''}{path}"


def address(secrets: Secrets, where: Where, text: str) -> str:
    """A base address to which nobody can listen; what is wrong with it is noted in the problems."""
    try:
        base = base_of(text)
    except UsageError as error:
        secrets.problems.append(f"{secrets.document.at(where)}: {error}")
        return text
    if not is_protected(base):
        secrets.problems.append(
            f"{secrets.document.at(where)}: patients' data and tokens go there, so it begins with https://"
        )
    return base


def _origins(secrets: Secrets, where: Where, given: list[str]) -> tuple[str, ...]:
    for index, each in enumerate(given):
        if not ORIGIN.fullmatch(each) or not is_protected(each):
            secrets.problems.append(
                f"{secrets.document.at((*where, index))}: an origin is https:// and a host, without a slash behind it"
            )
    return tuple(given)
