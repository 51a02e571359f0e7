"""Who joined a group and who left it, between two exports."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from service.ehr.bulk import Asked, Job, Level
from service.errors import EhrUnavailable, InvalidValue, UnusableAnswer
from tests.bulk_server import AT, BulkServer
from tests.ehr.bulk.world import ASKED, OF_GROUP, Export, complete, lines
from tests.ehr.records import observation

SINCE = replace(OF_GROUP, since="2026-06-01T00:00:00Z")


@pytest.fixture
def changed(server: BulkServer) -> BulkServer:
    """There were a and z in the group; now there are a and b, of whom each has a result."""
    server.seed(observation("of-a", person="a"), observation("of-b", person="b"))
    server.ways.members = {"a", "b"}
    return server


def changes(job: Job) -> list[tuple[str, str]]:
    told = (job.directory / "members.ndjson").read_text().splitlines()
    return [(each["patient"], each["change"]) for each in map(json.loads, told)]


def test_3_40_who_joined_and_who_left(export: Export, changed: BulkServer) -> None:
    job = export(SINCE, members={"a", "z"})
    assert job.whole and changes(job) == [("b", "joined"), ("z", "left")]
    assert job.membership is not None and (job.membership.joined, job.membership.left) == (1, 1)
    listing = changed.asked[1]
    assert (listing["_type"], listing["_elements"], listing["group"]) == (["Patient"], ["id"], ["g1"])
    assert "_since" not in listing


def test_3_13_and_3_41_who_is_new_is_fetched_whole(export: Export, changed: BulkServer) -> None:
    job = export(SINCE, members={"a", "z"})
    asked = changed.asked[2]
    assert (asked["patient"], asked["_type"]) == (["Patient/b"], [",".join(OF_GROUP.types)])
    assert "_since" not in asked
    assert [each["id"] for each in lines(job.directory / "joined", "Patient")] == ["b"]
    assert [each["id"] for each in lines(job.directory / "joined", "Observation")] == ["of-b"]
    assert complete(job.directory / "joined") == set(OF_GROUP.types)
    assert complete(job.directory) == frozenset()
    assert changed.removed == ["1", "3", "2"], "every export is taken off the server"


def test_3_13_the_list_goes_by_post_and_into_no_address(export: Export, changed: BulkServer) -> None:
    export(SINCE, members={"a"})
    (posted,) = changed.log.of("POST", r"/Group/g1/\$export")
    named = [each for each in json.loads(posted.body)["parameter"] if each["name"] == "patient"]
    assert named == [{"name": "patient", "valueReference": {"reference": "Patient/b"}}]
    assert not any("Patient%2F" in each.address for each in changed.log.of())


def test_3_12_the_list_of_members_proves_nothing_about_them(export: Export, changed: BulkServer) -> None:
    assert complete(export(SINCE, members={"a"}).directory / "members") == frozenset()


def test_where_nobody_joined_nothing_more_is_asked(export: Export, changed: BulkServer) -> None:
    job = export(SINCE, members={"a", "b"})
    assert job.whole and changes(job) == [] and len(changed.asked) == 2
    assert not (job.directory / "joined").exists()


def test_a_server_without_parts_of_resources_gives_whole_patients(export: Export, changed: BulkServer) -> None:
    changed.ways.refuses = frozenset({"_elements"})
    job = export(SINCE, members={"a"})
    assert job.whole and changes(job) == [("b", "joined")]


def test_a_server_that_does_not_give_single_members(export: Export, changed: BulkServer, tmp_path: Path) -> None:
    """Their history is then not here, and that is said: nobody takes them for people without one."""
    changed.ways.refuses = frozenset({"patient"})
    job = export(SINCE, members={"a"})
    assert not job.whole and changes(job) == [("b", "joined")]
    assert job.membership is not None and "does not give the records of single members" in str(job.membership.lacking)
    assert not list((tmp_path / "out").glob("joined/*.ndjson"))


def test_a_server_that_gives_another_than_the_new_one(export: Export, changed: BulkServer) -> None:
    def shaped(manifest: dict[str, Any]) -> dict[str, Any]:
        return {**manifest, "output": [] if len(changed.asked) == 3 else manifest["output"]}

    changed.ways.shape = shaped
    job = export(SINCE, members={"a"})
    assert not job.whole and job.membership is not None
    assert job.membership.lacking == "of 1 the Patient is not there"


def test_without_a_whole_list_of_members_is_no_export(export: Export, changed: BulkServer, tmp_path: Path) -> None:
    changed.fail(method="GET", where="/files/2-Patient", status=404, times=10)
    with pytest.raises(UnusableAnswer, match="their list is not whole"):
        export(SINCE, members={"a"})
    assert not (tmp_path / "out").exists()
    changed.faults.clear()
    assert export(SINCE, members={"a"}).whole, "the next run asks for the list anew"
    assert len([each for each in changed.asked if "_since" in each]) == 1, "and for nothing else"


@pytest.mark.parametrize("part", ["1-Observation", "2-Patient", "3-Observation"])
def test_interrupted_in_any_of_them_the_next_run_goes_on(export: Export, changed: BulkServer, part: str) -> None:
    changed.fail(method="GET", where=f"/files/{part}", status=503, times=3)
    with pytest.raises(EhrUnavailable, match="all that came is kept"):
        export(SINCE, members={"a", "z"})
    assert export(SINCE, members={"a", "z"}).whole
    assert len(changed.asked) == 3


def test_the_question_about_single_patients_is_not_one_about_everything() -> None:
    with pytest.raises(InvalidValue):
        Asked(Level.SYSTEM, ("Patient",), patients=("a",))
    assert replace(OF_GROUP, patients=("a",)).identity != replace(OF_GROUP, patients=("b",)).identity
    assert "Patient/a" not in replace(ASKED, patients=("a",)).url("https://x.example") and AT not in ASKED.identity
