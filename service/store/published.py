"""What was written to the target for each study and patient, and what people have set there."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, select

from service.store.engine import Store, insert_into
from service.store.tables import published


@dataclass(frozen=True, slots=True)
class Published:
    """The resource in the target as we last knew it.

    `resource_id` and `resource_version` are the server's. `digest` is of the content written last, or None if we never
    wrote one whole. `machine_state` is the status that we wrote, or None if we are about to write another one or never
    did. `human_state` is the status that a person set, or None while the resource is ours. `written` is when we last
    changed it, `checked` when we last looked.
    """

    tenant: str
    study: str
    patient: str
    resource_id: str | None
    resource_version: str | None
    digest: str | None
    machine_state: str | None
    human_state: str | None
    written: datetime | None
    checked: datetime


def record(store: Store, state: Published) -> None:
    """Keep what is known of a resource, in place of what was known before."""
    values = {name: getattr(state, name) for name in Published.__slots__}
    with store.writing() as connection:
        key = ("tenant", "study", "patient")
        connection.execute(
            insert_into(connection, published)
            .values(**values)
            .on_conflict_do_update(
                index_elements=key, set_={name: value for name, value in values.items() if name not in key}
            )
        )


def find(store: Store, tenant: str, study: str, patient: str) -> Published | None:
    """What is known of the resource of this study and patient, or None."""
    columns = published.c
    with store.reading() as connection:
        row = connection.execute(
            select(published).where(columns.tenant == tenant, columns.study == study, columns.patient == patient)
        ).one_or_none()
    return None if row is None else _published(row)


def states_of(store: Store, tenant: str, patient: str) -> dict[str, str]:
    """The states that people set for this patient, by study."""
    columns = published.c
    with store.reading() as connection:
        rows = connection.execute(
            select(columns.study, columns.human_state).where(
                columns.tenant == tenant, columns.patient == patient, columns.human_state.is_not(None)
            )
        ).all()
    return {row.study: row.human_state for row in rows}


def by_resource(store: Store, tenant: str, resource_id: str) -> Published | None:
    """What is known of the resource of this server id, or None."""
    with store.reading() as connection:
        row = connection.execute(
            select(published).where(published.c.tenant == tenant, published.c.resource_id == resource_id)
        ).first()
    return None if row is None else _published(row)


def checked_before(store: Store, tenant: str, before: datetime, most: int) -> tuple[Published, ...]:
    """Those not looked at since `before`, the longest ago first: whom to read again in the target."""
    with store.reading() as connection:
        rows = connection.execute(
            select(published)
            .where(published.c.tenant == tenant, published.c.checked < before)
            .order_by(published.c.checked, published.c.study, published.c.patient)
            .limit(most)
        ).all()
    return tuple(_published(row) for row in rows)


def _published(row: Row[tuple[object, ...]]) -> Published:
    return Published(**row._mapping)
