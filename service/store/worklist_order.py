"""In which order the rows of a worklist stand, and which stand beyond one of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, tuple_

from service.store.tables import worklist


class Order(StrEnum):
    """By what a list is sorted. `usual`: signal, fewest unresolved, next appointment."""

    USUAL = "usual"
    NAME = "name"
    STANDING = "standing"
    UNRESOLVED = "unresolved"
    APPOINTMENT = "appointment"
    DUE = "due"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an order: `of` the rows in the database, and `at` one row that was read. `down`: the greatest first.

    What may be None comes after a part that says whether it is.
    """

    of: ColumnElement[Any]
    at: Callable[[Any], Any]
    down: bool = False

    def sorted(self, *, backwards: bool) -> ColumnElement[Any]:
        """For ORDER BY."""
        return self.of.desc() if self.down != backwards else self.of.asc()

    def beyond(self, value: Any, *, backwards: bool) -> ColumnElement[bool]:
        """What comes after a value."""
        of: ColumnElement[Any] = self.of
        found: ColumnElement[bool] = of < value if self.down != backwards else of > value
        return found


def ordered(order: Order, since: datetime, *, backwards: bool = False) -> list[ColumnElement[Any]]:
    """For ORDER BY; in which nobody stands beside themselves, so that it is the same every time."""
    return [each.sorted(backwards=backwards) for each in _parts(order, since)]


def beyond(row: Any, order: Order, since: datetime, *, backwards: bool = False) -> ColumnElement[bool]:
    """The rows after one that was read (an Entry), wherever it is now; `backwards`: those before it."""
    parts = _parts(order, since)
    key = [each.at(row) for each in parts]
    after = or_(*_steps(parts, key, backwards=backwards))
    if order is not Order.USUAL:
        return after
    # The beginning of the index says the same in one comparison, so that it is entered there.
    first, here = tuple_(*(each.of for each in parts[:2])), tuple_(*key[:2])
    return and_(first <= here if backwards else first >= here, after)


def _steps(parts: Sequence[Part], key: Sequence[Any], *, backwards: bool) -> Iterator[ColumnElement[bool]]:
    """The same up to a part, and beyond in that one."""
    same: list[ColumnElement[bool]] = []
    for part, value in zip(parts, key, strict=True):
        if value is not None:
            yield and_(*same, part.beyond(value, backwards=backwards))
        same.append(part.of.is_(None) if value is None else part.of == value)


def _parts(order: Order, since: datetime) -> list[Part]:
    columns = worklist.c
    coming = case((columns.appointment >= since, columns.appointment), else_=None)

    def comes(row: Any) -> datetime | None:
        at: datetime | None = row.appointment
        return at if at is not None and at >= since else None

    usual = [_column("rank"), _column("unresolved"), *_last_if_none(coming, comes), _column("patient")]
    stand = Part(func.coalesce(columns.status, columns.standing), lambda row: row.status or row.standing)
    first: Mapping[Order, list[Part]] = {
        Order.USUAL: [],
        Order.NAME: _last_if_none(columns.found_by, attrgetter("found_by")),
        Order.STANDING: [stand],
        Order.UNRESOLVED: [_column("unresolved")],
        Order.APPOINTMENT: _last_if_none(coming, comes),
        Order.DUE: _last_if_none(columns.until, attrgetter("until")),
        Order.CHANGED: [_column("changed", down=True)],
    }
    return [*first[order], *usual]


def _column(name: str, *, down: bool = False) -> Part:
    return Part(worklist.c[name], attrgetter(name), down)


def _last_if_none(of: ColumnElement[Any], at: Callable[[Any], Any]) -> list[Part]:
    return [Part(case((of.is_(None), 1), else_=0), lambda row: int(at(row) is None)), Part(of, at)]
