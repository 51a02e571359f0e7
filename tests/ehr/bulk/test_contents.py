"""What files of an export hold: resources where they do not belong, files by patient, lists of deletions."""

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from service.ehr.bulk import Told
from service.ehr.bulk.deletions import deleted_in
from service.ehr.bulk.lines import kind_of
from service.errors import UnusableAnswer
from tests.bulk_server import AT, BulkServer
from tests.ehr.bulk.world import ASKED, Export, complete, lines, outcome
from tests.ehr.records import observation

CONDITION = {"resourceType": "Condition", "id": "c1", "subject": {"reference": "Patient/a"}}
BASE = "https://ehr.example/fhir"


def test_a_type_that_came_unasked_is_not_complete(export: Export, server: BulkServer) -> None:
    server.ways.unasked = {"Condition": [CONDITION]}
    job = export(replace(ASKED, types=("Observation", "Patient")))
    assert [each["id"] for each in lines(job.directory, "Condition")] == ["c1"]
    assert complete(job.directory) == {"Observation", "Patient"}


@pytest.mark.parametrize("packed", [False, True])
def test_3_50_a_resource_of_another_type_is_set_aside_and_told(
    export: Export, server: BulkServer, *, packed: bool
) -> None:
    """Nobody concludes anything from the silence of either type; what belongs there still counts."""
    server.ways.packed, server.ways.strays = packed, {"Observation": [CONDITION, CONDITION]}
    told: list[Told] = []
    job = export(told=told.append)
    assert not job.whole and not job.failed
    assert job.lacking.keys() == {"Condition", "Observation"} and "2 Condition" in job.lacking["Observation"]
    assert any(each.words.startswith("Observation: ") for each in told)
    (file,) = job.directory.glob("Observation.*")
    (aside,) = (job.directory / "rejected").iterdir()
    opening = gzip.open if packed else open
    assert [json.loads(each)["resourceType"] for each in opening(file)] == ["Observation"] * 5
    assert [json.loads(each)["id"] for each in opening(aside)] == ["c1", "c1"]
    assert job.files["Observation"] == (1, 5)
    assert complete(job.directory) == {"Patient"}


def test_3_50_a_report_among_the_results_leaves_them_incomplete(export: Export, server: BulkServer) -> None:
    server.ways.strays = {"Observation": [outcome("error")]}
    job = export()
    assert job.lacking.keys() == {"Observation", "OperationOutcome"}
    assert complete(job.directory) == {"Condition", "Patient"}


def test_3_50_what_a_resource_contains_is_not_another_resource(export: Export, server: BulkServer) -> None:
    server.seed({"contained": [{"resourceType": "Patient", "id": "x"}], **observation("6")})
    assert export().whole


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ('{"resourceType":"Observation","id":"1"}', "Observation"),
        ('{"id":"1", "resourceType" : "Observation"}', "Observation"),
        ('{"contained":[{"resourceType":"Patient"}],"resourceType":"Observation"}', "Observation"),
        ('{"resourceType":"Observation","note":"\\"resourceType\\":\\"Patient\\""}', "Observation"),
        ('{"resourceType":"Observation","contained":[{"resourceType":"Patient"}]}', "Observation"),
        ('{"resource\\u0054ype":"Observation"}', "Observation"),
        ('{"id":"1"}', None),
        ('{"resourceType":5}', None),
        ('{"resourceType":"../x"}', None),
        ("[1]", None),
        ('{"id":', None),
    ],
)
def test_3_50_of_which_type_a_line_is(line: str, kind: str | None) -> None:
    assert kind_of(line.encode()) == kind


@pytest.mark.parametrize("split", [3, 1000])
def test_3_54_files_by_patient_are_taken_apart_by_type(export: Export, server: BulkServer, split: int) -> None:
    server.ways.by_patient, server.ways.split = True, split
    server.seed(observation("9", person="b"))
    job = export()
    assert job.whole and job.files == {"Observation": (1, 6), "Patient": (1, 2)}
    assert {each["id"] for each in lines(job.directory, "Observation")} == {"0", "1", "2", "3", "4", "9"}
    assert sorted(each.name for each in job.directory.iterdir()) == [
        "Observation.ndjson",
        "Patient.ndjson",
        "manifest.json",
        "manifest.json.as-came",
    ]
    assert complete(job.directory) == {"Condition", "Observation", "Patient"}


def test_3_54_a_file_that_lacks_makes_no_type_complete(export: Export, server: BulkServer) -> None:
    server.ways.by_patient, server.ways.split = True, 3
    server.fail(method="GET", where="/files/1-everything-3", status=404, times=10)
    job = export()
    assert job.failed and complete(job.directory) == frozenset()


def test_3_54_a_file_that_goes_on_nowhere(export: Export, server: BulkServer) -> None:
    server.ways.by_patient = True

    def shaped(manifest: dict[str, Any]) -> dict[str, Any]:
        lost = {"continuesInFile": f"{server.base}/files/not-listed"}
        return {**manifest, "output": [{**each, **lost} for each in manifest["output"]]}

    server.ways.shape = shaped
    job = export()
    assert job.failed and complete(job.directory) == frozenset()


def test_3_54_what_was_not_asked_for_and_what_tells_no_type_lies_together(export: Export, server: BulkServer) -> None:
    server.ways.by_patient = True
    server.ways.strays = {"everything": [{"id": "1"}, {"resourceType": "Provenance", "id": "2"}]}
    job = export()
    assert [json.loads(each)["id"] for each in (job.directory / "others.ndjson").read_text().splitlines()] == ["1", "2"]
    assert job.files["others"] == (1, 2)


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param({"resourceType": "Bundle", "type": "transaction", "entry": []}, id="nothing in it"),
        pytest.param({"resourceType": "Parameters"}, id="no Bundle"),
        pytest.param(
            {"resourceType": "Bundle", "entry": [{"request": {"method": "PUT", "url": "Observation/9"}}]}, id="PUT"
        ),
        pytest.param(
            {"resourceType": "Bundle", "entry": [{"request": {"method": "DELETE", "url": "Observation?code=1"}}]},
            id="by a search",
        ),
        pytest.param({"resourceType": "Bundle", "entry": [{"request": {"method": "DELETE"}}]}, id="of nothing"),
        pytest.param({"resourceType": "Bundle", "entry": ["Observation/9"]}, id="no entry"),
    ],
)
def test_3_38_deletions_that_cannot_be_understood_are_a_failure(
    export: Export, server: BulkServer, sent: dict[str, Any]
) -> None:
    server.ways.deleted = (sent,)
    job = export(replace(ASKED, since=AT))
    assert job.failed
    assert json.loads((job.directory / "manifest.json").read_text())["error"]


def test_3_38_deletions_that_cannot_be_had_are_a_failure(export: Export, server: BulkServer) -> None:
    server.ways.deleted = ({"resourceType": "Bundle"},)
    server.fail(method="GET", where="_deleted", status=404, times=9)
    assert export(replace(ASKED, since=AT)).failed


@pytest.mark.parametrize(
    ("url", "gone"),
    [
        ("Observation/9", "Observation/9"),
        ("/Observation/9", "Observation/9"),
        (f"{BASE}/Observation/9", "Observation/9"),
        ("https://other.example/Observation/9", None),
        ("Observation/9/_history/2", None),
        ("x/Observation/9", None),
        ("Observation", None),
        ("", None),
        (9, None),
    ],
)
def test_3_38_what_an_entry_says_is_gone(url: object, gone: str | None) -> None:
    line = json.dumps({"resourceType": "Bundle", "entry": [{"request": {"method": "DELETE", "url": url}}]}).encode()
    if gone is None:
        with pytest.raises(UnusableAnswer, match="which resource is gone"):
            list(deleted_in(line, BASE))
    else:
        assert list(deleted_in(line, BASE)) == [gone]


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"resourceType":"Bundle","entry":[],"entry":[{}]}'])
def test_3_38_a_line_that_is_no_bundle(line: bytes) -> None:
    with pytest.raises(UnusableAnswer):
        list(deleted_in(line, BASE))


def test_3_38_packed_deletions_are_read_too(export: Export, server: BulkServer) -> None:
    entries = [{"request": {"method": "DELETE", "url": f"Observation/{number}"}} for number in range(3)]
    server.ways.packed = True
    server.ways.deleted = ({"resourceType": "Bundle", "type": "transaction", "entry": entries},)
    job = export(replace(ASKED, since=AT))
    assert job.deleted == 3
    (listed,) = json.loads((job.directory / "manifest.json").read_text())["deleted"]
    assert (job.directory / listed["url"]).is_file() and Path(listed["url"]).suffix == ".gz"
