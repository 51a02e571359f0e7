"""How often a dose is taken, from all that a sig says of it; what disagrees is refused, or becomes a range."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from service.eligibility.dosing.model import Lapse, Timing
from service.eligibility.dosing.ranges import Range
from service.eligibility.dosing.sigs.parts import Divided, Occasion, Often, Once, Part, Single, Weekdays
from service.eligibility.dosing.sigs.times import same_time
from service.eligibility.dosing.sigs.tokens import NotUnderstood
from service.eligibility.dosing.units import days
from service.eligibility.quantity import Interval

TEXT, MEALS, ASSUMED = "text-sig", "assumption-meals-per-day", "assumption-once-a-day"
ONE = Interval.exactly(1)
DAY = Lapse(ONE, "d")
PARTS_OF_DAY = ("morning", "noon", "afternoon", "dinner", "evening", "night")
THREE = Interval.exactly(3)


@dataclass(frozen=True, slots=True)
class Said:
    """The parts about time, sorted."""

    often: Often | None
    once: bool
    single: Single | None
    names: tuple[str, ...]
    times: Interval  # how many times of the day these are: one may be named twice
    every: bool
    meals: bool
    weekdays: tuple[int, ...]
    divided: Divided | None

    @property
    def anything(self) -> bool:
        """Is anything at all said?"""
        return bool(self.often or self.once or self.single or self.names or self.meals or self.weekdays or self.divided)


def daily(frequency: Interval, *marks: str) -> Timing:
    """So many times a day."""
    return Timing(frequency, DAY, marks=(TEXT, *marks))


def said(parts: Sequence[Part]) -> Said:
    """Sorts the parts. Raises NotUnderstood where two of a kind disagree."""
    occasions = [each for each in parts if isinstance(each, Occasion)]
    names = {name for each in occasions for name in each.names}
    singles = [each for each in parts if isinstance(each, Single)]
    weekly = {each.days for each in parts if isinstance(each, Weekdays)}
    divided = [each for each in parts if isinstance(each, Divided)]
    if len(set(singles)) > 1 or len(divided) > 1:
        raise NotUnderstood("two numbers of doses are stated")
    return Said(
        _one_often([each for each in parts if isinstance(each, Often)]),
        any(isinstance(each, Once) for each in parts),
        singles[0] if singles else None,
        tuple(sorted(names - {"meals"})),
        _times(names - {"meals"}, listed=all(each.listed for each in occasions)),
        any(each.every for each in occasions),
        "meals" in names,
        tuple(sorted({day for each in weekly for day in each})),
        divided[0] if divided else None,
    )


def _times(names: set[str], *, listed: bool) -> Interval:
    """How many different times these are: all of them in a plain list; fewer where two may be the same."""
    order = [each for each in PARTS_OF_DAY if each in names]
    clocks = len(names) - len(order)
    doubled = sum(same_time(one, other) for one, other in pairwise(order))
    if listed:
        doubled = 0
    least = len(order) - doubled if order else clocks
    return Interval(Decimal(least), Decimal(len(names)))


def _one_often(found: list[Often]) -> Often | None:
    rates = {_rate(each) for each in found}
    if len(rates) > 1:
        raise NotUnderstood("two different statements of how often")
    if found and found[0].frequency.high == 0:
        raise NotUnderstood("no times at all")
    return found[0] if found else None


def _rate(often: Often) -> Range:
    return Range.of(often.frequency).over(days(often.period))


def timing_of(parts: Sequence[Part]) -> Timing | None:
    """The timing of one dose; None where nothing says how often."""
    told = said(parts)
    if told.single is not None:
        return _single(told, told.single)
    if told.divided is not None:
        return _divided(told, told.divided)
    if told.once and told.often is None:
        return _once(told)
    if told.once and told.often is not None and told.often.frequency != ONE:
        raise NotUnderstood("once, and more often")
    return _on_weekdays(told) if told.weekdays else _regular(told)


def _single(told: Said, single: Single) -> Timing:
    others = told.names or told.weekdays or told.meals or told.divided
    if single.count == ONE:
        if others or (told.often is not None and told.often.period != DAY):
            raise NotUnderstood("a single dose, and a time at which it is repeated")
        if told.often is None:
            return Timing(count=ONE, marks=(TEXT,))
        if told.often.frequency != ONE:
            raise NotUnderstood("a single dose, and how often it is repeated")
        return daily(ONE)
    if told.often is None or others:
        raise NotUnderstood("so many doses, but not how often")
    return Timing(told.often.frequency, told.often.period, count=single.count, marks=(TEXT,))


def _divided(told: Said, divided: Divided) -> Timing:
    """The whole of a day: the parts that it is taken in do not change it."""
    named = bool(told.names) and divided.count == told.times
    stated = told.often is not None and (told.often.frequency, told.often.period) == (ONE, DAY)
    if told.weekdays or told.once or not (stated or (told.often is None and (divided.daily or named))):
        raise NotUnderstood("a dose in parts, but not of which time")
    return daily(ONE)


def _once(told: Said) -> Timing:
    if told.weekdays or told.meals or (told.names and not told.every) or len(told.names) > 1:
        raise NotUnderstood("once, which may mean once a day or a single time")
    return daily(ONE) if told.every else Timing(count=ONE, marks=(TEXT,))


def _on_weekdays(told: Said) -> Timing:
    per_day = told.times if told.names else ONE
    often = told.often
    if often is not None and often.period == DAY:
        if told.names and often.frequency != per_day:
            raise NotUnderstood("how often and when do not agree")
        per_day = often.frequency
    elif often is not None:
        weekly = days(often.period) == Range.exactly(7) and often.frequency == Interval.exactly(len(told.weekdays))
        if not weekly or per_day != ONE:
            raise NotUnderstood("how often and on which days do not agree")
    return Timing(per_day, DAY, days_of_week=told.weekdays, marks=(TEXT,))


def _regular(told: Said) -> Timing | None:
    often = told.often
    if often is None:
        if told.names and told.meals:
            high = told.times.high or Decimal(0)
            return daily(Interval(told.times.low, high + 3), MEALS)  # at bedtime with meals, or at both
        if told.names:
            return daily(told.times)
        return Timing(occasions=THREE, marks=(TEXT, MEALS)) if told.meals else None
    if not told.names:
        return Timing(often.frequency, often.period, marks=(TEXT,))
    rate, times = _rate(often), Range.of(told.times)
    if (often.frequency, often.period) == (ONE, DAY) and times.low > 1:
        return daily(Interval(ONE.low, told.times.high))  # "daily, morning and evening": at each, or in all
    if rate.low >= times.low and rate.high is not None and times.high is not None and rate.high <= times.high:
        return Timing(often.frequency, often.period, marks=(TEXT,))
    if times.low == 1 and not told.every and rate.high is not None and rate.high <= 1:
        return Timing(often.frequency, often.period, marks=(TEXT,))
    raise NotUnderstood("how often and when do not agree")
