"""Work is held as long as its worker waits for a server, and no longer than it shows signs of life."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from service.ehr.limits import Limits
from service.errors import LeaseLost, StoreUnavailable
from service.screening import jobs
from service.screening.holding import Holding
from service.screening.worker import Worker
from service.store import screenings
from service.store.engine import Store
from service.store.leases import Lease
from service.store.queues import Queue
from service.store.screenings import SCREENINGS
from service.store.tables import screenings as table
from tests.databases import ON_BOTH
from tests.ehr.clock import Watch
from tests.fhir_server import FhirServer
from tests.journeys.site import eventually
from tests.screening.world import haemoglobin, patient
from tests.working.world import NOON, tenant

LENGTH = timedelta(seconds=0.3)
STEP = 0.25  # seconds of the watch; less than a lease
HOUR = timedelta(hours=1)


@dataclass
class Work:
    """A screening that was claimed, and the time that its worker sees."""

    store: Store
    watch: Watch
    lease: Lease
    requests: int = 0

    def holding(self, queue: Queue[Any] = SCREENINGS, patience: float = 1.0) -> Holding:
        return Holding(
            self.store,
            queue,
            self.lease,
            LENGTH,
            clock=self.watch.clock,
            requests=lambda: self.requests,
            patience=patience,
        )

    def is_anybody_elses(self) -> bool:
        return bool(SCREENINGS.claim(self.store, self.watch.now(), HOUR, 1))


@pytest.fixture
def work(store: Store) -> Work:
    watch = Watch(start=NOON)
    screenings.request(store, "north", "p", "event", NOON)
    (claimed,) = SCREENINGS.claim(store, NOON, LENGTH, 1)
    return Work(store, watch, claimed.lease)


@pytest.fixture(autouse=True)
def _nobody_is_left() -> Iterator[None]:
    yield
    assert not is_held()


def until(store: Store) -> datetime | None:
    """When the lease on the only screening ends."""
    with store.reading() as connection:
        found: datetime | None = connection.execute(select(table.c.due)).scalar_one()
    return found


def is_held() -> bool:
    """Is there a thread that renews?"""
    return any(each.name == "holding" for each in threading.enumerate())


def is_renewed(store: Store, watch: Watch) -> bool:
    return bool(eventually(lambda: until(store) == watch.now() + LENGTH, 10))


@ON_BOTH
def test_a_lease_is_renewed_before_it_is_over(work: Work) -> None:
    with work.holding(patience=100.0):
        for _ in range(6):
            work.watch.passed += STEP
            assert is_renewed(work.store, work.watch)
            assert not work.is_anybody_elses()
    assert not screenings.done(work.store, work.lease)


@ON_BOTH
def test_whoever_ends_the_work_finds_the_lease_as_it_was_claimed(work: Work) -> None:
    with work.holding():
        work.watch.passed += STEP
        assert is_renewed(work.store, work.watch)
        screenings.done(work.store, work.lease)
        assert eventually(lambda: not is_held(), 10)


@ON_BOTH
def test_who_makes_no_request_for_too_long_lets_go(work: Work, caplog: pytest.LogCaptureFixture) -> None:
    with work.holding():
        work.watch.passed += 1.1
        assert eventually(lambda: not is_held(), 10)
        assert until(work.store) != work.watch.now() + LENGTH
        assert work.is_anybody_elses()
    assert "stuck" in caplog.text
    with pytest.raises(LeaseLost):
        screenings.done(work.store, work.lease)


@ON_BOTH
def test_every_request_is_a_sign_of_life(work: Work) -> None:
    with work.holding():
        for _ in range(8):
            work.requests += 1
            work.watch.passed += STEP
            assert is_renewed(work.store, work.watch)


@ON_BOTH
def test_the_lease_of_a_successor_is_left_alone(work: Work) -> None:
    work.watch.passed += 1
    assert work.is_anybody_elses()
    with work.holding():
        assert eventually(lambda: not is_held(), 10)
    assert until(work.store) == work.watch.now() + HOUR


@ON_BOTH
def test_it_lets_go_when_the_work_fails(work: Work) -> None:
    with pytest.raises(ZeroDivisionError), work.holding():
        raise ZeroDivisionError
    assert not is_held()


@ON_BOTH
def test_a_database_that_is_away_for_a_moment_is_asked_again(work: Work, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    left = ["the first time", "the second time"]

    class Away(Queue[Any]):
        """Its database does not answer at first."""

        def renew(self, store: Store, lease: Lease, until: datetime) -> Lease:
            if left:
                raise StoreUnavailable(f"the database does not answer {left.pop(0)}")
            return SCREENINGS.renew(store, lease, until)

    with work.holding(Away(SCREENINGS.table, SCREENINGS.read)):
        work.watch.passed += STEP
        assert is_renewed(work.store, work.watch)
    assert caplog.text.count("could not be renewed") == 2


@ON_BOTH
def test_the_worker_holds_what_it_does(store: Store, server: FhirServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.seed(patient(), haemoglobin())
    watch = Watch(start=NOON)
    worker = Worker(store, [tenant(server)], clock=watch.clock, lease=LENGTH)
    screenings.request(store, "north", "p", "event", NOON)
    true = jobs.examine

    def slow(*given: Any, **named: Any) -> Any:
        for _ in range(4):
            watch.passed += STEP
            assert is_renewed(store, watch)
            assert SCREENINGS.claim(store, watch.now(), HOUR, 1) == ()
        return true(*given, **named)

    monkeypatch.setattr(jobs, "examine", slow)
    assert worker.step().done["screening"] == 1


def test_no_server_within_its_limits_makes_a_worker_look_stuck() -> None:
    limits = Limits(longest_wait=7, connect_timeout=3, read_timeout=11, answer_deadline=100)
    assert limits.longest_silence == 3 * 7 + 3 + 2 * 11 + 100
