"""The sample population as a FHIR server would hold it, in memory: read, searched for by patient, changed."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from service.screening.sample import write_sample
from service.screening.sample.write import TYPES

Resource = dict[str, Any]
SUBJECTS = ("patient", "subject")
PARAMS = ("patient", "subject", "_id")


class Invented:
    """The resources of an invented population, by type and id."""

    def __init__(self, resources: Iterator[Resource]) -> None:
        self._held: dict[str, dict[str, Resource]] = {kind: {} for kind in TYPES}
        for each in resources:
            self._held[each["resourceType"]][each["id"]] = each

    def read(self, kind: str, id: str) -> Resource | None:
        """One of them; None if there is none."""
        return self._held.get(kind, {}).get(id)

    def put(self, resource: Resource) -> None:
        """Create or replace one."""
        self._held[resource["resourceType"]][resource["id"]] = resource

    def search(self, kind: str, params: Mapping[str, str]) -> list[Resource]:
        """Those that a patient, or ids, are asked for; all others of the parameters narrow nothing."""
        found = self._held.get(kind, {})
        if "_id" in params:
            return [found[each] for each in params["_id"].split(",") if each in found]
        wanted = next((params[each] for each in SUBJECTS if each in params), None)
        if wanted is None:
            return []  # nobody asks for all of a type here
        reference = f"Patient/{wanted.rpartition('/')[2]}"
        return [each for each in found.values() if _subject(each) == reference]

    def bundle(self, kind: str, params: Mapping[str, str]) -> Resource:
        """The same as a searchset, on one page."""
        entries = [{"resource": each, "search": {"mode": "match"}} for each in self.search(kind, params)]
        return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}

    def capabilities(self) -> Resource:
        """What this can do, as a CapabilityStatement."""
        told = [
            {
                "type": kind,
                "interaction": [{"code": "read"}, {"code": "update"}, {"code": "search-type"}],
                "searchParam": [{"name": each, "type": "string"} for each in PARAMS],
            }
            for kind in self._held
        ]
        return {
            "resourceType": "CapabilityStatement",
            "status": "active",
            "date": "2026-06-30",
            "kind": "instance",
            "implementation": {"description": "Invented patients"},
            "fhirVersion": "4.0.1",
            "format": ["json"],
            "rest": [{"mode": "server", "resource": told}],
        }


def invent(directory: Path, patients: int, seed: int) -> Invented:
    """A population, which is also left in this directory as an export; its broken lines are passed over."""
    write_sample(directory, patients, seed)
    return Invented(_resources(directory))


def _resources(directory: Path) -> Iterator[Resource]:
    for path in sorted(directory.glob("*.ndjson")):
        for line in path.read_bytes().splitlines():
            try:
                found = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            if isinstance(found, dict) and found.get("resourceType") in TYPES and isinstance(found.get("id"), str):
                yield found


def _subject(resource: Resource) -> object:
    stated = next((resource[each] for each in SUBJECTS if each in resource), None)
    return stated.get("reference") if isinstance(stated, dict) else None
