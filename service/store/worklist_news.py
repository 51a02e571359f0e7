"""What is new in a worklist, back, changing or coming: how many rows, and which, by the same conditions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, case, func, select

from service.store.engine import Store
from service.store.tables import worklist
from service.store.worklist_tabs import OPEN, OUT, shown

LATELY, SOON, WEEK, DAY = timedelta(days=1), timedelta(days=14), timedelta(days=7), timedelta(days=1)
Rows = list[ColumnElement[bool]]


class News(StrEnum):
    """`new`, `changed`: within a day. `back`: put off or kept out by time up to now, since a week ago. `changing`: by
    time alone, within two weeks. `today`, `week`: who comes."""

    NEW = "new"
    CHANGED = "changed"
    BACK = "back"
    CHANGING = "changing"
    TODAY = "today"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class Lately:
    """News of a day: `today`, which began at `began`; asked for at `now`."""

    which: News
    today: date
    began: datetime
    now: datetime

    def rows(self) -> Rows:
        """Which rows that are, in all tabs."""
        match self.which:
            case News.NEW:
                return [*_changed(self.today, self.now - LATELY), worklist.c.changed_from.is_(None)]
            case News.CHANGED:
                return [*_changed(self.today, self.now - LATELY), worklist.c.changed_from.is_not(None)]
            case News.BACK:
                return _back(self.today - WEEK, self.today)
            case News.CHANGING:
                return [shown(worklist.c, self.today), worklist.c.next_change <= self.today + SOON]
            case News.TODAY:
                return _coming(self.today, self.began, self.began + DAY)
            case News.WEEK:
                return _coming(self.today, self.began, self.began + WEEK)


def count(store: Store, tenant: str, study: str, today: date, began: datetime, now: datetime) -> Mapping[News, int]:
    """How many rows each news is of."""
    return {which: _number(store, tenant, study, Lately(which, today, began, now).rows()) for which in News}


def changed_since(
    store: Store, tenant: str, study: str, today: date, since: datetime, until: datetime | None = None
) -> dict[str, int]:
    """How many rows that are not hidden are new since then, and how many stand otherwise than before."""
    which = [worklist.c.tenant == tenant, worklist.c.study == study, *_changed(today, since)]
    if until is not None:
        which.append(worklist.c.changed <= until)
    kind = case((worklist.c.changed_from.is_(None), News.NEW.value), else_=News.CHANGED.value)
    with store.reading() as connection:
        rows = connection.execute(
            select(kind.label("kind"), func.count().label("number")).where(*which).group_by("kind")
        )
        found = {row.kind: row.number for row in rows}
    return {each.value: found.get(each.value, 0) for each in (News.NEW, News.CHANGED)}


def back(store: Store, tenant: str, study: str, first: date, last: date) -> int:
    """How many rows came back, from later to now, on one of these days."""
    return _number(store, tenant, study, _back(first, last))


def _changed(today: date, since: datetime) -> Rows:
    return [worklist.c.changed > since, worklist.c.place != OUT, shown(worklist.c, today)]


def _back(first: date, last: date) -> Rows:
    return [worklist.c.place == OPEN, shown(worklist.c, last), worklist.c.until.between(first, last)]


def _coming(today: date, first: datetime, before: datetime) -> Rows:
    """Of those who are open or looked after."""
    time = [worklist.c.appointment >= first, worklist.c.appointment < before]
    return [worklist.c.place != OUT, shown(worklist.c, today), *time]


def _number(store: Store, tenant: str, study: str, which: Rows) -> int:
    mine = (worklist.c.tenant == tenant, worklist.c.study == study)
    with store.reading() as connection:
        return int(connection.scalar(select(func.count()).select_from(worklist).where(*mine, *which)) or 0)
