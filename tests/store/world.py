"""What the tests of the store say again and again: a time, a delivery, a line, one queue like another."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from service.store import inbox, outbox, screenings
from service.store.engine import Store
from service.store.inbox import INBOX, Delivery
from service.store.leases import Lease
from service.store.outbox import OUTBOX
from service.store.queues import Queue
from service.store.screenings import SCREENINGS

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
DAY = date(2026, 6, 30)
LEASE = timedelta(minutes=5)
SECOND = timedelta(seconds=1)
DELIVERY = Delivery("north", "labs", "digest", True, "POST", "", {}, b'{"resourceType":"Bundle"}', NOON)


def delivery(**changes: Any) -> Delivery:
    """A delivery like any other, with these changes."""
    return replace(DELIVERY, **changes)


@dataclass(frozen=True)
class Kind:
    """One of the three queues: how a piece of work, known by a name, gets into it, and is ended."""

    queue: Queue[Any]
    ask: Callable[[Store, str, str, datetime], object]
    done: Callable[[Store, Lease, datetime], object]

    def claim(self, store: Store, now: datetime, most: int = 10, **options: Any) -> list[Any]:
        """Claim for five minutes."""
        return list(self.queue.claim(store, now, LEASE, most, **options))

    def names(self, claimed: list[Any]) -> list[str]:
        """The names by which this work was asked for."""
        return [each.delivery.digest if self.queue is INBOX else each.patient for each in claimed]


KINDS = {
    "inbox": Kind(
        INBOX,
        lambda store, tenant, name, due: inbox.deliver(store, delivery(tenant=tenant, digest=name, received=due)),
        inbox.done,
    ),
    "screenings": Kind(
        SCREENINGS,
        lambda store, tenant, name, due: screenings.request(store, tenant, name, "event", due),
        lambda store, lease, _: screenings.done(store, lease),
    ),
    "outbox": Kind(
        OUTBOX,
        lambda store, tenant, name, due: outbox.put(store, tenant, "study", name, f"of {name}", {"is": name}, due),
        lambda store, lease, _: outbox.done(store, lease),
    ),
}
