"""Reads `site.yaml`: a site's settings, those that change what answers mean (Policy) and the others (Site)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from service.catalog.documents import Document, read_yaml, violations
from service.catalog.words import duration
from service.eligibility.facts import Kind
from service.eligibility.outcome import Outcome
from service.eligibility.policy import Policy
from service.errors import CatalogError

DURATIONS = ("contact_horizon", "order_horizon", "body_horizon", "minor_body_horizon")
Absence = Mapping[Kind, Outcome]


@dataclass(frozen=True, slots=True)
class Site:
    """Whose patients, in which time zone, and what its input can be trusted to hold."""

    zone: ZoneInfo = ZoneInfo("UTC")
    bundles_complete: bool = False
    accepted_rejects: int = 0
    test_patients: frozenset[str] = frozenset()
    opted_out: frozenset[str] = frozenset()
    organizations: frozenset[str] = frozenset()


def load_site(path: Path | None, schema: Path, absence: Absence) -> tuple[Site, Policy]:
    """The settings of a site; without a file, the defaults. Raises CatalogError with every problem, file and line."""
    if path is None:
        return Site(), Policy(absence=absence)
    document = read_yaml(path)
    content = {} if document.content is None else document.content
    document = Document(document.path, content, document.lines)
    problems = violations(document, schema)
    if not problems:
        problems += _unknown_zone(document)
    if problems:
        raise CatalogError(problems)
    return _site(content), _policy(content, absence)


def _unknown_zone(document: Document) -> list[str]:
    name = document.content.get("time_zone", "UTC")
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return [f"{document.at(('time_zone',))}: {name!r} is no time zone; write its IANA name, such as Europe/Berlin"]
    return []


def _site(content: Mapping[str, Any]) -> Site:
    lists = {key: frozenset(content.get(key, ())) for key in ("test_patients", "opted_out", "organizations")}
    return Site(
        zone=ZoneInfo(content.get("time_zone", "UTC")),
        bundles_complete=content.get("bundles_complete", False),
        accepted_rejects=content.get("accepted_rejects", 0),
        **lists,
    )


def _policy(content: Mapping[str, Any], absence: Absence) -> Policy:
    chosen: dict[str, Any] = {key: duration(content[key]) for key in DURATIONS if key in content}
    if "medication_types" in content:
        chosen["medication_types"] = tuple(dict.fromkeys(content["medication_types"]))
    if "not_kept" in content:
        chosen["not_kept"] = frozenset(content["not_kept"])
    if "pregnancy_age_limit" in content:
        chosen["pregnancy_age_limit"] = content["pregnancy_age_limit"]
    return Policy(absence=absence, **chosen)
