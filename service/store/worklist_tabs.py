"""The tabs of a worklist, as questions about its rows. Each names the day for which it is asked."""

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, case, not_, or_

OPEN, CHECKED, OUT = "open", "checked", "out"
# Columns of the worklist, or of what is counted of it: `place`, `until`, `hidden`.
Columns = Any


class Tab(StrEnum):
    """Now, later, or looked at by people; out: kept out for good, or nobody is to be told of them now."""

    NOW = "now"
    LATER = "later"
    CHECKED = "checked"
    OUT = "out"


def inside(columns: Columns, tab: Tab | None, today: date) -> list[ColumnElement[bool]]:
    """The rows of a tab; None: all."""
    match tab:
        case None:
            return []
        case Tab.NOW:
            return [columns.place == OPEN, due(columns, today), shown(columns, today)]
        case Tab.LATER:
            # Not written as `until > today`: SQLite would then look through that index, and sort all that it finds.
            return [columns.place == OPEN, not_(due(columns, today)), shown(columns, today)]
        case Tab.CHECKED:
            return [columns.place == CHECKED, shown(columns, today)]
        case Tab.OUT:
            return [or_(columns.place == OUT, columns.hidden >= today)]


def tab_of(columns: Columns, today: date) -> ColumnElement[str]:
    """In which tab a row is."""
    return case(
        (or_(columns.place == OUT, columns.hidden >= today), Tab.OUT.value),
        (columns.place == CHECKED, Tab.CHECKED.value),
        (columns.until > today, Tab.LATER.value),
        else_=Tab.NOW.value,
    )


def shown(columns: Columns, today: date) -> ColumnElement[bool]:
    """People may be told of it."""
    return or_(columns.hidden.is_(None), columns.hidden < today)


def due(columns: Columns, today: date) -> ColumnElement[bool]:
    """It is not put off, nor kept out by time, beyond that day."""
    return or_(columns.until.is_(None), columns.until <= today)
