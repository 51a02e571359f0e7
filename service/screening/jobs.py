"""The three kinds of work: notifications that came, patients to screen, results to write.

Each claims one piece at a time under a lease and does it to the end, in steps that may be repeated. What cannot be done
raises; the worker decides what becomes of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any, Protocol

from service.ehr.clock import Clock
from service.ehr.connect import Connection
from service.errors import EhrUnavailable
from service.screening import budget, publish, receive
from service.screening.connections import Connections
from service.screening.patient import examine, follow, keep, screening_date
from service.screening.publish_results import What
from service.screening.tenant import TargetKind, Tenant
from service.store import inbox, outbox, screenings, stops
from service.store.engine import Store
from service.store.inbox import ClaimedDelivery
from service.store.leases import Lease
from service.store.outbox import ClaimedWrite
from service.store.screenings import ClaimedScreening

SOURCE, TARGET, SUBSCRIPTIONS = "source", "target", "subscriptions"
NO_ANSWER = "no-answer"
ENDED = frozenset({What.WRITTEN, What.UNCHANGED, What.NOTHING})


@dataclass(frozen=True, slots=True)
class Desk:
    """What all kinds of work share. `lease`: how long one piece may take, before somebody else takes it up."""

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


class Job(Protocol):
    """One kind of work."""

    @property
    def name(self) -> str:
        """What a piece of it is called."""

    @property
    def queue(self) -> ModuleType:
        """The module of the store that keeps it."""

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
    queue: ModuleType = inbox
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
    queue: ModuleType = screenings
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
        held = Held(desk, claimed.lease)
        sent = desk.connections.sent(tenant.name, SOURCE)
        try:
            at = screening_date(tenant, now)
            examined = examine(tenant, patient, connection, at, partial=last, alive=held.renew)
        finally:
            made = desk.connections.sent(tenant.name, SOURCE) - sent
            budget.spend(desk.store, tenant, patient, made, desk.clock.now())
        follow(desk.store, tenant, examined, now)
        with desk.store.transaction() as whole:
            screenings.done(whole, held.lease)
            keep(whole, tenant, examined, now)
        return True


class Held:
    """A lease that is renewed while the work goes on."""

    def __init__(self, desk: Desk, lease: Lease) -> None:
        self._desk, self.lease = desk, lease

    def renew(self) -> None:
        """Hold it for longer, if more than half of it is over. Raises LeaseLost: then the work is somebody else's."""
        now = self._desk.clock.now()
        if self.lease.until - now < self._desk.lease / 2:
            self.lease = screenings.renew(self._desk.store, self.lease, now + self._desk.lease)


@dataclass(frozen=True, slots=True)
class Writes:
    """Results to write."""

    desk: Desk
    name: str = "write"
    queue: ModuleType = outbox
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
