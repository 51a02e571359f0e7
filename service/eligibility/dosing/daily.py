"""From one instruction to its daily dose: amount x rhythm, as needed, capped, or an infusion's rate. SEMANTICS §6.3."""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from service.eligibility.dosing.amount import UNKNOWN_AMOUNT, Amount, Holding, amount
from service.eligibility.dosing.layout import once
from service.eligibility.dosing.model import Instruction, Rate, Timing
from service.eligibility.dosing.ranges import ONE, ZERO, Range
from service.eligibility.dosing.rhythm import Obscure, Rhythm, rhythm
from service.eligibility.dosing.units import MASS, days
from service.eligibility.outcome import Reason

__all__ = ["MISSING", "NO_REASONS", "Daily", "Holding", "daily", "either", "multiplied", "says_how_often", "unknown"]

NO_REASONS: frozenset[Reason] = frozenset()
MISSING = frozenset({Reason.DOSE_MISSING})


@dataclass(frozen=True, slots=True)
class Daily:
    """A daily dose in `unit`: average over the cycle, on the busiest day, on the quietest. `words`: its arithmetic.

    `cycle` days surely show the busiest; `spacing` is the longest time between doses in days; `weekdays` are those that
    it names.
    """

    average: Range
    peak: Range
    trough: Range
    unit: str = MASS
    cycle: int = 1
    spacing: Fraction = ONE
    weekdays: tuple[int, ...] = ()
    words: str = ""
    reasons: frozenset[Reason] = NO_REASONS
    marks: tuple[str, ...] = ()


def unknown(words: str, reasons: frozenset[Reason] = MISSING, marks: tuple[str, ...] = ()) -> Daily:
    """A daily dose that is not known: from nothing to no limit, never zero."""
    return Daily(UNKNOWN_AMOUNT, UNKNOWN_AMOUNT, ZERO, words=words, reasons=reasons, marks=marks)


def daily(each: Instruction, holding: Holding, single: bool = False) -> Daily:
    """The daily dose of one instruction. `single`: without a timing it is one dose (an administration)."""
    found = _read_once(each, holding, single)
    for other in each.others:
        also = _read_once(replace(each, amount=other), holding, single)
        if not (found.reasons or also.reasons) and (also.unit, also.average) != (found.unit, found.average):
            found = either(found, also, "as it also states")
    for reading in each.readings:
        found = either(found, _read_once(reading, holding, single))
    return found


def either(one: Daily, other: Daily, by: str = "by its text") -> Daily:
    """The dose that may be one or the other; in different units it is not known."""
    words = f"{one.words}, or {by} {other.words}"
    reasons, marks = one.reasons | other.reasons, tuple(dict.fromkeys((*one.marks, *other.marks)))
    if one.unit != other.unit:
        return unknown(words, reasons or MISSING, marks)
    return Daily(
        one.average.hull(other.average),
        one.peak.hull(other.peak),
        one.trough.hull(other.trough),
        one.unit,
        max(one.cycle, other.cycle),
        max(one.spacing, other.spacing),
        one.weekdays if one.weekdays == other.weekdays else (),
        words,
        reasons,
        marks,
    )


def _read_once(each: Instruction, holding: Holding, single: bool) -> Daily:
    found = _uncapped(each, holding, single)
    marks = found.marks + (each.timing.marks if each.timing is not None else ()) + each.marks
    if each.as_needed:
        found = replace(found, average=found.average.possibly(), peak=found.peak.possibly(), trough=ZERO)
        found, marks = replace(found, words=f"as needed, up to {found.words}"), (*marks, "as-needed")
    fixed = found.average.exact and each.amount is not None and "/" not in (each.amount.unit or "")
    for cap in each.caps:
        found = _capped(found, amount(cap.most, holding), days(cap.period), fixed)
    return replace(found, marks=marks)


def _uncapped(each: Instruction, holding: Holding, single: bool) -> Daily:
    if each.amount is None and each.rate is not None:
        return _infused(each.rate, each.timing, holding, single)
    one = _no_more(amount(each.amount, holding), each, holding)
    if one.reason is not None:
        why = f"{one.words}; its text was not understood: {each.unread}" if each.unread else one.words
        return unknown(why, frozenset({one.reason}))
    return _timed(one, each.timing, single)


def _no_more(one: Amount, each: Instruction, holding: Holding) -> Amount:
    """One dose, held to the most of one administration (1 mg/kg, at most 60 mg), which bounds an unknown one too."""
    most = amount(each.most, holding) if each.most is not None else None
    if most is None or most.reason is not None or most.value.high is None:
        return one
    if one.reason is None and one.unit != most.unit:
        return one
    words = f"{one.words}, at most {Range.exactly(most.value.high)} {most.unit} at a time"
    fixed = one.value.exact and each.amount is not None and "/" not in (each.amount.unit or "")
    return replace(one, value=_limited(one.value, most.value.high, fixed), words=words)


def _timed(one: Amount, timing: Timing | None, single: bool) -> Daily:
    return replace(_in_time(one, timing, single), marks=one.marks)


@lru_cache(maxsize=16384)  # once daily, twice daily: orders are alike
def _in_time(one: Amount, timing: Timing | None, single: bool) -> Daily:
    if once(timing) or (single and (timing is None or not says_how_often(timing))):
        return Daily(one.value, one.value, one.value, one.unit, words=f"{one.words} = {one.value} {one.unit} once")
    if timing is None:
        return unknown(f"{one.words}, how often is not stated")
    if timing.events:
        return Daily(one.value, one.value, ZERO, one.unit, words=f"{one.words} on stated days")
    found = rhythm(timing)
    if isinstance(found, Obscure):
        return unknown(f"{one.words}: {found.why}")
    return _in_all(multiplied(one, found), one, timing)


def _in_all(found: Daily, one: Amount, timing: Timing) -> Daily:
    """No day holds more than all doses together: two doses, one every hour, are two doses on their day and not 24."""
    total = None if timing.count is None else one.value.times(Range.of(timing.count)).high
    if total is None or (found.peak.high is not None and found.peak.high <= total):
        return found
    words = f"{found.words}, {timing.count} doses in all: {Range.exactly(total)} {one.unit}"
    average, peak, trough = (each.capped(total) for each in (found.average, found.peak, found.trough))
    return replace(found, average=average, peak=peak, trough=trough, words=words)


def says_how_often(timing: Timing) -> bool:
    """Does it state a rhythm, or one that cannot be computed?"""
    return bool(timing.frequency or timing.period or timing.days_of_week or timing.occasions or timing.problem)


def multiplied(one: Amount, how: Rhythm) -> Daily:
    """One dose so many times a day."""
    average = one.value.times(how.average)
    return Daily(
        average,
        one.value.times(how.peak),
        one.value.times(how.trough),
        one.unit,
        how.cycle,
        how.spacing,
        how.weekdays,
        f"{one.words} x {how.words} = {average} {one.unit}/day",
    )


def _infused(rate: Rate, timing: Timing | None, holding: Holding, single: bool) -> Daily:
    """Rate x duration; a total over a day or more is a dose in itself, one over less is a speed for at most the day."""
    part = amount(rate.amount, holding)
    if part.reason is not None:
        return unknown(part.words, frozenset({part.reason}))
    per_day = part.value.over(days(rate.period))
    words = f"{part.words} per {rate.period.value} {rate.period.unit}"
    if timing is not None and timing.duration is not None:
        value = per_day.times(days(timing.duration))
        lasted = f"{words} for {timing.duration.value} {timing.duration.unit}"
        return _timed(replace(part, value=value, words=lasted), timing, single)
    whole = rate.whole and days(rate.period).low >= 1
    if timing is not None and says_how_often(timing):
        return _timed(part, timing, single) if whole else unknown(f"{words}, for how long is not stated")
    value = per_day if whole else per_day.possibly()
    words = f"{words} = {value} {part.unit}/day"
    return Daily(value, value, ZERO, part.unit, words=words, marks=part.marks)


def _capped(found: Daily, most: Amount, period: Range, fixed: bool) -> Daily:
    """No more than `most` in the period; a cap bounds an unknown dose too, but does not make it known.

    One dose that is `fixed` above its own limit contradicts it, and may be either.
    """
    if most.value.high is None or most.reason is not None or period.low == 0:
        return found
    unlimited = found.average.high is None
    if found.unit != most.unit and not unlimited:
        return found
    per_day = most.value.high / period.low
    one_day = max(most.value.high, per_day)
    average, peak = _limited(found.average, per_day, fixed), _limited(found.peak, one_day, fixed)
    words = f"{found.words}, at most {Range.exactly(per_day)} {most.unit}/day"
    trough = _limited(found.trough, one_day, fixed).capped(peak.high)
    return replace(found, average=average, peak=peak, trough=trough, unit=most.unit, words=words)


def _limited(value: Range, most: Fraction, fixed: bool) -> Range:
    return Range(min(value.low, most), value.high) if fixed else value.capped(most)
