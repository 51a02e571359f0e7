"""The worker: from a notification to what stands in the EHR, through failures, outages, budgets and competition."""

import logging
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.errors import StoreUnavailable
from service.screening import jobs
from service.screening.connections import Connections
from service.screening.worker import Worker
from service.store import audit, inbox, screenings, stops
from service.store.engine import Store, open_store
from service.store.inbox import INBOX
from service.store.outbox import OUTBOX
from service.store.queues import Counts
from service.store.screenings import SCREENINGS
from tests.databases import ON_BOTH
from tests.fhir_server import FhirServer
from tests.journeys.site import eventually
from tests.screening.world import cancer, encounter, haemoglobin, patient
from tests.working.world import FAST, NOON, Site, notice, tenant, writing

HOUR = timedelta(hours=1)
OUTAGE = 60  # quarters of an hour; eight tries would be over after an hour


@pytest.fixture
def seen(server: FhirServer) -> FhirServer:
    """Somebody who was seen, with a result and no cancer."""
    server.seed(patient(), encounter(), haemoglobin())
    return server


def statuses(server: FhirServer) -> list[object]:
    return [each["status"] for each in server.all("ResearchSubject")]


# --------------------------------------------------------------------------------------------------- the usual way
@ON_BOTH
def test_a_result_becomes_a_research_subject(store: Store, seen: FhirServer) -> None:
    site = Site(store, writing(seen))
    inbox.deliver(store, notice(haemoglobin()))
    assert site.step().done == {"delivery": 1, "screening": 0, "write": 0}  # events of two seconds are one screening
    assert site.step(seconds=2).done == {"delivery": 0, "screening": 1, "write": 1}
    assert statuses(seen) == ["candidate"]
    assert not site.step(seconds=2).worked


def test_the_subject_follows_the_chart(store: Store, seen: FhirServer) -> None:
    site = Site(store, writing(seen))
    site.ask()
    site.step()
    seen.change(cancer())
    site.ask()
    site.step()
    assert statuses(seen) == ["ineligible"]


def test_a_burst_of_events_is_one_screening(store: Store, seen: FhirServer) -> None:
    site = Site(store, writing(seen))
    for number in range(20):
        inbox.deliver(store, notice(haemoglobin(), number))
    assert site.step().done["delivery"] == 20
    assert site.step(seconds=2).done["screening"] == 1


def test_a_tenant_without_a_target_writes_nothing(store: Store, seen: FhirServer) -> None:
    site = Site(store, tenant(seen))
    site.ask()
    assert site.step().done == {"delivery": 0, "screening": 1, "write": 0}
    assert (site.standing(), OUTBOX.counts(store)) == ("candidate", {})


def test_while_writes_are_stopped_they_wait(store: Store, seen: FhirServer) -> None:
    site = Site(store, writing(seen))
    stops.stop(store, "north", NOON)
    site.ask()
    assert site.step().done == {"delivery": 0, "screening": 1, "write": 0}
    stops.resume(store, "north")
    assert site.step(seconds=1).done["write"] == 1
    assert statuses(seen) == ["candidate"]


def test_a_merged_patient_is_followed(store: Store, seen: FhirServer) -> None:
    site = Site(store, tenant(seen))
    seen.seed(patient("old", link=[{"type": "replaced-by", "other": {"reference": "Patient/p"}}]))
    site.ask("old")
    assert site.step().done["screening"] == 2
    assert (site.standing("old"), site.standing()) == (None, "candidate")


# ------------------------------------------------------------------------------------------------- what goes wrong
def test_a_failure_is_tried_again_later_each_time_and_then_given_up(
    store: Store, seen: FhirServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    site = Site(store, tenant(seen))
    site.ask()
    seen.fail(where="Patient/p", times=99, status=403)
    waits = []
    while SCREENINGS.dead(store) == ():
        counted = SCREENINGS.counts(store)["north"]
        assert counted.oldest is not None
        waits.append(counted.oldest - site.watch.now())
        site.step(seconds=waits[-1].total_seconds())
    assert [wait.total_seconds() for wait in waits] == [0, 30, 60, 120, 240, 480, 960, 1920]
    (dead,) = SCREENINGS.dead(store)
    assert (dead.error, dead.tries) == ("http-403", 8)
    assert "Patient/p" not in caplog.text
    seen.faults.clear()
    SCREENINGS.retry(store, dead.id, site.watch.now())
    site.step()
    assert site.standing() == "candidate"


def test_a_type_that_is_never_given_is_not_loaded_in_the_end(store: Store, seen: FhirServer) -> None:
    site = Site(store, tenant(seen))
    site.ask()
    seen.fail(where="/Condition", times=99, status=500)
    for _ in range(7):
        site.step(hours=2)
        assert site.standing() is None
    site.step(hours=2)
    assert site.standing() == "needs_review"


def test_an_outage_uses_up_no_tries(store: Store, seen: FhirServer) -> None:
    seen.seed(*(patient(f"q{number}") for number in range(5)))
    site = Site(store, writing(seen))
    site.step()
    for number in range(5):
        site.ask(f"q{number}")
    inbox.deliver(store, notice(haemoglobin()))
    outage = seen.fail(times=100_000, status=503)
    for _ in range(OUTAGE):
        site.step(minutes=15)
    asked = 100_000 - outage.times
    assert asked < 3 * OUTAGE  # little more than one question a time: is it there again?
    outage.times = 0
    site.step(minutes=15)
    assert INBOX.dead(store) == SCREENINGS.dead(store) == ()
    assert all(site.standing(f"q{number}") for number in range(5))


def test_a_server_that_is_not_there_at_the_start_is_waited_for(store: Store, seen: FhirServer) -> None:
    site = Site(store, tenant(seen))
    site.ask()
    seen.fail(where="metadata", times=2, status=404)
    assert (site.step().postponed, site.step(seconds=5).postponed) == (1, 1)
    assert site.step(seconds=10).done["screening"] == 1


def test_what_breaks_unexpectedly_stops_nobody_else(
    store: Store, seen: FhirServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    seen.seed(patient("q"))
    site = Site(store, tenant(seen))
    true = jobs.examine

    def breaking(of: Any, who: str, *more: Any, **named: Any) -> Any:
        if who == "p":
            raise KeyError("Mrs. Secret")
        return true(of, who, *more, **named)

    monkeypatch.setattr(jobs, "examine", breaking)
    site.ask("p")
    site.ask("q")
    for _ in range(8):
        site.step(hours=2)
    assert (site.standing("p"), site.standing("q")) == (None, "needs_review")
    (dead,) = SCREENINGS.dead(store)
    assert dead.error == "unexpected-KeyError"
    assert "Secret" not in caplog.text
    assert "test_worker.py" in caplog.text


@ON_BOTH
def test_a_result_that_comes_after_its_lease_does_not_count(
    store: Store, seen: FhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(store, tenant(seen))
    site.ask()
    true = jobs.examine

    def slow(*given: Any, **named: Any) -> Any:
        found = true(*given, **named)
        monkeypatch.setattr(jobs, "examine", true)
        site.watch.passed += 601
        (claimed,) = SCREENINGS.claim(store, site.watch.now(), HOUR, 1)
        assert claimed.patient == "p"
        return found

    monkeypatch.setattr(jobs, "examine", slow)
    assert site.step().done["screening"] == 0
    assert site.standing() is None


def test_a_delivery_of_a_hook_that_is_gone_is_given_up_at_once(store: Store, seen: FhirServer) -> None:
    site = Site(store, replace(writing(seen), hooks=()))
    inbox.deliver(store, notice(haemoglobin()))
    assert site.step().failed == 1
    assert [each.error for each in INBOX.dead(store)] == ["no-hook"]


def test_work_of_a_tenant_that_is_not_set_up_waits(store: Store, seen: FhirServer) -> None:
    screenings.request(store, "south", "p", "event", NOON)
    assert not Site(store, tenant(seen)).step().worked
    assert SCREENINGS.counts(store) == {"south": Counts(waiting=1, oldest=NOON)}


# ------------------------------------------------------------------------------------------------------- by the clock
def test_time_alone_leads_to_a_screening(store: Store, server: FhirServer) -> None:
    server.seed(patient(birthDate="2008-07-02"), encounter(), haemoglobin())
    site = Site(store, writing(server))
    site.ask()
    site.step()
    assert site.standing() == "ineligible"
    assert not site.step(days=1).worked
    site.step(days=1)
    site.step(seconds=1)
    assert site.standing() == "candidate"  # who came of age today
    assert statuses(server) == ["candidate"]


def test_what_no_event_tells_is_found_within_the_period(store: Store, seen: FhirServer) -> None:
    site = Site(store, tenant(seen))
    seen.seed(cancer())
    site.ask()
    site.step()
    seen.remove("Condition", "c")  # nobody tells
    found = []
    for _ in range(7):
        site.step(days=1)
        site.step(hours=13)
        site.watch.passed -= 13 * 3600
        found.append(site.standing())
    assert found[-1] == "candidate"
    assert sum(each.done["screening"] for each in site.passes) == 2  # the first one, and that of the turn


def test_a_new_version_of_a_study_screens_everybody_again(store: Store, seen: FhirServer) -> None:
    site = Site(store, tenant(seen))
    site.ask()
    site.step()
    content = site.tenant.catalog
    newer = replace(content.studies["demo"], version="2.0")
    again = Site(store, replace(site.tenant, catalog=replace(content, studies={"demo": newer})))
    again.step(seconds=1)
    assert again.step(seconds=1).done["screening"] == 1
    assert again.step(days=1).requested in (0, 1)


def test_old_records_of_work_are_forgotten_daily(store: Store, seen: FhirServer) -> None:
    site = Site(store, writing(seen))
    site.ask()
    site.step()
    assert audit.entries(store, "north", 9)
    site.step(days=7 * 366)
    assert [each.action for each in audit.entries(store, "north", 99) if each.at < site.watch.now()] == []


# ------------------------------------------------------------------------------------------------------------ budget
def test_no_patient_is_begun_whom_the_budget_does_not_suffice_to_end(store: Store, server: FhirServer) -> None:
    people = [f"q{number}" for number in range(5)]
    server.seed(*(patient(each) for each in people))
    limits = replace(FAST, per_hour=20, longest_wait=1)
    site = Site(store, tenant(server, limits=limits))
    for each in people:
        site.ask(each)
    done = [site.step(minutes=20).done["screening"] for _ in range(9)]
    assert sum(done) == 5
    assert max(done) <= 3
    assert [len(server.log.of("GET", f"/Patient/{each}$")) for each in people] == [1] * 5  # nobody was begun twice
    assert [each.postponed for each in site.passes] == [0] * 9


@ON_BOTH
def test_the_budget_is_shared_by_all_workers_of_a_tenant(store: Store, server: FhirServer) -> None:
    server.seed(patient("a"), patient("b"))
    limits = replace(FAST, per_hour=8)
    one, other = Site(store, tenant(server, limits=limits)), Site(store, tenant(server, limits=limits))
    for each in "ab":
        one.ask(each)
    assert (one.step().done["screening"], one.passes[-1].postponed) == (1, 0)
    assert other.step(seconds=1).done["screening"] == 0
    assert other.step(hours=1).done["screening"] == 1


# -------------------------------------------------------------------------------------------------- loops and threads
def test_a_worker_goes_on_when_the_database_was_away(
    store: Store, seen: FhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Worker(store, [tenant(seen)])
    true, calls = worker.step, 0

    def step() -> Any:
        nonlocal calls
        calls += 1
        if calls < 3:
            raise StoreUnavailable("the database does not answer")
        worker.stop()
        return true()

    monkeypatch.setattr(worker, "step", step)
    worker.run(idle=0.01)
    assert calls == 3


def test_news_wake_a_worker_that_waits(store: Store, seen: FhirServer) -> None:
    worker = Worker(store, [tenant(seen)])
    thread = threading.Thread(target=worker.run, kwargs={"idle": 60})
    thread.start()
    while not (done := Site(store, tenant(seen)).standing()):
        screenings.request(store, "north", "p", "event", NOON)
        worker.wake()
        thread.join(0.05)
    worker.stop()
    thread.join(10)
    assert (done, thread.is_alive()) == ("candidate", False)


def test_a_worker_that_waits_begins_when_a_screening_is_due(store: Store, seen: FhirServer) -> None:
    worker = Worker(store, [tenant(seen)])
    worker.step()
    screenings.request(store, "north", "p", "event", datetime.now(UTC) + timedelta(seconds=0.5))
    thread = threading.Thread(target=worker.run, kwargs={"idle": 600})
    thread.start()
    done = eventually(lambda: Site(store, tenant(seen)).standing(), 60)
    worker.stop()
    thread.join(10)
    assert (done, thread.is_alive()) == ("candidate", False)


@ON_BOTH
def test_several_workers_share_the_work_and_do_none_of_it_twice(url: str, store: Store, server: FhirServer) -> None:
    people = [f"q{number:02}" for number in range(30)]
    server.seed(*(patient(each) for each in people))
    of = tenant(server)
    for each in people:
        screenings.request(store, "north", each, "event", NOON)
    stores = [open_store(url) for _ in range(3)]
    workers = [Worker(each, [of], connections=Connections()) for each in stores]
    threads = [threading.Thread(target=_until_empty, args=(each, store)) for each in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    screened = [each.patient for each in audit.entries(store, "north", 99) if each.action == "screened"]
    assert sorted(map(str, screened)) == people
    for each in stores:
        each.close()


def _until_empty(worker: Worker, store: Store) -> None:
    while SCREENINGS.counts(store):
        worker.step()
