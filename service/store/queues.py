"""A queue: a table of work, and what may be done with any piece of it, whatever it is about.

Each function is a transaction, unless `store` is within one. Whoever holds a lease calls `failed`, `postponed`, `renew`
and `check`, all of which raise LeaseLost if somebody else holds the work by now, or nobody.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import Row, Table, func, select, update

from service.store.engine import Store
from service.store.leases import MOST_TRIES, Lease, State, claim, held, set_row

Claimed = TypeVar("Claimed")


@dataclass(frozen=True, slots=True)
class Dead:
    """Work that was given up: `error` is a code. `subscription`, `study` and `patient` where the work has them."""

    id: int
    tenant: str
    tries: int
    error: str | None
    subscription: str | None = None
    study: str | None = None
    patient: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How much work one tenant has in each state; `oldest` is when the first of what waits was or will be due."""

    waiting: int = 0
    claimed: int = 0
    done: int = 0
    dead: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Queue(Generic[Claimed]):
    """The work in `table`. `read` makes of a row that was just claimed what is to be done; `changes` are made to the
    row when it is claimed."""

    table: Table
    read: Callable[[Row[Any]], Claimed]
    changes: Mapping[str, Any] = field(default_factory=dict)

    def claim(
        self,
        store: Store,
        now: datetime,
        lease: timedelta,
        most: int,
        *,
        most_tries: int = MOST_TRIES,
        tenants: Collection[str] | None = None,
    ) -> tuple[Claimed, ...]:
        """Claim at most `most` pieces that are due, in the order in which they came; of these `tenants`, if given."""
        with store.writing() as connection:
            rows = claim(connection, self.table, now, lease, most, most_tries, tenants, self.changes)
        return tuple(self.read(row) for row in rows)

    def next_due(self, store: Store, now: datetime) -> datetime | None:
        """When something is due that is not due yet; None: nothing is."""
        next_one = select(func.min(self.table.c.due)).where(self.table.c.due > now)
        with store.reading() as connection:
            found: datetime | None = connection.execute(next_one).scalar_one()
        return found

    def check(self, store: Store, lease: Lease) -> None:
        """The work is still held; within a transaction, nobody takes it until that ends."""
        with store.writing() as connection:
            held(connection, self.table, lease)

    def renew(self, store: Store, lease: Lease, until: datetime) -> Lease:
        """Hold it for longer."""
        with store.writing() as connection:
            held(connection, self.table, lease)
            set_row(connection, self.table, lease.id, due=until)
        return replace(lease, until=until)

    def failed(self, store: Store, lease: Lease, error: str, retry_at: datetime | None) -> State:
        """Record a failure, by its code: another try at `retry_at`, or none. Returns WAITING or DEAD.

        Work that was asked for again meanwhile has all its tries again, and does not die.
        """
        with store.writing() as connection:
            row = held(connection, self.table, lease)
            tries = row.tries if row.again is None else 0
            due = row.again if retry_at is None else retry_at
            state = State.DEAD if due is None else State.WAITING
            set_row(connection, self.table, row.id, state=state, due=due, again=None, tries=tries, error=error)
        return state

    def postponed(self, store: Store, lease: Lease, until: datetime) -> None:
        """It could not even be begun, through no fault of its own: it waits until then, and this was no try of it."""
        with store.writing() as connection:
            row = held(connection, self.table, lease)
            tries = max(row.tries - 1, 0) if row.again is None else 0
            set_row(connection, self.table, row.id, state=State.WAITING, due=until, again=None, tries=tries)

    def dead(self, store: Store, most: int = 1000) -> tuple[Dead, ...]:
        """The work that was given up, the oldest first."""
        optional = [name for name in ("subscription", "study", "patient") if name in self.table.c]
        columns = [self.table.c[name] for name in ("id", "tenant", "tries", "error", *optional)]
        given_up = select(*columns).where(self.table.c.state == State.DEAD).order_by(self.table.c.id).limit(most)
        with store.reading() as connection:
            return tuple(Dead(**row._mapping) for row in connection.execute(given_up))

    def retry(self, store: Store, id: int, now: datetime) -> bool:
        """Let dead work be tried again from `now` on. False if there is no dead work of this id."""
        of_row = (self.table.c.id == id, self.table.c.state == State.DEAD)
        with store.writing() as connection:
            changed = connection.execute(
                update(self.table).where(*of_row).values(state=State.WAITING, due=now, tries=0)
            )
        return changed.rowcount == 1

    def counts(self, store: Store) -> dict[str, Counts]:
        """How much work there is, by tenant."""
        kinds = (self.table.c.tenant, self.table.c.state)
        counted = select(*kinds, func.count(), func.min(self.table.c.due)).group_by(*kinds)
        with store.reading() as connection:
            rows = connection.execute(counted).all()
        found: dict[str, Counts] = {}
        for tenant, state, number, oldest in sorted(rows, key=lambda row: (row[0], row[1])):
            told: dict[str, Any] = {state: number} | ({"oldest": oldest} if state == State.WAITING else {})
            found[tenant] = replace(found.get(tenant, Counts()), **told)
        return found
