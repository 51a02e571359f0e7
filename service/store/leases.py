"""Work that survives the worker: rows that are claimed for a while, and come back if the worker does not.

A row is `waiting`, `claimed`, `done` or `dead`. `due` is when it may be claimed: for a claimed row, when its lease
ends; for a done or dead one, never. `tries` counts the claims since the work was asked for; `fence` counts all claims
and is never reset, so that a worker whose lease ran out cannot end the work of its successor. `again` says that the
same work was asked for once more while it was being done; a later claim answers that, too.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, case, func, null, select, true, update

from service.errors import InvalidValue, LeaseLost
from service.store.engine import Store

MOST_TRIES = 8
EXPIRED = "lease-expired"  # the worker neither ended the work nor failed: it was killed, or took too long


class State(StrEnum):
    """What becomes of a piece of work."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    DONE = "done"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to do one piece of work until `until`. `tries` counts this try, from 1."""

    id: int
    fence: int
    tries: int
    until: datetime


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


def fresh(due: datetime) -> dict[str, object]:
    """The columns of a new piece of work."""
    return {"state": State.WAITING, "due": due, "again": None, "tries": 0, "fence": 0, "error": None}


def claim(
    connection: Connection,
    table: Table,
    now: datetime,
    lease: timedelta,
    most: int,
    most_tries: int,
    tenants: Collection[str] | None,
    changes: Mapping[str, Any] | None = None,
) -> list[Row[Any]]:
    """Claim at most `most` rows that are due, those due longest first; `changes` are made to them besides.

    Rows that were tried `most_tries` times become dead instead. Nobody waits for anybody: what another worker is
    claiming is passed over.
    """
    if lease <= timedelta(0) or most < 1 or most_tries < 1:
        raise InvalidValue("a lease has to last, and at least one piece of work and one try have to be allowed")
    while True:
        rows = connection.execute(_claiming(table, now, now + lease, most, most_tries, tenants, changes or {})).all()
        claimed = [row for row in rows if row.state == State.CLAIMED]
        if claimed or not rows:
            return sorted(claimed, key=lambda row: row.id)


def _claiming(
    table: Table,
    now: datetime,
    until: datetime,
    most: int,
    most_tries: int,
    tenants: Collection[str] | None,
    changes: Mapping[str, Any],
) -> Any:
    of_tenants = true() if tenants is None else table.c.tenant.in_(sorted(tenants))
    due = (
        select(table.c.id)
        .where(table.c.due <= now, of_tenants)
        .order_by(table.c.due, table.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
        .cte("claimable")
    )
    spent = and_(table.c.tries >= most_tries, table.c.again.is_(None))
    return (
        update(table)
        .where(table.c.id.in_(select(due.c.id)))
        .values(
            state=case((spent, State.DEAD.value), else_=State.CLAIMED.value),
            due=case((spent, null()), else_=until),
            tries=case((spent, table.c.tries), (table.c.again.is_not(None), 1), else_=table.c.tries + 1),
            error=case((and_(spent, table.c.state == State.CLAIMED), EXPIRED), else_=table.c.error),
            fence=table.c.fence + 1,
            again=null(),
            **changes,
        )
        .returning(*table.c)
    )


def lease_of(row: Row[Any]) -> Lease:
    """The lease on a row that was just claimed."""
    return Lease(row.id, row.fence, row.tries, row.due)


def held(connection: Connection, table: Table, lease: Lease) -> Row[Any]:
    """The leased row, locked until the transaction ends. Raises LeaseLost if somebody else holds it, or nobody."""
    ours = (table.c.id == lease.id, table.c.fence == lease.fence, table.c.state == State.CLAIMED)
    row = connection.execute(select(table).where(*ours).with_for_update()).one_or_none()
    if row is None:
        raise LeaseLost("the lease on this work was lost; its result is not taken")
    return row


def renew(store: Store, table: Table, lease: Lease, until: datetime) -> Lease:
    """Hold the work for longer."""
    with store.writing() as connection:
        held(connection, table, lease)
        set_row(connection, table, lease.id, due=until)
    return Lease(lease.id, lease.fence, lease.tries, until)


def wait_again(connection: Connection, table: Table, row: Row[Any], **changes: object) -> None:
    """Let the work that was asked for once more begin anew."""
    columns = {"state": State.WAITING, "due": row.again, "again": None, "tries": 0, "error": None}
    set_row(connection, table, row.id, **columns, **changes)


def asked_again(table: Table, due: ColumnElement[Any]) -> dict[str, ColumnElement[Any]]:
    """How the columns of work change that is asked for while it is there already; `due` is that of the new request.

    Waiting work keeps the earlier of the two times, unless it waits for another try after a failure: then it keeps its
    time, and has all its tries again. Claimed work is done once more. Dead work begins anew.
    """
    claimed, is_dead, failing = table.c.state == State.CLAIMED, table.c.state == State.DEAD, table.c.error.is_not(None)
    return {
        "state": case((claimed, table.c.state), else_=State.WAITING.value),
        "due": case((claimed, table.c.due), (is_dead, due), (failing, table.c.due), else_=earlier(table.c.due, due)),
        "again": case((claimed, earlier(table.c.again, due)), else_=null()),
        "tries": case((claimed, table.c.tries), else_=0),
        "error": case((is_dead, null()), else_=table.c.error),
    }


def failed(store: Store, table: Table, lease: Lease, error: str, retry_at: datetime | None) -> State:
    """Record a failure: another try at `retry_at`, or none. Returns WAITING or DEAD.

    Work that was asked for again meanwhile has all its tries again, and does not die.
    """
    with store.writing() as connection:
        row = held(connection, table, lease)
        tries = row.tries if row.again is None else 0
        due = row.again if retry_at is None else retry_at
        state = State.DEAD if due is None else State.WAITING
        set_row(connection, table, row.id, state=state, due=due, again=None, tries=tries, error=error)
    return state


def postponed(store: Store, table: Table, lease: Lease, until: datetime) -> None:
    """It could not even be begun, through no fault of its own: it waits until then, and this was no try of it."""
    with store.writing() as connection:
        row = held(connection, table, lease)
        tries = max(row.tries - 1, 0) if row.again is None else 0
        set_row(connection, table, row.id, state=State.WAITING, due=until, again=None, tries=tries)


def dead(store: Store, table: Table, most: int) -> tuple[Dead, ...]:
    """The work that was given up, the oldest first, at most `most`."""
    optional = [name for name in ("subscription", "study", "patient") if name in table.c]
    columns = [table.c[name] for name in ("id", "tenant", "tries", "error", *optional)]
    with store.reading() as connection:
        rows = connection.execute(
            select(*columns).where(table.c.state == State.DEAD).order_by(table.c.id).limit(most)
        ).all()
    return tuple(Dead(**row._mapping) for row in rows)


def retry(store: Store, table: Table, row_id: int, now: datetime) -> bool:
    """Let dead work be tried again from `now` on. False if there is no such dead work."""
    with store.writing() as connection:
        changed = connection.execute(
            update(table)
            .where(table.c.id == row_id, table.c.state == State.DEAD)
            .values(state=State.WAITING, due=now, tries=0)
        )
    return changed.rowcount == 1


def counts(store: Store, table: Table) -> dict[str, Counts]:
    """How much work there is, by tenant."""
    kinds = (table.c.tenant, table.c.state)
    with store.reading() as connection:
        rows = connection.execute(select(*kinds, func.count(), func.min(table.c.due)).group_by(*kinds)).all()
    found: dict[str, Counts] = {}
    for tenant, state, number, oldest in sorted(rows, key=lambda row: (row[0], row[1])):
        told: dict[str, Any] = {state: number} | ({"oldest": oldest} if state == State.WAITING else {})
        found[tenant] = replace(found.get(tenant, Counts()), **told)
    return found


def set_row(connection: Connection, table: Table, row_id: int, **columns: object) -> None:
    """Change a row that is locked."""
    connection.execute(update(table).where(table.c.id == row_id).values(**columns))


def earlier(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[Any]:
    """The earlier of two instants; the other one where one is null. (One database says MIN, the other LEAST.)"""
    return case((one.is_(None), other), (other < one, other), else_=one)
