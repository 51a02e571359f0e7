"""Who did what: a record that only grows, until it is old enough to be forgotten."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, insert, select

from service.store.engine import Store
from service.store.tables import audit, people


@dataclass(frozen=True, slots=True)
class Entry:
    """`actor` (a person's account, or the service) did `action` (a code). `detail` holds numbers and codes alone.

    What concerns a patient names the patient in `patient` and nowhere else: by that it is forgotten with the patient.
    """

    at: datetime
    tenant: str
    actor: str
    action: str
    study: str | None = None
    patient: str | None = None
    detail: Mapping[str, str | int | bool | None] | None = None


def append(store: Store, *added: Entry) -> None:
    """Add entries, in this order."""
    values = [
        {name: getattr(each, name) for name in Entry.__slots__} | {"detail": dict(each.detail or {})} for each in added
    ]
    if values:
        with store.writing() as connection:
            connection.execute(insert(audit), values)


def entries(store: Store, tenant: str, most: int, patient: str | None = None) -> tuple[Entry, ...]:
    """The newest entries of a tenant, or of one patient, the newest first."""
    mine = [audit.c.tenant == tenant] + ([] if patient is None else [audit.c.patient == patient])
    columns = [audit.c[name] for name in Entry.__slots__]
    with store.reading() as connection:
        rows = connection.execute(select(*columns).where(*mine).order_by(audit.c.id.desc()).limit(most)).all()
    return tuple(Entry(**row._mapping) for row in rows)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: of these studies (None: whatever they are about), by this actor, between these two moments."""

    tenant: str
    studies: tuple[str, ...] | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry with its number. `handle`: what stands for its patient in addresses, if there is one."""

    id: int
    entry: Entry
    handle: str | None = None


def page(store: Store, wanted: Wanted, most: int, before: int | None = None) -> tuple[Kept, ...]:
    """The newest `most` of the entries that are wanted, or of those with a number less than `before`."""
    chosen = _chosen(wanted) + ([] if before is None else [audit.c.id < before])
    with store.reading() as connection:
        rows = connection.execute(_with_handle().where(*chosen).order_by(audit.c.id.desc()).limit(most)).all()
    return tuple(_kept(row) for row in rows)


def walk(store: Store, wanted: Wanted, at_once: int = 500) -> Iterator[Kept]:
    """All that are wanted, the oldest first, read in pieces: whoever is slow holds up nobody."""
    after = 0
    while True:
        with store.reading() as connection:
            mine = _with_handle().where(*_chosen(wanted), audit.c.id > after).order_by(audit.c.id).limit(at_once)
            rows = connection.execute(mine).all()
        yield from (_kept(row) for row in rows)
        if len(rows) < at_once:
            return
        after = rows[-1].id


def _with_handle() -> Select[Any]:
    of = and_(people.c.tenant == audit.c.tenant, people.c.patient == audit.c.patient)
    return select(audit, people.c.handle).join(people, of, isouter=True)


def _chosen(wanted: Wanted) -> list[ColumnElement[bool]]:
    chosen = [audit.c.tenant == wanted.tenant]
    if wanted.studies is not None:
        chosen.append(audit.c.study.in_(wanted.studies))
    if wanted.actor is not None:
        chosen.append(audit.c.actor == wanted.actor)
    if wanted.since is not None:
        chosen.append(audit.c.at >= wanted.since)
    if wanted.until is not None:
        chosen.append(audit.c.at < wanted.until)
    return chosen


def _kept(row: Row[Any]) -> Kept:
    return Kept(row.id, Entry(**{name: getattr(row, name) for name in Entry.__slots__}), row.handle)
