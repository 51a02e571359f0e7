"""What people decided: a record that only grows, until its patient is forgotten."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select

from service.errors import Outpaced
from service.store.engine import Store
from service.store.tables import decisions


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of a person. `study` None: for all studies. `about`: the criterion, or the record as `Type/id`.

    `content` depends on the kind (see `screening.decisions.kinds`); `id` is given by the store.
    """

    tenant: str
    study: str | None
    patient: str
    kind: str
    about: str | None
    content: Mapping[str, Any] = field(repr=False)
    reason: str | None = field(repr=False)
    actor: str
    at: datetime
    id: int = 0


def add(store: Store, decision: Decision, seen: int | None = None) -> int:
    """Keep a decision; returns its id.

    `seen`: the id of the newest one about the same thing that the person knew of (0: there was none); None: it does not
    matter. Raises Outpaced if there is a newer one: somebody else decided meanwhile, and nothing is kept.
    """
    values = {name: getattr(decision, name) for name in Decision.__slots__ if name != "id"}
    values["content"] = dict(decision.content)
    with store.writing() as connection:
        if seen is not None and _newest(connection, decision) != seen:
            raise Outpaced("somebody else decided this meanwhile; look at what stands there now, then decide again")
        return int(connection.execute(insert(decisions).values(**values).returning(decisions.c.id)).scalar_one())


def of_patient(store: Store, tenant: str, patient: str, study: str | None = None) -> tuple[Decision, ...]:
    """What was decided about a patient, the oldest first; with `study`: in that study, or for all."""
    mine = [decisions.c.tenant == tenant, decisions.c.patient == patient]
    if study is not None:
        mine.append(or_(decisions.c.study == study, decisions.c.study.is_(None)))
    with store.reading() as connection:
        rows = connection.execute(select(decisions).where(*mine).order_by(decisions.c.id)).all()
    return tuple(_decision(row) for row in rows)


def patients(store: Store, tenant: str) -> frozenset[str]:
    """Of whom something was decided."""
    with store.reading() as connection:
        mine = select(decisions.c.patient).where(decisions.c.tenant == tenant).distinct()
        return frozenset(connection.scalars(mine))


def _newest(connection: Connection, decision: Decision) -> int:
    same = [decisions.c[name] == getattr(decision, name) for name in ("tenant", "patient", "kind")]
    for name in ("study", "about"):
        value = getattr(decision, name)
        same.append(decisions.c[name].is_(None) if value is None else decisions.c[name] == value)
    return connection.scalar(select(decisions.c.id).where(*same).order_by(decisions.c.id.desc()).limit(1)) or 0


def _decision(row: Row[Any]) -> Decision:
    return Decision(**{name: getattr(row, name) for name in Decision.__slots__})
