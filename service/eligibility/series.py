"""What lies behind an answer about doses or results, day by day: for drawings and tables, never for the answer itself.

Taken from the very judgement (the steps of a dose) or by the very reading of the criterion (its results), so that what
is drawn is what was judged.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from service.eligibility.assess import Assessment
from service.eligibility.criteria import Bounds, MedicationTaken, NumberTest, ObservationValue, TypedTest
from service.eligibility.dates import Days, Window
from service.eligibility.dose_profile import Curve, Stretch
from service.eligibility.dosing.measure import DoseAnswer
from service.eligibility.evaluate import Case, Judgement
from service.eligibility.evaluate.anchors import find_anchor
from service.eligibility.evaluate.numbers import convert, in_its_unit, united
from service.eligibility.evaluate.results import Result, results, show
from service.eligibility.evaluate.windows import window_of
from service.eligibility.explain import Phrases
from service.eligibility.facts import ObservationFact
from service.eligibility.outcome import Outcome
from service.eligibility.quantity import Interval, Quantity

DRAWN = "mg/d"  # doses in another unit are told by the arithmetic alone
MOST = 400  # steps or results; of more, the newest
PARTS = {"upper_limit_of_normal": "× upper limit of normal", "lower_limit_of_normal": "× lower limit of normal"}


@dataclass(frozen=True, slots=True)
class DoseSeries:
    """The doses that one part of a criterion (`said`) was judged by: a step function of the days of `window`.

    `least`, `most` (None: no limit is known) are of the highest day, `day`; or, where the criterion asks for a mean
    (`of_window`), the mean. `left_out`: so many older steps are not here.
    """

    criterion: str
    said: str
    name: str
    window: Days
    bounds: Bounds
    of_window: bool
    least: Decimal
    most: Decimal | None
    day: str | None
    curve: Curve
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Point:
    """One result. `value` None: it has no number in the unit of the series. `normal`: its own upper limit of normal.

    `counts`: is it one of the results of the window (met: surely, unknown: possibly, not_met: no)?
    """

    when: Days
    value: Interval | None
    normal: Decimal | None
    said: str
    reference: str
    element: str
    counts: Outcome


@dataclass(frozen=True, slots=True)
class Trend:
    """The results that one part of a criterion (`said`) was judged by, and those before, the oldest first."""

    criterion: str
    said: str
    unit: str
    window: Days
    bounds: Bounds
    points: tuple[Point, ...]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Series:
    """All of one assessment."""

    doses: tuple[DoseSeries, ...] = ()
    trends: tuple[Trend, ...] = ()


def series(assessment: Assessment, case: Case, phrases: Phrases) -> Series:
    """The series behind an assessment of this case."""
    doses, trends = list[DoseSeries](), list[Trend]()
    for finding in assessment.findings:
        for leaf in dict.fromkeys(_leaves(finding.judgement)):
            if isinstance(leaf.node, MedicationTaken):
                doses += _doses(case, finding.criterion.id, leaf, leaf.node, phrases)
            elif isinstance(leaf.node, ObservationValue):
                trends += _trend(case, finding.criterion.id, leaf.node, phrases)
    return Series(tuple(doses), tuple(trends))


def _leaves(judgement: Judgement) -> Iterator[Judgement]:
    if not judgement.parts:
        yield judgement
    for each in judgement.parts:
        yield from _leaves(each)


def _window(case: Case, node: MedicationTaken | ObservationValue) -> Window | None:
    anchor = node.look_back.anchor if node.look_back else None
    days = find_anchor(case, anchor).days if anchor else Days.on(case.at)
    return None if days is None else window_of(node.look_back, case.at, days)


def _doses(
    case: Case, criterion: str, leaf: Judgement, node: MedicationTaken, phrases: Phrases
) -> Iterator[DoseSeries]:
    test, answer, window = node.dose, leaf.dose, _window(case, node)
    if test is None or answer is None or window is None or not answer.steps or test.unit != DRAWN:
        return
    name = "daily dose" if test.equivalent_to is None else f"{test.equivalent_to} or what equals it"
    steps = _stretches(answer, of_days=test.measure == "highest_day")
    yield DoseSeries(
        criterion=criterion,
        said=phrases.of(node),
        name=name,
        window=window.possible,
        bounds=test.bounds,
        of_window=test.of_window,
        least=answer.least,
        most=answer.most,
        day=answer.day.isoformat() if answer.day else None,
        curve=Curve(name, True, steps[-MOST:]),
        left_out=max(len(steps) - MOST, 0),
    )


def _stretches(answer: DoseAnswer, *, of_days: bool) -> tuple[Stretch, ...]:
    """`of_days`: the criterion asks what single days hold, so that is what is shown."""
    values = ((each, replace(each.value, average=each.value.peak) if of_days else each.value) for each in answer.steps)
    return tuple(Stretch(each.start, each.end, value, ()) for each, value in values)


def _trend(case: Case, criterion: str, node: ObservationValue, phrases: Phrases) -> Iterator[Trend]:
    test = node.test.number if isinstance(node.test, TypedTest) else node.test
    window = _window(case, node)
    if not isinstance(test, NumberTest) or window is None:
        return
    found = [each for each in results(case, node, window) if each.fact.when.earliest <= case.at]
    points = tuple(_point(case, each, test) for each in found)
    if points:
        unit = test.unit or PARTS[test.relative_to or "upper_limit_of_normal"]
        window_days = window.possible
        kept, older = points[-MOST:], max(len(points) - MOST, 0)
        yield Trend(criterion, phrases.of(node), unit, window_days, test.bounds, kept, older)


def _point(case: Case, result: Result, test: NumberTest) -> Point:
    fact, shown = result.fact, show(result.fact)
    value, normal = _number(case, fact, test)
    return Point(fact.when, value, normal, shown.value, shown.reference, shown.element, result.counts.outcome)


def _number(case: Case, fact: ObservationFact, test: NumberTest) -> tuple[Interval | None, Decimal | None]:
    """The result in the unit of the test, and its own upper limit of normal in it; None: there is none, or no way."""
    if not isinstance(fact.value, Quantity):
        return None, None
    if test.unit is not None:
        upper = None if fact.high is None else convert(case.knowledge, united(fact.high, fact.value), test.unit, fact)
        return convert(case.knowledge, fact.value, test.unit, fact), None if upper is None else upper.low
    limit = fact.high if test.relative_to == "upper_limit_of_normal" else fact.low
    if limit is None or not limit.value.exact or not limit.value.low:
        return None, None
    same = in_its_unit(case.knowledge, limit, fact.value, fact)
    if same is None or not same.low:
        return None, None
    return _divided(fact.value.value, same.low), Decimal(1) if test.relative_to == "upper_limit_of_normal" else None


def _divided(value: Interval, by: Decimal) -> Interval:
    """Rounded to four places: it is drawn, and never compared."""

    def part(end: Decimal | None) -> Decimal | None:
        return None if end is None else (end / by).quantize(Decimal("0.0001")).normalize() + 0

    return replace(value, low=part(value.low), high=part(value.high))


def limit_of(bounds: Bounds) -> Decimal:
    """The number that a drawing shows of bounds: the lower one, if there are two."""
    limits = (bounds.above, bounds.at_least, bounds.below, bounds.at_most)
    return next(each for each in limits if each is not None)
