"""Who did what: a record that only grows, until it is old enough to be forgotten."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from service.store.engine import Store
from service.store.tables import audit


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


def append(store: Store, entry: Entry) -> None:
    """Add an entry."""
    values = {name: getattr(entry, name) for name in Entry.__slots__} | {"detail": dict(entry.detail or {})}
    with store.writing() as connection:
        connection.execute(insert(audit).values(**values))


def entries(store: Store, tenant: str, most: int, patient: str | None = None) -> tuple[Entry, ...]:
    """The newest entries of a tenant, or of one patient, the newest first."""
    mine = [audit.c.tenant == tenant] + ([] if patient is None else [audit.c.patient == patient])
    columns = [audit.c[name] for name in Entry.__slots__]
    with store.reading() as connection:
        rows = connection.execute(select(*columns).where(*mine).order_by(audit.c.id.desc()).limit(most)).all()
    return tuple(Entry(**row._mapping) for row in rows)
