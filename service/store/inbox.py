"""Notifications that were accepted: committed before they are answered, and then worked off.

A done delivery keeps its digest, by which a repetition is known, and loses its content.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, case, null

from service.store.engine import Store, insert_into
from service.store.leases import Lease, State, fresh, held, lease_of, set_row
from service.store.queues import Queue
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


def _claimed(row: Row[Any]) -> ClaimedDelivery:
    what = (row.method, row.path, row.headers, row.body, row.received)
    return ClaimedDelivery(lease_of(row), Delivery(row.tenant, row.subscription, row.digest or "", row.once, *what))


# Once it is claimed, an equal content is a new event, unless it says itself that it is not.
INBOX = Queue(deliveries, _claimed, {"digest": case((deliveries.c.once, deliveries.c.digest), else_=null())})


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
        **fresh(delivery.received),
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


def done(store: Store, lease: Lease, now: datetime) -> None:
    """The delivery was worked off; its content is erased. Raises LeaseLost."""
    with store.writing() as connection:
        held(connection, deliveries, lease)
        set_row(connection, deliveries, lease.id, state=State.DONE, due=None, error=None, finished=now, **ERASED)
