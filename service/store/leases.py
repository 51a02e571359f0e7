"""Work that survives the worker: rows that are claimed for a while, and come back if the worker does not.

A row is `waiting`, `claimed`, `done` or `dead`. `due` is when it may be claimed: for a claimed row, when its lease
ends; for a done or dead one, never. `tries` counts the claims since the work was asked for; `fence` counts all claims
and is never reset, so that a worker whose lease ran out cannot end the work of its successor. `again` says that the
same work was asked for once more while it was being done; a later claim answers that, too.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, case, null, select, true, update

from service.errors import InvalidValue, LeaseLost

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
    changes: Mapping[str, Any],
) -> list[Row[Any]]:
    """Claim at most `most` rows that are due, those due longest first; `changes` are made to them besides.

    Rows that were tried `most_tries` times become dead instead. Nobody waits for anybody: what another worker is
    claiming is passed over.
    """
    if lease <= timedelta(0) or most < 1 or most_tries < 1:
        raise InvalidValue("a lease has to last, and at least one piece of work and one try have to be allowed")
    while True:
        rows = connection.execute(_claiming(table, now, now + lease, most, most_tries, tenants, changes)).all()
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


def set_row(connection: Connection, table: Table, row_id: int, **columns: object) -> None:
    """Change a row that is locked."""
    connection.execute(update(table).where(table.c.id == row_id).values(**columns))


def earlier(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[Any]:
    """The earlier of two instants; the other one where one is null. (One database says MIN, the other LEAST.)"""
    return case((one.is_(None), other), (other < one, other), else_=one)
