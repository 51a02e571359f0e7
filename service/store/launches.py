"""Launches from an EHR, while they last: sealed with a key that only the browser has, and gone when their time is over.

Tokens and the patient in context stand in the sealed part, so that nobody who has the database alone has them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from service.store.engine import Store
from service.store.sealed import seal, unseal
from service.store.tables import launches


@dataclass(frozen=True, slots=True)
class Launch:
    """A launch that lasts: `content` is what was sealed."""

    id: str
    tenant: str
    content: Mapping[str, object] = field(repr=False)
    expires: datetime


def add(store: Store, launch: Launch, key: str, now: datetime) -> None:
    """Keep a launch; those whose time is over go."""
    with store.writing() as connection:
        connection.execute(delete(launches).where(launches.c.expires <= now))
        values = {"id": launch.id, "tenant": launch.tenant, "expires": launch.expires}
        connection.execute(insert(launches).values(**values, content=seal(launch.content, key)))


def find(store: Store, id: str, key: str, now: datetime) -> Launch | None:
    """The launch of this id, for whoever has its key, while it lasts."""
    with store.reading() as connection:
        row = connection.execute(select(launches).where(launches.c.id == id, launches.c.expires > now)).one_or_none()
    content = unseal(row.content, key) if row is not None else None
    return None if row is None or content is None else Launch(row.id, row.tenant, content, row.expires)


def change(store: Store, launch: Launch, key: str) -> None:
    """Keep another content for it, and another end; nothing if it is gone."""
    with store.writing() as connection:
        values = {"content": seal(launch.content, key), "expires": launch.expires}
        connection.execute(update(launches).where(launches.c.id == launch.id).values(**values))


def remove(store: Store, id: str) -> bool:
    """End a launch. False if somebody did already: of several who try, one alone is told True."""
    with store.writing() as connection:
        return connection.execute(delete(launches).where(launches.c.id == id)).rowcount == 1
