"""What an export of the test server holds: of whom, since when, by type or by patient. STANDARDS §3."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from tests.fhir_server.storage import Resource, Storage

Parameters = dict[str, list[str]]


def whose(resource: Resource) -> str | None:
    """The id of the patient that it is about."""
    if resource["resourceType"] == "Patient":
        return str(resource["id"])
    reference = next((resource[each] for each in ("subject", "patient") if each in resource), {}).get("reference", "")
    return reference.rpartition("Patient/")[2] or None


def content(
    storage: Storage, asked: Parameters, members: set[str] | None, *, filtering: bool
) -> dict[str, list[Resource]]:
    """The resources of each type that was asked for. `members`: of the group; `filtering`: _typeFilter is applied."""
    found = {}
    since = datetime.fromisoformat(asked["_since"][0]) if "_since" in asked else None
    only = {each.rpartition("/")[2] for each in asked.get("patient", ())}
    for kind in asked["_type"][0].split(","):
        chosen = [each for each in storage.current(kind) if since is None or _changed(each) > since]
        if members is not None:
            chosen = [each for each in chosen if whose(each) is None or whose(each) in members]
        if only:
            chosen = [each for each in chosen if whose(each) is None or whose(each) in only]
        if filtering:
            chosen = [each for each in chosen if _let_in(each, asked.get("_typeFilter", []))]
        if asked.get("_elements"):
            tag = [{"code": "SUBSETTED"}]
            chosen = [{"resourceType": kind, "id": each["id"], "meta": {"tag": tag}} for each in chosen]
        found[kind] = chosen
    return found


def deletions(storage: Storage, asked: Parameters) -> list[Resource]:
    """Bundles of what was deleted since then, one for each type."""
    if "_since" not in asked:
        return []
    since = datetime.fromisoformat(asked["_since"][0])
    bundles = []
    for kind in asked["_type"][0].split(","):
        gone = [id for id, at in storage.deleted(kind) if at > since]
        entries = [{"request": {"method": "DELETE", "url": f"{kind}/{id}"}} for id in gone]
        bundles += [{"resourceType": "Bundle", "type": "transaction", "entry": entries}] if entries else []
    return bundles


def blocks(found: dict[str, list[Resource]]) -> list[Resource]:
    """The same by patient: a header, the Patient, and all that is about them; at last what is about nobody."""
    everything = [each for several in found.values() for each in several]
    people = sorted({person for each in everything if (person := whose(each)) is not None})
    lines: list[Resource] = []
    for person in people:
        header = {"name": "header", "valueReference": {"reference": f"Patient/{person}"}}
        lines.append({"resourceType": "Parameters", "parameter": [header]})
        lines += [each for each in everything if whose(each) == person]
    return lines + [each for each in everything if whose(each) is None]


def _changed(resource: Resource) -> datetime:
    return datetime.fromisoformat(resource["meta"]["lastUpdated"])


def _let_in(resource: Resource, queries: list[str]) -> bool:
    """Does one of the queries for its type let it in? Without any, everything is."""
    of_type = [
        query for each in queries for kind, _, query in [each.partition("?")] if kind == resource["resourceType"]
    ]
    return not of_type or any(_has_code(resource, query) for query in of_type)


def _has_code(resource: Resource, query: str) -> bool:
    (named,) = parse_qs(query).values()
    wanted = set(named[0].split(","))
    return bool(wanted & set(_tokens(resource)))


def _tokens(resource: Resource) -> Iterator[str]:
    coded: list[dict[str, Any]] = [resource, *resource.get("component", ())]
    for each in coded:
        for coding in each.get("code", {}).get("coding", ()):
            yield f"{coding.get('system')}|{coding.get('code')}"
