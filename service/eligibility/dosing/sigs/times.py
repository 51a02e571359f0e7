"""The productions for how often, when and for how long."""

from decimal import Decimal
from typing import cast

from service.eligibility.dosing.model import Lapse, TimeUnit
from service.eligibility.dosing.sigs.amounts import numbers
from service.eligibility.dosing.sigs.cursor import Cursor
from service.eligibility.dosing.sigs.parts import (
    Lasting,
    Occasion,
    Often,
    Once,
    Part,
    Single,
)
from service.eligibility.dosing.sigs.tokens import Token
from service.eligibility.quantity import Interval

ONE = Interval.exactly(1)
WITHIN = ("in", "within", "en", "innerhalb", "innert", "pro")
NEIGHBOURS = {("noon", "afternoon"), ("afternoon", "evening"), ("dinner", "evening"), ("evening", "night")}
NEAR = ("before", "after", "vor", "nach", "avant", "apres")


def whole(c: Cursor) -> Interval | None:
    """Numbers without a fraction: nobody takes a dose half a time, or every half day."""
    value = c.attempt(numbers)
    if value is None or any(each is not None and each % 1 for each in (value.low, value.high)):
        return None
    return value


def lapse(value: Interval, token: Token) -> Lapse:
    """A length of time from a number and a TIME token."""
    return Lapse(value, cast(TimeUnit, token.value))


def _stated(token: Token) -> Often:
    """What a DAILY or LATIN token says."""
    frequency, period, unit = cast(tuple[int, str, TimeUnit], token.value)
    return Often(Interval.exactly(frequency), Lapse(Interval.exactly(period), unit))


def period(c: Cursor) -> Lapse | None:
    """period := DAILY | (PER | "/" | EVERY | AT) [numbers | PER] TIME | EVERY (OTHER | ORD) TIME."""
    daily = c.take("DAILY")
    if daily is not None:
        return _stated(daily).period
    if c.next().text in WITHIN or c.next().kind in ("PER", "SLASH"):
        c.at += 1
        c.take("PER")
        return _length(c)
    return _every(c)


def _length(c: Cursor) -> Lapse | None:
    value = c.attempt(whole) or ONE
    token = c.take("TIME")
    return lapse(value, token) if token is not None else None


def _every(c: Cursor) -> Lapse | None:
    if c.take("EVERY") is None:
        return None
    if (found := c.sequence("OTHER TIME")) is not None and found[1] is not None:
        return lapse(Interval.exactly(2), found[1])
    if (found := c.sequence("ORD TIME")) is not None and found[0] is not None and found[1] is not None:
        return lapse(Interval.exactly(str(found[0].value)), found[1])
    if (found := c.sequence("NUM DOT TIME")) is not None and found[0] is not None and found[2] is not None:
        return lapse(Interval.exactly(cast(Decimal, found[0].value)), found[2])
    return _length(c)


def times(c: Cursor) -> Part | None:
    """times := (numbers (TIMES | "x") | "x" numbers | FREQ [("-" | TO | OR) FREQ]) period | once."""
    if c.take("X") is not None:
        after = whole(c)
        every = period(c) if after is not None and c.next().kind in ("PER", "SLASH", "DAILY") else None
        return Often(after, every) if after is not None and every is not None else None
    count, once = _count(c)
    if count is None:
        return None
    every = c.attempt(period)
    if every is not None:
        return Often(count, every)
    if once and c.next().kind != "REFUSE":
        return Once()
    return None


def _count(c: Cursor) -> tuple[Interval | None, bool]:
    low = c.take("FREQ")
    if low is None:
        value = whole(c)
        return (value if value is not None and c.take("TIMES", "X") else None), False
    least = Decimal(str(low.value))
    start = c.at
    if c.take("DASH", "TO", "OR") is not None and (high := c.take("FREQ")) is not None:
        return Interval(least, Decimal(str(high.value))), False
    c.at = start
    return Interval.exactly(least), least == 1


def _out_of(c: Cursor) -> Part | None:
    """`1 jour sur 2`."""
    found = c.sequence("NUM TIME OUTOF NUM")
    if found is None or found[0] is None or found[1] is None or found[3] is None:
        return None
    times_, days = (Interval.exactly(cast(Decimal, each.value)) for each in (found[0], found[3]))
    return Often(times_, lapse(days, found[1]))


def often(c: Cursor) -> Part | None:
    """often := LATIN [("-" | TO | OR) LATIN] | DAILY | HOURLY | numbers HOURLY | period."""
    latin = c.take("LATIN")
    if latin is not None:
        return _latin(c, _stated(latin))
    part = c.part(_out_of)
    if part is not None:
        return part
    value = c.attempt(whole) or ONE
    hourly = c.take("HOURLY")
    if hourly is not None:
        return Often(ONE, lapse(value, hourly))
    if value is not ONE or c.next().text in WITHIN[:-1]:
        return None
    every = period(c)
    return Often(ONE, every) if every is not None else None


def _latin(c: Cursor, first: Often) -> Part:
    start = c.at
    if c.take("DASH", "TO", "OR") is not None and (more := c.take("LATIN")) is not None:
        second = _stated(more)
        if second.period == first.period:
            return Often(first.frequency.hull(second.frequency), first.period)
    c.at = start
    return first


def occasion(c: Cursor) -> Part | None:
    """occasion := once_named {once_named}: one beside another may name the same time (`in the evening at bedtime`)."""
    found = _named(c)
    while isinstance(found, Occasion):
        start = c.at
        more = c.attempt(_named)
        if not isinstance(more, Occasion) or not same_time(found.names[-1], more.names[-1]) or more.listed:
            c.at = start
            break
    return found


def same_time(one: str, other: str) -> bool:
    """May the two be the same time of the day?"""
    return one == other or (one, other) in NEIGHBOURS or (other, one) in NEIGHBOURS or "clock" in (one[:5], other[:5])


def _named(c: Cursor) -> Part | None:
    """once_named := [numbers TIME] [AT] (OCC | AMPM | clock) | EVERY (OCC | AMPM) | OCCDAILY | OCCEACH."""
    _offset(c)
    if (found := c.take("OCCDAILY")) is not None:
        return Occasion((str(found.value),), every=True)
    every = c.take("EVERY") is not None
    before = None if every else c.take("AT", "BY")
    if (found := c.take("OCCEACH")) is not None:
        return Occasion((str(found.value),), every=True)
    if (found := c.take("OCC", "AMPM")) is not None:
        return Occasion((str(found.value),), every, listed=not every and before is None)
    return None if every else clock(c, named=before is not None)


def _offset(c: Cursor) -> None:
    """`30 minutes before (breakfast)`: when, beside a meal, changes nothing of how much."""
    start = c.at
    if numbers(c) is not None and (unit := c.take("TIME")) is not None and unit.value in ("min", "h"):
        if any(word in NEAR for word in c.next().text.split()):
            return
    c.at = start


def clock(c: Cursor, *, named: bool) -> Part | None:
    """clock := hour {(AND | ",") hour}; hour := CLOCK [AMPM | OCLOCK] | NUM (AMPM | OCLOCK).

    `2 tabs am 1 pm` means one tablet in the evening: a bare hour needs its `at`.
    """
    found: list[str] = []
    while (hour := c.attempt(_hour)) is not None:
        if not named and not found and ":" not in hour:
            return None
        found.append(hour)
        if c.next().kind not in ("AND", "SEP") or c.next(1).kind not in ("CLOCK", "NUM"):
            break
        start = c.at
        c.at += 1
        if c.attempt(_hour) is None:
            c.at = start
            break
        c.at = start + 1
    return Occasion(tuple(f"clock {each}" for each in found)) if found else None


def _hour(c: Cursor) -> str | None:
    parts = c.sequence("CLOCK AMPM|OCLOCK?") or c.sequence("NUM AMPM|OCLOCK")
    return " ".join(each.text for each in parts if each is not None) if parts is not None else None


def lasting(c: Cursor) -> Part | None:
    """lasting := (FOR | "x" | TIMES) [FIRST] (numbers | "a") TIME [LONG] | numbers TIME LONG."""
    opened = c.take("FOR", "X", "TIMES")
    if opened is not None:
        c.take("FIRST")
        c.at += c.next().text in ("a", "an")
    value = c.attempt(whole)
    if value is None and (opened is None or opened.kind != "FOR"):
        return None
    token = c.take("TIME")
    long = c.take("LONG")
    if token is None or (opened is None and long is None):
        return None
    if token.value == "h" and value is not None and value.exact and value.low is not None and value.low % 24 == 0:
        return Lasting(Lapse(Interval.exactly(value.low / 24), "d"))
    return Lasting(lapse(value or ONE, token)) if token.value in ("d", "wk", "mo") else None


def doses(c: Cursor) -> Part | None:
    """doses := SINGLE | (FOR | "x") numbers DOSES | "x" 1."""
    if c.take("SINGLE") is not None:
        return Single(ONE)
    opened = c.take("FOR", "X")
    value = whole(c) if opened is not None else None
    if opened is None or value is None:
        return None
    if c.take("DOSES") is not None:
        return Single(value)
    return (
        Single(ONE) if opened.kind == "X" and value == ONE and c.next().kind in ("END", "SEP", "DOT", "THEN") else None
    )
