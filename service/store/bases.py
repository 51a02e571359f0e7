"""The legal basis of each study, as it was entered: a record that only grows. The newest entry holds."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, insert, select

from service.store.engine import Store
from service.store.tables import bases


@dataclass(frozen=True, slots=True)
class Entered:
    """A basis as it was entered, by whom and when. `expires`: the last day. `roles`: whom it lets see patients.

    `kind` `none`: what held before does not hold any more.
    """

    tenant: str
    study: str
    kind: str
    approval: str | None
    expires: date | None
    roles: tuple[str, ...]
    actor: str
    at: datetime


def add(store: Store, entered: Entered) -> None:
    """Enter a basis."""
    values = {name: getattr(entered, name) for name in Entered.__slots__} | {"roles": {"roles": list(entered.roles)}}
    with store.writing() as connection:
        connection.execute(insert(bases).values(**values))


def history(store: Store, tenant: str, study: str) -> tuple[Entered, ...]:
    """What was entered for a study, the newest first."""
    mine = (bases.c.tenant == tenant, bases.c.study == study)
    with store.reading() as connection:
        rows = connection.execute(select(bases).where(*mine).order_by(bases.c.id.desc())).all()
    return tuple(_entered(row) for row in rows)


def latest(store: Store, tenant: str) -> dict[str, Entered]:
    """What holds now, by study."""
    with store.reading() as connection:
        rows = connection.execute(select(bases).where(bases.c.tenant == tenant).order_by(bases.c.id)).all()
    return {row.study: _entered(row) for row in rows}


def _entered(row: Row[Any]) -> Entered:
    values = {name: getattr(row, name) for name in Entered.__slots__} | {"roles": tuple(row.roles["roles"])}
    return Entered(**values)
