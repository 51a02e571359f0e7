"""What does not work, of each tenant, as it was found last: servers out of reach, types of which something is lacking.

Nothing of a patient's is in it. It is looked at often and seldom changes, so it is read before anything is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, tuple_

from service.store.engine import Store, insert_into
from service.store.tables import troubles

KEY = ("tenant", "place", "about")
WHOLE = "*"  # about the whole place, and no type alone
SEEN_ANEW = timedelta(minutes=1)  # the same trouble, found again within that time, is not written down


@dataclass(frozen=True, slots=True)
class Trouble:
    """`place`: a use of a server, or an export. `about`: a resource type, or `*`. `code`: why. `since`: when it was
    found first without a break; `at`: when it was found last."""

    tenant: str
    place: str
    about: str
    code: str
    since: datetime
    at: datetime


def every(store: Store, tenant: str | None = None, place: str | None = None) -> tuple[Trouble, ...]:
    """All that does not work: of a tenant, or of all; at one place, or anywhere."""
    mine = [] if tenant is None else [troubles.c.tenant == tenant]
    mine += [] if place is None else [troubles.c.place == place]
    order = tuple(troubles.c[name] for name in KEY)
    with store.reading() as connection:
        rows = connection.execute(select(troubles).where(*mine).order_by(*order)).all()
    return tuple(Trouble(**row._mapping) for row in rows)


def whole_place(store: Store, tenant: str, place: str, code: str | None, now: datetime) -> None:
    """Whether a place as a whole works was found out; `code` None: it does."""
    _found(store, tenant, place, {} if code is None else {WHOLE: code}, now, of_types=False)


def types_of(store: Store, tenant: str, place: str, found: Mapping[str, str], now: datetime) -> None:
    """Of which types something is lacking there was found out, and why: of these, and of no others."""
    _found(store, tenant, place, found, now, of_types=True)


def _found(store: Store, tenant: str, place: str, found: Mapping[str, str], now: datetime, *, of_types: bool) -> None:
    known = {each.about: each for each in every(store, tenant, place) if (each.about != WHOLE) is of_types}
    over = sorted(known.keys() - found.keys())
    new = {each: code for each, code in sorted(found.items()) if not _is_fresh(known.get(each), code, now)}
    if not over and not new:
        return
    keys = tuple_(*(troubles.c[name] for name in KEY))
    with store.writing() as connection:
        if over:
            connection.execute(delete(troubles).where(keys.in_([(tenant, place, each) for each in over])))
        for about, code in new.items():
            row = insert_into(connection, troubles).values(
                tenant=tenant, place=place, about=about, code=code, since=now, at=now
            )
            anew = {"code": code, "at": now}
            connection.execute(row.on_conflict_do_update(index_elements=KEY, set_=anew))


def _is_fresh(known: Trouble | None, code: str, now: datetime) -> bool:
    return known is not None and known.code == code and now - known.at < SEEN_ANEW
