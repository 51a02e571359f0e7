"""Observations: which results of the window decide, and what they say together.

`latest`, `all`, `mean` … conclude something from the absence of other results (a later one, a contrary one), so they
answer only where all results are known to be loaded; `any` may answer MET from a single one.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

from service.eligibility.criteria import Bounds, Choice, NumberTest, ObservationValue
from service.eligibility.dates import Days, Window
from service.eligibility.evaluate.absence import gaps, silence
from service.eligibility.evaluate.context import Case
from service.eligibility.evaluate.judgement import Judgement, unique
from service.eligibility.evaluate.numbers import Answer, convert, within
from service.eligibility.evaluate.results import Result, results
from service.eligibility.evaluate.windows import watch
from service.eligibility.facts import Kind, ObservationFact
from service.eligibility.outcome import Outcome, Reason, conjunction, disjunction
from service.eligibility.quantity import Interval, Quantity


def observation_value(case: Case, node: ObservationValue, window: Window) -> Judgement:
    """Judge the results of the window by the node's choice among them."""
    everything = results(case, node, window)
    found = tuple(each for each in everything if each.counts.outcome is not Outcome.NOT_MET)
    if not found:
        days = _watched(case, node, window, everything)
        shown = [each.counts.exhibit for each in everything if each.fact.when.earliest <= case.at]
        silent = silence(
            case,
            node,
            Kind.OBSERVATION,
            node.codes,
            window,
            look_back=node.look_back,
            absence=node.absence,
            shown=shown,
        )
        return silent.watching(days)
    judged = CHOICES[node.choice.which](case, node, found)
    judged = _only_if_complete(case, node, judged)
    judged = _only_if_fresh(case, node, judged, found)
    if not case.followed:
        return judged
    return judged.watching(_watched(case, node, window, _telling(node, judged, everything)))


def _watched(case: Case, node: ObservationValue, window: Window, telling: Sequence[Result]) -> frozenset[date]:
    """The later days on which these results may come into the window or leave it."""
    spans = [each.counts.span for each in telling]
    if node.look_back is not None and node.look_back.anchor is None:
        spans = [each for each in spans if each.end.latest >= window.possible.earliest]  # what is too old stays so
    return watch(case, node.look_back, (day for span in spans for day in span.boundaries()))


def _telling(node: ObservationValue, judged: Judgement, everything: Sequence[Result]) -> Sequence[Result]:
    """The results whose days can change the answer: a chart holds thousands, and mostly the newest alone can."""
    sure = [each for each in everything if each.counts.outcome is Outcome.MET and each.fact.when.exact]
    if node.choice.which == "any" and judged.outcome is Outcome.MET:
        sure = [each for each in sure if each.answer[0] is Outcome.MET]
    unsettled = node.look_back is None or node.look_back.anchor is not None or judged.outcome is Outcome.UNKNOWN
    if unsettled or not sure or node.choice.which not in ("any", "latest"):
        return everything
    newest = max(each.fact.when.latest for each in sure)
    return [each for each in everything if each.fact.when.latest >= newest]


def _only_if_complete(case: Case, node: ObservationValue, judged: Judgement) -> Judgement:
    settled_by_one = node.choice.which == "any" and judged.outcome is Outcome.MET
    refuted_by_one = node.choice.which == "all" and judged.outcome is Outcome.NOT_MET
    if judged.outcome is Outcome.UNKNOWN or settled_by_one or refuted_by_one:
        return judged
    missing = gaps(case, Kind.OBSERVATION, node.codes)
    if not missing:
        return judged
    return replace(judged, outcome=Outcome.UNKNOWN, reasons=missing.reasons, lacking=missing.lacking)


def _only_if_fresh(case: Case, node: ObservationValue, judged: Judgement, found: Sequence[Result]) -> Judgement:
    """A result that fails the test but is older than the study allows does not decide."""
    if node.not_met_valid_for is None or judged.outcome is not Outcome.NOT_MET:
        return judged
    valid = Days(node.not_met_valid_for.before(case.at), case.at)
    # a result that only possibly counts keeps no answer fresh
    sure = [each for each in found if each.counts.outcome is Outcome.MET]
    failing = [each.fact.when for each in [each for each in sure if each.answer[0] is Outcome.NOT_MET] or sure]
    lapse = {node.not_met_valid_for.first_day_without(day) for when in failing for day in (when.earliest, when.latest)}
    later = frozenset(day for day in lapse if day > case.at)
    if any(when.inside(valid) for when in failing):
        return judged.watching(later)
    reason = Reason.DATE_IMPRECISE if any(when.overlaps(valid) for when in failing) else Reason.NO_RECORD
    return replace(judged, outcome=Outcome.UNKNOWN, reasons=frozenset({reason}), watch=judged.watch | later)


def _judge(node: ObservationValue, answer: Answer, deciding: Sequence[Result]) -> Judgement:
    outcome, reasons = answer
    return Judgement(
        node,
        outcome,
        reasons if outcome is Outcome.UNKNOWN else frozenset(),
        unique(each.counts.exhibit for each in deciding),
    )


def _latest(case: Case, node: ObservationValue, found: Sequence[Result]) -> Judgement:
    sure = [each for each in found if each.counts.outcome is Outcome.MET]
    bound = max((each.fact.when.earliest for each in sure), default=None)
    contenders = [each for each in found if bound is None or each.fact.when.latest >= bound]
    return _one_of(node, _last_of_a_day(contenders), bool(sure))


def _earliest(case: Case, node: ObservationValue, found: Sequence[Result]) -> Judgement:
    sure = [each for each in found if each.counts.outcome is Outcome.MET]
    bound = min((each.fact.when.latest for each in sure), default=None)
    contenders = [each for each in found if bound is None or each.fact.when.earliest <= bound]
    return _one_of(node, contenders, bool(sure))


def _last_of_a_day(contenders: list[Result]) -> list[Result]:
    """Of results surely on the same exact day, only the last one counts, where the order of that day is known."""
    exact = {each.fact.when for each in contenders if each.counts.outcome is Outcome.MET and each.fact.when.exact}
    if len(exact) != 1 or any(not each.fact.when.exact for each in contenders):
        return contenders
    same_day = [each for each in contenders if each.counts.outcome is Outcome.MET]
    times = [each.fact.order[0] for each in same_day]
    # when a record was last updated does not tell which of two results is the later one
    last = same_day if "" in times else [each for each in same_day if each.fact.order[0] == max(times)]
    return [*last, *(each for each in contenders if each.counts.outcome is not Outcome.MET)]


def _one_of(node: ObservationValue, contenders: Sequence[Result], any_sure: bool) -> Judgement:
    """One of the contenders decides, nobody knows which: they have to agree, and one has to be sure to count."""
    outcomes = {each.answer[0] for each in contenders}
    if any_sure and len(outcomes) == 1 and Outcome.UNKNOWN not in outcomes:
        return _judge(node, (outcomes.pop(), frozenset()), contenders)
    doubts = frozenset().union(*(each.answer[1] | each.counts.reasons for each in contenders))
    return _judge(node, (Outcome.UNKNOWN, doubts or frozenset({Reason.DATE_IMPRECISE})), contenders)


def _any(case: Case, node: ObservationValue, found: Sequence[Result]) -> Judgement:
    each_counts = [conjunction((each.counts.outcome, each.answer[0])) for each in found]
    outcome = disjunction(each_counts)
    if outcome is Outcome.NOT_MET and all(each.counts.outcome is Outcome.UNKNOWN for each in found):
        return _judge(node, (Outcome.UNKNOWN, _doubts(found)), found)
    deciding = [each for each, counts in zip(found, each_counts, strict=True) if counts is outcome]
    return _judge(node, (outcome, _doubts(deciding)), deciding)


def _all(case: Case, node: ObservationValue, found: Sequence[Result]) -> Judgement:
    sure = [each for each in found if each.counts.outcome is Outcome.MET]
    failing = [each for each in sure if each.answer[0] is Outcome.NOT_MET]
    if failing:
        return _judge(node, (Outcome.NOT_MET, frozenset()), failing)
    if sure and all(each.answer[0] is Outcome.MET for each in found):
        return _judge(node, (Outcome.MET, frozenset()), found)
    return _judge(node, (Outcome.UNKNOWN, _doubts(found)), found)


def _doubts(found: Sequence[Result]) -> frozenset[Reason]:
    return frozenset().union(*(each.counts.reasons | each.answer[1] for each in found))


def _ordered(found: Sequence[Result]) -> frozenset[Reason]:
    """What keeps the results from standing in one certain order (empty: they do)."""
    doubts = frozenset().union(*(each.counts.reasons for each in found if each.counts.outcome is not Outcome.MET))
    unordered = any(not _before(a.fact, b.fact) for a, b in pairwise(found))
    return doubts | ({Reason.DATE_IMPRECISE} if unordered else frozenset())


def _before(one: ObservationFact, other: ObservationFact) -> bool:
    """Is one result surely earlier than the other: by its day, or on the same day by its time?"""
    if one.when.latest < other.when.earliest:
        return True
    same_day = one.when == other.when and one.when.exact
    return same_day and "" != one.order[0] < other.order[0]


def _of_last(case: Case, node: ObservationValue, found: Sequence[Result]) -> Judgement:
    choice: Choice = node.choice
    doubts = _ordered(found)
    if doubts:
        return _judge(node, (Outcome.UNKNOWN, doubts), found)
    last = found[-choice.out_of :]
    sure = sum(each.answer[0] is Outcome.MET for each in last)
    possible = sum(each.answer[0] is Outcome.UNKNOWN for each in last)
    if sure >= choice.count:
        return _judge(node, (Outcome.MET, frozenset()), last)
    if sure + possible >= choice.count:
        return _judge(node, (Outcome.UNKNOWN, _doubts(last)), last)
    if len(last) < choice.out_of:
        return _judge(node, (Outcome.UNKNOWN, frozenset({Reason.NO_RECORD})), last)
    return _judge(node, (Outcome.NOT_MET, frozenset()), last)


def _consecutive(case: Case, node: ObservationValue, found: Sequence[Result]) -> Judgement:
    wanted = node.choice.count
    doubts = _ordered(found)
    if doubts:
        return _judge(node, (Outcome.UNKNOWN, doubts), found)
    if len(found) < wanted:
        return _judge(node, (Outcome.UNKNOWN, frozenset({Reason.NO_RECORD})), found)
    runs = [found[start : start + wanted] for start in range(len(found) - wanted + 1)]
    outcomes = [conjunction(each.answer[0] for each in run) for run in runs]
    outcome = disjunction(outcomes)
    deciding = runs[len(outcomes) - 1 - outcomes[::-1].index(outcome)] if outcome is not Outcome.NOT_MET else found
    return _judge(node, (outcome, _doubts(deciding)), deciding)


def _mean(case: Case, node: ObservationValue, found: Sequence[Result]) -> Judgement:
    wanted = node.choice.count
    doubts = _ordered(found)
    if doubts:
        return _judge(node, (Outcome.UNKNOWN, doubts), found)
    last = found[-wanted:]
    if len(last) < wanted:
        return _judge(node, (Outcome.UNKNOWN, frozenset({Reason.NO_RECORD})), last)
    values = [_number(case, each.fact, node.test) for each in last]
    numbers = [each for each in values if each is not None]
    if len(numbers) < wanted or not isinstance(node.test, NumberTest):
        return _judge(node, (Outcome.UNKNOWN, _doubts(last) or frozenset({Reason.UNIT_NOT_CONVERTIBLE})), last)
    total = sum(numbers[1:], start=numbers[0])
    # compare the sum with the bounds times n: division could round a mean across its limit
    judged = within(total, _times(node.test, wanted))
    return _judge(node, (judged, frozenset({Reason.VALUE_IMPRECISE})), last)


def _number(case: Case, fact: ObservationFact, test: object) -> Interval | None:
    if not isinstance(fact.value, Quantity) or not isinstance(test, NumberTest) or test.unit is None:
        return None
    return convert(case.knowledge, fact.value, test.unit, fact)


def _times(test: NumberTest, count: int) -> Bounds:
    limits = (test.bounds.above, test.bounds.at_least, test.bounds.below, test.bounds.at_most)
    return Bounds(*(None if each is None else each * Decimal(count) for each in limits))


CHOICES: dict[str, Callable[[Case, ObservationValue, Sequence[Result]], Judgement]] = {
    "latest": _latest,
    "earliest": _earliest,
    "any": _any,
    "all": _all,
    "of_last": _of_last,
    "mean": _mean,
    "consecutive": _consecutive,
}
