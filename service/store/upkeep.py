"""Whose Subscriptions are kept alive: where they stand, what address they send to, and when they are looked at next.

One at a time does it: who begins takes the row for a while, as a lease. A row is there for each tenant for which they
were once asked for.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, or_, select, update

from service.errors import LeaseLost
from service.store.engine import Store, insert_into
from service.store.tables import upkeep


@dataclass(frozen=True, slots=True)
class Upkeep:
    """A tenant's. `server`: the base of the FHIR server; `address`: that of this service, as the server was told it.

    `due`: when they are to be looked at, or when the lease of who does so ends; None: whenever somebody cares.
    `looked`: when that was done last; `problem`: what then kept it from being done, as a sentence.
    """

    tenant: str
    server: str
    address: str
    due: datetime | None
    looked: datetime | None
    problem: str | None


def take(store: Store, tenant: str, server: str, address: str, until: datetime) -> Upkeep:
    """Somebody asks for them now: take over from whoever looks at them, until then."""
    told = {"server": server, "address": address, "due": until}
    with store.writing() as connection:
        row = insert_into(connection, upkeep).values(tenant=tenant, **told)
        there = row.on_conflict_do_update(index_elements=["tenant"], set_=told).returning(*upkeep.c)
        return _upkeep(connection.execute(there).one())


def begin(store: Store, tenant: str, now: datetime, until: datetime) -> Upkeep | None:
    """Take it for oneself until then; None if nothing is due, or somebody else does it."""
    is_due = (upkeep.c.tenant == tenant, or_(upkeep.c.due.is_(None), upkeep.c.due <= now))
    with store.reading() as connection:  # many ask, and it is seldom due: nobody has to wait for that
        if connection.execute(select(upkeep.c.tenant).where(*is_due)).first() is None:
            return None
    with store.writing() as connection:
        row = connection.execute(update(upkeep).where(*is_due).values(due=until).returning(*upkeep.c)).one_or_none()
    return None if row is None else _upkeep(row)


def extend(store: Store, begun: Upkeep, until: datetime) -> Upkeep:
    """Keep it for longer. Raises LeaseLost if somebody else has it now."""
    _change(store, begun, due=until)
    return replace(begun, due=until)


def end(store: Store, begun: Upkeep, now: datetime, due: datetime | None, problem: str | None = None) -> None:
    """It was done, or a problem kept it from being done; it is due again then. Raises LeaseLost as `extend`."""
    _change(store, begun, due=due, looked=now, problem=problem)


def every(store: Store, tenant: str | None = None) -> tuple[Upkeep, ...]:
    """That of a tenant, or of all, sorted."""
    mine = [] if tenant is None else [upkeep.c.tenant == tenant]
    with store.reading() as connection:
        rows = connection.execute(select(upkeep).where(*mine).order_by(upkeep.c.tenant)).all()
    return tuple(_upkeep(row) for row in rows)


def _change(store: Store, begun: Upkeep, **values: Any) -> None:
    held: tuple[ColumnElement[bool], ...] = (upkeep.c.tenant == begun.tenant, upkeep.c.due == begun.due)
    with store.writing() as connection:
        if connection.execute(update(upkeep).where(*held).values(**values)).rowcount != 1:
            raise LeaseLost("somebody else looks after these Subscriptions now")


def _upkeep(row: Row[Any]) -> Upkeep:
    return Upkeep(**row._mapping)
