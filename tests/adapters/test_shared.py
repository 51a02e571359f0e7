"""Data written by others: every example adapts without a crash, and dates agree with another project's oracle."""

import json
import tarfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest

from service.errors import UnreadableResource
from service.fhir.adapt import SUPPORTED, Reading, adapt
from service.fhir.dates import read_date
from service.fhir.patient import adapt_patient
from tests.adapters.examples import READING

pytestmark = pytest.mark.shared
ARCHIVES = {
    "official-hl7-examples.tar.gz": ("r4/", "r4b/", "r5/", "uv.ips"),
    "au-test-data.tar.gz": ("",),
    "inferno-uscore.tar.gz": ("",),
}


def resources(document: object) -> Iterator[tuple[dict[str, object], Reading]]:
    """The resource, or every resource of a Bundle, each with the reading that knows its Bundle's fullUrls."""
    if isinstance(document, dict) and document.get("resourceType") == "Bundle":
        entries = [each for each in document.get("entry") or [] if isinstance(each.get("resource"), dict)]
        for each in entries:  # an entry without an id takes it from its fullUrl
            each["resource"].setdefault("id", str(each.get("fullUrl", "none")).rpartition(":")[2])
        aliases = {
            str(each.get("fullUrl")): f"{each['resource'].get('resourceType')}/{each['resource']['id']}"
            for each in entries
        }
        for each in entries:
            for resource, _ in resources(each["resource"]):
                yield resource, replace(READING, aliases=aliases)
    elif isinstance(document, dict) and "resourceType" in document:
        yield document, READING


def documents(archive: Path, beginning: str) -> Iterator[object]:
    with tarfile.open(archive) as files:
        for member in files:
            if member.isfile() and member.name.endswith(".json") and member.name.startswith(beginning):
                content = files.extractfile(member)
                assert content is not None
                yield orjson.loads(content.read().removeprefix(b"\xef\xbb\xbf"))


@pytest.mark.parametrize(("archive", "beginning"), [(name, each) for name, parts in ARCHIVES.items() for each in parts])
def test_every_example_is_a_fact_or_counted(shared: Path, archive: str, beginning: str) -> None:
    counts: Counter[str] = Counter()
    for document in documents(shared / "data" / archive, beginning):
        for resource, reading in resources(document):
            counts[_outcome(resource, reading)] += 1
    assert counts["facts"] > 10 * counts["unreadable"]
    assert counts["facts"] > 4 * counts["no subject"]


def _outcome(resource: dict[str, object], reading: Reading) -> str:
    try:
        if resource["resourceType"] == "Patient":
            return "unreadable" if adapt_patient(resource, reading).unreadable else "patient"
        if resource["resourceType"] not in SUPPORTED:
            return "not needed"
        adapted = adapt(resource, reading)
    except UnreadableResource:
        return "no subject"
    named = {f"{resource['resourceType']}.medication", str(resource["resourceType"])}
    if adapted.unreadable and not all(each.evidence.element in named for each in adapted.unreadable):
        return "unreadable"
    return "facts" if adapted.facts else "none"


def oracle(shared: Path, kind: str, validity: str) -> list[object]:
    name = f"testdata/r4/validation/{kind}.{validity}.ndjson"
    with tarfile.open(shared / "data/oracles/google-fhir-primitives.tar.gz") as files:
        member = next(each for each in files.getmembers() if each.name.endswith(name))
        content = files.extractfile(member)
        assert content is not None
        return [json.loads(line) for line in content.read().decode().splitlines() if line.strip()]


# An `instant` must be a full time; we read any element that holds a date with the precision it has.
KNOWN_DISAGREEMENTS = {("instant", "3000"), ("instant", "1800-02"), ("instant", "1970-01-01")}


@pytest.mark.parametrize("kind", ["date", "date_time", "instant"])
def test_dates_agree_with_the_oracle(shared: Path, kind: str) -> None:
    zone = ZoneInfo("UTC")
    for value in oracle(shared, kind, "valid"):
        read_date(value, "X", zone)
    for value in oracle(shared, kind, "invalid"):
        if (kind, value) not in KNOWN_DISAGREEMENTS:
            with pytest.raises(UnreadableResource):
                read_date(value, "X", zone)
