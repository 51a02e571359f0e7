"""The patients who stand in a worklist, by name: who they are, when they were here, when they come."""

import secrets
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, delete, exists, or_, select, update

from service.store.columns import LONGEST_NAME
from service.store.engine import Store, insert_into
from service.store.tables import people, worklist

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is, as the Patient says it. `identifiers`: number -> its system or kind, the record's own first."""

    name: str | None = field(default=None, repr=False)
    born: str | None = field(default=None, repr=False)
    sex: str | None = field(default=None, repr=False)
    identifiers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Coming:
    """When and to whom somebody comes next; all None: nobody knows of an appointment."""

    appointment: datetime | None = None
    clinic: str | None = None
    clinician: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """One of them. `handle` stands for the patient in addresses."""

    tenant: str
    patient: str
    handle: str
    name: str | None = field(repr=False)
    born: str | None = field(repr=False)
    sex: str | None = field(repr=False)
    identifiers: Mapping[str, str] = field(repr=False)
    last_visit: date | None
    appointment: datetime | None
    clinic: str | None
    clinician: str | None


def ensure(store: Store, tenant: str, patient: str, now: datetime) -> None:
    """Let this patient have a handle; who they are may be learnt later."""
    values = {"tenant": tenant, "patient": patient, "handle": secrets.token_urlsafe(16), "touched": now}
    values |= {"identifiers": {}, "numbers": ""}
    with store.writing() as connection:
        connection.execute(insert_into(connection, people).values(**values).on_conflict_do_nothing())


def identify(store: Store, tenant: str, patient: str, identity: Identity, now: datetime) -> bool:
    """Keep who a listed patient is; False if the patient is not listed."""
    found_by = searchable(identity.name)
    values: dict[str, Any] = {"name": identity.name, "found_by": found_by, "born": identity.born, "sex": identity.sex}
    numbers = "".join(f" {folded(each)}" for each in identity.identifiers)
    values |= {"identifiers": dict(identity.identifiers), "numbers": f"{numbers} " if numbers else ""}
    return _change(store, tenant, patient, values, {"found_by": found_by}, now)


def visit(store: Store, tenant: str, patient: str, last_visit: date | None, now: datetime) -> bool:
    """Keep when a listed patient was here last; False if the patient is not listed."""
    with store.writing() as connection:
        mine = (people.c.tenant == tenant, people.c.patient == patient)
        changed = connection.execute(update(people).where(*mine).values(last_visit=last_visit, touched=now))
    return changed.rowcount == 1


def appoint(store: Store, tenant: str, patient: str, coming: Coming, now: datetime) -> bool:
    """Keep when a listed patient comes; False if the patient is not listed."""
    values = {name: getattr(coming, name) for name in Coming.__slots__}
    return _change(store, tenant, patient, values, {"appointment": coming.appointment}, now)


def _change(
    store: Store, tenant: str, patient: str, values: dict[str, Any], in_rows: dict[str, Any], now: datetime
) -> bool:
    """Change it here, and in the rows that are sorted by it."""
    with store.writing() as connection:
        mine = (people.c.tenant == tenant, people.c.patient == patient)
        changed = connection.execute(update(people).where(*mine).values(**values, touched=now))
        same = (worklist.c.tenant == tenant, worklist.c.patient == patient)
        connection.execute(update(worklist).where(*same).values(**in_rows))
    return changed.rowcount == 1


def forget_unlisted(store: Store, tenant: str, patient: str) -> bool:
    """Forget who a patient is whom no worklist names any more."""
    listed = exists().where(worklist.c.tenant == tenant, worklist.c.patient == patient)
    with store.writing() as connection:
        mine = (people.c.tenant == tenant, people.c.patient == patient, ~listed)
        return connection.execute(delete(people).where(*mine)).rowcount == 1


def by_handle(store: Store, handle: str) -> Known | None:
    """Whom this handle stands for."""
    with store.reading() as connection:
        row = connection.execute(select(people).where(people.c.handle == handle)).one_or_none()
    return None if row is None else _known(row)


def of(store: Store, tenant: str, patient: str) -> Known | None:
    """What is known of a listed patient."""
    return of_many(store, tenant, (patient,)).get(patient)


def of_many(store: Store, tenant: str, patients: Collection[str]) -> dict[str, Known]:
    """What is known of these, by patient."""
    found: dict[str, Known] = {}
    listed = sorted(patients)
    with store.reading() as connection:
        for start in range(0, len(listed), AT_ONCE):
            mine = (people.c.tenant == tenant, people.c.patient.in_(listed[start : start + AT_ONCE]))
            found |= {row.patient: _known(row) for row in connection.execute(select(people).where(*mine))}
    return found


def listed(store: Store, tenant: str) -> frozenset[str]:
    """Everybody who stands in a worklist of this tenant."""
    with store.reading() as connection:
        return frozenset(connection.scalars(select(people.c.patient).where(people.c.tenant == tenant)))


def with_number(store: Store, tenant: str, number: str) -> tuple[str, ...]:
    """The listed patients that have this identifier, or this id."""
    number = number.strip()
    has = people.c.numbers.contains(f" {folded(number)} ", autoescape=True)
    mine = select(people.c.patient).where(people.c.tenant == tenant, or_(has, people.c.patient == number))
    with store.reading() as connection:
        return tuple(connection.scalars(mine.order_by(people.c.patient)))


def searchable(name: str | None) -> str | None:
    """A name as it is sorted and searched."""
    return folded(name)[:LONGEST_NAME] if name else None


def folded(text: str) -> str:
    """Letters without marks and case, one blank between words: as people search."""
    plain = unicodedata.normalize("NFKD", text)
    return " ".join("".join(each for each in plain if not unicodedata.combining(each)).casefold().split())


def _known(row: Row[Any]) -> Known:
    return Known(**{name: getattr(row, name) for name in Known.__slots__})
