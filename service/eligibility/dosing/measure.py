"""The dose in a window, by the measure asked for, against its bounds. SEMANTICS §6.7, §6.8."""

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from service.eligibility.criteria import DoseTest
from service.eligibility.dates import Span, Window, shift
from service.eligibility.dosing.body import NOBODY, Body
from service.eligibility.dosing.day_counts import Judged, of_days
from service.eligibility.dosing.denials import oppose
from service.eligibility.dosing.equivalence import EquivalenceTable
from service.eligibility.dosing.pace import Pace
from service.eligibility.dosing.ranges import decimal
from service.eligibility.dosing.reckoned import reckoned
from service.eligibility.dosing.records import Taken, Terms
from service.eligibility.dosing.steps import Step, lines, steps, steps_in, steps_of
from service.eligibility.dosing.therapy import Therapies
from service.eligibility.dosing.totals import of_window
from service.eligibility.facts import Source
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.policy import Policy
from service.eligibility.terms import Terminology

__all__ = ["DoseAnswer", "Step", "Taken", "Terms", "dose_in_window", "steps", "steps_of"]

HIGHEST, MEAN, TOTAL = "highest dose in the window", "mean dose of the window", "cumulative dose in the window"


@dataclass(frozen=True, slots=True)
class DoseAnswer:
    """Was a dose within bounds taken in the window, by the measure asked for, and the arithmetic.

    `what` says what `least` and `most` are: the dose of the highest day, or the mean or total of all days. `outcome` is
    computed exactly; `least` and `most` are rounded to four places, for people; `most` is None where no limit is known.
    `boundaries` are the days at which the answer may change when the window moves, `moves` the first later day on which
    it may although nothing begins or ends then. `sums` are further lines of the arithmetic.
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
    what: str = HIGHEST
    sums: tuple[str, ...] = ()
    moves: date | None = None


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
    pace: Pace | None = None,
    remembered: MutableMapping[object, object] | None = None,
) -> DoseAnswer:
    """The dose of all these records together in the window, as of the day `at`.

    `codes` are the value sets asked about: they say which ingredient of a mixture counts. `pace`: how the window moves;
    None for one whose length is fixed. `remembered`: as `known` of
    Terms. Raises InvalidValue where the test asks for an equivalence
    and `table` is None, or for a unit per anything but day, week or hour.
    """
    terms = replace(Terms.of(test, table, policy), terminology=terminology, codes=codes, body=body, known=remembered)
    known = reckoned(taken, at, terms)
    walked, days = steps_in(known.records, known.therapies, window, at), known.boundaries
    if test.of_window:
        return _whole(walked, known.therapies, window, test, days, pace or Pace(at))
    judged = [(step, _judged(step, window, test)) for step in walked]
    if test.days is not None:
        return _counted(judged, known.therapies, window, test, days, pace or Pace(at))
    return _highest(judged, known.therapies, window, test, days)


def _highest(judged: Judged, found: Therapies, window: Window, test: DoseTest, days: tuple[date, ...]) -> DoseAnswer:
    """On any day of the window."""
    outcome = max((each for _, each in judged), default=Outcome.NOT_MET)
    if outcome is Outcome.UNKNOWN and _somewhere(found, window, test):
        outcome = Outcome.MET
    doubtful = [step for step, each in judged if each is Outcome.UNKNOWN]
    return _answer(judged, outcome, doubtful, window, test, days)


def _counted(
    judged: Judged, found: Therapies, window: Window, test: DoseTest, days: tuple[date, ...], pace: Pace
) -> DoseAnswer:
    """On so many days of the window."""
    wanted = test.days
    assert wanted is not None
    counted = of_days(judged, window, wanted, pace, somewhere=_somewhere(found, window, test))
    doubtful = [step for step, each in judged if each is Outcome.UNKNOWN]
    answer = _answer(judged, counted.outcome, doubtful, window, test, days)
    number = str(counted.sure) if counted.sure == counted.possible else f"{counted.sure} to {counted.possible}"
    said = f"within the limit on {number} days{' in a row' if wanted.consecutive else ''}"
    moves = None if counted.moves is None else shift(pace.at, counted.moves)
    return replace(answer, sums=(said, *lines([step for step, each in judged if each > 0], test.unit)), moves=moves)


def _whole(
    walked: tuple[Step, ...],
    found: Therapies,
    window: Window,
    test: DoseTest,
    days: tuple[date, ...],
    pace: Pace,
) -> DoseAnswer:
    """The mean or the total of all days of the window."""
    total = of_window(walked, found, window, test, pace)
    sure = [step for step in walked if step.value.taken is Outcome.MET and step.surely_inside(window)]
    doubtful = [step for step in walked if step not in sure or not step.value.average.exact]
    answer = _answer([(step, Outcome.UNKNOWN) for step in walked], total.outcome, doubtful, window, test, days)
    return replace(
        answer,
        least=decimal(total.value.low),
        most=None if total.value.high is None else decimal(total.value.high),
        day=None,
        records=tuple(sorted({each for step in walked for each in step.value.records})),
        factors=tuple(sorted({each for step in walked for each in step.value.words})),
        what=TOTAL if test.measure == "cumulative" else MEAN,
        sums=lines(walked, test.unit),
        moves=None if total.moves is None else shift(pace.at, total.moves),
    )


def _answer(
    judged: Judged,
    outcome: Outcome,
    doubtful: Sequence[Step],
    window: Window,
    test: DoseTest,
    days: tuple[date, ...],
) -> DoseAnswer:
    walked = tuple(step for step, _ in judged)
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
        days,
        walked,
        tuple(sorted({mark for step in walked for mark in step.value.marks})),
    )


def _judged(step: Step, window: Window, test: DoseTest) -> Outcome:
    outcome = step.outcome(test.bounds, test.measure)
    return outcome if step.surely_inside(window) else min(outcome, Outcome.UNKNOWN)


def _reasons(doubtful: Sequence[Step], window: Window) -> frozenset[Reason]:
    found = frozenset[Reason]().union(*(step.value.reasons for step in doubtful))
    if any(not step.surely_inside(window) for step in doubtful):
        found |= {Reason.DATE_IMPRECISE}
    return found or frozenset({Reason.DOSE_IMPRECISE})


def _height(step: Step, test: DoseTest) -> tuple[Fraction, bool, Fraction, int]:
    """Days sort by what was surely taken, then by what may have been; of equal days the first counts."""
    dose = step.measured(test.measure)
    return dose.low, dose.high is None, dose.high or Fraction(0), -step.start.toordinal()


def _somewhere(found: Therapies, window: Window, test: DoseTest) -> bool:
    """Was a high enough dose surely taken on some day of the window, although it is not known on which?

    Only for a lower bound: other records can add to it, and none may speak against it.
    """
    if test.limited:
        return False
    alone = [each for of in found.groups if len(of.kinds) == 1 for therapy in of.therapies for each in therapy.records]
    given = [each for therapy in found.every for each in therapy.of(Source.ADMINISTRATION)]
    return any(
        each.outcome is Outcome.MET
        and _falls_in(phase.span, window)
        and not oppose(each.opposed, phase.span.hull())
        and (phase.daily.peak if test.measure == "highest_day" else phase.somewhere).within(test.bounds) is Outcome.MET
        for each in {id(each): each for each in [*alone, *given]}.values()
        for phase in each.phases
    )


def _falls_in(span: Span, window: Window) -> bool:
    """Is it a single event that lies in the window, whichever of its days is the true one?"""
    return span.point and window.sure is not None and span.start.inside(window.sure)
