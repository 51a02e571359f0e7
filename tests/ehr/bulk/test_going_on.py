"""What an earlier run left, and what of it may be used."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from service.ehr.bulk import Told
from service.ehr.bulk.place import Place, hidden
from service.errors import EhrRefused, EhrUnavailable, NotPermitted, UsageError
from tests.bulk_server import BulkServer
from tests.ehr.bulk.world import ASKED, Export, complete, lines
from tests.ehr.records import observation


def interrupted(export: Export, server: BulkServer, where: str = "/files/.*Patient", **more: Any) -> None:
    """A run that lacks one file for now, and keeps the others."""
    server.fail(method="GET", where=where, status=503, times=3)
    with pytest.raises(EhrUnavailable):
        export(**more)
    server.log.clear()


def test_a_server_that_fails_for_now_ends_nothing(export: Export, server: BulkServer, tmp_path: Path) -> None:
    """The files that came are kept, the export stays on the server, and the next run asks for the rest alone."""
    server.ways.split = 2
    interrupted(export, server)
    assert not (tmp_path / "out").exists() and server.removed == []
    assert export().whole
    assert [each.path.rpartition("/")[2] for each in server.log.of("GET", "/files/")] == ["1-Patient-0"]
    assert server.removed == ["1"]


def test_one_may_do_without_it(export: Export, server: BulkServer) -> None:
    server.fail(method="GET", where="/files/.*Patient", status=503, times=3)
    job = export(without=True)
    assert job.lacking.keys() == {"Patient"} and complete(job.directory) == {"Condition", "Observation"}


def test_what_was_fetched_of_another_export_is_never_used(export: Export, server: BulkServer) -> None:
    """The server lost the first export. Of the second, nothing comes from the first."""
    server.ways.split = 1
    interrupted(export, server, "/files/1-Patient-0")
    server.fail(method="GET", where="/jobs/1", status=404)
    with pytest.raises(EhrRefused):
        export()
    server.seed(observation("new"))
    server.ways.split = 1000
    job = export()
    assert len(server.asked) == 2
    assert sorted(each["id"] for each in lines(job.directory, "Observation")) == [*"01234", "new"]


def test_a_right_that_was_lost_forgets_no_export(export: Export, server: BulkServer) -> None:
    interrupted(export, server)
    server.fail(method="GET", where="/jobs/1", status=403)
    with pytest.raises(NotPermitted):
        export()
    assert export().whole and len(server.asked) == 1


def test_files_in_another_order_are_not_mixed_up(export: Export, server: BulkServer) -> None:
    """A server may list the same files in another order the next time."""
    server.ways.split = 2
    interrupted(export, server, "/files/1-Observation-0")
    server.ways.shape = lambda manifest: {**manifest, "output": manifest["output"][::-1]}
    job = export()
    assert sorted(each["id"] for each in lines(job.directory, "Observation")) == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("by_query", [False, True])
def test_3_46_a_manifest_that_is_fetched_again_in_another_order(
    export: Export, server: BulkServer, *, by_query: bool
) -> None:
    """All files have one line each. None comes twice in the place of another, whose loss nobody would see."""
    server.ways.split, server.ways.by_query = 1, by_query
    manifests = iter(range(99))

    def shaped(manifest: dict[str, Any]) -> dict[str, Any]:
        output = manifest["output"]
        turned = next(manifests)
        return {**manifest, "output": output[turned:] + output[:turned]}

    server.ways.shape = shaped
    server.fail(method="GET", where="(files/|name=)1-Observation-0", status=403)
    job = export()
    assert job.whole
    assert sorted(each["id"] for each in lines(job.directory, "Observation")) == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(("by_query", "whole"), [(False, True), (True, False)])
def test_3_46_rights_in_the_address(export: Export, server: BulkServer, *, by_query: bool, whole: bool) -> None:
    """A right in the query does not make another file of it; but of files that nothing else tells apart, none is taken
    for another."""
    server.ways.split, server.ways.signed, server.ways.by_query = 1, True, by_query
    server.fail(method="GET", where="(files/|name=)1-Observation-3", status=403)
    job = export()
    assert job.whole is whole
    assert sorted(each["id"] for each in lines(job.directory, "Observation")) == [
        each for each in "01234" if whole or each != "3"
    ]
    assert ("Observation" in complete(job.directory)) is whole


@pytest.mark.parametrize("by_query", [False, True])
def test_a_later_run_knows_a_file_by_its_address(export: Export, server: BulkServer, *, by_query: bool) -> None:
    server.ways.split, server.ways.by_query = 1, by_query
    server.ways.signed = not by_query
    interrupted(export, server, "(files/|name=)1-Patient-0")
    assert export().whole
    assert [each.address for each in server.log.of("GET", "files/|download") if "Patient-0" not in each.address] == []


def test_a_file_that_was_damaged_since_is_fetched_again(export: Export, server: BulkServer, tmp_path: Path) -> None:
    interrupted(export, server)
    (file,) = hidden(tmp_path / "out").glob("Observation.*.ndjson")
    file.write_bytes(file.read_bytes()[:-5])
    job = export()
    assert job.files["Observation"] == (1, 5) and len(lines(job.directory, "Observation")) == 5


def begun(server: BulkServer, tmp_path: Path, size: int, of: str, tag: str = '"1-Observation-0"') -> bytes:
    """Leave the beginning of a file, as a run that was killed does; returns the whole."""
    whole = "".join(f"{json.dumps(each)}\n" for each in server.all("Observation")).encode()
    place = hidden(tmp_path / "out")
    (place / "Observation.00000.ndjson.part").write_bytes(whole[:size])
    (place / "Observation.00000.ndjson.part.tag").write_text(json.dumps({"of": of, "validator": tag}))
    for each in place.glob("Observation.*.kept"):
        each.unlink()
    return whole


@pytest.mark.parametrize("size", [0, 1, 100, 10_000])
def test_3_48_a_later_run_goes_on_within_a_file(export: Export, server: BulkServer, tmp_path: Path, size: int) -> None:
    interrupted(export, server)
    whole = begun(server, tmp_path, size, f"{server.base}/files/1-Observation-0")
    job = export()
    assert (job.directory / "Observation.00000.ndjson").read_bytes() == whole
    assert job.files["Observation"] == (1, 5)
    (asked,) = server.log.of("GET", "Observation")
    assert asked.headers.get("range") == (f"bytes={min(size, len(whole)) - 1}-" if size > 1 else None)


@pytest.mark.parametrize(
    ("of", "tag"), [("https://ehr.example/other", '"1-Observation-0"'), ("", '"it is another file by now"')]
)
def test_3_48_but_only_within_the_same_file(
    export: Export, server: BulkServer, tmp_path: Path, of: str, tag: str
) -> None:
    interrupted(export, server)
    whole = begun(server, tmp_path, 100, of or f"{server.base}/files/1-Observation-0", tag)
    part = hidden(tmp_path / "out") / "Observation.00000.ndjson.part"
    part.write_bytes(b"x" * 100)
    assert (export().directory / "Observation.00000.ndjson").read_bytes() == whole


def test_two_processes_do_not_fetch_into_one_place(export: Export, server: BulkServer, tmp_path: Path) -> None:
    with Place(hidden(tmp_path / "out")).alone(), pytest.raises(UsageError, match="another process"):
        export()
    assert server.asked == []
    assert export().whole


def test_a_state_that_cannot_be_read_is_told(export: Export, server: BulkServer, tmp_path: Path) -> None:
    interrupted(export, server)
    (hidden(tmp_path / "out") / "export.state").write_text('{"url": "…"}')
    with pytest.raises(UsageError, match="to begin anew"):
        export()


def test_what_a_server_remarks_is_told_by_its_codes(export: Export, server: BulkServer) -> None:
    """In the answer to the question, and in the files of reports: words of its own may hold anything."""
    issue = {"severity": "warning", "code": "not-supported", "diagnostics": "Mrs. Secret"}
    server.ways.remarks = server.ways.outcomes = ({"resourceType": "OperationOutcome", "issue": [issue]},)
    told: list[Told] = []
    job = export(replace(ASKED, filters={"Observation": ("code=x",)}), told=told.append)
    assert job.whole
    words = " | ".join(each.words for each in told)
    assert "remarks on the question: not-supported" in words and "reports: not-supported" in words
    assert "Secret" not in words


def test_an_answer_that_is_no_outcome_is_no_remark(export: Export, server: BulkServer) -> None:
    server.ways.remarks = ({"message": "accepted"},)
    assert export().whole


def test_3_32_reports_under_either_name_count(export: Export, server: BulkServer) -> None:
    server.ways.outcomes = ({"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "x"}]},)
    server.ways.shape = lambda manifest: {**manifest, "outcome": manifest["error"], "error": []}
    assert export().failed
