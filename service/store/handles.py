"""Who stands behind a handle, and in which worklists: what the pages of a patient ask first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from service.store.engine import Store
from service.store.tables import people, worklist


@dataclass(frozen=True, slots=True)
class Known:
    """A patient who stands in a worklist, by name. What is None is not recorded."""

    tenant: str
    patient: str
    handle: str
    name: str | None = field(repr=False)
    born: str | None = field(repr=False)
    sex: str | None = field(repr=False)
    identifiers: Any = field(repr=False)


def by_handle(store: Store, handle: str) -> Known | None:
    """The patient of this handle, if there is one."""
    columns = [people.c[name] for name in Known.__slots__]
    with store.reading() as connection:
        row = connection.execute(select(*columns).where(people.c.handle == handle)).one_or_none()
    return None if row is None else Known(*row)


def places(store: Store, tenant: str, patient: str) -> Mapping[str, str]:
    """In which studies' worklists a patient stands, and where in each (`now`, `later`, `checked`, `out`)."""
    mine = (worklist.c.tenant == tenant, worklist.c.patient == patient)
    with store.reading() as connection:
        rows = connection.execute(select(worklist.c.study, worklist.c.place).where(*mine).order_by(worklist.c.study))
        return {row.study: row.place for row in rows}


def whose(store: Store, handle: str) -> tuple[str, str] | None:
    """The tenant and the patient of a handle; None if it stands for nobody."""
    with store.reading() as connection:
        found = connection.execute(
            select(people.c.tenant, people.c.patient).where(people.c.handle == handle)
        ).one_or_none()
    return None if found is None else (found.tenant, found.patient)
