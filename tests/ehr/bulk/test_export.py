"""A Bulk Data export, against a server that does all that the standard allows, and much more. STANDARDS §3."""

import json
import threading
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from service.ehr.backend_auth import BackendAuth, Registration
from service.ehr.bulk import Asked, Level, Told, abandon
from service.ehr.keys import SigningKey, public_keys
from service.ehr.transport import new_session
from service.errors import EhrRefused, EhrUnavailable, InvalidValue, UnusableAnswer, UsageError
from tests.bulk_server import AT, BulkServer
from tests.ehr.bulk.world import ASKED, Export, complete, exchange_to, lines, outcome
from tests.ehr.clock import Watch
from tests.ehr.records import observation
from tests.fhir_server import Client


def test_an_export_ends_as_a_directory_that_is_read_as_complete(export: Export, server: BulkServer) -> None:
    job = export()
    assert job.whole and job.at == AT
    assert job.files == {"Observation": (1, 5), "Patient": (1, 2)}
    assert {each["id"] for each in lines(job.directory, "Observation")} == {"0", "1", "2", "3", "4"}
    assert complete(job.directory) == {"Condition", "Observation", "Patient"}
    assert server.removed == ["1"]


def test_3_3_and_3_6_what_is_asked_and_how(export: Export, server: BulkServer) -> None:
    export()
    (asked,) = server.log.of("GET", r"/Patient/\$export")
    assert asked.headers["accept"] == "application/fhir+json"
    assert asked.headers["prefer"] == "respond-async"
    assert server.asked == [{"_type": ["Condition,Observation,Patient"]}]


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        pytest.param(Asked(Level.SYSTEM, ("Patient",)), r"/fhir/\$export", id="system"),
        pytest.param(Asked(Level.PATIENTS, ("Patient",)), r"/fhir/Patient/\$export", id="patients"),
        pytest.param(Asked(Level.GROUP, ("Patient",), "g1"), r"/fhir/Group/g1/\$export", id="group"),
    ],
)
def test_3_1_of_whom(export: Export, server: BulkServer, asked: Asked, path: str) -> None:
    export(asked)
    assert len(server.log.of("GET", path)) == 1


def test_3_7_and_3_10_since_and_filters(export: Export, server: BulkServer) -> None:
    filters = {"Observation": ("date=ge2024-01-01", "date:missing=true")}
    export(replace(ASKED, since=AT, filters=filters))
    (asked,) = server.asked
    assert asked["_since"] == [AT]
    assert asked["_typeFilter"] == ["Observation?date=ge2024-01-01", "Observation?date:missing=true"]


def test_3_7_what_changed_alone_is_complete_for_nobody(export: Export) -> None:
    assert complete(export(replace(ASKED, since=AT)).directory) == frozenset()


def test_3_2_and_3_16_by_post_each_value_is_a_parameter(export: Export, server: BulkServer) -> None:
    server.ways.by_post = True
    assert export().whole
    (posted,) = server.log.of("POST", r"\$export")
    assert [each["valueString"] for each in json.loads(posted.body)["parameter"]] == list(ASKED.types)


def test_3_20_filters_that_are_refused_are_left_out(export: Export, server: BulkServer) -> None:
    server.ways.refuses = frozenset({"_typeFilter"})
    told: list[Told] = []
    job = export(replace(ASKED, filters={"Observation": ("date=ge2024-01-01",)}), told=told.append)
    assert job.whole and "_typeFilter" not in server.asked[0]
    assert any("_typeFilter" in each.words for each in told)
    assert "Observation" in complete(job.directory)


def test_3_20_anything_else_that_is_refused_is_an_error(export: Export, server: BulkServer, tmp_path: Path) -> None:
    server.ways.refuses = frozenset({"_type"})
    with pytest.raises(EhrRefused, match="HTTP 400"):
        export()
    assert not (tmp_path / "out").exists()


def test_3_17_a_relative_address_to_wait_at(export: Export, server: BulkServer) -> None:
    server.ways.relative = True
    assert export().whole


def test_3_18_a_question_without_an_answer_is_not_asked_again(export: Export, server: BulkServer) -> None:
    server.fail(method="GET", where=r"\$export", swallow=True)
    with pytest.raises(EhrUnavailable):
        export()
    assert len(server.log.of("GET", r"\$export")) == 1


def test_3_19_another_export_is_waited_for(export: Export, server: BulkServer, watch: Watch) -> None:
    server.ways.busy = 2
    assert export().whole
    assert watch.slept.count(7.0) == 2 and len(server.asked) == 1


def test_3_23_seconds_dates_and_silence(export: Export, server: BulkServer, watch: Watch) -> None:
    server.ways.polls = 3
    date = format_datetime(watch.now() + timedelta(seconds=60), usegmt=True)
    server.ways.waits = [{"Retry-After": "20"}, {"Retry-After": date}, {}]
    assert export().whole
    assert watch.slept[0] == 20.0
    assert watch.slept[1] == pytest.approx(40.0, abs=1.0)
    assert 0 < watch.slept[2] <= 20.0


def test_3_24_to_3_26_what_passes_while_waiting_does_not_end_it(export: Export, server: BulkServer) -> None:
    server.fail(method="GET", where="/jobs/", status=429, headers={"Retry-After": "3"})
    server.fail(
        method="GET", where="/jobs/", status=500, after=1, body="<html>gateway</html>", content_type="text/html"
    )
    server.fail(method="GET", where="/jobs/", status=503, after=1, body=json.dumps(outcome("error")))
    assert export().whole


def test_3_27_the_status_in_a_header(export: Export, server: BulkServer) -> None:
    server.ways.status_header = True
    assert export().whole


def test_3_29_the_next_run_goes_on(export: Export, server: BulkServer, watch: Watch, tmp_path: Path) -> None:
    server.ways.polls, server.ways.waits = 1000, [{"Retry-After": "60"}]
    with pytest.raises(EhrUnavailable, match="run it again"):
        export(patience=300.0)
    server.ways.polls = 0
    told: list[Told] = []
    assert export(told=told.append).whole
    assert len(server.asked) == 1 and "going on" in told[0].words
    assert [each.name for each in tmp_path.iterdir() if "out" in each.name] == ["out"]


def test_3_29_not_with_another_question(export: Export, server: BulkServer) -> None:
    server.ways.polls = 1000
    with pytest.raises(EhrUnavailable):
        export(patience=1.0)
    with pytest.raises(UsageError, match="another question"):
        export(Asked(Level.SYSTEM, ("Patient",)))


def test_3_56_it_can_be_given_up(export: Export, server: BulkServer, watch: Watch, tmp_path: Path) -> None:
    server.ways.polls = 1000
    with pytest.raises(EhrUnavailable):
        export(patience=1.0)
    assert abandon(exchange_to(server, watch), tmp_path / "out")
    assert server.removed == ["1"] and list(tmp_path.glob("*out*")) == [] and list(tmp_path.glob(".out*")) == []
    assert not abandon(exchange_to(server, watch), tmp_path / "out")


def test_3_30_a_part_of_a_manifest_is_not_the_end(export: Export, server: BulkServer) -> None:
    part = {"transactionTime": AT, "requiresAccessToken": False, "output": []}
    server.fail(method="GET", where="/jobs/", status=202, body=json.dumps(part), content_type="application/json")
    assert export().files["Observation"] == (1, 5)


def test_3_76_a_file_without_a_type_completes_none(export: Export, server: BulkServer) -> None:
    def shaped(manifest: dict[str, Any]) -> dict[str, Any]:
        output = [{name: each for name, each in item.items() if name != "type"} for item in manifest["output"]]
        return {**manifest, "output": output}

    server.ways.shape = shaped
    assert complete(export().directory) == frozenset()


def test_3_77_a_type_without_a_file_that_was_not_asked_for(export: Export) -> None:
    assert "MedicationStatement" not in complete(export().directory)


@pytest.mark.parametrize("lacking", ["transactionTime", "output", "requiresAccessToken"])
def test_3_31_what_is_no_manifest_is_not_an_empty_export(export: Export, server: BulkServer, lacking: str) -> None:
    server.ways.shape = lambda manifest: {name: each for name, each in manifest.items() if name != lacking}
    with pytest.raises(UnusableAnswer, match="the manifest"):
        export()


def test_3_32_and_3_75_the_shape_of_release_4(export: Export, server: BulkServer) -> None:
    def shaped(manifest: dict[str, Any]) -> dict[str, Any]:
        changed = {name: each for name, each in manifest.items() if name not in ("request", "error")}
        return {**changed, "outcome": manifest["error"], "manifestType": "x", "extension": []}

    server.ways.shape, server.ways.outcomes = shaped, (outcome("error"),)
    job = export()
    assert job.failed and complete(job.directory) == frozenset()
    server.ways.outcomes = ()


def test_3_34_nothing_at_all_is_an_answer(export: Export, server: BulkServer) -> None:
    job = export(Asked(Level.PATIENTS, ("Condition",)))
    assert job.whole and job.files == {}
    assert json.loads((job.directory / "manifest.json").read_text())["output"] == []


def test_3_35_a_manifest_of_several_pages(export: Export, server: BulkServer) -> None:
    server.ways.paged, server.ways.split = 2, 1
    assert export().files["Observation"] == (5, 5)


def test_3_35_pages_of_two_exports_are_refused(export: Export, server: BulkServer) -> None:
    server.ways.paged = 1
    times = iter(("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"))
    server.ways.shape = lambda manifest: {**manifest, "transactionTime": next(times)}
    with pytest.raises(UnusableAnswer, match="different exports"):
        export()


@pytest.mark.parametrize(
    ("severity", "whole"), [("information", True), ("warning", True), ("error", False), ("fatal", False)]
)
def test_3_36_and_3_37_what_the_server_reports(
    export: Export, server: BulkServer, severity: str, *, whole: bool
) -> None:
    server.ways.outcomes = (outcome(severity),)
    job = export()
    assert job.whole is whole
    assert bool(complete(job.directory)) is whole


def test_3_36_a_report_that_cannot_be_read_is_a_failure(export: Export, server: BulkServer) -> None:
    server.ways.outcomes = (outcome("information"),)
    server.fail(method="GET", where="/files/outcomes", status=404)
    assert export().failed


def test_3_38_what_was_deleted_is_kept(export: Export, server: BulkServer) -> None:
    request = {"method": "DELETE", "url": "Observation/9"}
    server.ways.deleted = ({"resourceType": "Bundle", "type": "transaction", "entry": [{"request": request}]},)
    job = export()
    assert job.deleted == 1 and "Observation/9" in next((job.directory / "deleted").iterdir()).read_text()
    assert complete(job.directory) == {"Condition", "Observation", "Patient"}


def test_3_42_a_file_with_too_few_lines_is_missing(export: Export, server: BulkServer) -> None:
    def shaped(manifest: dict[str, Any]) -> dict[str, Any]:
        output = [{**each, "count": each["count"] + (each["type"] == "Observation")} for each in manifest["output"]]
        return {**manifest, "output": output}

    server.ways.shape = shaped
    job = export()
    assert "promises 6 lines, and 5 came" in job.lacking["Observation"]
    assert complete(job.directory) == {"Condition", "Patient"}


@pytest.fixture
def guarded(server: BulkServer, rsa_key: SigningKey, watch: Watch) -> BackendAuth:
    """The rights to that server, which asks for a token from now on."""
    server.smart.clients["prescreen"] = Client("prescreen", public_keys([rsa_key]))
    server.smart.now = watch.now
    registration = Registration("prescreen", rsa_key, dict.fromkeys(ASKED.types, "rs"))
    return BackendAuth(server.base, registration, new_session(), clock=watch.clock)


def test_3_43_a_token_where_it_is_wanted(export: Export, server: BulkServer, guarded: BackendAuth) -> None:
    assert export(auth=guarded).whole
    assert all("authorization" in each.headers for each in server.log.of("GET", "/files/"))


def test_3_43_and_nowhere_else(export: Export, server: BulkServer, guarded: BackendAuth) -> None:
    server.ways.shape = lambda manifest: {**manifest, "requiresAccessToken": False}
    server.ways.elsewhere = f"{server.root}/stored"
    assert export(auth=guarded).whole
    assert not any("authorization" in each.headers for each in server.log.of("GET", "/stored/"))


def test_3_44_and_3_73_a_redirection_gets_no_token(export: Export, server: BulkServer, guarded: BackendAuth) -> None:
    server.ways.redirects = True
    assert export(auth=guarded).whole
    assert not any("authorization" in each.headers for each in server.log.of("GET", "/stored/"))
    assert all("authorization" in each.headers for each in server.log.of("GET", "/files/"))


def test_3_79_a_token_that_another_host_refuses(export: Export, server: BulkServer, guarded: BackendAuth) -> None:
    server.ways.elsewhere = f"http://localhost:{server.root.rpartition(':')[2]}/stored"
    assert export(auth=guarded).whole
    sent = ["authorization" in each.headers for each in server.log.of("GET", "/stored/")]
    assert sorted(sent) == [False, False, True, True]


def test_3_28_and_3_47_tokens_end_on_the_way(export: Export, server: BulkServer, guarded: BackendAuth) -> None:
    server.smart.lifetime, server.ways.polls = 60, 5
    server.ways.waits = [{"Retry-After": "45"}]
    server.ways.split = 1
    assert export(auth=guarded).files["Observation"] == (5, 5)
    assert len(server.log.of("POST", "/auth/token")) > 3


def test_3_28_one_token_that_is_revoked(export: Export, server: BulkServer, guarded: BackendAuth) -> None:
    guarded.token()
    server.smart.revoke_all()
    assert export(auth=guarded).whole


@pytest.mark.parametrize("status", [403, 410])
def test_3_46_addresses_that_ran_out_are_looked_up_again(export: Export, server: BulkServer, status: int) -> None:
    server.fail(method="GET", where="/files/.*Observation", status=status)
    assert export().whole
    assert len(server.log.of("GET", "/jobs/")) == 3


def test_3_45_packed_on_the_way_or_on_the_disk(export: Export, server: BulkServer) -> None:
    server.ways.packed = True
    job = export()
    assert job.files["Observation"] == (1, 5)
    assert {each.name for each in job.directory.glob("*.gz")} == {
        "Observation.00000.ndjson.gz",
        "Patient.00000.ndjson.gz",
    }
    assert complete(job.directory) == {"Condition", "Observation", "Patient"}


@pytest.mark.parametrize("etag", [True, False])
def test_3_48_a_file_that_breaks_off_is_gone_on_with(export: Export, server: BulkServer, *, etag: bool) -> None:
    server.ways.etag = etag
    server.seed(*({**observation(str(number)), "note": [{"text": "x" * 60_000}]} for number in range(5)))
    server.fail(method="GET", where="/files/.*Observation", cut=True)
    job = export()
    assert [each["id"] for each in lines(job.directory, "Observation")] == ["0", "1", "2", "3", "4"]
    ranges = ["range" in each.headers for each in server.log.of("GET", "/files/.*Observation")]
    assert ranges == [False, etag]


def test_3_49_blank_lines_ends_and_marks(export: Export, server: BulkServer, tmp_path: Path) -> None:
    body = '\ufeff{"resourceType":"Condition","id":"1"}\r\n\r\n{"resourceType":"Condition","id":"2"}'
    server.ways.shape = lambda manifest: {
        **manifest,
        "output": [{"type": "Condition", "url": f"{server.base}/files/odd", "count": 2}],
    }
    server.fail(method="GET", where="/files/odd", status=200, body=body, content_type="application/ndjson")
    assert export().files == {"Condition": (1, 2)}


def test_3_57_files_that_are_throttled(export: Export, server: BulkServer) -> None:
    server.ways.split = 1
    server.fail(method="GET", where="/files/", status=429, times=2, headers={"Retry-After": "1"})
    assert export().whole


def test_3_58_a_missing_file_makes_its_type_incomplete_and_no_other(export: Export, server: BulkServer) -> None:
    server.ways.split = 2
    server.fail(method="GET", where="/files/1-Observation-2", status=404, times=10)
    job = export()
    assert not job.whole and set(job.lacking) == {"Observation"}
    assert job.files["Observation"] == (2, 3)
    assert complete(job.directory) == {"Condition", "Patient"}


def test_3_70_no_token_goes_where_the_manifest_may_not_lead(
    export: Export, server: BulkServer, guarded: BackendAuth
) -> None:
    """An address that anybody between could read gets neither a token nor a question."""
    server.ways.elsewhere = "http://files.example"
    job = export(auth=guarded)
    assert set(job.lacking) == {"Observation", "Patient"}


def test_what_was_fetched_is_not_fetched_again(
    export: Export, server: BulkServer, watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while fetching: the files that were whole stay, the others are fetched."""
    server.ways.split = 1
    fetched = 0

    class Killed(BaseException):
        """What no code catches."""

    lock = threading.Lock()

    def progress(_: int) -> None:
        nonlocal fetched
        with lock:
            fetched += 1
            if fetched > 3:
                raise Killed

    with pytest.raises(Killed):
        export(progress=progress)
    assert not (tmp_path / "out").exists()
    before = len(server.log.of("GET", "/files/"))
    assert export().whole
    assert len(server.asked) == 1
    assert len(server.log.of("GET", "/files/")) - before < 7


def test_nothing_is_written_over(export: Export) -> None:
    export()
    with pytest.raises(UsageError, match="there already"):
        export()


@pytest.mark.parametrize(
    "wrong",
    [
        {"types": ()},
        {"level": Level.GROUP},
        {"group": "g"},
        {"filters": {"Encounter": ("date=ge2024",)}},
    ],
)
def test_a_question_that_makes_no_sense_cannot_be_built(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        replace(ASKED, **wrong)
