"""The productions that name days: weekdays, numbered days, and the date of the first."""

from datetime import date
from decimal import Decimal
from typing import cast

from service.eligibility.dosing.sigs.cursor import Cursor
from service.eligibility.dosing.sigs.parts import Numbered, Part, Starting, Weekdays

RANGE = ("DASH", "TO", "THROUGH")
FULL_NAME = 5  # letters


def weekdays(c: Cursor) -> Part | None:
    """weekdays := [EVERY | AT] (DAYS | DAY ("-" | TO | THROUGH) DAY | DAY {("," | AND | "/" | "-") DAY})."""
    opened = c.take("EVERY", "AT")
    together = c.take("DAYS")
    if together is not None:
        return Weekdays(cast(tuple[int, ...], together.value))
    first = c.take("DAY")
    if first is None:
        return None
    found, joints = [cast(int, first.value)], []
    while (joined := _another_day(c)) is not None:
        joints.append(joined[0])
        found.append(joined[1])
    if len(found) == 1 and opened is None and len(first.text) < FULL_NAME:
        return None  # `sat` by itself may be something else
    return _listed(found, joints)


def _another_day(c: Cursor) -> tuple[str, int] | None:
    start = c.at
    joint = c.take("SEP", "AND", "SLASH", "PLUS", *RANGE)
    if joint is not None and joint.kind == "SEP":
        c.take("AND")
    day = c.take("DAY")
    if day is None:
        c.at = start
        return None
    return (joint.kind if joint is not None else ""), cast(int, day.value)


def _listed(found: list[int], joints: list[str]) -> Weekdays | None:
    """From one day to another, or a list; `Mon-Wed, Fri` is both, and refused."""
    ranges = [each for each in joints if each in RANGE]
    if len(joints) == 1 and ranges:
        first, last = found
        return Weekdays(tuple(sorted((first + n) % 7 for n in range((last - first) % 7 + 1))))
    if len(set(found)) < len(found) or (ranges and set(joints) != {"DASH"}):
        return None
    return Weekdays(tuple(sorted(found)))


def numbered(c: Cursor) -> Part | None:
    """numbered := [AT] TIME NUM [("-" | TO | AND) NUM]: (on) day 1, days 2-5."""
    c.take("AT")
    token = c.take("TIME")
    first = c.take("NUM") if token is not None and token.value == "d" else None
    if first is None:
        return None
    low = cast(Decimal, first.value)
    found = c.sequence("DASH|TO|AND NUM")
    high = cast(Decimal, found[1].value) if found is not None and found[1] is not None else low
    whole = low % 1 == 0 and high % 1 == 0 and 0 < low <= high
    return Numbered(int(low), int(high)) if whole else None


def starting(c: Cursor) -> Part | None:
    """starting := START (DATE | MONTH NUM [","] NUM | NUM MONTH NUM)."""
    if c.take("START") is None:
        return None
    if (written := c.take("DATE")) is not None:
        return _day(c, *(int(each) for each in written.text.split("-")))
    if (found := c.sequence("MONTH NUM SEP? NUM")) is not None:
        month, day, _, year = found
    elif (found := c.sequence("NUM MONTH NUM")) is not None:
        day, month, year = found
    else:
        return None
    if month is None or day is None or year is None:
        return None
    return _day(c, int(str(year.value)), cast(int, month.value), int(cast(Decimal, day.value)))


def _day(c: Cursor, year: int, month: int, day: int) -> Starting:
    try:
        found = date(year, month, day)
    except ValueError as error:
        raise c.refuse("there is no such date") from error
    if not 1900 < year < 2200:
        raise c.refuse("there is no such year")
    return Starting(found)
