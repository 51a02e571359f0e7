"""The worker: works off what came in, screens who is due, writes what was found, and does by the clock what is due.

As many as one likes may run, in threads or processes, on one database: a piece of work is done by whoever claims it.
Killed anywhere, it leaves work that another takes up when its lease is over, and all steps may be repeated. What fails
is tried again, later each time; what failed too often is a dead letter with a code, and nothing of a patient's. This
is the one place that catches whatever goes wrong with a single piece, so that the others go on.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from service.ehr.clock import SYSTEM, Clock
from service.errors import EhrError, EhrUnavailable, LeaseLost, PrescreenError, StoreError
from service.screening import publish, recovery, scheduler
from service.screening.connections import Connections
from service.screening.holding import LEASE
from service.screening.jobs import Deliveries, Desk, Job, Screenings, Writes, claim, place_of
from service.screening.patient import screening_date
from service.screening.publish_results import code_of
from service.screening.reach import SOURCE, SUBSCRIPTIONS
from service.screening.studying.upkeep import Upkeep
from service.screening.subscription_upkeep import keep_alive
from service.screening.tenant import TargetKind, Tenant, by_name
from service.screening.worklist.digests import Telling, tell_due
from service.store import retention
from service.store.engine import Store
from service.store.leases import MOST_TRIES, State
from service.store.presence import Presence, attend
from service.store.retention import Keep
from service.store.screenings import SCREENINGS

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
MOST_OF_A_KIND = {"delivery": 100, "screening": 10, "write": 20}  # in one pass
CARE_EVERY = timedelta(seconds=10)
DAILY_AGAIN = timedelta(minutes=10)  # where it failed
RECHECK_AFTER, MOST_RECHECKED = timedelta(days=7), 1000
IDLE, MOST_IDLE = 0.5, 30.0  # seconds
STOPPED_BY = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass did: pieces of work by kind, those that failed, those that were begun in vain; screenings asked for
    by the clock. `counting`: the next pass goes on counting a study."""

    done: Mapping[str, int]
    failed: int = 0
    postponed: int = 0
    requested: int = 0
    counting: bool = False

    @property
    def worked(self) -> bool:
        """Was there anything to do, or is there more of it?"""
        return any(self.done.values()) or self.failed > 0 or self.counting


class Worker:
    """Does all work of these tenants. `step` is one pass, `run` goes on until `stop`."""

    def __init__(
        self,
        store: Store,
        tenants: Collection[Tenant],
        *,
        clock: Clock = SYSTEM,
        connections: Connections | None = None,
        retain: Keep | None = None,
        telling: Telling | None = None,
        lease: timedelta = LEASE,
        most_tries: int = MOST_TRIES,
    ) -> None:
        self._desk = Desk(store, by_name(tenants), connections or Connections(clock=clock), clock, lease, most_tries)
        self._jobs: tuple[Job, ...] = (Deliveries(self._desk), Screenings(self._desk), Writes(self._desk))
        self._retain, self._telling = retain or Keep(), telling
        self._stopping, self._news = threading.Event(), threading.Event()
        self._presence: Presence | None = None
        self._cared: dict[str, datetime] = {}
        self._upkeep = Upkeep(store, clock.now)
        self._days: dict[str, date] = {}
        self._daily_from: dict[str, datetime] = {}
        self._purged: date | None = None
        self._counts: Counter[str] = Counter()

    def stop(self) -> None:
        """Finish the piece of work at hand, and begin no other."""
        self._stopping.set()
        self._news.set()

    def wake(self) -> None:
        """There is news: do not wait for the next look."""
        self._news.set()

    def stop_on_signals(self) -> None:
        """Let SIGTERM and SIGINT stop it. To be called in the main thread alone."""
        for each in STOPPED_BY:
            signal.signal(each, lambda *_: self.stop())

    def run(self, idle: float = IDLE) -> None:
        """Pass after pass, until `stop`. Where there was nothing to do, it waits for news, at most `idle` seconds, and
        not beyond the time for which a screening was asked."""
        trouble = 0
        while not self._stopping.is_set():
            self._news.clear()
            try:
                pause, trouble = 0.0 if self.step().worked else self._until_due(idle), 0
            except StoreError as problem:
                log.warning("the worker waits: %s", problem)
                trouble += 1
                pause = min(idle * 2**trouble, max(idle, MOST_IDLE))
            self._news.wait(pause if not self._stopping.is_set() else 0)
        self._upkeep.close()

    def _until_due(self, most: float) -> float:
        """Seconds until the next screening may begin."""
        now = self._desk.clock.now()
        due = SCREENINGS.next_due(self._desk.store, now)
        return most if due is None else min(most, (due - now).total_seconds())

    def step(self) -> Pass:
        """One pass over everything. Raises StoreError; then whatever was at hand is taken up again later."""
        self._attend()
        self._counts = Counter()
        for job in self._jobs:
            for _ in range(MOST_OF_A_KIND[job.name]):
                if self._stopping.is_set() or not self._one(job):
                    break
        for tenant in self._desk.tenants.values():
            self._chores(tenant)
        self._purge()
        counts = self._counts
        done = {job.name: counts[job.name] for job in self._jobs}
        return Pass(done, counts["failed"], counts["postponed"], counts["requested"], self._upkeep.goes_on)

    def _attend(self) -> None:
        """Be seen by the workers that begin later; take up what those had begun who are dead."""
        if self._presence is None:
            self._presence = attend(self._desk.store, self._desk.clock.now())
            if self._presence.given_back:
                log.info("%d pieces of work that a killed process had begun are taken up", self._presence.given_back)

    # ------------------------------------------------------------------------------------------------ pieces of work
    def _one(self, job: Job) -> bool:
        """Do one piece of this kind; False if there is none that may be begun now."""
        desk, now = self._desk, self._desk.clock.now()
        ready = [name for name, tenant in desk.tenants.items() if job.ready(tenant)]
        claimed = claim(desk, job, ready, now) if ready else None
        if claimed is None:
            return False
        tenant = desk.tenants[job.tenant_of(claimed)]
        with desk.holding(job, claimed.lease, tenant):
            self._do(job, claimed, tenant, now)
        return True

    def _do(self, job: Job, claimed: Any, tenant: Tenant, now: datetime) -> None:
        """Do it, or let it wait, be tried again, or be given up."""
        desk, sent = self._desk, self._desk.connections.sent(tenant.name, job.use)
        try:
            connection = job.connect(tenant)
        except EhrError as problem:
            log.warning("tenant %s: the %s cannot be reached: %s", tenant.name, job.use, problem)
            desk.missed(tenant, job.use, problem)
            self._postpone(job, claimed, tenant)
            return
        try:
            ended = job.do(claimed, tenant, connection, now)
        except LeaseLost:
            log.info("a %s is done by somebody else by now", job.name)
        except StoreError:
            raise
        except PrescreenError as problem:
            self._failed(job, claimed, tenant, problem)
        except Exception as problem:  # noqa: BLE001 the edge of the loop: one broken piece must not stop the others
            log.error("a %s failed unexpectedly: %s at %s", job.name, type(problem).__name__, place_of(problem))
            self._give_back(job, claimed, f"unexpected-{type(problem).__name__}", None)
        else:
            self._counts[job.name if ended else "failed"] += 1
            if ended:
                desk.reached(tenant, job.use, sent)

    def _failed(self, job: Job, claimed: Any, tenant: Tenant, problem: PrescreenError) -> None:
        log.warning("a %s of tenant %s failed: %s", job.name, tenant.name, problem)
        if isinstance(problem, EhrUnavailable):
            self._desk.gave_out(tenant, job.use, problem)
            if problem.status is None and problem.retry_after is not None:
                self._postpone(job, claimed, tenant)  # it is the limits that did not let us ask
                return
        asked = problem.retry_after if isinstance(problem, EhrUnavailable) else None
        self._give_back(job, claimed, code_of(problem), asked)

    def _give_back(self, job: Job, claimed: Any, code: str, asked: float | None) -> None:
        """Let it be tried again later, or let it be, if it was tried often enough."""
        desk, tries = self._desk, claimed.lease.tries
        wait = min(FIRST_PAUSE * 2 ** min(tries - 1, 20), LONGEST_PAUSE) * (0.5 + desk.clock.chance() / 2)
        retry_at = desk.clock.now() + max(wait, timedelta(seconds=asked or 0))
        self._counts["failed"] += 1
        try:
            state = job.queue.failed(desk.store, claimed.lease, code, None if tries >= desk.most_tries else retry_at)
        except LeaseLost:
            return
        if state is State.DEAD:
            log.error("a %s was given up after %d tries: %s", job.name, tries, code)

    def _postpone(self, job: Job, claimed: Any, tenant: Tenant) -> None:
        until = self._desk.clock.now() + self._desk.connections.rest_left(tenant.name, job.use)
        self._counts["postponed"] += 1
        try:
            job.queue.postponed(self._desk.store, claimed.lease, until)
        except LeaseLost:
            return

    # -------------------------------------------------------------------------------------------------- by the clock
    def _chores(self, tenant: Tenant) -> None:
        """What is due for a tenant: the care of its feeds, and once a day those who are to be screened anyhow."""
        now = self._desk.clock.now()
        if self._stopping.is_set():
            return
        looking = now - self._cared.get(tenant.name, now - CARE_EVERY) >= CARE_EVERY
        if looking:
            self._cared[tenant.name] = now
            self._guarded(tenant, lambda: self._upkeep.begin(tenant))
            if (by := self._telling) is not None:
                told = partial(tell_due, self._desk.store, tenant, by, self._desk.clock.now, self._stopping.is_set)
                self._guarded(tenant, told)
        self._guarded(tenant, lambda: self._upkeep.step(tenant))
        if tenant.source is None:
            return
        if looking:
            self._guarded(tenant, lambda: self._care(tenant, now))
            self._guarded(tenant, lambda: self._keep_alive(tenant), SUBSCRIPTIONS)
        today = screening_date(tenant, now)
        if self._days.get(tenant.name) != today and now >= self._daily_from.get(tenant.name, now):
            self._daily_from[tenant.name] = now + DAILY_AGAIN
            if self._guarded(tenant, lambda: self._daily(tenant, now)):
                self._days[tenant.name] = today
                del self._daily_from[tenant.name]

    def _care(self, tenant: Tenant, now: datetime) -> None:
        if self._desk.connections.is_resting(tenant.name, SOURCE) or not recovery.is_due(self._desk.store, tenant, now):
            return
        connection = self._desk.source(tenant)
        if connection is not None:
            done = recovery.look_after(self._desk.store, tenant, now, connection)
            self._counts["requested"] += sum(each.screenings for each in done)

    def _keep_alive(self, tenant: Tenant) -> None:
        """The Subscriptions, while nobody stops this worker and their server does not rest."""
        desk = self._desk
        if not self._stopping.is_set() and not desk.connections.is_resting(tenant.name, SUBSCRIPTIONS):
            keep_alive(desk.store, tenant, desk.clock, lambda: desk.subscriber(tenant))

    def _daily(self, tenant: Tenant, now: datetime) -> None:
        store = self._desk.store
        self._counts["requested"] += scheduler.request_due(store, tenant, now)
        self._counts["requested"] += scheduler.reconcile(store, tenant, now)
        if tenant.target.kind is not TargetKind.NONE:
            publish.recheck(store, tenant, now - RECHECK_AFTER, MOST_RECHECKED, now)

    def _purge(self) -> None:
        """Forget, once a day, what is older than is kept."""
        now = self._desk.clock.now()
        if self._purged != now.date() and not self._stopping.is_set():
            retention.purge(self._desk.store, now, self._retain)
            self._purged = now.date()

    def _guarded(self, tenant: Tenant, chore: Callable[[], object], use: str = SOURCE) -> bool:
        """Do a chore that may ask a server for this `use`; False if it failed, and is to be done again."""
        sent = self._desk.connections.sent(tenant.name, use)
        try:
            chore()
        except StoreError:
            raise
        except EhrError as problem:
            log.warning("a chore of tenant %s failed: %s", tenant.name, problem)
            self._desk.gave_out(tenant, use, problem)
        except Exception as problem:  # noqa: BLE001 as above
            log.error("a chore of tenant %s failed: %s at %s", tenant.name, type(problem).__name__, place_of(problem))
        else:
            self._desk.reached(tenant, use, sent)
            return True
        return False
