"""The productions that name days: weekdays, numbered days, and the date of the first."""

from datetime import date
from decimal import Decimal
from typing import cast

from service.eligibility.dosing.sigs.cursor import Cursor
from service.eligibility.dosing.sigs.parts import Numbered, Part, Starting, Weekdays

FULL_NAME = 5  # letters


def weekdays(c: Cursor) -> Part | None:
    """weekdays := [EVERY | AT] (DAYS | DAY "-" DAY | DAY {("," | AND | "/" | "-") DAY})."""
    opened = c.take("EVERY", "AT")
    together = c.take("DAYS")
    if together is not None:
        return Weekdays(cast(tuple[int, ...], together.value))
    first = c.take("DAY")
    if first is None:
        return None
    found, joints = [cast(int, first.value)], []
    while c.next().kind in ("SEP", "AND", "SLASH", "DASH", "DAY", "PLUS"):
        joint = "" if c.next().kind == "DAY" else c.next().kind
        if joint and c.next(1).kind == "AND" and c.next(2).kind == "DAY":
            c.at += 1
        if joint and c.next(1).kind != "DAY":
            break
        c.at += 1 if joint else 0
        found.append(cast(int, c.next().value))
        joints.append(joint)
        c.at += 1
    if joints == ["DASH"]:
        first_day, last_day = found
        return Weekdays(tuple(sorted((first_day + n) % 7 for n in range((last_day - first_day) % 7 + 1))))
    if len(found) == 1 and opened is None and len(first.text) < FULL_NAME:
        return None  # `sat` by itself may be something else
    return Weekdays(tuple(sorted(set(found)))) if len(set(found)) == len(found) else None


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
