"""In which order the rows of a worklist stand."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, case, func

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


def ordered(order: Order, since: datetime) -> list[ColumnElement[Any]]:
    """Each with what makes it the same every time."""
    columns = worklist.c
    coming = case((columns.appointment >= since, columns.appointment), else_=None)
    usual = [columns.rank, columns.unresolved, coming.is_(None), coming, columns.patient]
    first: Mapping[Order, list[ColumnElement[Any]]] = {
        Order.USUAL: [],
        Order.NAME: [columns.found_by.is_(None), columns.found_by],
        Order.STANDING: [func.coalesce(columns.status, columns.standing)],
        Order.UNRESOLVED: [columns.unresolved],
        Order.APPOINTMENT: [coming.is_(None), coming],
        Order.DUE: [columns.until.is_(None), columns.until],
        Order.CHANGED: [columns.changed.desc()],
    }
    return [*first[order], *usual]
