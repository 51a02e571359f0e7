"""Explicit negatives: refuted, not done, not taken, "no known allergy". SEMANTICS §4.

They are evidence of absence and need no assumption, but only of what they deny and of the days they speak of, and only
while they are recent.
"""

from dataclasses import replace
from datetime import date

import pytest

from service.eligibility.assess import assess
from service.eligibility.criteria import (
    Absence,
    AllergyKnown,
    ConditionPresent,
    Criterion,
    LookBack,
    MedicationTaken,
    Node,
    ProcedureDone,
    SexIs,
    Study,
)
from service.eligibility.dates import Duration, Span, Unit
from service.eligibility.facts import AllergyFact, Certainty, ConditionFact, Fact, Loaded
from service.eligibility.outcome import Outcome, Reason
from tests.builders import AT, TYPES, allergy, concept, condition, days, judge, knowledge, procedure, record
from tests.doses import medication

N, U, M = Outcome.NOT_MET, Outcome.UNKNOWN, Outcome.MET
NO = Certainty.DENIED
YEAR = LookBack(Duration(12, Unit.MONTH))
SAID = Absence(U, "this study wants it said")
WANTED = ProcedureDone(("operation",), look_back=YEAR, absence=SAID)


@pytest.mark.parametrize(
    ("when", "outcome", "reason"),
    [
        pytest.param("2025-06-30/2026-06-30", U, Reason.NO_RECORD, id="not done on some day of the window"),
        pytest.param("2026-05-01", U, Reason.NO_RECORD, id="not done on one day of the window"),
        pytest.param("2025-06-30", U, Reason.NO_RECORD, id="not done on its first day"),
        pytest.param("2010-05-01", U, Reason.NO_RECORD, id="what was not done long ago says nothing of this year"),
        pytest.param("2025", U, Reason.NO_RECORD, id="perhaps not done in the window"),
        pytest.param(None, U, Reason.NO_RECORD, id="not done, nobody knows when"),
        pytest.param("2026-07-01", U, Reason.NO_RECORD, id="not done after the screening date"),
    ],
)
def test_a_procedure_that_was_not_done(when: str | None, outcome: Outcome, reason: Reason | None) -> None:
    judged = judge(WANTED, procedure(concept("4"), when, certainty=NO))
    assert (judged.outcome, judged.reasons) == (outcome, frozenset({reason}) if reason else frozenset())


def test_a_negative_of_another_time_leaves_it_to_silence() -> None:
    node = ProcedureDone(("operation",), look_back=YEAR)
    old = procedure(concept("4"), "2010-05-01", certainty=NO)
    judged = judge(node, old)
    assert (judged.outcome, bool(judged.assumptions)) == (N, True)
    assert judge(node, old, contacts=()).reasons == {Reason.NO_CONTACT}


ALL_YEAR = Span(days("2025-06-01"), days("2026-06-30"))


def test_an_operation_not_done_all_that_time() -> None:
    not_done = replace(procedure(concept("4"), certainty=NO), span=ALL_YEAR)
    judged = judge(WANTED, not_done, contacts=())
    assert (judged.outcome, judged.assumptions) == (N, ())


def test_whoever_said_a_recent_negative_saw_the_person() -> None:
    node = ProcedureDone(("operation",), look_back=YEAR)
    assert judge(node, procedure(concept("4"), certainty=NO), contacts=()).reasons == {Reason.NO_CONTACT}
    assert judge(node, replace(procedure(concept("4"), certainty=NO), span=ALL_YEAR), contacts=()).outcome is N


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        pytest.param([medication(start=days("2026-03-30"), end=days("2026-06-30"), certainty=NO)], N, id="never since"),
        pytest.param([medication(start=days("2026-06-01"), end=days("2026-06-01"), certainty=NO)], U, id="on one day"),
        pytest.param([medication(start=days("2019-06-01"), end=days("2019-06-01"), certainty=NO)], U, id="years ago"),
    ],
)
def test_a_drug_that_was_not_taken(facts: list[object], outcome: Outcome) -> None:
    node = MedicationTaken(("one-drug",), look_back=LookBack(Duration(3, Unit.MONTH)), absence=SAID)
    assert judge(node, *facts).outcome is outcome  # type: ignore[arg-type]


def refuted(said: str | None) -> ConditionFact:
    return condition(concept("15"), certainty=NO, asserted=days(said))


@pytest.mark.parametrize(
    ("fact", "contacts", "outcome", "assumed"),
    [
        pytest.param(refuted("2026-05-01"), (), N, False, id="refuted last month, by whoever saw the person"),
        pytest.param(refuted("2001-05-01"), (date(2026, 6, 1),), N, True, id="refuted long ago: silence decides"),
        pytest.param(refuted("2001-05-01"), (), U, False, id="refuted long ago, not seen since"),
        pytest.param(refuted(None), (date(2026, 6, 1),), N, False, id="refuted on an unknown day"),
        pytest.param(refuted(None), (), U, False, id="refuted on an unknown day, never seen"),
        pytest.param(refuted("2026-07-05"), (date(2026, 6, 1),), N, True, id="refuted only later"),
    ],
)
def test_a_refuted_condition(fact: ConditionFact, contacts: tuple[date, ...], outcome: Outcome, assumed: bool) -> None:
    judged = judge(ConditionPresent(("gout",)), fact, contacts=contacts)
    assert (judged.outcome, bool(judged.assumptions)) == (outcome, assumed)


@pytest.mark.parametrize(
    ("said", "outcome", "reasons"),
    [
        pytest.param("2026-05-01", N, set(), id="last month"),
        pytest.param("2023-05-01", U, {Reason.NO_RECORD}, id="too long ago"),
        pytest.param("2024", U, {Reason.DATE_IMPRECISE}, id="perhaps too long ago"),
        pytest.param(None, U, {Reason.DATE_MISSING}, id="on an unknown day"),
        pytest.param("2026-07-05", U, {Reason.NO_RECORD}, id="only later"),
    ],
)
def test_where_silence_is_no_answer_only_a_recent_negative_is(
    said: str | None, outcome: Outcome, reasons: set[Reason]
) -> None:
    judged = judge(ConditionPresent(("gout",), absence=SAID), refuted(said))
    assert (judged.outcome, judged.reasons) == (outcome, reasons)


def none_known(recorded: str | None) -> AllergyFact:
    return allergy(concept("6"), recorded=days(recorded))


@pytest.mark.parametrize(
    ("fact", "contacts", "outcome"),
    [
        pytest.param(none_known("2026-05-01"), (), N, id="asked last month"),
        pytest.param(none_known("2016-05-01"), (), U, id="asked ten years ago, not seen since"),
        pytest.param(none_known(None), (), U, id="asked some day, never seen"),
        pytest.param(none_known("2016-05-01"), (date(2026, 6, 1),), N, id="asked ten years ago, seen since"),
    ],
)
def test_no_known_allergy(fact: AllergyFact, contacts: tuple[date, ...], outcome: Outcome) -> None:
    assert judge(AllergyKnown(("latex",), none_known=("no-allergy",)), fact, contacts=contacts).outcome is outcome


def test_a_negative_does_not_make_up_for_what_was_not_loaded() -> None:
    loaded = dict.fromkeys(TYPES, Loaded.COMPLETE) | {"Condition": Loaded.INCOMPLETE}
    assert judge(ConditionPresent(("gout",)), refuted("2026-05-01"), loaded=loaded).reasons == {Reason.NOT_LOADED}


def test_a_drug_said_not_to_be_taken_since_some_day_is_no_contact_for_ever() -> None:
    study = Study("s", "1", "S", (Criterion("C", "exclusion", "c", MedicationTaken(("drug",))),), (SexIs(("male",)),))
    never = medication(start=days("2025-12-31"), certainty=NO)
    change = assess(record(never, contacts=(date(2025, 5, 26),)), study, AT, knowledge()).next_change
    assert change is not None
    assert (change.date, change.outcome) == (date(2027, 5, 27), U)


@pytest.mark.parametrize(
    ("node", "fact"),
    [
        pytest.param(
            ConditionPresent(("cancer",)),
            condition(concept("1"), certainty=NO, asserted=days("2026-05-01")),
            id="cancer",
        ),
        pytest.param(
            ConditionPresent(("gout", "cold")),
            condition(concept("15"), certainty=NO, asserted=days("2026-05-01")),
            id="gout or a cold",
        ),
        pytest.param(
            MedicationTaken(("drug",), look_back=LookBack(Duration(3, Unit.MONTH))),
            medication(start=days("2026-03-30"), end=days("2026-06-30"), certainty=NO),
            id="one drug of two",
        ),
    ],
)
def test_to_deny_one_of_several_is_to_deny_no_other(node: Node, fact: Fact) -> None:
    judged = judge(node, fact)
    assert (judged.outcome, len(judged.assumptions), len(judged.exhibits)) == (N, 1, 1)
    assert judge(node, fact, contacts=()).reasons == {Reason.NO_CONTACT}
    wants_it_said = replace(node, absence=SAID)  # type: ignore[type-var]
    assert judge(wants_it_said, fact).reasons == {Reason.NO_RECORD}


def test_a_negative_beside_one_that_counts() -> None:
    judged = judge(ConditionPresent(("gout",)), refuted("2026-05-01"), condition(concept("15"), number=2))
    assert judged.outcome is M
