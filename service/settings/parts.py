"""What a tenant has besides its servers: hooks, target, pace."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from service.catalog.documents import Where
from service.eligibility.assess import Signal, Standing
from service.screening.tenant import (
    SECRET_HEADER,
    USUAL_RESOURCES,
    USUALLY_NARROWED,
    USUALLY_WRITTEN,
    Hook,
    Pace,
    Target,
    TargetKind,
)
from service.settings.secrets import Secrets
from service.settings.servers import ServerSettings, read_server

SHORTEST_SECRET = 16
NAME = re.compile(r"[A-Za-z0-9_-]{16,128}")
DEVELOPMENT_HOOK = "demo"


@dataclass(frozen=True, slots=True)
class TargetSettings:
    """A target as it is set up; `same`: it is the source itself."""

    kind: TargetKind
    server: ServerSettings | None = None
    same: bool = False
    directory: Path | None = None
    resources: frozenset[str] = USUAL_RESOURCES
    written: frozenset[tuple[Standing, Signal]] = USUALLY_WRITTEN
    enabled: bool = True
    dry_run: bool = False

    def target(self, types: Mapping[str, str], source_types: Mapping[str, str], writes: bool) -> Target:
        """The target; the rights asked for there are those of the source, too, where it is the source."""
        rights = {**source_types, **types} if self.same else types
        server = self.server.server(rights) if self.server is not None else None
        enabled = self.enabled and writes
        return Target(self.kind, server, self.directory, self.resources, self.written, enabled, self.dry_run)


def read_target(
    secrets: Secrets, place: Where, content: Mapping[str, Any], source: ServerSettings | None
) -> TargetSettings:
    """The target of a tenant; what is wrong is noted in the problems."""
    chosen, same = content["kind"], content["kind"] == "source"
    server = source if same else None
    if chosen == "fhir" and "server" in content:
        server = read_server(secrets, (*place, "server"), content["server"])
    problem = _contradiction(content, source)
    if problem:
        secrets.problems.append(f"{secrets.document.at(place)}: {problem}")
    return TargetSettings(
        kind=TargetKind.FHIR if same else TargetKind(chosen),
        server=server,
        same=same,
        directory=secrets.path(content["directory"]) if "directory" in content else None,
        resources=frozenset(content.get("resources", USUAL_RESOURCES)),
        written=_written(content["written"]) if "written" in content else USUALLY_WRITTEN,
        enabled=content.get("enabled", True),
        dry_run=content.get("dry_run", False),
    )


def _contradiction(content: Mapping[str, Any], source: ServerSettings | None) -> str | None:
    needed = {"fhir": "server", "ndjson": "directory"}.get(content["kind"])
    if needed is not None and needed not in content:
        return f"the kind {content['kind']} needs a {needed}"
    for key in ("server", "directory"):
        if key in content and key != needed:
            return f"the kind {content['kind']} has no {key}"
    if content["kind"] == "source" and source is None:
        return "this tenant has no source to write to"
    return None


def _written(pairs: list[str]) -> frozenset[tuple[Standing, Signal]]:
    found: set[tuple[Standing, Signal]] = set()
    for pair in pairs:
        standing, _, signal = pair.partition("/")
        signals = tuple(Signal) if signal == "any" else (Signal(signal),)
        found.update((Standing(standing), each) for each in signals)
    return frozenset(found)


def read_hooks(secrets: Secrets, place: Where, content: Mapping[str, Any]) -> tuple[Hook, ...]:
    """The hooks of a tenant; what is wrong is noted in the problems."""
    return tuple(each for feed in content if (each := _hook(secrets, (*place, feed), feed, content[feed] or {})))


def _hook(secrets: Secrets, place: Where, feed: str, content: Mapping[str, Any]) -> Hook | None:
    name = _needed(secrets, place, "name", content)
    secret = _needed(secrets, place, "secret", content)
    if name is not None and not NAME.fullmatch(name):
        secrets.problems.append(
            f"{secrets.document.at(place)}: the name of a hook has letters, digits, - and _, at least {SHORTEST_SECRET}"
        )
    if secret is not None and not (secret.isascii() and secret.isprintable()):
        secrets.problems.append(f"{secrets.document.at(place)}: the secret has to be one line of plain characters")
    if name is None or secret is None:
        return None
    heartbeat = content.get("heartbeat_seconds")
    return Hook(
        feed=feed,
        name=name,
        subscription=content.get("subscription"),
        secret_header=content.get("secret_header", SECRET_HEADER),
        secret=secret,
        trusted=content.get("trusted", False),
        kinds=tuple(sorted(set(content.get("kinds", ())))),
        heartbeat=timedelta(seconds=heartbeat) if heartbeat else None,
        topic=content.get("topic"),
        narrowed=tuple(sorted(set(content.get("narrowed", USUALLY_NARROWED)))),
    )


def _needed(secrets: Secrets, place: Where, name: str, content: Mapping[str, Any]) -> str | None:
    before = len(secrets.problems)
    found = secrets.find(place, name, content, shortest=SHORTEST_SECRET)
    if found is None and len(secrets.problems) == before:
        secrets.problems.append(f"{secrets.document.at(place)}: {name}_env or {name}_file is missing")
    return found


def read_pace(content: Mapping[str, Any]) -> Pace:
    """How soon things are done."""
    chosen: dict[str, Any] = {}
    for key in ("coalesce", "grace", "overlap"):
        if f"{key}_seconds" in content:
            chosen[key] = timedelta(seconds=content[f"{key}_seconds"])
    if "notifications_per_minute" in content:
        chosen["per_minute"] = content["notifications_per_minute"]
    if "reread_hours" in content:
        chosen["reread"] = timedelta(hours=content["reread_hours"])
    if "reconcile_days" in content:
        days = content["reconcile_days"]
        chosen["reconcile"] = None if days is None else timedelta(days=days)
    if "subscriptions_minutes" in content:
        minutes = content["subscriptions_minutes"]
        chosen["upkeep"] = None if minutes is None else timedelta(minutes=minutes)
    return Pace(**chosen)
