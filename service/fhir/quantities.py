"""Strict readers of quantities and ranges: numbers as intervals, with their UCUM unit. SEMANTICS §5.

As in `elements`, null or absent is None, and a wrong JSON type raises UnreadableResource.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

import orjson

from service.eligibility.quantity import ZERO, Interval, Quantity
from service.errors import UnreadableResource
from service.fhir.elements import LONGEST_REMEMBERED, MOST_REMEMBERED, node, number, text, trimmed

UCUM = "http://unitsofmeasure.org"
SIGNED_UNITS = frozenset(
    {None, "1", "Cel", "[degF]", "[degRe]", "deg", "[diop]"}
)  # units whose numbers may be negative


class UnitTable(Protocol):
    """What reading needs of the unit table: the canonical UCUM code of a unit, None if it knows none."""

    def ucum(self, text: str, *, coded: bool) -> str | None:
        """`coded`: the text is meant as a UCUM code; otherwise it is what people write ("mg per dL")."""

    def same(self, one: str, other: str) -> bool:
        """May both UCUM codes be meant as one unit?"""


# Quantities repeat, and reading one takes much longer than writing it: by its bytes, what was read of it before.
_QUANTITIES: dict[tuple[UnitTable, bytes], tuple[Quantity | None]] = {}


def read_quantity(value: object, element: str, units: UnitTable) -> Quantity | None:
    """A Quantity as an interval with its UCUM unit (None where the record gives none known); None without a value.

    A comparator makes it an interval: `<5` is [0, 5), unbounded below where the unit allows negative numbers; `ad` is
    "up to". Raises UnreadableResource for a number written as text and for an unknown comparator.
    """
    if value is None:
        return None
    try:
        written = orjson.dumps(value, option=orjson.OPT_PASSTHROUGH_SUBCLASS)
    except orjson.JSONEncodeError:  # as of a concept; or its number is none of JSON
        return _read_quantity(value, element, units)
    if b"null" in written or len(written) > LONGEST_REMEMBERED:  # so are numbers written that are beyond all bounds
        return _read_quantity(value, element, units)
    known = _QUANTITIES.get((units, written))
    if known is None:
        known = (_read_quantity(value, element, units),)
        if len(_QUANTITIES) >= MOST_REMEMBERED:
            _QUANTITIES.clear()
        _QUANTITIES[units, trimmed(written)] = known
    return known[0]


def _read_quantity(value: object, element: str, units: UnitTable) -> Quantity | None:
    whole = node(value, element)
    comparator = text(whole.get("comparator"), element, "comparator")
    if whole.get("value") is None:
        return None
    amount = number(whole["value"], f"{element}.value")
    unit, spelled = read_unit(whole, element, units)
    return Quantity(compared(amount, comparator, unit, element), unit, spelled)


def read_unit(quantity: Mapping[str, object], element: str, units: UnitTable) -> tuple[str | None, tuple[str, ...]]:
    """The UCUM unit of a Quantity: its code if that is UCUM, else its unit text if the table knows it; else None, and
    what is written there. Where code and text are understood as two units, nobody can tell which of them holds.
    """
    code = text(quantity.get("code"), element, "code")
    words = text(quantity.get("unit"), element, "unit")
    system = text(quantity.get("system"), element, "system")
    coded = units.ucum(code, coded=system == UCUM) if code and system in (UCUM, None) else None
    written = words or code
    meant = units.ucum(written, coded=False) if written else None
    if coded and meant and not units.same(coded, meant):
        return None, (str(words), str(code))
    if coded and system == UCUM:
        return coded, ()
    return meant, (written,) if written and meant is None else ()


def compared(amount: Decimal, comparator: str | None, unit: str | None, element: str) -> Interval:
    if comparator is None:
        return Interval.exactly(amount)
    if comparator in (">", ">="):
        return Interval(amount, None, low_open=comparator == ">")
    if comparator not in ("<", "<=", "ad"):
        raise UnreadableResource("an unknown comparator", f"{element}.comparator")
    low = None if unit in SIGNED_UNITS or amount <= ZERO else ZERO
    return Interval(low, amount, high_open=comparator == "<")


def read_range(value: object, element: str, units: UnitTable) -> Quantity | None:
    """A Range as one interval; None if it has neither end.

    Raises UnreadableResource if its ends have different units or are the wrong way round. An end without a unit leaves
    the whole without one.
    """
    whole = node(value, element)
    low = read_quantity(whole.get("low"), f"{element}.low", units)
    high = read_quantity(whole.get("high"), f"{element}.high", units)
    if low is None or high is None:
        only = low or high
        interval = Interval(low.value.low if low else None, high.value.high if high else None)
        return only and Quantity(interval, only.unit, only.spelled)
    if low.unit and high.unit and low.unit != high.unit:
        raise UnreadableResource("the ends of the range have different units", element)
    first, last = low.value.low, high.value.high
    if first is not None and last is not None and first > last:
        raise UnreadableResource("the range ends before it begins", element)
    spelled = tuple(dict.fromkeys(low.spelled + high.spelled))
    return Quantity(Interval(first, last), low.unit if low.unit == high.unit else None, spelled)
