"""Who wants to be told of what changed in a study: how, how often, up to when they were told, and when that is due.

One at a time tells it: who begins takes the row for a while, as a lease.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, select, update

from service.store.engine import Store, insert_into
from service.store.tables import digests

KEY = ("account", "tenant", "study")


@dataclass(frozen=True, slots=True)
class Digest:
    """What an account wants to be told of a study; see `store.tables.digests` for what the fields mean.

    `tries`: how often in a row it could not be sent; `error`: the code of why, when it was looked at last.
    """

    account: str
    tenant: str
    study: str
    how: str
    often: str
    address: str | None = field(repr=False)
    key: str | None = field(repr=False)
    told: datetime
    due: datetime
    tries: int = 0
    error: str | None = None


def put(store: Store, wanted: Digest) -> None:
    """Keep what an account wants. Where it wanted something of this study before, it goes on from what it was told."""
    values = {name: getattr(wanted, name) for name in Digest.__slots__}
    there = {name: value for name, value in values.items() if name not in (*KEY, "told")}
    with store.writing() as connection:
        row = insert_into(connection, digests).values(**values)
        connection.execute(row.on_conflict_do_update(index_elements=KEY, set_=there))


def remove(store: Store, account: str, tenant: str, study: str) -> bool:
    """Tell them nothing of this study any more; False if nobody did."""
    mine = (digests.c.account == account, digests.c.tenant == tenant, digests.c.study == study)
    with store.writing() as connection:
        return connection.execute(delete(digests).where(*mine)).rowcount == 1


def of_account(store: Store, account: str) -> Mapping[tuple[str, str], Digest]:
    """What an account wants, by tenant and study."""
    with store.reading() as connection:
        rows = connection.execute(select(digests).where(digests.c.account == account)).all()
    return {(row.tenant, row.study): _digest(row) for row in rows}


def begin(store: Store, tenant: str, now: datetime, until: datetime) -> Digest | None:
    """Take the one that is due longest for oneself until then; None if nothing is due, or somebody else was quicker."""
    is_due = (digests.c.tenant == tenant, digests.c.due <= now)
    first = select(digests).where(*is_due).order_by(digests.c.due, digests.c.account, digests.c.study).limit(1)
    with store.reading() as connection:  # many ask, and it is seldom due: nobody has to wait for that
        row = connection.execute(first).one_or_none()
    if row is None:
        return None
    with store.writing() as connection:
        taken = update(digests).where(*_as_it_was(_digest(row))).values(due=until).returning(digests)
        held = connection.execute(taken).one_or_none()
    return None if held is None else _digest(held)


def end(store: Store, begun: Digest, told: datetime, due: datetime, tries: int = 0, error: str | None = None) -> bool:
    """It was looked at. False: the lease was over, or they want something else by now, and nothing was kept."""
    values: dict[str, Any] = {"told": told, "due": due, "tries": tries, "error": error}
    with store.writing() as connection:
        return connection.execute(update(digests).where(*_as_it_was(begun)).values(**values)).rowcount == 1


def _as_it_was(begun: Digest) -> tuple[ColumnElement[bool], ...]:
    mine = tuple(digests.c[name] == getattr(begun, name) for name in KEY)
    return (*mine, digests.c.due == begun.due)


def _digest(row: Row[Any]) -> Digest:
    return Digest(**row._mapping)
