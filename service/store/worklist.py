"""The rows of the worklists: one for each study and patient to look at. Every question names the day it is asked for.

A page is chosen in two steps: which patients, from the index alone, then their rows. So the size of a study costs
little, wherever one looks.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, delete, func, or_, select

from service.store import worklist_counts
from service.store.engine import Store, insert_into
from service.store.people import folded, with_number
from service.store.tables import worklist, worklist_counts as counted_by
from service.store.worklist_news import Lately
from service.store.worklist_order import Order, beyond, ordered
from service.store.worklist_tabs import Tab, inside

KEY = ("tenant", "study", "patient")


@dataclass(frozen=True, slots=True)
class Entry:
    """One row; see `store.tables.worklist` for what its fields mean."""

    tenant: str
    study: str
    patient: str
    place: str
    until: date | None
    hidden: date | None
    standing: str
    rank: int
    unresolved: int
    later: date | None
    next_change: date | None
    status: str | None
    status_set: datetime | None
    claimed_by: str | None
    look_again: bool
    appointment: datetime | None
    found_by: str | None = field(repr=False)
    missing: str
    changed_from: str | None
    changed: datetime
    line: Mapping[str, Any] = field(repr=False)
    against: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """The rows next to one that was read, wherever that is by now: those after it, or those before it."""

    row: Entry
    before: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows. `against`: a criterion that keeps them out, alone or with others. `by_person`: people set the
    status, or did not. `claimed`: an account, or an empty text for nobody's. `search`: of a name, or a whole number.

    `numbered`: whose number the search is, if that was looked up.
    """

    standing: str | None = None
    rank: int | None = None
    missing: str | None = None
    against: str | None = None
    news: Lately | None = None
    by_person: bool | None = None
    claimed: str | None = None
    changed_since: datetime | None = None
    coming_before: datetime | None = None
    search: str | None = field(default=None, repr=False)
    numbered: tuple[str, ...] | None = field(default=None, repr=False)

    @property
    def is_counted(self) -> bool:
        """Do the counts that are kept tell how many these are?"""
        beyond = (self.missing, self.against, self.news, self.by_person, self.changed_since, self.coming_before)
        return all(each is None for each in (*beyond, self.search))


EVERYBODY = Wanted()


def put(store: Store, entry: Entry) -> None:
    """Keep a row, in place of the one before."""
    values = {name: getattr(entry, name) for name in Entry.__slots__} | {"line": dict(entry.line)}
    with store.writing() as connection:
        there = {name: value for name, value in values.items() if name not in KEY}
        row = insert_into(connection, worklist).values(**values)
        connection.execute(row.on_conflict_do_update(index_elements=KEY, set_=there))


def remove(store: Store, tenant: str, study: str, patient: str) -> bool:
    """Take a row away; False if there was none."""
    mine = (worklist.c.tenant == tenant, worklist.c.study == study, worklist.c.patient == patient)
    with store.writing() as connection:
        return connection.execute(delete(worklist).where(*mine)).rowcount == 1


def find(store: Store, tenant: str, study: str, patient: str) -> Entry | None:
    """The row of this study and patient."""
    mine = (worklist.c.tenant == tenant, worklist.c.study == study, worklist.c.patient == patient)
    with store.reading() as connection:
        row = connection.execute(select(worklist).where(*mine)).one_or_none()
    return None if row is None else _entry(row)


def of_patients(store: Store, tenant: str, patients: Collection[str]) -> tuple[Entry, ...]:
    """The rows of these patients, in all studies."""
    mine = (worklist.c.tenant == tenant, worklist.c.patient.in_(sorted(patients)))
    with store.reading() as connection:
        rows = connection.execute(select(worklist).where(*mine).order_by(worklist.c.patient, worklist.c.study))
        return tuple(_entry(row) for row in rows)


def places(store: Store, tenant: str, patient: str) -> Mapping[str, str]:
    """In which studies' worklists a patient stands, and where in each (`now`, `later`, `checked`, `out`)."""
    mine = (worklist.c.tenant == tenant, worklist.c.patient == patient)
    with store.reading() as connection:
        rows = connection.execute(select(worklist.c.study, worklist.c.place).where(*mine).order_by(worklist.c.study))
        return {row.study: row.place for row in rows}


def page(
    store: Store,
    tenant: str,
    study: str,
    tab: Tab | None,
    today: date,
    since: datetime,
    most: int,
    start: int = 0,
    order: Order = Order.USUAL,
    wanted: Wanted = EVERYBODY,
    *,
    beside: Beside | None = None,
    total: int | None = None,
) -> tuple[Entry, ...]:
    """At most `most` rows, from the one of that number on. `tab` None: in any. `since`: when today began.

    An appointment before `since` does not count any more. `beside`: those next to a row that was read, instead; that
    costs the same anywhere in the list. `total`: how many there are, if that is known: then what is in the second half
    is looked for from the end.
    """
    backwards = beside is not None and beside.before
    if beside is None and total is not None and 2 * start > total:
        start, most, backwards = max(0, total - start - most), min(most, total - start), True
    asked = chosen(store, tenant, study, tab, today, since, order, wanted, backwards=backwards)
    if beside is None:
        asked = asked.offset(start)
    else:
        asked = asked.where(beyond(beside.row, order, since, backwards=backwards))
    with store.reading() as connection:
        patients = list(connection.scalars(asked.limit(max(0, most))))
        mine = (worklist.c.tenant == tenant, worklist.c.study == study, worklist.c.patient.in_(patients))
        rows = {row.patient: _entry(row) for row in connection.execute(select(worklist).where(*mine))}
    return tuple(rows[each] for each in (reversed(patients) if backwards else patients) if each in rows)


def chosen(
    store: Store,
    tenant: str,
    study: str,
    tab: Tab | None,
    today: date,
    since: datetime,
    order: Order,
    wanted: Wanted,
    *,
    backwards: bool = False,
) -> Select[Any]:
    """Which patients, in their order: the question whose plan tests/store/test_worklist.py looks at."""
    which = [worklist.c.tenant == tenant, worklist.c.study == study, *inside(worklist.c, tab, today)]
    which += _that_are(store, tenant, wanted, since)
    return select(worklist.c.patient).where(*which).order_by(*ordered(order, since, backwards=backwards))


def count(store: Store, tenant: str, study: str, tab: Tab | None, today: date, since: datetime, wanted: Wanted) -> int:
    """How many rows those are: from the counts that are kept, or, where they do not tell, by looking at each row."""
    if wanted.is_counted:
        return worklist_counts.of(store, tenant, study, tab, today, *_alike(counted_by.c, wanted))
    which = [worklist.c.tenant == tenant, worklist.c.study == study, *inside(worklist.c, tab, today)]
    which += _that_are(store, tenant, wanted, since)
    with store.reading() as connection:
        return int(connection.scalar(select(func.count()).select_from(worklist).where(*which)) or 0)


def kept_out(store: Store, tenant: str, study: str) -> Mapping[str, int]:
    """How many rows each criterion keeps out, alone or with others, in all tabs."""
    mine = (worklist.c.tenant == tenant, worklist.c.study == study)
    alike = select(worklist.c.against, func.count().label("number")).where(*mine).group_by(worklist.c.against)
    found = Counter[str]()
    with store.reading() as connection:
        for row in connection.execute(alike):
            found.update(dict.fromkeys(row.against.split(), row.number))
    return found


def keys(store: Store, tenant: str, most: int, after: tuple[str, str] = ("", "")) -> tuple[tuple[str, str], ...]:
    """Patient and study of every row: at most `most`, from the one after `after` on."""
    pair = (worklist.c.patient, worklist.c.study)
    later = or_(pair[0] > after[0], and_(pair[0] == after[0], pair[1] > after[1]))
    listed = select(*pair).where(worklist.c.tenant == tenant, later).order_by(*pair).limit(most)
    with store.reading() as connection:
        return tuple((row.patient, row.study) for row in connection.execute(listed))


def _alike(columns: Any, wanted: Wanted) -> list[ColumnElement[bool]]:
    """What is asked for of that by which rows are counted."""
    found: list[ColumnElement[bool]] = []
    if wanted.standing is not None:
        found.append(columns.told == wanted.standing)
    if wanted.rank is not None:
        found.append(columns.rank == wanted.rank)
    if wanted.claimed is not None:
        found.append(columns.claimed_by == wanted.claimed if wanted.claimed else columns.claimed_by.is_(None))
    return found


def _that_are(store: Store, tenant: str, wanted: Wanted, since: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.standing is not None:
        found.append(func.coalesce(worklist.c.status, worklist.c.standing) == wanted.standing)
    if wanted.rank is not None:
        found.append(worklist.c.rank == wanted.rank)
    if wanted.missing is not None:
        found.append(worklist.c.missing.contains(f" {wanted.missing} ", autoescape=True))
    if wanted.against is not None:
        found.append(worklist.c.against.contains(f" {wanted.against} ", autoescape=True))
    if wanted.news is not None:
        found += wanted.news.rows()
    if wanted.by_person is not None:
        found.append(worklist.c.status.is_not(None) if wanted.by_person else worklist.c.status.is_(None))
    if wanted.claimed is not None:
        found.append(worklist.c.claimed_by == wanted.claimed if wanted.claimed else worklist.c.claimed_by.is_(None))
    if wanted.changed_since is not None:
        found.append(worklist.c.changed >= wanted.changed_since)
    if wanted.coming_before is not None:
        found += [worklist.c.appointment >= since, worklist.c.appointment < wanted.coming_before]
    if wanted.search is not None:
        numbered = with_number(store, tenant, wanted.search) if wanted.numbered is None else wanted.numbered
        found.append(_searched(wanted.search, numbered))
    return found


def _searched(search: str, numbered: tuple[str, ...]) -> ColumnElement[bool]:
    """Every word is in the name, or it is a number of theirs."""
    words = folded(search).split()
    named = and_(*(worklist.c.found_by.contains(each, autoescape=True) for each in words)) if words else None
    theirs = worklist.c.patient.in_(numbered)
    return theirs if named is None else or_(named, theirs)


def _entry(row: Row[Any]) -> Entry:
    return Entry(**{name: getattr(row, name) for name in Entry.__slots__})
