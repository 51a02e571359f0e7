"""worker, publish: work done by command, writes shown, stopped and resumed."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from service.store import assessments, audit, outbox, screenings
from service.store.engine import Store
from service.store.screenings import SCREENINGS
from tests.cli.conftest import Prescreen
from tests.fhir_server import FhirServer

STUDY = "igg4-rd-sirolimus"


@pytest.fixture
def server() -> Iterator[FhirServer]:
    with FhirServer() as running:
        yield running


@pytest.fixture
def settings(place: Path, server: FhirServer, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A tenant whose EHR is that server, and takes results, too."""
    monkeypatch.setenv("PRESCREEN_CONFIG", "settings.json")
    every = {"written": ["candidate/any", "needs_review/any"]}
    tenant = {"studies": [STUDY], "source": {"base": server.base}, "target": {"kind": "source", **every}}
    content = {"environment": "production", "tenants": {"north": tenant}}
    monkeypatch.setenv("PRESCREEN_ENV", "production")
    Path("settings.json").write_text(json.dumps(content))
    return content


@pytest.fixture
def due(server: FhirServer, store: Store, settings: dict[str, Any]) -> None:
    """A patient on the server, who is to be screened."""
    server.seed({"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1961-04-12", "active": True})
    screenings.request(store, "north", "p1", "event", datetime.now(UTC) - timedelta(seconds=1))


def test_what_is_due_is_done_and_written(prescreen: Prescreen, store: Store, server: FhirServer, due: None) -> None:
    assert prescreen("worker", "--once")[0] == 0
    held = assessments.latest(store, "north", STUDY, "p1")
    assert held is not None and held.withdrawn is None
    (subject,) = server.all("ResearchSubject")
    assert subject["individual"]["reference"] == "Patient/p1"
    assert outbox.waiting(store, "north", 10) == ()


def test_its_log_tells_of_a_failure_and_names_nobody(prescreen: Prescreen, server: FhirServer, due: None) -> None:
    server.fail(where="Patient/p1", status=403)
    _, out, log = prescreen("worker", "--once")
    assert "a screening of tenant north failed: GET Patient: HTTP 403" in log
    assert "p1" not in out + log


def test_without_tenants_there_is_no_work(prescreen: Prescreen, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESCREEN_ENV", "production")
    status, _, complaint = prescreen("worker", "--once")
    assert status == 2 and "no tenant is set up" in complaint


def test_a_dry_run_prints_the_bundle_and_sends_nothing(
    prescreen: Prescreen, store: Store, server: FhirServer, due: None
) -> None:
    assert prescreen("publish", "--dry-run")[1] == "Nothing waits to be written.\n"
    assert prescreen("publish", "--stop")[1] == "Writing is stopped for everybody.\n"
    prescreen("worker", "--once")
    status, out, _ = prescreen("publish", "--dry-run")
    shown = json.loads(out)
    assert (status, shown["patient"], shown["bundle"]["resourceType"]) == (0, "p1", "Bundle")
    kinds = {each["resource"]["resourceType"] for each in shown["bundle"]["entry"]}
    assert {"ResearchStudy", "ResearchSubject"} <= kinds
    assert server.all("ResearchSubject") == [] and server.log.of("POST", "fhir$") == []


def test_what_was_stopped_waits_until_it_is_resumed(
    prescreen: Prescreen, store: Store, server: FhirServer, due: None
) -> None:
    assert prescreen("publish", "--stop", "--tenant", "north")[1] == "Writing is stopped for north.\n"
    prescreen("worker", "--once")
    assert server.all("ResearchSubject") == [] and len(outbox.waiting(store, "north", 10)) == 1
    assert prescreen("publish", "--resume", "--tenant", "north")[1] == "Nobody's writing is stopped here.\n"
    prescreen("worker", "--once")
    assert len(server.all("ResearchSubject")) == 1
    told = [each.action for each in audit.entries(store, "north", 20) if each.actor == "command-line"]
    assert told == ["writes-resumed", "writes-stopped"]


def test_a_stop_for_everybody_is_not_undone_for_one(prescreen: Prescreen, store: Store, due: None) -> None:
    prescreen("publish", "--stop")
    assert prescreen("publish", "--resume", "--tenant", "north")[1] == "Writing is stopped for everybody.\n"


@pytest.mark.parametrize("words", [(), ("--dry-run", "--stop")])
def test_one_thing_is_asked_for(prescreen: Prescreen, words: tuple[str, ...]) -> None:
    assert prescreen("publish", *words)[0] == 2


def test_a_patient_is_screened_when_asked_for(
    prescreen: Prescreen, store: Store, server: FhirServer, settings: dict[str, Any]
) -> None:
    server.seed({"resourceType": "Patient", "id": "p2", "gender": "male", "birthDate": "1950-01-01"})
    assert prescreen("patient", "screen", "Patient/p2")[1] == "1 to be screened.\n"
    prescreen("worker", "--once")
    assert assessments.patients(store, "north", 10) == ("p2",)


def test_those_who_have_an_appointment_are_screened(
    prescreen: Prescreen, store: Store, settings: dict[str, Any], tmp_path: Path
) -> None:
    soon, late = (datetime.now(UTC) + timedelta(days=each) for each in (2, 30))
    (tmp_path / "list.csv").write_text(f"patient,day\np3,{soon:%Y-%m-%d}\np4,{late:%Y-%m-%d}\n")
    assert prescreen("patient", "screen", "--appointments", "list.csv")[1] == "1 to be screened.\n"
    (claimed,) = SCREENINGS.claim(store, datetime.now(UTC), timedelta(minutes=1), 9)
    assert (claimed.patient, claimed.reasons) == ("p3", ("appointment",))


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ((), "name patients, or a list of --appointments"),
        (("--appointments", "nowhere.csv"), "no such file"),
        (("--appointments", "wrong.csv"), "line 1 of the list of appointments"),
    ],
)
def test_whom_to_screen_has_to_be_said(
    prescreen: Prescreen, store: Store, settings: dict[str, Any], words: tuple[str, ...], complaint: str
) -> None:
    Path("wrong.csv").write_text("somebody\n")
    status, _, said = prescreen("patient", "screen", *words)
    assert status == 2 and complaint in said
