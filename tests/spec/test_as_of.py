"""Screening as of a past date: what was written later is not known yet, and does not answer. SEMANTICS §3.5, §5."""

from datetime import date

import pytest

from service.eligibility.assess import assess
from service.eligibility.criteria import (
    AllergyKnown,
    ConditionPresent,
    Criterion,
    LookBack,
    ProcedureDone,
    SexIs,
    Study,
)
from service.eligibility.dates import ALWAYS, ANY_DAY, Days, Duration, Unit
from service.eligibility.facts import ConditionFact
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.terms import Concept
from tests.builders import AT, allergy, concept, condition, days, judge, knowledge, procedure, record

N, U, M = Outcome.NOT_MET, Outcome.UNKNOWN, Outcome.MET
CANCER, COLD = concept("1"), concept("3")


@pytest.mark.parametrize(
    ("updated", "outcome", "reason"),
    [
        pytest.param("2026-03-01", N, None, id="over by March"),
        pytest.param("2026-06-30", N, None, id="over on the screening date"),
        pytest.param("2026-09-01", U, Reason.DATE_IMPRECISE, id="over by September: in June it may have been there"),
        pytest.param(None, N, None, id="over, and nothing says since when it is known"),
    ],
)
def test_an_inactive_condition_ended_before_its_last_update(
    updated: str | None, outcome: Outcome, reason: Reason | None
) -> None:
    end = "2024-01-01/9999-12-31" if updated is None else f"2024-01-01/{updated}"
    judged = judge(ConditionPresent(("cancer",)), condition(CANCER, "2024-01-01", end, ended=True))
    assert (judged.outcome, judged.reasons) == (outcome, frozenset({reason}) if reason else frozenset())


@pytest.mark.parametrize(
    ("fact", "outcome"),
    [
        pytest.param(
            condition(CANCER, "2020", asserted=days("2026-08-01")), M, id="begun long ago, written down later"
        ),
        pytest.param(condition(CANCER, None, asserted=days("2026-08-01")), U, id="written down later, begun some day"),
        pytest.param(condition(CANCER, None, asserted=days("2026-06-01")), M, id="written down before"),
        pytest.param(condition(CANCER, "2020", "2026-08-01"), M, id="ended later"),
        pytest.param(condition(COLD, "2026-01-01", asserted=days("2026-06-15")), M, id="a cold still noted in June"),
        pytest.param(condition(COLD, "2026-01-01", asserted=days("2026-08-01")), U, id="a cold noted again in August"),
    ],
)
def test_what_was_written_down_later(fact: ConditionFact, outcome: Outcome) -> None:
    assert judge(ConditionPresent(("cancer", "cold")), fact).outcome is outcome


LATEX = AllergyKnown(("latex",), none_known=("no-allergy",))
LATER = days("2026-08-01")


@pytest.mark.parametrize(
    ("fact", "outcome", "reasons"),
    [
        pytest.param({"recorded": LATER}, U, {Reason.DATE_IMPRECISE}, id="written down later, begun some day"),
        pytest.param(
            {"recorded": LATER, "begun": days("0001-01-01/2026-08-01")},
            U,
            {Reason.DATE_IMPRECISE},
            id="written down later, begun some day before",
        ),
        pytest.param(
            {"recorded": days("2026")}, U, {Reason.DATE_IMPRECISE}, id="written down this year, begun some day"
        ),
        pytest.param({"recorded": days("2026-06")}, M, set(), id="written down by the screening date"),
        pytest.param({"recorded": LATER, "begun": days("2020")}, M, set(), id="begun long ago, written down later"),
        pytest.param({"recorded": LATER, "begun": days("2026")}, U, {Reason.DATE_IMPRECISE}, id="begun this year"),
        pytest.param({"recorded": LATER, "begun": days("2026-07-15")}, N, set(), id="begun later"),
        pytest.param({"begun": days("2026-07-01")}, N, set(), id="begun on the day after"),
        pytest.param({"begun": days("2026-06-30")}, M, set(), id="begun on the day itself"),
        pytest.param({}, M, set(), id="without any day"),
        pytest.param({"history": True}, N, set(), id="resolved, and nothing says since when that is known"),
        pytest.param(
            {"history": True, "ended": days("2020/2026-06-30")}, N, set(), id="resolved by the screening date"
        ),
        pytest.param(
            {"history": True, "ended": days("2020/2026-07-01")},
            U,
            {Reason.STATUS_UNCERTAIN},
            id="resolved by the day after: it may have been there",
        ),
        pytest.param(
            {"history": True, "begun": days("2026-07-01"), "ended": days("2026-07-01/2026-08-01")},
            N,
            set(),
            id="begun and resolved later",
        ),
    ],
)
def test_an_allergy_that_was_written_down_later(
    fact: dict[str, object], outcome: Outcome, reasons: set[Reason]
) -> None:
    judged = judge(LATEX, allergy(concept("5"), **fact))
    assert (judged.outcome, judged.reasons) == (outcome, reasons)


def test_that_no_allergy_was_known_later_does_not_deny_one_before() -> None:
    """Who was asked in August may have had none in June, but nobody had asked by then."""
    judged = judge(LATEX, allergy(concept("6"), recorded=LATER))
    assert (judged.outcome, bool(judged.assumptions)) == (N, True)


@pytest.mark.parametrize("begun", [ANY_DAY, days("0001-01-01/2026-08-01"), days("2026-05-01/2026-08-01")])
def test_an_allergy_that_was_written_down_later_is_not_forgotten_as_of_the_past(begun: Days) -> None:
    study = Study("s", "1", "S", (Criterion("C", "exclusion", "c", LATEX),), (SexIs(("male",)),))
    person = record(allergy(concept("5"), recorded=LATER, begun=begun))
    (finding,) = assess(person, study, AT, knowledge()).findings
    assert (finding.outcome, finding.judgement.reasons) == (U, {Reason.DATE_IMPRECISE})
    change = assess(person, study, AT, knowledge()).next_change
    assert change is not None and (change.date, change.outcome) == (date(2026, 8, 1), M)


VISIT = {"onset": "0001-01-01/2026-06-10", "end": "2026-06-12/9999-12-31", "asserted": days("2026-06-12")}


@pytest.mark.parametrize(
    ("at", "outcome"),
    [
        pytest.param(date(2026, 6, 12), M, id="on the last day of the visit"),
        pytest.param(date(2026, 6, 13), U, id="a day later"),
    ],
)
@pytest.mark.parametrize("what", [CANCER, COLD])
def test_a_diagnosis_of_a_visit_is_sure_during_that_visit(what: Concept, at: date, outcome: Outcome) -> None:
    fact = condition(what, **VISIT)  # type: ignore[arg-type]
    assert judge(ConditionPresent(("cancer", "cold")), fact, at=at).outcome is outcome


def test_a_visit_of_a_later_day_is_no_contact_even_where_the_future_is_asked_for() -> None:
    planned = ProcedureDone(("operation",), look_back=LookBack(Duration(0, Unit.DAY), ahead=Duration(4, Unit.WEEK)))
    assert judge(planned, contacts=(date(2026, 7, 10),)).reasons == {Reason.NO_CONTACT}
    assert judge(planned, contacts=(AT,)).outcome is N
    assert judge(planned, procedure(concept("4"), "2026-07-20")).outcome is M


def test_an_interval_of_days_without_a_beginning_is_before_its_end() -> None:
    assert days("0001-01-01/2026-02-01") == Days(ALWAYS, date(2026, 2, 1))
