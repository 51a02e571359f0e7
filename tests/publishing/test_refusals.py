"""What becomes of a write that does not succeed: again later, or given up, each with its code; and the kill switch."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from service.ehr.transport import new_session
from service.errors import EhrRefused, EhrUnavailable, NotPermitted, UnusableAnswer, VersionConflict
from service.screening import publish
from service.screening.publish import What
from service.screening.publish_results import LONGEST_PAUSE, code_of, judged, pause
from service.screening.tenant import TargetKind
from service.store import audit, outbox, published, retention, stops
from service.store.engine import Store
from service.store.outbox import OUTBOX
from service.store.stops import EVERYBODY
from tests.fhir_server.server import FhirServer
from tests.publishing.steps import Watched
from tests.publishing.world import (
    ALL,
    IDENTITY,
    LEASE,
    NOON,
    Json,
    Office,
    connected,
    office,
    only,
    part,
    person_sets,
    tenant,
    writes,
)
from tests.screening.world import STUDY

WAYS = pytest.mark.parametrize("lacking", [set(), {"transaction"}], ids=["transaction", "one by one"])
OUTCOME = (
    '{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"business-rule","diagnostics":"Ann"}]}'
)


@WAYS
@pytest.mark.parametrize("status", [400, 403, 422])
def test_what_is_refused_is_given_up_with_its_code(
    store: Store, server: FhirServer, status: int, lacking: set[str]
) -> None:
    server.without = lacking
    server.fail(method="POST", where="/fhir(/ResearchStudy)?$", status=status, body=OUTCOME)
    desk = office(store, server)
    desk.plan()
    code = f"http-{status}-business-rule"
    assert [(each.what, each.code) for each in desk.work()] == [(What.DEAD, code)]
    (dead,) = OUTBOX.dead(store)
    assert (dead.error, dead.patient) == (code, "p")
    assert writes(server) == {}
    newest, *_ = audit.entries(store, "north", 9)
    assert (newest.action, newest.detail) == ("write-dead", {"code": code, "tries": 1})
    assert desk.later(days=1).plan("needs_review"), "a newer one is tried"
    assert [each.what for each in desk.work()] == [What.WRITTEN]


@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_what_may_succeed_later_waits_longer_each_time(store: Store, server: FhirServer, status: int) -> None:
    server.fail(method="POST", where="/fhir$", times=3 if status == 401 else 9, status=status)
    desk = office(store, server)
    desk.plan()
    waited = []
    while (done := desk.work()) and done[0].what is What.WAITING:
        assert done[0].code == f"http-{status}"
        before = desk.now
        while not OUTBOX.claim(store, desk.now, timedelta(microseconds=1), 1, most_tries=99):
            desk.later(seconds=5)
        waited.append(desk.now - before)
        desk.later(seconds=1)
    assert done[0].what is What.WRITTEN and waited == sorted(waited) and len(waited) > 1


def test_a_server_that_is_away_says_so_in_a_code(store: Store, server: FhirServer) -> None:
    desk = office(store, server)
    desk.plan()
    server.fail(method=".*", where="ResearchSubject", times=99, drop=True)
    assert [(each.what, each.code) for each in desk.work()] == [(What.WAITING, "no-answer-transient")]


@WAYS
@pytest.mark.parametrize("status", [409, 412])
def test_a_conflict_is_looked_at_again_at_once_and_a_lasting_one_ends(
    store: Store, server: FhirServer, status: int, lacking: set[str]
) -> None:
    server.without = lacking
    where = "/fhir(/ResearchSubject(/[^_].*)?)?$"
    desk = office(store, server)
    desk.plan()
    server.fail(method="POST|PUT", where=where, times=3, status=status)
    assert [each.what for each in desk.work()] == [What.WRITTEN]
    desk.plan("ineligible")
    server.fail(method="POST|PUT", where=where, times=99, status=status)
    (result,) = desk.work()
    assert (result.what, result.code) == (What.DEAD if status == 409 else What.WAITING, f"http-{status}")


@WAYS
def test_a_person_who_comes_between_look_and_write_is_not_overwritten(
    store: Store, server: FhirServer, lacking: set[str]
) -> None:
    server.without = lacking
    desk = office(store, server)
    desk.plan()
    desk.work()
    acted = []

    def step() -> None:
        if not acted and server.log.of("GET", "ResearchSubject/"):
            acted.append(person_sets(server, "on-study"))

    server.log.clear()
    desk.connection = connected(server.base, Watched(new_session(), step))
    desk.plan("ineligible")
    assert [(each.what, each.by_person) for each in desk.work()] == [(What.WRITTEN, True)]
    assert acted and only(server, "ResearchSubject")["status"] == "on-study"
    assert part(only(server, "ResearchSubject"), "standing") == "ineligible"


# ------------------------------------------------------------------------------------------------- adopted, or not ours
def seeded(server: FhirServer, **change: Any) -> Json:
    """A ResearchSubject with our identifier that we do not know of."""
    subject: Json = {
        "resourceType": "ResearchSubject",
        "id": "there",
        "identifier": [{"system": "https://fhir-prescreen.org/fhir/identifier/research-subject", "value": IDENTITY}],
        "status": "screening",
        "study": {"identifier": {"system": "https://fhir-prescreen.org/fhir/identifier/study", "value": STUDY.id}},
        "individual": {"reference": "Patient/p"},
    }
    server.seed({**subject, **change})
    return {**subject, **change}


@WAYS
def test_one_that_is_there_already_is_adopted_with_the_state_that_a_person_set(
    store: Store, server: FhirServer, lacking: set[str]
) -> None:
    server.without = lacking
    seeded(server)
    desk = office(store, server)
    desk.plan()
    assert [(each.what, each.by_person) for each in desk.work()] == [(What.WRITTEN, True)]
    subject = only(server, "ResearchSubject")
    assert (subject["status"], subject["id"], part(subject, "standing")) == ("screening", "there", "candidate")
    assert len(server.all("Provenance")) == 1 and len(only(server, "List")["entry"]) == 1


def test_nothing_is_said_of_anothers_that_appears_while_we_create(store: Store, server: FhirServer) -> None:
    server.without = {"transaction"}
    desk = office(store, server)

    def step() -> None:
        if server.all("ResearchStudy") and not server.all("ResearchSubject"):
            seeded(server, individual={"reference": "Patient/another"})

    desk.connection = connected(server.base, Watched(new_session(), step))
    desk.plan()
    assert [(each.what, each.code) for each in desk.work()] == [(What.DEAD, "not-ours")]
    assert writes(server) == {"ResearchStudy": 1, "ResearchSubject": 1}


@WAYS
def test_one_that_appears_while_we_create_is_adopted(store: Store, server: FhirServer, lacking: set[str]) -> None:
    server.without = lacking
    desk = office(store, server)

    def step() -> None:
        if server.log.of("POST", "/fhir(/ResearchStudy)?$") == [] and server.log.of("GET|POST", "List"):
            if not server.all("ResearchSubject"):
                seeded(server)

    desk.connection = connected(server.base, Watched(new_session(), step))
    desk.plan()
    assert [(each.what, each.by_person) for each in desk.work()] == [(What.WRITTEN, True)]
    assert only(server, "ResearchSubject")["status"] == "screening"
    assert len(server.all("Provenance")) == 1 and len(only(server, "List")["entry"]) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"individual": {"reference": "Patient/another"}},
        {"study": {"reference": "ResearchStudy/another"}},
        {"individual": {}},
    ],
)
def test_anothers_resource_is_left_alone(store: Store, server: FhirServer, change: Json) -> None:
    seeded(server, **change)
    desk = office(store, server)
    desk.plan()
    assert [(each.what, each.code) for each in desk.work()] == [(What.DEAD, "not-ours")]
    assert writes(server) == {"ResearchSubject": 1}


def test_several_with_our_identifier_are_told_and_none_is_chosen(store: Store, server: FhirServer) -> None:
    seeded(server)
    seeded(server, id="also-there")
    desk = office(store, server)
    desk.plan()
    assert [(each.what, each.code) for each in desk.work()] == [(What.DEAD, "several-with-our-identifier")]
    assert writes(server) == {"ResearchSubject": 2}


@WAYS
@pytest.mark.parametrize("lost", ["extension", "status"])
def test_a_server_that_does_not_keep_what_it_is_sent_is_found_out(
    store: Store, server: FhirServer, lost: str, lacking: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.without = lacking
    kept = server.storage.put

    def put(kind: str, id: str, resource: Json, method: str = "PUT") -> Json:
        if kind == "ResearchSubject":
            without = {key: value for key, value in resource.items() if key != "extension"}
            resource = without if lost == "extension" else {**resource, "status": "candidate"}
        return kept(kind, id, resource, method)

    monkeypatch.setattr(server.storage, "put", put)
    desk = office(store, server)
    desk.plan("needs_review")
    assert [(each.what, each.code) for each in desk.work()] == [(What.DEAD, f"not-kept-{lost}")]
    assert len(server.all("ResearchSubject")) == 1


def test_a_server_that_drops_parts_of_a_list_is_found_out(
    store: Store, server: FhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = server.storage.put
    monkeypatch.setattr(
        server.storage,
        "put",
        lambda kind, id, resource, method="PUT": kept(
            kind, id, {key: each for key, each in resource.items() if kind != "List" or key != "entry"}, method
        ),
    )
    desk = office(store, server)
    desk.plan()
    assert [(each.what, each.code) for each in desk.work()] == [(What.DEAD, "not-kept-List")]


# ------------------------------------------------------------------------------------------------- the kill switch
def switch_off(store: Store) -> None:
    stops.stop(store, "north", NOON)


def switch_off_all(store: Store) -> None:
    stops.stop(store, EVERYBODY, NOON)


@pytest.mark.parametrize("off", [switch_off, switch_off_all])
def test_what_is_claimed_already_is_not_written_when_writes_are_stopped(
    store: Store, server: FhirServer, off: Callable[[Store], None]
) -> None:
    desk = office(store, server)
    desk.plan()
    (claimed,) = OUTBOX.claim(store, NOON, LEASE, 1)
    off(store)
    assert not publish.may_write(store, desk.tenant)
    assert publish.write(store, desk.tenant, claimed, desk.connection, NOON).what is What.STOPPED
    assert writes(server) == {} and not server.log.of("POST", "/fhir$")
    for _ in range(20):
        assert [each.what for each in desk.later(minutes=1).work()] == [What.STOPPED], "it waits, however long"
    stops.resume(store, "north")
    stops.resume(store, EVERYBODY)
    assert [each.what for each in desk.later(minutes=1).work()] == [What.WRITTEN]


@pytest.mark.parametrize("after", range(1, 4))
def test_a_writing_under_way_stops_before_its_next_request(store: Store, server: FhirServer, after: int) -> None:
    server.without = {"transaction"}
    desk = office(store, server)
    sent = "POST|PUT"

    def step() -> None:
        if sum(not each.path.endswith("_search") for each in server.log.of(sent)) == after:
            stops.stop(store, "north", NOON)

    desk.connection = connected(server.base, Watched(new_session(), step))
    desk.plan()
    assert [each.what for each in desk.work()] == [What.STOPPED]
    assert sum(writes(server).values()) == after
    stops.resume(store, "north")
    desk.connection = connected(server.base)
    assert [each.what for each in desk.later(minutes=1).work()] == [What.WRITTEN]
    assert writes(server) == {"ResearchStudy": 1, "ResearchSubject": 1, "Provenance": 1, "List": 1}


@pytest.mark.parametrize("how", [{"enabled": False}, {"dry_run": True}])
def test_a_target_that_is_switched_off_in_the_settings_gets_nothing(
    store: Store, server: FhirServer, how: Json
) -> None:
    desk = office(store, server, **how)
    assert desk.plan(), "what waits goes on waiting"
    assert [each.what for each in desk.work()] == [What.STOPPED]
    assert writes(server) == {}


def test_the_client_asks_as_well(store: Store, server: FhirServer) -> None:
    desk = office(store, server)
    desk.connection = connected(server.base, may_write=lambda: False)
    desk.plan()
    assert [each.what for each in desk.work()] == [What.STOPPED]


# ------------------------------------------------------------------------------------------------- odd content
@pytest.mark.parametrize("content", [{}, {"line": 1}, {"line": {}, "versions": {}, "withdrawn": None, "made": "x"}])
def test_what_cannot_be_understood_is_given_up(store: Store, server: FhirServer, content: Json) -> None:
    outbox.put(store, "north", STUDY.id, "p", "digest", content, NOON)
    assert [(each.what, each.code) for each in office(store, server).work()] == [(What.DEAD, "invalid-value")]


def test_without_a_connection_or_a_target_nothing_is_lost(store: Store, server: FhirServer) -> None:
    nowhere = Office(store, tenant(server.base), None)
    nowhere.plan()
    assert [(each.what, each.code) for each in nowhere.work()] == [(What.WAITING, "no-connection")]
    assert not office(store, server, kind=TargetKind.NONE).plan(patient="another")


def test_an_old_release_is_not_written_to(store: Store) -> None:
    with FhirServer(release="3.0.2") as server:
        desk = office(store, server, resources=ALL)
        desk.plan()
        assert [each.code for each in desk.work()] == ["target-unsuitable"]


def test_a_patient_who_is_forgotten_meanwhile_stays_forgotten(store: Store, server: FhirServer) -> None:
    desk = office(store, server)
    desk.plan()
    (claimed,) = OUTBOX.claim(store, NOON, LEASE, 1)
    retention.delete_patient(store, "north", "p")
    assert publish.write(store, desk.tenant, claimed, desk.connection, NOON).what is What.LOST
    assert writes(server) == {} and published.find(store, "north", STUDY.id, "p") is None
    assert not outbox.is_wanted(store, "north", STUDY.id, "p") and audit.entries(store, "north", 9) == ()


@given(st.integers(0, 100))
def test_the_pause_grows_up_to_a_limit(tries: int) -> None:
    assert timedelta(seconds=15) <= pause(tries) <= pause(tries + 1) <= LONGEST_PAUSE


@pytest.mark.parametrize(
    ("problem", "code", "again"),
    [
        (EhrUnavailable("x", retry_after=3600), "no-answer-transient", timedelta(hours=1)),
        (EhrUnavailable("x", status=503, codes=("throttled",)), "http-503-throttled", timedelta(seconds=15)),
        (UnusableAnswer("x"), "no-answer-structure", timedelta(seconds=15)),
        (NotPermitted("x", status=401), "http-401", timedelta(seconds=15)),
        (NotPermitted("x", status=403), "http-403", None),
        (VersionConflict("x", status=412), "http-412", timedelta(seconds=15)),
        (VersionConflict("x", status=409), "http-409", None),
        (VersionConflict("x"), "several-with-our-identifier", None),
        (EhrRefused("x"), "refused", None),
    ],
)
def test_the_code_says_what_happened_and_whether_it_is_tried_again(
    problem: Any, code: str, again: timedelta | None
) -> None:
    assert code_of(problem) == code
    assert judged(problem, 1, NOON) == (code, None if again is None else NOON + again)
