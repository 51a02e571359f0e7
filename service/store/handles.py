"""Whom an address stands for, which names nobody."""

from sqlalchemy import select

from service.store.engine import Store
from service.store.tables import people


def whose(store: Store, handle: str) -> tuple[str, str] | None:
    """The tenant and the patient of a handle; None if it stands for nobody."""
    with store.reading() as connection:
        found = connection.execute(
            select(people.c.tenant, people.c.patient).where(people.c.handle == handle)
        ).one_or_none()
    return None if found is None else (found.tenant, found.patient)
