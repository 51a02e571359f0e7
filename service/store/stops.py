"""The kill switch: whose writes to the target are stopped. Every process that shares the database sees it at once."""

from datetime import datetime

from sqlalchemy import delete, select

from service.store.engine import Store, insert_into
from service.store.tables import stops

EVERYBODY = "*"  # instead of a tenant: all of them


def stop(store: Store, tenant: str, now: datetime) -> bool:
    """Stop the writes of a tenant, or of EVERYBODY. False if they were stopped already."""
    with store.writing() as connection:
        statement = insert_into(connection, stops).values(tenant=tenant, since=now)
        once = statement.on_conflict_do_nothing(index_elements=["tenant"]).returning(stops.c.tenant)
        return connection.execute(once).first() is not None


def resume(store: Store, tenant: str) -> bool:
    """Undo one stop. False if there was none of this name; one of EVERYBODY is not undone by a tenant's."""
    with store.writing() as connection:
        return connection.execute(delete(stops).where(stops.c.tenant == tenant)).rowcount == 1


def stopped(store: Store, tenant: str) -> bool:
    """May nothing be written for this tenant?"""
    with store.reading() as connection:
        found = connection.execute(select(stops.c.tenant).where(stops.c.tenant.in_((tenant, EVERYBODY))).limit(1))
        return found.first() is not None


def every(store: Store) -> dict[str, datetime]:
    """All stops, and since when each holds."""
    with store.reading() as connection:
        rows = connection.execute(select(stops.c.tenant, stops.c.since).order_by(stops.c.tenant)).all()
    return {row.tenant: row.since for row in rows}
