"""What is drawn beside the assessment that holds: the newest alone, by tenant, study and patient."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import delete, select

from service.store.engine import Store, insert_into
from service.store.tables import series

KEY = ("tenant", "study", "patient")
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Kept:
    """Series as of a screening date, and their content (see `screening.person.series_line`)."""

    screening_date: date
    content: Mapping[str, Any] = field(repr=False)


def keep(store: Store, key: Key, screening_date: date, content: Mapping[str, object] | None) -> None:
    """Keep the newest series of this tenant, study and patient; None: there are none, and older ones go."""
    if content is None:
        forget(store, key)
        return
    values = {"screening_date": screening_date, "content": dict(content)}
    with store.writing() as connection:
        connection.execute(
            insert_into(connection, series)
            .values(**dict(zip(KEY, key, strict=True)), **values)
            .on_conflict_do_update(index_elements=KEY, set_=values)
        )


def forget(store: Store, key: Key) -> None:
    """Delete them."""
    mine = (series.c[name] == value for name, value in zip(KEY, key, strict=True))
    with store.writing() as connection:
        connection.execute(delete(series).where(*mine))


def find(store: Store, key: Key) -> Kept | None:
    """What was kept, if anything was."""
    mine = (series.c[name] == value for name, value in zip(KEY, key, strict=True))
    with store.reading() as connection:
        row = connection.execute(select(series.c.screening_date, series.c.content).where(*mine)).one_or_none()
    return None if row is None else Kept(row.screening_date, row.content)


def forget_older(store: Store, tenant: str, studies: Collection[str], screening_date: date) -> None:
    """Delete those of an earlier date: of whom there is none now, nothing points to the disease any more."""
    older = (series.c.tenant == tenant, series.c.study.in_(sorted(studies)), series.c.screening_date < screening_date)
    with store.writing() as connection:
        connection.execute(delete(series).where(*older))
