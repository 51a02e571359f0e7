"""The profiles of what is read: they list what the adapters look at, and demand what they cannot do without."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from service.errors import UnreadableResource
from service.fhir.subject import BASE
from service.screening.sample import write_sample
from tests.contracts.official import elements
from tests.contracts.profiles import BY_URL, Json
from tests.contracts.reading import EDGES, READ, looked_at, read

PREFIX = f"{BASE}/StructureDefinition/read-"
PROFILES = {each["type"]: each for url, each in BY_URL.items() if url.startswith(PREFIX)}


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[Json]:
    """Everything of the sample that is a resource, and what no example shows."""
    place = tmp_path_factory.mktemp("sample")
    write_sample(place, 100, 7)
    return [*EDGES, *(each for path in sorted(place.glob("*.ndjson")) for each in _lines(path))]


def _lines(path: Path) -> list[Json]:
    found = []
    for line in path.read_bytes().splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue  # the sample has a few broken lines
    return [each for each in found if isinstance(each, dict)]


def listed(kind: str) -> dict[str, Json]:
    """What the profile says of each top-level element."""
    told = PROFILES[kind]["differential"]["element"][1:]
    return {each["path"].partition(".")[2]: each for each in told}


def test_there_is_a_profile_of_every_type_that_is_read() -> None:
    assert sorted(PROFILES) == READ


@pytest.mark.shared
def test_a_profile_lists_what_the_adapter_looks_at_and_nothing_else(shared: Path, records: list[Json]) -> None:
    known = elements(shared / "data/definitions/r4")
    assert looked_at(records, known) == {kind: {*listed(kind)} for kind in READ}


@pytest.mark.parametrize("kind", READ)
def test_what_a_profile_supports_it_explains(kind: str) -> None:
    assert [name for name, each in listed(kind).items() if len(each["short"]) < 10] == []
    assert {name for name, each in listed(kind).items() if "mustSupport" not in each} <= {"id", "modifierExtension"}


@pytest.mark.parametrize("kind", [each for each in READ if each != "Medication"])
def test_a_record_without_what_is_demanded_is_not_used(kind: str, records: list[Json]) -> None:
    """`min` in the profile, or in FHIR itself for the subject, means that the adapter cannot do without."""
    whole = _usable(kind, records)
    demanded = {"id", *({"subject", "patient"} & listed(kind).keys())}
    assert {name for name, each in listed(kind).items() if each.get("min")} <= demanded
    for name in demanded:
        assert not _is_used({key: value for key, value in whole.items() if key != name})


@pytest.mark.parametrize("kind", [each for each in READ if each != "Medication"])
def test_a_record_with_what_changes_its_meaning_is_not_used(kind: str, records: list[Json]) -> None:
    assert listed(kind)["modifierExtension"]["max"] == "0"
    assert not _is_used({**_usable(kind, records), "modifierExtension": [{"url": "urn:x", "valueBoolean": True}]})


@pytest.mark.parametrize("kind", [each for each in READ if each not in ("Medication", "Patient")])
def test_a_record_without_anything_else_is_still_read(kind: str, records: list[Json]) -> None:
    """What a profile supports is not demanded: without it, the record is a fact that tells less, or says why not."""
    whole = _usable(kind, records)
    for name in listed(kind).keys() - {"id", "subject", "patient"}:
        stem = name.removesuffix("[x]")
        left = {key: value for key, value in whole.items() if key != name and not _is_choice(key, name, stem)}
        found = read(copy.deepcopy(left))
        assert found is not None and found.patient is not None, name


def _is_choice(key: str, name: str, stem: str) -> bool:
    return name.endswith("[x]") and key.startswith(stem) and key[len(stem) :][:1].isupper()


def _usable(kind: str, records: list[Json]) -> Json:
    return next(copy.deepcopy(each) for each in records if each.get("resourceType") == kind and _is_used(each))


def _is_used(resource: dict[str, Any]) -> bool:
    """Did it give facts, and nothing that could not be read? For a Patient: is it a person at all?"""
    try:
        found = read(resource)
    except UnreadableResource:
        return False
    if resource["resourceType"] == "Patient":
        return found is not None and not found.unreadable
    return found is not None and bool(found.facts) and not found.unreadable
