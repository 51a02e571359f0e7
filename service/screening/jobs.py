"""The three kinds of work: notifications that came, patients to screen, results to write.

Each claims one piece at a time under a lease and does it to the end, in steps that may be repeated. What cannot be done
raises; the worker decides what becomes of it.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from service.ehr.clock import Clock
from service.ehr.connect import Connection
from service.errors import EhrError, EhrRefused, EhrUnavailable
from service.screening import budget, publish, reach, receive
from service.screening.connections import Connections
from service.screening.decisions.claims import reader_of
from service.screening.holding import Holding
from service.screening.patient import examine, follow, keep, screening_date
from service.screening.publish_results import What
from service.screening.reach import APPOINTMENTS, SOURCE, SUBSCRIPTIONS, TARGET
from service.screening.tenant import TargetKind, Tenant
from service.screening.worklist import coming
from service.store import people, screenings, stops
from service.store.engine import Store
from service.store.inbox import INBOX, ClaimedDelivery
from service.store.leases import Lease
from service.store.outbox import OUTBOX, ClaimedWrite
from service.store.queues import Queue
from service.store.screenings import SCREENINGS, ClaimedScreening

log = logging.getLogger(__name__)

NO_ANSWER, HTTP, FAILING = "no-answer", "http-", "http-5"
OWN_TIME = 300.0  # seconds that judging and storing may take, besides waiting for a server
# Where an EHR does not let us ask for Appointments, that seldom changes; where it is slow, it is asked the less.
REFUSED_REST, SLOW, REST_OF_SLOW = timedelta(hours=6), 1.0, 20
ENDED = frozenset({What.WRITTEN, What.UNCHANGED, What.NOTHING})


@dataclass(frozen=True, slots=True)
class Desk:
    """What all kinds of work share. `lease`: so long after a kill another takes up what was begun."""

    store: Store
    tenants: Mapping[str, Tenant]
    connections: Connections
    clock: Clock
    lease: timedelta
    most_tries: int

    def source(self, tenant: Tenant) -> Connection | None:
        """The connection to read by; None: this tenant reads from no server. Nothing is ever written by it."""
        if tenant.source is None:
            return None
        return self.connections.to(tenant.name, SOURCE, tenant.source, lambda: False)

    def subscriber(self, tenant: Tenant) -> Connection:
        """The connection by which the Subscriptions on the source are kept alive: nothing else is written by it."""
        assert tenant.source is not None, "there are Subscriptions on a source alone"
        may_write = lambda: tenant.target.enabled and not stops.stopped(self.store, tenant.name)  # noqa: E731
        return self.connections.to(tenant.name, SUBSCRIPTIONS, tenant.source, may_write)

    def appointments(self, tenant: Tenant, source: Connection) -> Connection | None:
        """The connection that finds Appointments; None: they cannot or need not be asked for now. Raises EhrError."""
        resting = self.connections.is_resting(tenant.name, APPOINTMENTS)
        if tenant.source is None or not tenant.appointments or resting or not coming.is_offered(source):
            return None
        return self.connections.beside(tenant.name, APPOINTMENTS, coming.server_for(tenant.source), source)

    def target(self, tenant: Tenant) -> Connection | None:
        """The connection to write by; None: this tenant writes to no server."""
        target = tenant.target
        if target.kind is not TargetKind.FHIR or target.server is None:
            return None
        may_write = lambda: publish.may_write(self.store, tenant)  # noqa: E731
        return self.connections.to(tenant.name, TARGET, target.server, may_write)

    def gave_out(self, tenant: Tenant, use: str, problem: EhrError) -> None:
        """A server is left alone for a while, and people are told."""
        self.connections.failed(tenant.name, use, problem)
        self.missed(tenant, use, problem)

    def missed(self, tenant: Tenant, use: str, problem: EhrError) -> None:
        """A server did not do what it was asked, and people are told; unless our own limits did not let us ask it."""
        if not (isinstance(problem, EhrUnavailable) and problem.status is None and problem.retry_after is not None):
            reach.missed(self.store, tenant.name, use, problem, self.clock.now())

    def reached(self, tenant: Tenant, use: str, sent: int) -> None:
        """What was done went well, and so did the server, if it was asked at all: more often by now than `sent`."""
        if self.connections.sent(tenant.name, use) > sent:
            self.connections.worked(tenant.name, use)
            reach.reached(self.store, tenant.name, use, self.clock.now())

    def holding(self, job: Job, lease: Lease, tenant: Tenant) -> Holding:
        """Holds a piece of work of this tenant."""
        servers = (each for each in (tenant.source, tenant.target.server) if each is not None)
        patience = max((each.limits.longest_silence for each in servers), default=0.0) + OWN_TIME
        requests = self.connections.requests
        return Holding(self.store, job.queue, lease, self.lease, clock=self.clock, requests=requests, patience=patience)


class Job(Protocol):
    """One kind of work."""

    @property
    def name(self) -> str:
        """What a piece of it is called."""

    @property
    def queue(self) -> Queue[Any]:
        """Where it waits."""

    @property
    def use(self) -> str:
        """The server that it needs."""

    def ready(self, tenant: Tenant) -> bool:
        """May work of this tenant be begun now?"""

    def tenant_of(self, claimed: Any) -> str:
        """Whose it is."""

    def connect(self, tenant: Tenant) -> Connection | None:
        """The connection it needs. Raises EhrError: then it was not begun."""

    def do(self, claimed: Any, tenant: Tenant, connection: Connection | None, now: datetime) -> bool:
        """Do it, and end it; False: it was put off. Raises EhrError, LeaseLost, StoreError."""


def place_of(problem: BaseException) -> str:
    """Where it happened. What the error says may hold a patient's data, and is not told."""
    frames = traceback.extract_tb(problem.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"


def claim(desk: Desk, job: Job, tenants: Collection[str], now: datetime) -> Any | None:
    """One piece of this kind of work, of these tenants; None: there is none."""
    found = job.queue.claim(desk.store, now, desk.lease, 1, most_tries=desk.most_tries, tenants=tenants)
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Notifications: whose charts have changed?"""

    desk: Desk
    name: str = "delivery"
    queue: Queue[ClaimedDelivery] = INBOX
    use: str = SOURCE

    def ready(self, tenant: Tenant) -> bool:
        """While the EHR is away, they wait."""
        return not self.desk.connections.is_resting(tenant.name, SOURCE)

    def tenant_of(self, claimed: ClaimedDelivery) -> str:
        """Whose it is."""
        return claimed.delivery.tenant

    def connect(self, tenant: Tenant) -> Connection | None:
        """To the EHR."""
        return self.desk.source(tenant)

    def do(self, claimed: ClaimedDelivery, tenant: Tenant, connection: Connection | None, now: datetime) -> bool:
        """Ask for the screenings, and end the delivery, in one transaction."""
        return receive.process(self.desk.store, tenant, claimed, now, connection).error is None


@dataclass(frozen=True, slots=True)
class Screenings:
    """Patients to screen."""

    desk: Desk
    name: str = "screening"
    queue: Queue[ClaimedScreening] = SCREENINGS
    use: str = SOURCE

    def ready(self, tenant: Tenant) -> bool:
        """While the EHR is away, or the hour's budget is used up, they wait."""
        if tenant.source is None or self.desk.connections.is_resting(tenant.name, SOURCE):
            return False
        return budget.suffices(self.desk.store, tenant, self.desk.clock.now())

    def tenant_of(self, claimed: ClaimedScreening) -> str:
        """Whose it is."""
        return claimed.tenant

    def connect(self, tenant: Tenant) -> Connection | None:
        """To the EHR."""
        return self.desk.source(tenant)

    def do(self, claimed: ClaimedScreening, tenant: Tenant, connection: Connection | None, now: datetime) -> bool:
        """Read, judge, and then keep the result and end the screening in one transaction.

        On its last try, a type that the server still does not give is taken as not loaded.
        """
        assert connection is not None, "only tenants with a source are ready"
        desk, patient = self.desk, claimed.patient
        last = claimed.lease.tries >= desk.most_tries
        sent = desk.connections.sent(tenant.name, SOURCE)
        try:
            at = screening_date(tenant, now)
            claims = reader_of(desk.store, tenant.name)
            examined = examine(tenant, patient, connection, at, partial=last, claims=claims)
        finally:
            made = desk.connections.sent(tenant.name, SOURCE) - sent
            budget.spend(desk.store, tenant, patient, made, desk.clock.now())
        follow(desk.store, tenant, examined, now)
        with desk.store.transaction() as whole:
            screenings.done(whole, claimed.lease)
            keep(whole, tenant, examined, desk.clock.now())  # reading the chart took its time
        if examined.loaded is not None:
            reach.note_loaded(desk.store, tenant, SOURCE, examined.loaded, desk.clock.now())
        self._ask_appointments(tenant, (patient, *examined.merged), connection)
        return True

    def _ask_appointments(self, tenant: Tenant, patients: Sequence[str], source: Connection) -> None:
        """When a patient who now stands in a worklist comes next. The screening is over: what fails here is let be."""
        desk, now, begun = self.desk, self.desk.clock.now(), self.desk.clock.seconds()
        if people.of(desk.store, tenant.name, patients[0]) is None or not budget.suffices(desk.store, tenant, now):
            return
        sent = desk.connections.sent(tenant.name, APPOINTMENTS)
        try:
            connection = desk.appointments(tenant, source)
            if connection is None:
                return
            coming.take(desk.store, tenant, patients, connection, now)
        except EhrError as problem:
            log.info("tenant %s: the next appointment of somebody was not found out: %s", tenant.name, problem)
            desk.gave_out(tenant, APPOINTMENTS, problem)
            if isinstance(problem, EhrRefused):
                desk.connections.rest(tenant.name, APPOINTMENTS, REFUSED_REST)
        else:
            desk.reached(tenant, APPOINTMENTS, sent)
            if (took := desk.clock.seconds() - begun) > SLOW:
                desk.connections.rest(tenant.name, APPOINTMENTS, timedelta(seconds=took * REST_OF_SLOW))
        finally:
            made = desk.connections.sent(tenant.name, APPOINTMENTS) - sent
            budget.spend(desk.store, tenant, patients[0], made, desk.clock.now())


@dataclass(frozen=True, slots=True)
class Writes:
    """Results to write."""

    desk: Desk
    name: str = "write"
    queue: Queue[ClaimedWrite] = OUTBOX
    use: str = TARGET

    def ready(self, tenant: Tenant) -> bool:
        """While writing is switched off, or the target is away, they wait."""
        resting = self.desk.connections.is_resting(tenant.name, TARGET)
        return not resting and publish.may_write(self.desk.store, tenant)

    def tenant_of(self, claimed: ClaimedWrite) -> str:
        """Whose it is."""
        return claimed.tenant

    def connect(self, tenant: Tenant) -> Connection | None:
        """To the target."""
        return self.desk.target(tenant)

    def do(self, claimed: ClaimedWrite, tenant: Tenant, connection: Connection | None, now: datetime) -> bool:
        """Write it, and end, postpone or give up its row. A target that does not answer rests, and people are told of
        one that fails."""
        result = publish.write(self.desk.store, tenant, claimed, connection, now)
        code = result.code or ""
        if code.startswith(NO_ANSWER):
            self.desk.gave_out(tenant, TARGET, EhrUnavailable("the target does not answer"))
        elif code.startswith(FAILING):
            status = int(code.removeprefix(HTTP)[:3])
            self.desk.missed(tenant, TARGET, EhrUnavailable("the target fails", status=status))
        return result.what in ENDED
