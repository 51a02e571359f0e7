"""Notifications that were accepted: committed before they are answered, and then worked off.

A done delivery keeps its digest, by which a repetition is known, and loses its content.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, null

from service.store import leases
from service.store.engine import Store, insert_into
from service.store.leases import MOST_TRIES, Counts, Dead, Lease, State
from service.store.tables import deliveries

ERASED = {"path": None, "headers": None, "body": None}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One notification as it came over HTTP. `path` is what follows the hook's name, `headers` only what is needed.

    `digest` tells one content from another. `once`: the content says itself which event it is (by the number of the
    event, or the version of the resource), so that the same digest at any time is the same event. Without `once` the
    same digest is a repetition only while the first one has not been begun: an empty notification always looks alike.
    """

    tenant: str
    subscription: str
    digest: str
    once: bool
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    received: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """`id` of the delivery; where `duplicate`, of the one that came before."""

    id: int
    duplicate: bool


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery to work off, and the lease on it."""

    lease: Lease
    delivery: Delivery


def deliver(store: Store, delivery: Delivery) -> Receipt:
    """Keep a delivery. It is committed when this returns (unless `store` is within a transaction)."""
    values = {
        "tenant": delivery.tenant,
        "subscription": delivery.subscription,
        "digest": delivery.digest,
        "once": delivery.once,
        "method": delivery.method,
        "path": delivery.path,
        "headers": dict(delivery.headers),
        "body": delivery.body,
        "received": delivery.received,
        "repeats": 0,
        **leases.fresh(delivery.received),
    }
    with store.writing() as connection:
        again = {"repeats": deliveries.c.repeats + 1}
        statement = (
            insert_into(connection, deliveries)
            .on_conflict_do_update(index_elements=["tenant", "subscription", "digest"], set_=again)
            .returning(deliveries.c.id, deliveries.c.repeats)
        )
        row = connection.execute(statement, values).one()
    return Receipt(row.id, duplicate=row.repeats > 0)


def claim(
    store: Store,
    now: datetime,
    lease: timedelta,
    most: int,
    *,
    most_tries: int = MOST_TRIES,
    tenants: Collection[str] | None = None,
) -> tuple[ClaimedDelivery, ...]:
    """Claim deliveries in the order in which they came; of these `tenants` alone, if given."""
    # From here on an equal content is a new event, unless it says itself that it is not.
    changes = {"digest": case((deliveries.c.once, deliveries.c.digest), else_=null())}
    with store.writing() as connection:
        rows = leases.claim(connection, deliveries, now, lease, most, most_tries, tenants, changes)
    return tuple(
        ClaimedDelivery(
            leases.lease_of(row),
            Delivery(
                row.tenant,
                row.subscription,
                row.digest or "",
                row.once,
                row.method,
                row.path,
                row.headers,
                row.body,
                row.received,
            ),
        )
        for row in rows
    )


def done(store: Store, lease: Lease, now: datetime) -> None:
    """The delivery was worked off; its content is erased. Raises LeaseLost."""
    with store.writing() as connection:
        leases.held(connection, deliveries, lease)
        leases.set_row(connection, deliveries, lease.id, state=State.DONE, due=None, error=None, finished=now, **ERASED)


def failed(store: Store, lease: Lease, error: str, retry_at: datetime | None) -> State:
    """It could not be worked off, for the reason of this code: try again at `retry_at`, or never. Raises LeaseLost."""
    return leases.failed(store, deliveries, lease, error, retry_at)


def postponed(store: Store, lease: Lease, until: datetime) -> None:
    """It could not even be begun: try again at `until`, as if this had been no try. Raises LeaseLost."""
    leases.postponed(store, deliveries, lease, until)


def renew(store: Store, lease: Lease, until: datetime) -> Lease:
    """Hold it for longer. Raises LeaseLost."""
    return leases.renew(store, deliveries, lease, until)


def dead(store: Store, most: int = 1000) -> tuple[Dead, ...]:
    """The dead letters, the oldest first."""
    return leases.dead(store, deliveries, most)


def retry(store: Store, delivery: int, now: datetime) -> bool:
    """Let a dead letter be tried again. False if there is none of this id."""
    return leases.retry(store, deliveries, delivery, now)


def counts(store: Store) -> dict[str, Counts]:
    """How many deliveries there are, by tenant."""
    return leases.counts(store, deliveries)
