"""The productions for doses that change: tapers, turns, limits, and a day's dose in parts."""

from service.eligibility.dosing.model import Lapse
from service.eligibility.dosing.sigs.amounts import bare, plain
from service.eligibility.dosing.sigs.cursor import Cursor
from service.eligibility.dosing.sigs.parts import Alternating, Amount, Change, Divided, Most, Often, Part
from service.eligibility.dosing.sigs.times import lapse, often, period, times, whole
from service.eligibility.quantity import Interval

ONE = Interval.exactly(1)
DAY, TWO_DAYS = Lapse(ONE, "d"), Lapse(Interval.exactly(2), "d")


def change(c: Cursor) -> Part | None:
    """change := [often] CHANGE [often] BY plain [often] [[","] (UNTIL | TO) target] | [often] BY plain CHANGE …"""
    every = _interval(c)
    sign, amount = _by(c, every)
    if sign is None or amount is None or not isinstance(sign, int):
        return None
    return _changed(c, sign, amount, every)


def _by(c: Cursor, every: list[Lapse]) -> tuple[object, Amount | None]:
    token = c.take("CHANGE")
    if token is not None:
        every += _interval(c)
    amount = plain(c) if c.take("BY", "OF") is not None else None
    if amount is not None and token is None:
        every += _interval(c)
        token = c.take("CHANGE")
    return (token.value if token is not None else None), amount


def _interval(c: Cursor) -> list[Lapse]:
    found = c.attempt(often)
    return [found.period] if isinstance(found, Often) and found.frequency == Interval.exactly(1) else []


def _changed(c: Cursor, sign: int, amount: Amount, every: list[Lapse]) -> Part | None:
    every += _interval(c)
    if len(every) != 1 or not amount.value.exact:
        raise c.refuse("a change of dose needs how much and how often")
    ends, target = _target(c)
    if sign > 0 and target is None:
        raise c.refuse("a rising dose needs an end")
    if ends and target is not None and (target.unit != amount.unit or not target.value.exact):
        raise c.refuse("the end of the change is in another unit")
    return Change(sign, amount, every[0], target)


def _target(c: Cursor) -> tuple[bool, Amount | None]:
    """target := OFF | plain [period] [STAY]; nothing at all means until nothing is left."""
    start = c.at
    c.take("SEP", "AND")
    if c.take("UNTIL", "TO") is None:
        c.at = start
        if c.next().kind == "UNTIL":
            raise c.refuse()
        return False, None
    if c.take("OFF", "STOP") is not None:
        return True, None
    target = plain(c)
    if target is None:
        raise c.refuse()
    found = c.attempt(often)
    if isinstance(found, Often) and (found.frequency, found.period) != (
        Interval.exactly(1),
        Lapse(Interval.exactly(1), "d"),
    ):
        raise c.refuse("the end of the change is not a daily dose")
    c.sequence("SEP? STAY")
    return True, None if target.value.high == 0 else target


def alternating(c: Cursor) -> Part | None:
    """alternating := ALTERNATE amount (AND | WITH) amount | amount ALTERNATE amount
    | amount ONEDAY AND amount NEXTDAY | amount AND amount (ALTERNATE | every two days); then [every one or two days].
    """
    found = c.first((_turns_named_first, _turns_named_between, _turns_by_day))
    if not isinstance(found, Alternating):
        return None
    start = c.at
    how = c.attempt(often)
    if isinstance(how, Often):
        if how.frequency != Interval.exactly(1) or how.period not in (DAY, TWO_DAYS):
            raise c.refuse("doses in turn are read day by day only")
    else:
        c.at = start
    return found


def _both(first: Amount | None, second: Amount | None) -> Alternating | None:
    if first is None or second is None or second.unit is None:
        return None
    left = first if first.unit is not None else Amount(first.value, second.unit)
    return Alternating(left, second) if left.unit == second.unit else None


def _one(c: Cursor) -> Amount | None:
    found = c.attempt(plain) or c.attempt(bare)
    return found if isinstance(found, Amount) else None


def _turns_named_first(c: Cursor) -> Alternating | None:
    if c.take("ALTERNATE") is None:
        return None
    first = _one(c)
    return _both(first, _one(c)) if c.take("AND", "AT", "PLUS") is not None else None


def _turns_named_between(c: Cursor) -> Alternating | None:
    first = _one(c)
    c.take("SEP")
    return _both(first, _one(c)) if first is not None and c.take("ALTERNATE") is not None else None


def _turns_by_day(c: Cursor) -> Alternating | None:
    first = _one(c)
    named = c.take("ONEDAY") is not None
    if first is None or c.take("AND", "SEP") is None:
        return None
    second = _one(c)
    if second is None:
        return None
    if named:
        return _both(first, second) if c.take("NEXTDAY") is not None else None
    if c.take("ALTERNATE") is not None:
        return _both(first, second)
    how = c.attempt(often)
    every_two = isinstance(how, Often) and how.period == TWO_DAYS
    return _both(first, second) if every_two else None


def divided(c: Cursor) -> Part | None:
    """divided := AT numbers (DIVIDED | DOSES) | DIVIDED [often | times]: the amount is that of the day."""
    if c.take("AT") is not None and (count := c.attempt(whole)) is not None:
        return Divided(count) if c.take("DIVIDED", "DOSES") is not None and count.low else None
    if c.take("DIVIDED") is None:
        return None
    found = c.attempt(times) or c.attempt(often)
    if isinstance(found, Often) and found.period.unit != "h" and found.period != DAY:
        raise c.refuse("a dose in parts, but not of a day")
    return Divided(daily=isinstance(found, Often))


def most(c: Cursor) -> Part | None:
    """most := MAX amount [AT] period: not more than 10 mg a day."""
    opened = c.take("MAX")
    if opened is None:
        return None
    c.take("DOT", "COLON")
    found = _one(c)
    if found is None:
        return None
    if opened.value == "d":
        period(c)
        return Most(found, Lapse(Interval.exactly(1), "d"))
    every = period(c) or _bare_length(c)
    return Most(found, every) if every is not None else None


def _bare_length(c: Cursor) -> Lapse | None:
    """`in 24 hours`, where `in` was already part of the phrase."""
    value = whole(c)
    token = c.take("TIME") if value is not None else None
    return lapse(value, token) if value is not None and token is not None else None
