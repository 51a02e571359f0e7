"""Pregnancy and breast feeding on the screening date. SEMANTICS §5: positive evidence always wins.

Recorded male sex, age, or a hysterectomy speak against pregnancy, as an assumption that is shown; an unknown or other
sex does not. A negative status or test holds only for some days.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from service.eligibility.criteria import (
    BreastFeeding,
    Choice,
    CodedTest,
    ConditionPresent,
    LookBack,
    ObservationValue,
    Pregnant,
    ProcedureDone,
    ValueSetIds,
)
from service.eligibility.dates import ALWAYS, ANY_DAY, FOREVER, Duration, Unit, Window
from service.eligibility.evaluate.absence import gaps
from service.eligibility.evaluate.conditions import condition_present
from service.eligibility.evaluate.context import Case
from service.eligibility.evaluate.demographics import age_on
from service.eligibility.evaluate.events import event_candidates
from service.eligibility.evaluate.existence import ILLEGIBLE_ONLY, belonging
from service.eligibility.evaluate.judgement import Exhibit, Judgement, combined, unique
from service.eligibility.evaluate.results import Result, results, show
from service.eligibility.evaluate.windows import watch
from service.eligibility.facts import Certainty, ConditionFact, Kind, ProcedureFact
from service.eligibility.outcome import Outcome, Reason, disjunction
from service.eligibility.policy import Policy

Stated = Pregnant | BreastFeeding


@dataclass(frozen=True, slots=True)
class Evidence:
    """What part of the question does not look at the person: the records for it, or (`against`) against it.

    `lasting`: how long a result holds.
    """

    node: Stated
    codes: ValueSetIds
    lasting: Duration
    against: bool = False


# By which objects they are: to compare studies, and policies, whole would take longer than to ask.
_ASKED: dict[tuple[int, int], tuple[Stated, Policy, tuple[Evidence, Evidence]]] = {}
MOST_REMEMBERED = 1_000


def evidence_of(node: Stated, policy: Policy) -> tuple[Evidence, Evidence]:
    """The records to be asked for: for it, and against it; the same ones again for the same question."""
    known = _ASKED.get((id(node), id(policy)))
    if known is None or known[0] is not node or known[1] is not policy:
        if len(_ASKED) >= MOST_REMEMBERED:
            _ASKED.clear()
        known = _ASKED[id(node), id(policy)] = node, policy, _evidence_of(node, policy)
    return known[2]


def _evidence_of(node: Stated, policy: Policy) -> tuple[Evidence, Evidence]:
    holds = policy.negative_pregnancy_holds
    if isinstance(node, Pregnant):
        codes = (*node.statuses, *node.tests)
        valid = node.negative_valid_for or holds
        return Evidence(node, codes, policy.pregnancy_holds), Evidence(node, codes, valid, against=True)
    valid = node.valid_for or holds
    return Evidence(node, node.statuses, valid), Evidence(node, node.statuses, valid, against=True)


def pregnant(case: Case, node: Pregnant) -> Judgement:
    """Pregnant on the screening date?"""
    speaking_for, against = evidence_of(node, case.policy)
    found = case.ask(speaking_for, _positive)
    if found.outcome is not Outcome.NOT_MET:
        return found
    judged = _cannot_be(case, node) or case.ask(against, _negative)
    too_old = Duration(case.policy.pregnancy_age_limit, Unit.YEAR).after(case.record.person.birth.latest)
    later = {each for each in (too_old, *_operated(case, node)) if case.at < each < FOREVER}
    return judged.watching(found.watch | later)


def breast_feeding(case: Case, node: BreastFeeding) -> Judgement:
    """Breast feeding on the screening date?"""
    speaking_for, against = evidence_of(node, case.policy)
    found = case.ask(speaking_for, _positive)
    if found.outcome is not Outcome.NOT_MET:
        return found
    if case.record.person.sex == "male":
        judged = _assumed(case, node, "gender", "male", "Recorded as male; taken as not breast feeding.")
    else:
        judged = case.ask(against, _negative)
    return judged.watching(found.watch)


def _positive(asked: Evidence, case: Case) -> Judgement:
    """Evidence for: a condition present, or a positive result not older than `lasting`. NOT_MET means: surely none.

    As evidence for always wins, there is none only where all that could hold it was loaded and read.
    """
    node = asked.node
    by_condition = _by_condition(case, node)
    by_result = _recent(case, node, asked.codes, asked.lasting)
    judged = combined(node, disjunction((by_condition.outcome, by_result.outcome)), (by_condition, by_result))
    return replace(judged, parts=())


def _by_condition(case: Case, node: Stated) -> Judgement:
    judged = condition_present(case, ConditionPresent(node.conditions), Window.of(case.at, case.at))
    silent = judged.reasons <= {Reason.NO_RECORD, Reason.NO_CONTACT} or ILLEGIBLE_ONLY in judged.notes
    missing = gaps(case, Kind.CONDITION, node.conditions)
    if judged.outcome is not Outcome.MET and silent and missing:
        return Judgement(node, Outcome.UNKNOWN, missing.reasons, lacking=missing.lacking, watch=judged.watch)
    if judged.outcome is Outcome.NOT_MET or (judged.outcome is Outcome.UNKNOWN and silent):
        return Judgement(node, Outcome.NOT_MET, watch=judged.watch)
    return replace(judged, node=node)


def _recent(case: Case, node: Stated, codes: ValueSetIds, lasting: Duration) -> Judgement:
    """The latest result within `lasting`, where it is positive; a later negative one takes it back."""
    found = _within(case, node, codes, lasting)
    days = _watch(case, node, codes, lasting)
    sure = [each for each in found if each.counts.outcome is Outcome.MET]
    bound = max((each.fact.when.earliest for each in sure), default=None)
    last = [each for each in found if bound is None or each.fact.when.latest >= bound]
    missing = gaps(case, Kind.OBSERVATION, codes)
    if missing:
        return Judgement(node, Outcome.UNKNOWN, missing.reasons, _shown(last), lacking=missing.lacking, watch=days)
    if all(each.answer[0] is Outcome.NOT_MET for each in last):
        return Judgement(node, Outcome.NOT_MET, watch=days)
    if all(each.answer[0] is Outcome.MET and each.counts.outcome is Outcome.MET for each in last):
        return Judgement(node, Outcome.MET, exhibits=_shown(last), watch=days)
    doubts = frozenset().union(*(each.counts.reasons | each.answer[1] for each in last))
    return Judgement(node, Outcome.UNKNOWN, doubts or frozenset({Reason.STATUS_UNCERTAIN}), _shown(last), watch=days)


def _negative(asked: Evidence, case: Case) -> Judgement:
    """No evidence for: a recent negative result decides, silence never does."""
    node, codes, valid = asked.node, asked.codes, asked.lasting
    days = _watch(case, node, codes, valid)
    recent = _within(case, node, codes, valid)
    sure = [each for each in recent if each.counts.outcome is Outcome.MET and each.answer[0] is Outcome.NOT_MET]
    latest = max((each.fact.when.earliest for each in sure), default=None)
    unclear = [each for each in recent if each not in sure and (latest is None or each.fact.when.latest >= latest)]
    if sure and not unclear:
        return Judgement(node, Outcome.NOT_MET, exhibits=_shown(sure), watch=days)
    doubts = frozenset().union(*(each.counts.reasons | each.answer[1] for each in unclear))
    return Judgement(node, Outcome.UNKNOWN, doubts or frozenset({Reason.NO_RECORD}), _shown(recent), watch=days)


def _asked(node: Stated, codes: ValueSetIds, lasting: Duration) -> ObservationValue:
    test = CodedTest(node.positive, node.negative)
    return ObservationValue(codes, test=test, choice=Choice("any"), look_back=LookBack(lasting))


def _within(case: Case, node: Stated, codes: ValueSetIds, lasting: Duration) -> Sequence[Result]:
    window = Window.of(lasting.before(case.at), case.at)
    found = results(case, _asked(node, codes, lasting), window)
    return tuple(_yes_or_no(each) for each in found if each.counts.outcome is not Outcome.NOT_MET)


def _yes_or_no(result: Result) -> Result:
    """A status may be a plain boolean: true is positive."""
    if not isinstance(result.fact.value, bool):
        return result
    answer = (Outcome.MET if result.fact.value else Outcome.NOT_MET, frozenset[Reason]())
    return replace(result, known=answer)


def _watch(case: Case, node: Stated, codes: ValueSetIds, lasting: Duration) -> frozenset[date]:
    asked = _asked(node, codes, lasting)
    found = results(case, asked, Window.of(case.at, case.at))
    return watch(case, asked.look_back, (day for each in found for day in each.counts.span.boundaries()))


def _cannot_be(case: Case, node: Pregnant) -> Judgement | None:
    person = case.record.person
    if person.sex == "male":
        return _assumed(case, node, "gender", "male", "Recorded as male; taken as not pregnant.")
    if person.birth != ANY_DAY and person.birth.latest <= case.at:
        youngest, _ = age_on(person.birth, case.at)
        limit = case.policy.pregnancy_age_limit
        if youngest >= limit:
            return _assumed(
                case, node, "birthDate", f"{youngest} years", f"Aged {limit} or more; taken as not pregnant."
            )
    return _hysterectomy(case, node)


def _hysterectomy(case: Case, node: Pregnant) -> Judgement | None:
    if not node.hysterectomy or not _may_be_operated(case):
        return None
    window = Window.of(ALWAYS, case.at)
    procedures = event_candidates(case, ProcedureDone(node.hysterectomy), window)
    done = [each.exhibit for each in procedures if each.outcome is Outcome.MET]
    done += [
        Exhibit(fact.evidence.reference, fact.evidence.element, str(fact.span), fact.concept.name)
        for fact in _surgical_history(case, node.hysterectomy)
    ]
    if not done:
        return None
    sentence = "A hysterectomy is on record; taken as not pregnant."
    return Judgement(node, Outcome.NOT_MET, exhibits=unique(done), assumptions=(sentence,))


def _may_be_operated(case: Case) -> bool:
    """Most charts hold no record that could tell of an operation, and so need no look at which."""
    return bool(case.record.of(ProcedureFact) or case.record.of(ConditionFact))


def _surgical_history(case: Case, ids: ValueSetIds) -> Iterator[ConditionFact]:
    """Conditions that tell of the operation, and are surely of no later day."""
    for fact, belongs in belonging(case, ConditionFact, ids, ()):
        if belongs.outcome is Outcome.MET and fact.certainty is Certainty.SURE and _noted(fact) <= case.at:
            yield fact


def _noted(fact: ConditionFact) -> date:
    """The day by which it was surely so. An entry without any date is as old as the record."""
    known = [days.latest for days in (fact.span.start, fact.asserted) if days.known]
    return min(known, default=ALWAYS)


def _operated(case: Case, node: Pregnant) -> Iterator[date]:
    """The days from which an operation, dated imprecisely, was surely done."""
    if node.hysterectomy and _may_be_operated(case):
        window = Window.of(ALWAYS, FOREVER)
        for each in event_candidates(case, ProcedureDone(node.hysterectomy), window):
            yield from each.span.boundaries()
        yield from (_noted(each) for each, _ in belonging(case, ConditionFact, node.hysterectomy, ()))


def _assumed(case: Case, node: Stated, element: str, value: str, sentence: str) -> Judgement:
    exhibit = Exhibit(case.record.person.evidence.reference, f"Patient.{element}", "", value)
    return Judgement(node, Outcome.NOT_MET, exhibits=(exhibit,), assumptions=(sentence,))


def _shown(found: Iterable[Result]) -> tuple[Exhibit, ...]:
    return unique(show(each.fact) for each in found)
