"""What people decided, in the ResearchSubject: beside the machine's opinion, and never over what somebody set there."""

from dataclasses import replace
from typing import Any

import pytest

from service.screening import publish
from service.screening.decisions.conflicts import state_conflict
from service.screening.decisions.kinds import Kind
from service.store import assessments, decisions, published
from service.store.decisions import Decision
from service.store.engine import Store
from tests.fhir_server.server import FhirServer
from tests.publishing.world import NOON, Office, office, only, part, person_sets
from tests.screening.world import STUDY


def decide(desk: Office, kind: Kind, about: str | None = None, **content: Any) -> None:
    """Somebody decides, and it goes its way."""
    made = Decision("north", STUDY.id, "p", kind, about, content, "because of her sister", "anna", desk.now)
    decisions.add(desk.store, made)
    held = assessments.latest(desk.store, "north", STUDY.id, "p")
    assert held is not None
    publish.plan(desk.store, desk.tenant, held.stored.line, desk.now)
    desk.work()


@pytest.fixture
def desk(store: Store, server: FhirServer) -> Office:
    made = office(store, server)
    made.plan()
    made.work()
    return made


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("screening", "screening"),
        ("ineligible", "ineligible"),
        ("consented", "pending-on-study"),
        ("on-study", "on-study"),
    ],
)
def test_a_status_is_written_and_no_later_opinion_moves_it(
    desk: Office, server: FhirServer, status: str, state: str
) -> None:
    decide(desk, Kind.STATUS, status=status)
    subject = only(server, "ResearchSubject")
    assert subject["status"] == state and part(subject, "decidedState") == state
    for standing in ("ineligible", "needs_review", "candidate"):
        desk.later(days=1).plan(standing)
        desk.work()
        subject = only(server, "ResearchSubject")
        assert subject["status"] == state and part(subject, "standing") == standing
    assert part(subject, "stateSetByPerson") is None
    known = published.find(desk.store, "north", STUDY.id, "p")
    assert known is not None and (known.machine_state, known.human_state) == (state, None)


def test_taking_it_back_gives_the_state_back_to_the_machine(desk: Office, server: FhirServer) -> None:
    decide(desk, Kind.STATUS, status="on-study")
    decide(desk.later(days=1), Kind.STATUS, status=None)
    subject = only(server, "ResearchSubject")
    assert subject["status"] == "candidate" and part(subject, "decidedState") is None


def test_what_somebody_set_in_the_ehr_is_left_alone_and_shown_as_a_conflict(desk: Office, server: FhirServer) -> None:
    person_sets(server, "withdrawn")
    decide(desk, Kind.STATUS, status="screening")
    subject = only(server, "ResearchSubject")
    assert subject["status"] == "withdrawn" and part(subject, "decidedState") == "screening"
    assert part(subject, "stateSetByPerson") is True
    assert state_conflict(desk.store, desk.tenant, "p", STUDY.id) == "withdrawn"
    decide(desk.later(days=1), Kind.STATUS, status=None)
    assert only(server, "ResearchSubject")["status"] == "withdrawn"
    assert state_conflict(desk.store, desk.tenant, "p", STUDY.id) is None


def test_what_somebody_set_in_the_ehr_after_us_is_left_alone(desk: Office, server: FhirServer) -> None:
    decide(desk, Kind.STATUS, status="screening")
    person_sets(server, "on-study")
    decide(desk.later(days=1), Kind.STATUS, status="eligible")
    assert only(server, "ResearchSubject")["status"] == "on-study"
    assert state_conflict(desk.store, desk.tenant, "p", STUDY.id) == "on-study"


def test_who_agrees_with_the_ehr_is_in_no_conflict(desk: Office, server: FhirServer) -> None:
    person_sets(server, "on-study")
    decide(desk, Kind.STATUS, status="on-study")
    assert only(server, "ResearchSubject")["status"] == "on-study"
    assert state_conflict(desk.store, desk.tenant, "p", STUDY.id) is None


def test_a_process_that_died_before_it_noted_what_it_wrote_takes_it_for_ours(desk: Office, server: FhirServer) -> None:
    """As if it was killed after the sending: the store knows of no state that we wrote."""
    decide(desk, Kind.STATUS, status="on-study")
    known = published.find(desk.store, "north", STUDY.id, "p")
    assert known is not None
    published.record(desk.store, replace(known, digest=None, machine_state=None))
    decide(desk.later(days=1), Kind.STATUS, status=None)
    assert only(server, "ResearchSubject")["status"] == "candidate"


def test_an_answer_stands_beside_the_machines_and_counts(desk: Office, server: FhirServer) -> None:
    desk.later(days=1).plan("ineligible")
    desk.work()
    assert only(server, "ResearchSubject")["status"] == "ineligible"
    decide(desk, Kind.OVERRIDE, "E1", outcome="not_met", was="met", version="1.0")
    subject = only(server, "ResearchSubject")
    assert subject["status"] == "candidate"
    told = [
        {inner["url"]: value for inner in each["extension"] for key, value in inner.items() if key != "url"}
        for each in subject["extension"]
        if each["url"].endswith("criterion-finding")
    ]
    (e1,) = [each for each in told if each["criterion"] == "E1"]
    assert (e1["outcome"], e1["decidedOutcome"]) == ("met", "not_met")
    assert sum("decidedOutcome" in each for each in told) == 1


def test_the_provenance_names_the_account_and_no_reason_is_sent(desk: Office, server: FhirServer) -> None:
    decide(desk, Kind.STATUS, status="on-study")
    decide(desk.later(days=1), Kind.ANSWER, "E2", outcome="not_met", was="unknown", version="1.0")
    authors = [
        agent["who"]["identifier"]["value"]
        for each in server.all("Provenance")
        for agent in each["agent"]
        if agent["type"]["coding"][0]["code"] == "author"
    ]
    assert authors and set(authors) == {"anna"}
    assert "sister" not in str([server.all(kind) for kind in ("ResearchSubject", "Provenance", "List")])


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (Kind.STATUS, {"status": "declined"}),
        (Kind.STATUS, {"status": "ineligible"}),
        (Kind.SILENCE, {"why": "do-not-contact", "until": None}),
    ],
)
def test_who_is_left_alone_is_taken_off_the_list(
    desk: Office, server: FhirServer, kind: Kind, content: dict[str, Any]
) -> None:
    decide(desk, kind, **content)
    assert [each.get("deleted") or "flag" in each for each in only(server, "List")["entry"]] == [True]


def test_a_status_of_somebody_who_was_not_written_is_written(store: Store, server: FhirServer) -> None:
    desk = office(store, server)
    desk.plan("ineligible")
    assert desk.work() == [] and server.all("ResearchSubject") == []
    decide(desk, Kind.STATUS, status="screening")
    assert only(server, "ResearchSubject")["status"] == "screening"
    assert desk.now == NOON
