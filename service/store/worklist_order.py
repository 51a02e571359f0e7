"""In which order the rows of a worklist stand, and which stand beyond one of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select, tuple_

from service.store.tables import worklist

# Of one row, what each part of the order is; None only after a part that says that it is.
Key = Sequence[Any]


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
class Beside:
    """The rows next to that of a patient: those after it, or those before it."""

    patient: str
    before: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an order. `down`: the greatest first."""

    of: ColumnElement[Any]
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


def position(connection: Connection, row: tuple[str, str, str], order: Order, since: datetime) -> Key | None:
    """Where a row (tenant, study, patient) stands in an order, whatever its tab; None: there is no such row."""
    parts = [each.of.label(f"part_{number}") for number, each in enumerate(_parts(order, since))]
    mine = zip((worklist.c.tenant, worklist.c.study, worklist.c.patient), row, strict=True)
    found = connection.execute(select(*parts).where(*(column == value for column, value in mine))).one_or_none()
    return None if found is None else tuple(found)


def beyond(key: Key, order: Order, since: datetime, *, backwards: bool = False) -> ColumnElement[bool]:
    """The rows after the one that stands there; `backwards`: those before it."""
    parts = _parts(order, since)
    after = or_(*_steps(parts, key, backwards=backwards))
    if order is not Order.USUAL:
        return after
    # The beginning of the index says the same in one comparison, so that it is entered there.
    first, here = tuple_(*(each.of for each in parts[:2])), tuple_(*key[:2])
    return and_(first <= here if backwards else first >= here, after)


def _steps(parts: Sequence[Part], key: Key, *, backwards: bool) -> Iterator[ColumnElement[bool]]:
    """The same up to a part, and beyond in that one."""
    same: list[ColumnElement[bool]] = []
    for part, value in zip(parts, key, strict=True):
        if value is not None:
            yield and_(*same, part.beyond(value, backwards=backwards))
        same.append(part.of.is_(None) if value is None else part.of == value)


def _parts(order: Order, since: datetime) -> list[Part]:
    columns = worklist.c
    coming = case((columns.appointment >= since, columns.appointment), else_=None)
    usual = [Part(columns.rank), Part(columns.unresolved), *_last_if_none(coming), Part(columns.patient)]
    first: Mapping[Order, list[Part]] = {
        Order.USUAL: [],
        Order.NAME: _last_if_none(columns.found_by),
        Order.STANDING: [Part(func.coalesce(columns.status, columns.standing))],
        Order.UNRESOLVED: [Part(columns.unresolved)],
        Order.APPOINTMENT: _last_if_none(coming),
        Order.DUE: _last_if_none(columns.until),
        Order.CHANGED: [Part(columns.changed, down=True)],
    }
    return [*first[order], *usual]


def _last_if_none(column: ColumnElement[Any]) -> list[Part]:
    return [Part(case((column.is_(None), 1), else_=0)), Part(column)]
