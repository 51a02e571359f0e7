"""One record's course: which daily dose on which days. SEMANTICS §6.3 to §6.5; §6.7 for one shorter than its cycle."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from service.eligibility.dates import FOREVER, Days, Span, shift
from service.eligibility.dosing.amount import amount
from service.eligibility.dosing.body import NOBODY, Body
from service.eligibility.dosing.daily import MISSING, Daily, Holding, daily, unknown
from service.eligibility.dosing.layout import beyond, layout, once, says_then, within
from service.eligibility.dosing.model import Instruction, Supply
from service.eligibility.dosing.ranges import ZERO, Range
from service.eligibility.dosing.units import generic
from service.eligibility.facts import MedicationFact, Source
from service.eligibility.outcome import Outcome
from service.eligibility.quantity import Quantity

FROM_SUPPLY = "derived-from-supply"
SAYS_THEN = "text-says-then"


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of days with one daily dose. `somewhere`: what is surely reached on one day or another.

    `taken`: that it belongs to the course at all is certain (MET) or possible (UNKNOWN).
    """

    span: Span
    daily: Daily
    somewhere: Range
    taken: Outcome = Outcome.MET


def course(fact: MedicationFact, span: Span, holding: Holding, body: Body = NOBODY) -> tuple[Phase, ...]:
    """The phases of one record within `span` (its exposure). A record that states no dose gives an unknown one.

    What is dosed by weight or surface goes by the measurements of `body` near the days of its instruction.
    """
    if not fact.instructions:
        return (_phase(span, _without_instruction(fact, holding)),)
    single = fact.source is Source.ADMINISTRATION
    found: list[Phase] = []
    placed, unordered = layout(fact.instructions, fact.span), says_then(fact.instructions)
    for each, own in placed:
        sized = replace(holding, size=body.during(within(own, span) or own))
        dose = daily(each, sized, single)
        if each.amount is None and each.rate is None:
            dose = _beside_supply(dose, fact.supply, sized)
        if unordered:
            dose = replace(dose, marks=(*dose.marks, SAYS_THEN))
        for phase in _phases(each, own, dose, single):
            clipped = within(phase.span, span)
            if clipped is not None:
                found.append(replace(phase, span=clipped))
    for rest in beyond([own for _, own in placed], fact.span, told=fact.source is Source.STATEMENT):
        clipped = within(rest, span)
        if clipped is not None:
            found.append(_phase(clipped, unknown("no instruction covers these days", marks=("no-dose",))))
    return tuple(found)


def _phase(span: Span, dose: Daily) -> Phase:
    return Phase(span, dose, dose.average)


def _phases(each: Instruction, span: Span, dose: Daily, single: bool) -> Iterator[Phase]:
    timing = each.timing
    if timing is not None and timing.events:
        for day in sorted(set(timing.events)):
            yield _phase(Span.on(Days.on(day)), _times(dose, timing.events.count(day)))
    elif once(timing):
        yield _one_dose(each, span, dose)
    elif single and not span.point and span.end.latest < FOREVER:
        yield _phase(span, _somewhen(dose, _length(span.start.earliest, span.end.latest)))
    else:
        yield from _cycled(span, dose)


def _one_dose(each: Instruction, span: Span, dose: Daily) -> Phase:
    """A single dose: on its day; within planned bounds of several days, on one of them."""
    where = Days(span.start.earliest, span.end.latest) if each.bounds is not None else span.start
    return _phase(Span.on(where), dose)


def _somewhen(dose: Daily, length: int) -> Daily:
    """One administration over several days: in full on two (a night), on more of them at least its share a day."""
    if length <= 2 or dose.average.high is None:
        return dose
    value = Range(dose.average.low / length, dose.average.high)
    return replace(dose, average=value, peak=value, trough=ZERO)


def _times(dose: Daily, count: int) -> Daily:
    many = Range.exactly(count)
    return replace(dose, average=dose.average.times(many), peak=dose.peak.times(many), words=f"{dose.words} x {count}")


def _cycled(span: Span, dose: Daily) -> Iterator[Phase]:
    """The average over the cycle; in full where the course is, or may be, shorter than its cycle."""
    if dose.spacing <= 1:
        yield _phase(span, dose)
    elif _length(span.start.earliest, span.end.latest) < dose.spacing:
        yield from _short(span, dose)
    elif _length(span.start.latest, span.end.earliest) < dose.spacing:
        wide = dose.average.hull(dose.peak)
        yield Phase(span, replace(dose, average=wide), wide)
    else:
        yield _phase(span, dose)


def _length(first: date, last: date) -> int:
    return (last - first).days + 1


def _short(span: Span, dose: Daily) -> Iterator[Phase]:
    full = replace(
        dose, average=dose.peak, trough=dose.peak, cycle=1, words=f"{dose.words}, in full: shorter than its cycle"
    )
    maybe = replace(full, average=full.peak.possibly(), peak=full.peak.possibly(), trough=ZERO)
    if not span.start.exact:
        yield Phase(span, maybe, full.average if not dose.weekdays else ZERO)
        return
    first, last = span.start.earliest, span.end.latest
    if dose.weekdays:
        for day in (shift(first, n) for n in range(_length(first, last))):
            if day.weekday() in dose.weekdays:
                own = within(Span.on(Days.on(day)), span)
                yield from () if own is None else (_phase(Span(own.start, own.end), full),)
        return
    yield _phase(Span.on(span.start), full)
    if last > first:
        rest = Days.on(shift(first, 1))
        yield Phase(Span(rest, Days(max(span.end.earliest, first), last)), maybe, ZERO)


def _without_instruction(fact: MedicationFact, holding: Holding) -> Daily:
    if fact.source is Source.ADMINISTRATION or fact.supply is None:
        return unknown("no dose is stated", marks=("no-dose",))
    return supplied(fact.supply, holding) or unknown("no dose is stated", marks=("no-dose",))


def supplied(supply: Supply, holding: Holding) -> Daily | None:
    """Quantity x strength / days of supply: an average, which says little of any one day. None if a part is missing."""
    if supply.quantity is None or supply.days is None:
        return None
    total, length = amount(supply.quantity, holding), Range.of(supply.days)
    if total.reason is not None or length.low == 0 or _perhaps_a_package(supply.quantity, length):
        return None
    average = total.value.over(length)
    words = f"{total.words} / {supply.days} days = {average} {total.unit}/day (from the supply)"
    return Daily(average, Range(average.low, None), ZERO, total.unit, words=words, marks=(FROM_SUPPLY,))


def _perhaps_a_package(quantity: Quantity, length: Range) -> bool:
    """Is it so little (1 EA for 30 days) that it counts packages, and says nothing of what is in them?"""
    pieces = Range.of(quantity.value)
    return generic(quantity.unit) and pieces.high is not None and pieces.high * 7 < length.low


def _beside_supply(dose: Daily, supply: Supply | None, holding: Holding) -> Daily:
    """What the supply implies is told beside "as directed", and stays an implication."""
    implied = supplied(supply, holding) if supply is not None else None
    if implied is None or not dose.reasons & MISSING:
        return dose
    return replace(dose, words=f"{dose.words}; {implied.words}", marks=(*dose.marks, FROM_SUPPLY))


def share(value: Range, spacing: Fraction) -> Range:
    """One dose spread over its cycle of `spacing` days."""
    return value.over(Range.exactly(max(spacing, Fraction(1))))
