"""The three kinds of work: notifications that came, patients to screen, results to write.

Each claims one piece at a time under a lease and does it to the end, in steps that may be repeated. What cannot be done
raises; the worker decides what becomes of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from service.ehr.clock import Clock
from service.ehr.connect import Connection
from service.errors import EhrUnavailable
from service.screening import budget, publish, receive
from service.screening.connections import Connections
from service.screening.decisions.claims import reader_of
from service.screening.holding import Holding
from service.screening.patient import examine, follow, keep, screening_date
from service.screening.publish_results import What
from service.screening.tenant import TargetKind, Tenant
from service.store import screenings, stops
from service.store.engine import Store
from service.store.inbox import INBOX, ClaimedDelivery
from service.store.leases import Lease
from service.store.outbox import OUTBOX, ClaimedWrite
from service.store.queues import Queue
from service.store.screenings import SCREENINGS, ClaimedScreening

SOURCE, TARGET, SUBSCRIPTIONS = "source", "target", "subscriptions"
NO_ANSWER = "no-answer"
OWN_TIME = 300.0  # seconds that judging and storing may take, besides waiting for a server
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

    def target(self, tenant: Tenant) -> Connection | None:
        """The connection to write by; None: this tenant writes to no server."""
        target = tenant.target
        if target.kind is not TargetKind.FHIR or target.server is None:
            return None
        may_write = lambda: publish.may_write(self.store, tenant)  # noqa: E731
        return self.connections.to(tenant.name, TARGET, target.server, may_write)

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
            keep(whole, tenant, examined, now)
        return True


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
        """Write it, and end, postpone or give up its row. A target that does not answer rests."""
        result = publish.write(self.desk.store, tenant, claimed, connection, now)
        if result.code is not None and result.code.startswith(NO_ANSWER):
            self.desk.connections.failed(tenant.name, TARGET, EhrUnavailable("the target does not answer"))
        return result.what in ENDED
