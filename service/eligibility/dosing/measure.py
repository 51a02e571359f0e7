"""The daily dose over a window, and whether it was within bounds on any of its days. SEMANTICS §6.7, §6.8."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from service.eligibility.criteria import Bounds, DoseTest, Measure
from service.eligibility.dates import ALWAYS, FOREVER, Days, Span, Window, shift
from service.eligibility.dosing.body import NOBODY, Body
from service.eligibility.dosing.equivalence import EquivalenceTable
from service.eligibility.dosing.exposure import turning_days
from service.eligibility.dosing.ranges import Range, decimal
from service.eligibility.dosing.records import Record, Taken, Terms, records
from service.eligibility.dosing.therapy import Therapy, grouped, therapies, total
from service.eligibility.dosing.value import Value
from service.eligibility.facts import Source
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.policy import Policy
from service.eligibility.terms import Terminology

__all__ = ["DoseAnswer", "Step", "Taken", "Terms", "dose_in_window", "steps", "steps_of"]


@dataclass(frozen=True, slots=True)
class Step:
    """Days, both ends in, on which the dose is the same. `value`: exact, in the unit asked for."""

    start: date
    end: date
    value: Value

    def measured(self, measure: Measure) -> Range:
        """The dose by this measure, if taken."""
        return self.value.average if measure == "cycle_average" else self.value.peak

    def outcome(self, bounds: Bounds, measure: Measure) -> Outcome:
        """Was it taken on these days, in a dose within bounds?"""
        return min(self.measured(measure).within(bounds), self.value.taken)


@dataclass(frozen=True, slots=True)
class DoseAnswer:
    """Was a dose within bounds taken on any day of the window, and the arithmetic of the highest day.

    `outcome` is computed exactly; `least` and `most` are rounded to four places, for people; `most` is None where no
    limit is known. `boundaries` are the days at which the answer may change when the window moves.
    """

    outcome: Outcome
    least: Decimal
    most: Decimal | None
    unit: str
    day: date | None
    records: tuple[str, ...]
    factors: tuple[str, ...]
    reasons: frozenset[Reason]
    boundaries: tuple[date, ...]
    steps: tuple[Step, ...] = ()
    marks: tuple[str, ...] = ()


def steps(taken: Sequence[Taken], at: date, terms: Terms, window: Days | None = None) -> tuple[Step, ...]:
    """The daily dose, a step function of the days up to `at` (and within `window`); days without a record have none."""
    return steps_of(records(taken, at, terms), window or Days(ALWAYS, at), at)


def steps_of(found: Sequence[Record], within: Days, at: date) -> tuple[Step, ...]:
    """The daily dose of these records together on the days of `within` up to `at`."""
    return _steps(therapies(found), _cuts(found), within, at)


def dose_in_window(
    taken: Sequence[Taken],
    window: Window,
    at: date,
    test: DoseTest,
    table: EquivalenceTable | None,
    policy: Policy,
    terminology: Terminology | None = None,
    codes: tuple[str, ...] = (),
    body: Body = NOBODY,
) -> DoseAnswer:
    """The dose of all these records together on the days of the window, as of the day `at`.

    `codes` are the value sets asked about: they say which ingredient of a mixture counts. Raises InvalidValue where the
    test asks for an equivalence and `table` is None, or for a unit per anything but day, week or hour.
    """
    terms = replace(Terms.of(test, table, policy), terminology=terminology, codes=codes, body=body)
    found = records(taken, at, terms)
    groups = therapies(found)
    sure = [window.sure.earliest, shift(window.sure.latest, 1)] if window.sure is not None else []
    walked = _steps(groups, [*_cuts(found), *sure], window.possible, at)
    begins = {day for each in taken for day in (each.fact.span.start.earliest, each.fact.span.start.latest)}
    return _answer(walked, groups, window, test, _boundaries(found, policy, begins))


def _cuts(found: Iterable[Record]) -> list[date]:
    """The first days of all stretches on which nothing changes."""
    return _edges(phase.span for each in found for phase in each.phases)


def _edges(spans: Iterable[Span]) -> list[date]:
    known = list(spans)
    begins = {day for span in known for day in (span.start.earliest, span.start.latest)}
    ends = {shift(day, 1) for span in known for day in (span.end.earliest, span.end.latest) if day < FOREVER}
    return sorted(begins | ends)


def _boundaries(found: Sequence[Record], policy: Policy, begins: set[date]) -> tuple[date, ...]:
    """The days of the records' own plans: what is cut off at the screening date would change with every day."""
    days = begins.union(_edges(span for each in found for span in (*each.planned, each.fact.span)))
    days |= {shift(day, -1) for day in days}  # a stretch has left the window when its last day has
    days |= {day for each in found for day in turning_days(each.fact, policy)}
    days |= set(_shown_days(days, found))
    return tuple(sorted(day for day in days if ALWAYS < day < FOREVER))


def _shown_days(edges: Iterable[date], found: Iterable[Record]) -> Iterator[date]:
    """The days from which a stretch that begins or ends on one of the edges is too short to surely show its busiest."""
    cycles = {phase.daily.cycle for each in found for phase in each.phases} - {1}
    for day in edges:
        for cycle in cycles:
            yield shift(day, cycle - 1)
            yield shift(day, -cycle)


def _steps(found: Sequence[Therapy], cuts: Iterable[date], within: Days, at: date) -> tuple[Step, ...]:
    last_day = min(within.latest, at)
    if within.earliest > last_day:
        return ()
    begins = sorted({within.earliest, *(day for day in cuts if within.earliest < day <= last_day)})
    ends = [shift(day, -1) for day in begins[1:]] + [last_day]
    pieces = ((first, last, total(found, first, last)) for first, last in zip(begins, ends, strict=True))
    return tuple(Step(first, last, value.settled()) for first, last, value in pieces if value is not None)


def _answer(
    walked: tuple[Step, ...], found: Sequence[Therapy], window: Window, test: DoseTest, boundaries: tuple[date, ...]
) -> DoseAnswer:
    judged = [(step, _judged(step, window, test)) for step in walked]
    outcome = max((each for _, each in judged), default=Outcome.NOT_MET)
    if outcome is Outcome.UNKNOWN and _somewhere(found, window, test):
        outcome = Outcome.MET
    doubtful = [step for step, each in judged if each is Outcome.UNKNOWN]
    reasons = _reasons(doubtful, window) if outcome is Outcome.UNKNOWN else frozenset[Reason]()
    highest = max(walked, key=lambda step: _height(step, test), default=None)
    ranges = [step.measured(test.measure) for step in walked]
    open_end = any(each.high is None for each in ranges)
    most = None if open_end else decimal(max((each.high or Fraction(0) for each in ranges), default=Fraction(0)))
    return DoseAnswer(
        outcome,
        decimal(max((each.low for each in ranges), default=Fraction(0))),
        most,
        test.unit,
        highest.start if highest else None,
        highest.value.records if highest else (),
        highest.value.words if highest else (),
        reasons,
        boundaries,
        walked,
        tuple(sorted({mark for step in walked for mark in step.value.marks})),
    )


def _judged(step: Step, window: Window, test: DoseTest) -> Outcome:
    outcome = step.outcome(test.bounds, test.measure)
    inside = window.sure is not None and Days(step.start, step.end).inside(window.sure)
    return outcome if inside else min(outcome, Outcome.UNKNOWN)


def _reasons(doubtful: Sequence[Step], window: Window) -> frozenset[Reason]:
    found = frozenset[Reason]().union(*(step.value.reasons for step in doubtful))
    if any(window.sure is None or not Days(step.start, step.end).inside(window.sure) for step in doubtful):
        found |= {Reason.DATE_IMPRECISE}
    return found or frozenset({Reason.DOSE_IMPRECISE})


def _height(step: Step, test: DoseTest) -> tuple[Fraction, bool, Fraction, int]:
    """Days sort by what was surely taken, then by what may have been; of equal days the first counts."""
    dose = step.measured(test.measure)
    return dose.low, dose.high is None, dose.high or Fraction(0), -step.start.toordinal()


def _somewhere(found: Sequence[Therapy], window: Window, test: DoseTest) -> bool:
    """Was a high enough dose surely taken on some day of the window, although it is not known on which?

    Only for a lower bound: other records can add to it, and none may speak against it.
    """
    if test.bounds.below is not None or test.bounds.at_most is not None:
        return False
    groups, _ = grouped(found)
    alone = [each for group in groups if _one_kind(group) for therapy in group for each in therapy.records]
    given = [each for therapy in found for each in therapy.of(Source.ADMINISTRATION)]
    return any(
        each.outcome is Outcome.MET
        and _falls_in(phase.span, window)
        and (phase.somewhere if test.measure == "cycle_average" else phase.daily.peak).within(test.bounds)
        is Outcome.MET
        for each in {id(each): each for each in [*alone, *given]}.values()
        for phase in each.phases
    )


def _one_kind(group: Sequence[Therapy]) -> bool:
    return len({each.fact.source for therapy in group for each in therapy.records}) == 1


def _falls_in(span: Span, window: Window) -> bool:
    """Is it a single event that lies in the window, whichever of its days is the true one?"""
    return span.point and window.sure is not None and span.start.inside(window.sure)
