"""What must always hold of an assessment: more precise data never contradicts, order and repetition change nothing,
`next_change` and `later` are what evaluating day by day finds.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from hypothesis import assume, given, settings, strategies as st

from service.eligibility.as_of import as_of
from service.eligibility.assess import Finding, Standing, assess, case_of, judge
from service.eligibility.criteria import Criterion, LookBack, MedicationTaken, Node, ProcedureDone, SexIs, Study
from service.eligibility.dates import Days, Duration, Unit
from service.eligibility.dosing.denials import may_deny
from service.eligibility.evaluate import Case, Judgement, evaluate
from service.eligibility.evaluate.judgement import UNSEEN
from service.eligibility.facts import Evidence, Fact, Loaded, MedicationFact, PatientRecord, Unreadable
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.policy import MEDICATION_TYPES, Policy
from tests.builders import AT, TYPES, knowledge
from tests.generators import FACTS, denied_drugs, not_taken, precise, precise_person, questions, several_questions

KNOWLEDGE = knowledge()
A_YEAR = Duration(12, Unit.MONTH)


def outcome(node: Node, person: PatientRecord, at: date = AT) -> Outcome:
    return evaluate(node, Case(person, at, KNOWLEDGE)).outcome


def stands(before: Outcome, after: Outcome, turned_up: Iterable[Fact]) -> bool:
    """Does an answer hold when more records turn up? One that denies another leaves it open, and never the opposite."""
    denied = any(isinstance(each, MedicationFact) and may_deny(each) for each in turned_up)
    return before is Outcome.UNKNOWN or before is after or (denied and after is Outcome.UNKNOWN)


def one_criterion(node: Node) -> Study:
    return Study("s", "1", "S", (Criterion("C", "exclusion", "c", node),), (SexIs(("male",)),))


@given(questions(), st.data())
@settings(max_examples=500, deadline=None)
def test_more_precise_data_never_contradicts(question: tuple[Node, PatientRecord], data: st.DataObject) -> None:
    node, person = question
    better = replace(
        person,
        person=precise_person(data, person.person) if data.draw(st.booleans()) else person.person,
        facts=tuple(precise(data, each) if data.draw(st.booleans()) else each for each in person.facts),
    )
    before, after = outcome(node, person), outcome(node, better)
    assert before is Outcome.UNKNOWN or before is after


@given(questions(), st.sampled_from(TYPES))
@settings(max_examples=250, deadline=None)
def test_loading_the_rest_never_contradicts(question: tuple[Node, PatientRecord], missing: str) -> None:
    """An answer given although a type was not loaded stands when it is, whatever facts of that type turn up.

    But for a statement that the drug was not taken, which speaks against an order that was loaded.
    """
    node, person = question
    lost = [each for each in person.facts if each.evidence.reference.startswith(missing)]
    kept = tuple(each for each in person.facts if each not in lost)
    partly = dict.fromkeys(TYPES, Loaded.COMPLETE) | {missing: Loaded.ABSENT}
    strict = knowledge(Policy(medication_types=MEDICATION_TYPES))
    before = evaluate(node, Case(replace(person, facts=kept, loaded=partly), AT, strict)).outcome
    assert stands(before, outcome(node, person), lost)


@given(denied_drugs(), st.data())
@settings(max_examples=300, deadline=None)
def test_more_precise_data_never_contradicts_what_was_denied(
    question: tuple[Node, PatientRecord], data: st.DataObject
) -> None:
    """As the first law, dense: an order with days and dose that become known, and statements that it was not taken."""
    node, person = question
    better = replace(
        person, facts=tuple(precise(data, each) if data.draw(st.booleans()) else each for each in person.facts)
    )
    before, after = outcome(node, person), outcome(node, better)
    assert before is Outcome.UNKNOWN or before is after


@given(denied_drugs(), st.data())
@settings(max_examples=200, deadline=None)
def test_a_denial_never_turns_an_answer_into_its_opposite(
    question: tuple[Node, PatientRecord], data: st.DataObject
) -> None:
    """Another statement that it was not taken leaves an answer as it is, or open; and it decides nothing by itself."""
    node, person = question
    known = replace(person, facts=(*person.facts, data.draw(not_taken(99))))
    assert {outcome(node, person), outcome(node, known)} != {Outcome.MET, Outcome.NOT_MET}


@given(questions(), st.data())
@settings(max_examples=250, deadline=None)
def test_reading_what_could_not_be_read_never_contradicts(
    question: tuple[Node, PatientRecord], data: st.DataObject
) -> None:
    node, person = question
    kind = data.draw(st.sampled_from(sorted(FACTS)))
    fact = data.draw(FACTS[kind](99))
    what = data.draw(st.sampled_from([None, fact.concept]))
    lost = Unreadable(kind, Evidence(fact.evidence.reference, kind), "broken", what)
    before = outcome(node, replace(person, unreadable=(lost,)))
    after = outcome(node, replace(person, facts=(*person.facts, fact)))
    assert stands(before, after, [fact])


@given(questions())
@settings(max_examples=150, deadline=None)
def test_an_unknown_has_its_reasons_and_an_answer_has_none(question: tuple[Node, PatientRecord]) -> None:
    node, person = question

    def check(judged: Judgement) -> None:
        assert bool(judged.reasons) is (judged.outcome is Outcome.UNKNOWN)
        assert not judged.lacking or Reason.NOT_LOADED in judged.reasons
        assert all(day > AT for day in judged.watch - {UNSEEN})
        for part in judged.parts:
            check(part)

    check(evaluate(node, Case(person, AT, KNOWLEDGE)))


@given(questions(), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_order_and_repetition_change_nothing(question: tuple[Node, PatientRecord], random: Random) -> None:
    node, person = question
    shuffled = [*person.facts, *person.facts[:2]]
    random.shuffle(shuffled)
    again = replace(person, facts=tuple(shuffled))
    assert evaluate(node, Case(person, AT, KNOWLEDGE)) == evaluate(node, Case(again, AT, KNOWLEDGE))


@given(questions(), st.data())
@settings(max_examples=150, deadline=None)
def test_what_begins_after_the_screening_date_changes_nothing(
    question: tuple[Node, PatientRecord], data: st.DataObject
) -> None:
    node, person = question
    assume(not _asks_for_the_future(node))
    day = data.draw(st.dates(AT + timedelta(1), date(2027, 6, 30)))
    later = _moved(data.draw(FACTS[data.draw(st.sampled_from(sorted(FACTS.keys() - {"AllergyIntolerance"})))](99)), day)
    known = replace(person, facts=(*person.facts, later), contacts=(*person.contacts, day))
    assert assess(known, one_criterion(node), AT, KNOWLEDGE) == assess(person, one_criterion(node), AT, KNOWLEDGE)


@given(questions(), st.data())
@settings(max_examples=120, deadline=None)
def test_only_the_criterion_that_asks_for_the_future_sees_it(
    question: tuple[Node, PatientRecord], data: st.DataObject
) -> None:
    node, person = question
    assume(not _asks_for_the_future(node))
    day = data.draw(st.dates(AT + timedelta(1), date(2027, 6, 30)))
    later = _moved(data.draw(FACTS[data.draw(st.sampled_from(sorted(FACTS.keys() - {"AllergyIntolerance"})))](99)), day)
    known = replace(person, facts=(*person.facts, later), contacts=(*person.contacts, day))
    planned = Criterion("F", "exclusion", "f", ProcedureDone(("operation",), look_back=LookBack(ahead=A_YEAR)))
    study = replace(one_criterion(node), criteria=(*one_criterion(node).criteria, planned))
    found, before = (judge(study, case_of(each, study, AT, KNOWLEDGE)).findings[0] for each in (known, person))
    assert (found.outcome, found.judgement.reasons) == (before.outcome, before.judgement.reasons)


def _moved(fact: Fact, day: date) -> Fact:
    if hasattr(fact, "when"):
        return replace(fact, when=Days.on(day))
    end = Days(max(day, fact.span.end.earliest), max(day, fact.span.end.latest))
    moved = replace(fact, span=replace(fact.span, start=Days.on(day), end=end))
    return replace(moved, last_sign=Days.on(day)) if hasattr(moved, "last_sign") else moved


def _asks_for_the_future(node: object) -> bool:
    if isinstance(node, LookBack):
        return node.ahead is not None
    inner = [getattr(node, name) for name in getattr(node, "__slots__", ())]
    return any(_asks_for_the_future(part) for each in inner for part in (each if isinstance(each, tuple) else (each,)))


@given(questions())
@settings(max_examples=100, deadline=None)
def test_next_change_is_what_day_by_day_finds(question: tuple[Node, PatientRecord]) -> None:
    node, person = question
    study = one_criterion(node)
    found = assess(person, study, AT, KNOWLEDGE).next_change
    frozen = as_of(person, AT, study)
    today = outcome(node, frozen)
    horizon = 500  # days; the longest window of the generated ones has 14 months
    slow = next(
        (day for day in (AT + timedelta(n) for n in range(1, horizon)) if outcome(node, frozen, day) is not today), None
    )
    if found is None or found.date > AT + timedelta(horizon - 1):
        assert slow is None
    else:
        assert found.date == slow
        assert found.outcome is outcome(node, frozen, found.date)


@given(several_questions(), st.data())
@settings(max_examples=150, deadline=None)
def test_later_is_the_first_day_on_which_day_by_day_nothing_keeps_out(
    asked: tuple[tuple[Node, ...], PatientRecord], data: st.DataObject
) -> None:
    """Of several criteria, of which one or more keep the person out; others may begin to while these end."""
    nodes, person = asked
    kinds = [_kind(node, person, data) for node in nodes]
    criteria = tuple(
        Criterion(f"C{n}", kind, "c", node) for n, (node, kind) in enumerate(zip(nodes, kinds, strict=True))
    )  # type: ignore[arg-type]
    study = replace(one_criterion(nodes[0]), criteria=criteria)
    found = assess(person, study, AT, KNOWLEDGE)
    if found.standing is not Standing.INELIGIBLE:
        assert found.later is None
        return
    frozen, horizon = as_of(person, AT, study), 500
    slow, kept = None, {each.criterion.id for each in found.findings if each.blocks}
    for day in (AT + timedelta(n) for n in range(1, horizon)):
        then = judge(study, Case(frozen, day, KNOWLEDGE)).findings
        if not any(each.blocks or (each.criterion.id in kept and _only_stale(each)) for each in then):
            slow = day
            break
    assert slow == (None if found.later is None or found.later > AT + timedelta(horizon - 1) else found.later)


def _only_stale(finding: Finding) -> bool:
    """Unknown because the person was not seen, or nothing more was heard of an order."""
    if finding.outcome is not Outcome.UNKNOWN:
        return False
    if finding.criterion.kind == "inclusion":
        return Reason.NO_CONTACT in finding.judgement.reasons
    return any(
        isinstance(each.node, MedicationTaken) and each.reasons == {Reason.STATUS_UNCERTAIN}
        for each in _unknown_leaves(finding.judgement)
    )


def _unknown_leaves(judged: Judgement) -> list[Judgement]:
    if judged.outcome is not Outcome.UNKNOWN:
        return []
    return [leaf for each in judged.parts for leaf in _unknown_leaves(each)] if judged.parts else [judged]


def _kind(node: Node, person: PatientRecord, data: st.DataObject) -> str:
    """Mostly the kind of criterion that keeps this person out."""
    against = "inclusion" if outcome(node, person) is Outcome.NOT_MET else "exclusion"
    return data.draw(st.sampled_from([against, against, "inclusion", "exclusion"]))
