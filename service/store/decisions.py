"""What people decided: a record that only grows, until its patient is forgotten.

Who has several records has decided once: what was decided under a record that was merged into another one holds there.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select, text

from service.errors import Outpaced
from service.store.engine import Store
from service.store.tables import decisions, merges

NEWER = "somebody else decided this meanwhile; look at what stands there now, then decide again"


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


def add(store: Store, decision: Decision, seen: int | None = None, among: Collection[str] = ()) -> int:
    """Keep a decision; returns its id.

    `seen`: the id of the newest one about the same thing that the person knew of (0: there was none); None: it does not
    matter. `among`: the kinds that decide the same thing (none: this kind alone). Raises Outpaced if there is a newer
    one: somebody else decided meanwhile, and nothing is kept.
    """
    values = {name: getattr(decision, name) for name in Decision.__slots__ if name != "id"}
    values["content"] = dict(decision.content)
    with store.writing() as connection:
        lock(connection, decision.tenant, decision.patient)
        if seen is not None and _newest(connection, decision, frozenset(among) | {decision.kind}) != seen:
            raise Outpaced(NEWER)
        return int(connection.execute(insert(decisions).values(**values).returning(decisions.c.id)).scalar_one())


def lock(connection: Connection, tenant: str, patient: str) -> None:
    """From here to the end of the transaction, nobody else decides about this patient.

    SQLite has one writer at a time anyhow; in PostgreSQL two could both find that nobody had decided yet.
    """
    if connection.dialect.name != "sqlite":
        name = f"{len(tenant)}:{tenant}{patient}".encode()
        key = int.from_bytes(blake2b(name, digest_size=8, person=b"decisions").digest(), signed=True)
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def of_patient(store: Store, tenant: str, patient: str, study: str | None = None) -> tuple[Decision, ...]:
    """What was decided about a patient, the oldest first; with `study`: in that study, or for all."""
    return of_patients(store, tenant, (patient,), study)


def of_patients(store: Store, tenant: str, patients: Iterable[str], study: str | None = None) -> tuple[Decision, ...]:
    """The same of several records of one person, and of those merged into them."""
    with store.reading() as connection:
        mine = [decisions.c.tenant == tenant, decisions.c.patient.in_(_together(connection, tenant, patients))]
        if study is not None:
            mine.append(or_(decisions.c.study == study, decisions.c.study.is_(None)))
        rows = connection.execute(select(decisions).where(*mine).order_by(decisions.c.id)).all()
    return tuple(_decision(row) for row in rows)


def of_kind(store: Store, tenant: str, kind: str) -> tuple[Decision, ...]:
    """All decisions of one kind about anybody, the oldest first."""
    mine = (decisions.c.tenant == tenant, decisions.c.kind == kind)
    with store.reading() as connection:
        rows = connection.execute(select(decisions).where(*mine).order_by(decisions.c.id)).all()
    return tuple(_decision(row) for row in rows)


def patients(store: Store, tenant: str) -> frozenset[str]:
    """Of whom something was decided."""
    with store.reading() as connection:
        mine = select(decisions.c.patient).where(decisions.c.tenant == tenant).distinct()
        return frozenset(connection.scalars(mine))


# ------------------------------------------------------------------------------------------------- merged records
def merged(store: Store, tenant: str, survivor: str, others: Collection[str]) -> None:
    """These records, and no others, were merged into this one, as it was read just now."""
    with store.writing() as connection:
        known = set(_merged_into(connection, tenant, survivor))
        if known == set(others):
            return
        into = (merges.c.tenant == tenant, or_(merges.c.survivor == survivor, merges.c.patient.in_(sorted(others))))
        connection.execute(delete(merges).where(*into))
        for each in sorted(others):
            connection.execute(insert(merges).values(tenant=tenant, patient=each, survivor=survivor))


def survivors(store: Store, tenant: str) -> frozenset[str]:
    """The records into which others were merged."""
    with store.reading() as connection:
        return frozenset(connection.scalars(select(merges.c.survivor).where(merges.c.tenant == tenant).distinct()))


def together(store: Store, tenant: str, *patients: str) -> tuple[str, ...]:
    """The record itself (or several of one person), and those that were merged into it."""
    with store.reading() as connection:
        return _together(connection, tenant, patients)


def _together(connection: Connection, tenant: str, patients: Iterable[str]) -> tuple[str, ...]:
    own = tuple(patients)
    found = [other for each in own for other in _merged_into(connection, tenant, each)]
    return tuple(dict.fromkeys((*own, *found)))


def _merged_into(connection: Connection, tenant: str, survivor: str) -> list[str]:
    into = (merges.c.tenant == tenant, merges.c.survivor == survivor)
    return list(connection.scalars(select(merges.c.patient).where(*into).order_by(merges.c.patient)))


def _newest(connection: Connection, decision: Decision, kinds: frozenset[str]) -> int:
    columns = decisions.c
    same = [columns.tenant == decision.tenant, columns.kind.in_(sorted(kinds))]
    same.append(columns.patient.in_(_together(connection, decision.tenant, (decision.patient,))))
    for name in ("study", "about"):
        value = getattr(decision, name)
        same.append(columns[name].is_(None) if value is None else columns[name] == value)
    return connection.scalar(select(columns.id).where(*same).order_by(columns.id.desc()).limit(1)) or 0


def _decision(row: Row[Any]) -> Decision:
    return Decision(**{name: getattr(row, name) for name in Decision.__slots__})
