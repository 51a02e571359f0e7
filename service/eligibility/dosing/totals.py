"""What was taken in a window altogether, and its mean per day. SEMANTICS §6.7.

A regular dose counts by its average over the cycle. Where the window cuts a cycle, one dose more or less may lie in it:
the total spans both, the mean takes the average. What was administered counts in full, whatever its order's cycle.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from service.eligibility.criteria import DoseTest
from service.eligibility.dates import Days, Window
from service.eligibility.dosing.course import Phase
from service.eligibility.dosing.pace import Pace, reached
from service.eligibility.dosing.ranges import NOTHING, Range
from service.eligibility.dosing.records import Record, coverage
from service.eligibility.dosing.steps import Step
from service.eligibility.dosing.therapy import PLANS, Therapies, Therapy
from service.eligibility.facts import Source
from service.eligibility.outcome import Outcome, truth

Ends = tuple[Fraction, Fraction | None]  # the most it may be less, and more; None where nothing bounds it
NONE: Ends = (NOTHING, NOTHING)


@dataclass(frozen=True, slots=True)
class Total:
    """The number that is compared (`outcome`), and after how many days it may be another one (None: not foreseeably).

    `moves`: while nothing begins or ends.
    """

    outcome: Outcome
    value: Range
    moves: int | None


def of_window(walked: Sequence[Step], taken: Therapies, window: Window, test: DoseTest, pace: Pace) -> Total:
    """The mean or the total of the window's doses against the bounds."""
    whole = test.measure == "cumulative"
    edge = _edges(taken, window) if whole else NONE
    value = _sum(walked, taken, window, edge)
    sure, possible = _lengths(window)
    if not whole:
        value = Range(value.low / possible, None if value.high is None or not sure else value.high / sure)
    used = truth(value.low > 0 or any(_surely(each, window) for each in walked), bool(walked))
    limits = [Fraction(each) * (1 if whole else possible) for each in _limits(test)]
    scaled = value if whole else value.times(Range.exactly(possible))
    moves = _moves(walked, taken, window, pace, edge == NONE, reached(scaled, limits), limits)
    return Total(min(value.within(test.bounds), used), value, moves)


def _surely(step: Step, window: Window) -> bool:
    return step.value.taken is Outcome.MET and step.surely_inside(window)


def _limits(test: DoseTest) -> Iterator[Fraction]:
    bounds = test.bounds
    for each in (bounds.above, bounds.at_least, bounds.below, bounds.at_most):
        if each is not None:
            yield Fraction(each)


def _lengths(window: Window) -> tuple[int, int]:
    """How many days the window surely and possibly has."""
    sure = 0 if window.sure is None else (window.sure.latest - window.sure.earliest).days + 1
    return sure, (window.possible.latest - window.possible.earliest).days + 1


def _sum(walked: Sequence[Step], taken: Therapies, window: Window, edge: Ends) -> Range:
    again = _told_again(taken, window)
    least = sum((each.value.average.low * each.days for each in walked if each.surely_inside(window)), NOTHING)
    highs = [None if (high := each.value.average.high) is None else high * each.days for each in walked]
    most = _added([*highs, edge[1], *_beyond_orders(taken, window)])
    low = max(least - edge[0] - again[0], _given(taken, window), NOTHING)
    return Range(low, None if most is None else max(low, most - (again[1] or NOTHING)))


def _told_again(taken: Therapies, window: Window) -> Ends:
    """What the days tell again of single administrations over several days (a night): at least, and at most.

    The most counts them once only where nothing but administrations tells of the drug.
    """
    least, most = NOTHING, NOTHING
    alone = [each for group in taken.groups if group.kinds == (Source.ADMINISTRATION,) for each in group.therapies]
    for therapy, record, phase in _administered(taken.every):
        days, average = phase.span.hull(), phase.daily.average
        if phase.span.point or not (phase.span.start.exact and phase.span.end.exact):
            continue
        length = (days.latest - days.earliest).days + 1
        sure, possible = _shared(days, window.sure), _shared(days, window.possible)
        once = average.low * (1 if length <= 2 else length) if sure == length else NOTHING
        least += max(NOTHING, average.low * sure - once)
        if therapy in alone and average.high is not None and possible > 1 and _states_one_dose(record):
            most += average.high * (possible - 1)
    return least, most


def _states_one_dose(record: Record) -> bool:
    """Not only how fast it was given."""
    return all(each.amount is not None for each in record.fact.instructions)


def _shared(days: Days, other: Days | None) -> int:
    """How many of these days the other ones hold."""
    if other is None or not days.overlaps(other):
        return 0
    return (min(days.latest, other.latest) - max(days.earliest, other.earliest)).days + 1


def _added(parts: Iterable[Fraction | None]) -> Fraction | None:
    found = NOTHING
    for part in parts:
        if part is None:
            return None
        found += part
    return found


def _administered(found: Iterable[Therapy]) -> Iterator[tuple[Therapy, Record, Phase]]:
    for therapy in found:
        for record in therapy.of(Source.ADMINISTRATION):
            for phase in record.phases:
                yield therapy, record, phase


def _given(taken: Therapies, window: Window) -> Fraction:
    """What was surely administered in the window, in full. Therapies that may be one another are left out."""
    distinct = (therapy for group in taken.groups for therapy in group.therapies)
    return sum(
        (
            phase.daily.peak.low
            for _, record, phase in _administered(distinct)
            if Outcome.MET is record.outcome is phase.taken and phase.span.point
            if window.sure is not None and phase.span.start.inside(window.sure)
            if not any(link.startswith("MedicationAdministration/") for link in record.fact.links)  # a part of another
        ),
        NOTHING,
    )


def _beyond_orders(taken: Therapies, window: Window) -> Iterator[Fraction | None]:
    """What an administration adds to its share of the order's cycle, on days that the order does not cover."""
    for therapy, _, phase in _administered(taken.every):
        days = phase.span.hull()
        plans = (plan for source in PLANS for each in therapy.of(source) for plan in each.phases)
        covered = any(coverage(plan.span, days.earliest, days.latest) is Outcome.MET for plan in plans)
        if days.overlaps(window.possible) and not covered and phase.daily.peak != phase.daily.average:
            peak, average = phase.daily.peak.high, phase.daily.average.high
            yield None if peak is None or average is None else max(NOTHING, peak - average)


def _edges(taken: Therapies, window: Window) -> Ends:
    """How much less or more than the average may lie in the window, because it cuts cycles."""
    apart = [*(each.therapies for each in taken.groups), *((each,) for each in taken.loose)]
    ends = [_edges_of(each, window) for each in apart]
    return sum((low for low, _ in ends), NOTHING), _added(high for _, high in ends)


def _edges_of(group: Sequence[Therapy], window: Window) -> Ends:
    """Of records of different kinds, which are views of one therapy, the widest."""
    kinds: list[Ends] = []
    for source in PLANS:
        phases = [phase for therapy in group for each in therapy.of(source) for phase in each.phases]
        ends = [_edge(each, window) for each in phases if each.span.hull().overlaps(window.possible)]
        kinds.append((sum((low for low, _ in ends), NOTHING), _added(high for _, high in ends)))
    highs = [high for _, high in kinds]
    return max(low for low, _ in kinds), None if None in highs else max(high for high in highs if high is not None)


def _edge(phase: Phase, window: Window) -> Ends:
    daily, length = phase.daily, _days_within(phase, window)
    if daily.peak == daily.average or daily.average.high is None:
        return NONE
    if daily.peak.high is None:  # the average of a supply says nothing of a part of its days
        whole = phase.span.hull()
        if window.sure is not None and whole.inside(window.sure):
            return NONE
        most = daily.average.high * ((whole.latest - whole.earliest).days + 1)
        return most, most
    one = daily.average.high * daily.spacing
    if daily.average.exact and length is not None:
        part = length / daily.spacing
        return (part - floor(part)) * one, (ceil(part) - part) * one
    most = one if daily.weekdays else max(daily.peak.high, min(one, daily.peak.high))
    return most, most


def _days_within(phase: Phase, window: Window) -> int | None:
    """How many of its days lie in the window; None where that is not certain."""
    if window.sure != window.possible or not (phase.span.start.exact and phase.span.end.exact):
        return None
    first = max(phase.span.start.latest, window.possible.earliest)
    return (min(phase.span.end.latest, window.possible.latest) - first).days + 1


def _moves(
    walked: Sequence[Step],
    taken: Therapies,
    window: Window,
    pace: Pace,
    smooth: bool,
    distance: Fraction,
    limits: Sequence[Fraction],
) -> int | None:
    """In how many days the total may reach a limit, if every day adds and takes away as much as any day can."""
    if not walked:
        return None
    a_day = sum(
        (_largest(each) for therapy in taken.every for record in therapy.records for each in record.phases), NOTHING
    )
    a_day = max([a_day, *limits]) if pace.sways else a_day
    first, last = walked[0], walked[-1]
    same = first.value.average == last.value.average and first.start == window.possible.earliest
    still = smooth and same and last.end == min(window.possible.latest, pace.at)
    return pace.days_to(distance, a_day, still=still)


def _largest(phase: Phase) -> Fraction:
    daily = phase.daily
    one = daily.average.high * daily.spacing if daily.average.high is not None and daily.weekdays else None
    ends = (daily.average.low, daily.average.high, daily.peak.low, daily.peak.high, one)
    return max(each for each in ends if each is not None)
