"""The settings file: checked against its schema, then read. Every problem is named at once, with file and line."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from service.catalog.content import mappings_dir
from service.catalog.documents import Document, Where, read_yaml, violations_at
from service.ehr.addresses import base_of
from service.errors import CatalogError, SettingsError, UsageError
from service.screening.cds.policy import CardPolicy
from service.screening.tenant import Hook, Pace, TargetKind
from service.settings.cards import read_card_policy
from service.settings.cds_clients import CdsCallers, not_told_apart, read_callers
from service.settings.launch import LaunchSettings, read_launch
from service.settings.mail import read_mail
from service.settings.parts import TargetSettings, read_hooks, read_pace, read_target
from service.settings.secrets import Secrets
from service.settings.servers import ServerSettings, read_server
from service.settings.sign_in import read_sign_in
from service.store.retention import Keep

SCHEMA = "settings.schema.json"
# What stands there wrongly may be a secret, so it is not repeated.
DISCREET = re.compile(r"it is .*$|^(?P<place>[^:]+:\d+(?: \([^)]*\))?): .* is not understood\.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class TenantSettings:
    """A tenant as it is set up, before its content is read. `studies` None: all that there are."""

    name: str
    where: str
    site: Path | None = None
    studies: tuple[str, ...] | None = None
    source: ServerSettings | None = None
    target: TargetSettings = TargetSettings(TargetKind.NONE)
    hooks: tuple[Hook, ...] = ()
    pace: Pace = Pace()
    launch: tuple[LaunchSettings, ...] = ()
    cds: CdsCallers = CdsCallers()
    cards: CardPolicy | None = None
    ehr_link: str | None = None
    appointments: bool = True


@dataclass(frozen=True, slots=True)
class Given:
    """What the file says: fields of Settings, and the tenants."""

    settings: Mapping[str, object] = field(default_factory=dict)
    tenants: tuple[TenantSettings, ...] = ()


NOTHING = Given()


def read_settings(path: Path, environment: Mapping[str, str]) -> Given:
    """Read the file. Raises SettingsError with every problem."""
    try:
        read = read_yaml(path)
    except CatalogError as error:
        missing = isinstance(error.__cause__, FileNotFoundError)
        raise SettingsError(
            [f"{path}: there is no such file; PRESCREEN_CONFIG names it"] if missing else error.problems
        ) from None
    document = Document(read.path, {} if read.content is None else read.content, read.lines)
    problems = [_discreet(text) for _, text in violations_at(document, mappings_dir() / "schemas" / SCHEMA)]
    if problems:
        raise SettingsError(problems)
    secrets = Secrets(document, environment, problems)
    chosen = _settings(secrets, document.content)
    given = Given(chosen, _tenants(secrets, document.content.get("tenants", {}), chosen.get("public_url")))
    problems += _taken_twice(given.tenants)
    problems += not_told_apart((each.where, each.cds) for each in given.tenants)
    if problems:
        raise SettingsError(problems)
    return given


def _discreet(problem: str) -> str:
    """A violation without the value that is wrong."""
    return DISCREET.sub(lambda found: f"{found['place']}: not understood." if found["place"] else "it is not", problem)


def _settings(secrets: Secrets, content: Mapping[str, Any]) -> dict[str, Any]:
    """What is not about one tenant, as fields of Settings."""
    chosen: dict[str, Any] = {key: content[key] for key in ("allow_remote", "writes") if key in content}
    if "environment" in content:
        from service.settings.environment import Mode  # it reads this module

        chosen["mode"] = Mode(content["environment"])
    if "site" in content:
        chosen["site"] = secrets.path(content["site"])
    if "largest_request_mb" in content:
        chosen["largest_request"] = content["largest_request_mb"] * 1_000_000
    database = content.get("database") or secrets.find((), "database", content)
    if database is not None:
        chosen["database"] = database
    if "public_url" in content:
        chosen["public_url"] = _public(secrets, content["public_url"])
    if "keep_days" in content:
        chosen["keep"] = Keep(**{key: timedelta(days=days) for key, days in content["keep_days"].items()})
    if "sign_in" in content:
        chosen["sign_in"] = read_sign_in(secrets, content["sign_in"] or {}, chosen.get("public_url"))
    if "mail" in content:
        chosen["mail"] = read_mail(secrets, content["mail"], chosen.get("public_url"))
    return chosen


def _public(secrets: Secrets, url: str) -> str | None:
    try:
        found = base_of(url)
    except UsageError:
        found = ""
    if not found.startswith("https://"):
        where = secrets.document.at(("public_url",))
        secrets.problems.append(f"{where}: EHRs send patients' data there, so it begins with https:// and names a host")
        return None
    return found


def _tenants(secrets: Secrets, content: Mapping[str, Any], public_url: str | None) -> tuple[TenantSettings, ...]:
    return tuple(_tenant(secrets, name, each or {}, public_url) for name, each in content.items())


def _tenant(secrets: Secrets, name: str, content: Mapping[str, Any], public_url: str | None) -> TenantSettings:
    place: Where = ("tenants", name)
    server = partial(read_server, secrets)
    source = server((*place, "source"), content["source"]) if "source" in content else None
    return TenantSettings(
        name=name,
        where=secrets.document.at(place),
        site=secrets.path(content["site"]) if "site" in content else None,
        studies=tuple(sorted(set(content["studies"]))) if "studies" in content else None,
        source=source,
        target=read_target(secrets, (*place, "target"), content.get("target", {"kind": "none"}), source),
        hooks=read_hooks(secrets, (*place, "hooks"), content.get("hooks", {})),
        pace=read_pace(content.get("pace", {})),
        launch=read_launch(secrets, (*place, "launch"), content.get("launch", []), public_url),
        cds=read_callers(secrets, (*place, "cds"), name, content.get("cds") or {}),
        cards=read_card_policy(secrets, (*place, "cds"), content["cds"] or {}) if "cds" in content else None,
        ehr_link=content.get("ehr_link"),
        appointments=content.get("appointments", True),
    )


def _taken_twice(tenants: tuple[TenantSettings, ...]) -> list[str]:
    """No two hooks have one address, and no EHR launches for two tenants: which would be meant?"""
    seen: dict[str, str] = {}
    problems = []
    for tenant in tenants:
        for hook in tenant.hooks:
            if hook.name in seen:
                problems.append(f"{tenant.where}: the hook {hook.feed} has the same address as {seen[hook.name]}")
            seen[hook.name] = f"{hook.feed} of {tenant.name}"
    issuers: set[str] = set()
    for each in (each for tenant in tenants for each in tenant.launch):
        if each.plain.iss in issuers:
            problems.append(f"{each.where}: another launch has the same iss; an EHR belongs to one tenant, once")
        issuers.add(each.plain.iss)
    return problems
