"""Mean, total, days, courses, unchanged doses and half-lives, as tables a pharmacist can check. SEMANTICS §6.7, §6.8.

The screening date is 30 June 2026; a window of 30 days begins on 31 May, and has 31 days.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from service.eligibility.assess import assess
from service.eligibility.criteria import (
    Anchor,
    Bounds,
    Courses,
    Criterion,
    DayCount,
    DoseTest,
    LookBack,
    MedicationTaken,
    Node,
    ProcedureDone,
    SexIs,
    Study,
    Throughout,
    UnchangedDose,
)
from service.eligibility.dates import Days, Duration, Span, Unit
from service.eligibility.dosing.half_lives import HalfLives
from service.eligibility.evaluate import Case, evaluate
from service.eligibility.explain import Phrases
from service.eligibility.explain.sentences import finding_sentence
from service.eligibility.facts import Certainty, Fact, Loaded, MedicationFact, Source
from service.eligibility.outcome import Outcome, Reason
from service.errors import InvalidValue
from tests.builders import AT, SETS, TYPES, judge, knowledge, record
from tests.doses import days, instruction, medication, timing

N, U, M = Outcome.NOT_MET, Outcome.UNKNOWN, Outcome.MET
A_MONTH = LookBack(Duration(30, Unit.DAY))
A_YEAR = LookBack(Duration(12, Unit.MONTH))


def given_from(first: str, last: str | None, dose: str | None = "10 mg", n: int = 1, **more: object) -> MedicationFact:
    """An order of one dose a day; without a last day it goes on."""
    end = {} if last is None else {"end": days(last)}
    how = more.pop("how", timing())
    asked = instruction(dose, how)  # type: ignore[arg-type]
    return medication(asked, name=str(n), start=days(first), **end, **more)  # type: ignore[arg-type]


def infused(day: str | Days, dose: str = "500 mg", n: int = 1) -> MedicationFact:
    when = day if isinstance(day, Days) else days(day)
    return medication(instruction(dose, None), name=str(n), source=Source.ADMINISTRATION, start=when)


def dose(unit: str = "mg/d", measure: str = "mean", on: DayCount | None = None, **limits: int) -> MedicationTaken:
    bounds = Bounds(**{name: Decimal(limit) for name, limit in limits.items()})
    test = DoseTest(bounds, unit, measure=measure, days=on)  # type: ignore[arg-type]
    return MedicationTaken(("drug",), look_back=A_MONTH, dose=test)


def total(**limits: int) -> MedicationTaken:
    return dose("mg", "cumulative", **limits)


TEN_DAYS = given_from("2026-06-01", "2026-06-10", "31 mg")
WEEKLY = given_from("2026-01-05", None, "15 mg", how=timing(1, "1 wk"))
SOME_DAY_IN_JUNE = infused(days("2026-06-01", "2026-06-30"))
POSSIBLY = given_from("2026-06-01", "2026-06-10", "31 mg", certainty=Certainty.POSSIBLE)


@pytest.mark.parametrize(
    ("node", "facts", "outcome", "least", "most"),
    [
        pytest.param(dose(above=9), [TEN_DAYS], M, 10, 10, id="mean: 31 mg on 10 of 31 days are 10 mg a day"),
        pytest.param(dose(above=10), [TEN_DAYS], N, 10, 10, id="mean: exactly 10 is not above 10"),
        pytest.param(dose(at_most=10), [TEN_DAYS], M, 10, 10, id="mean: and it is at most 10"),
        pytest.param(dose(above=9), [POSSIBLY], U, 0, 10, id="mean: on hold, perhaps not taken"),
        pytest.param(dose(above=1), [WEEKLY], M, Decimal("2.1429"), Decimal("2.1429"), id="mean: once a week"),
        pytest.param(dose(above=9), [given_from("2026-06-01", "2026-06-10", None)], U, 0, None, id="mean: no dose"),
        pytest.param(dose(above=9), [infused("2026-06-15", "310 mg")], M, 10, 10, id="mean: one infusion"),
        pytest.param(dose(above=9), [], N, None, None, id="mean: nothing on record"),
        pytest.param(dose(at_most=10), [], N, None, None, id="mean: nothing was taken, in no dose at all"),
        pytest.param(total(above=300), [TEN_DAYS], M, 310, 310, id="total: 10 x 31 mg"),
        pytest.param(total(above=310), [TEN_DAYS], N, 310, 310, id="total: exactly the limit"),
        pytest.param(total(above=59), [WEEKLY], M, 60, 75, id="total: 31 days hold 4 or 5 doses of 15 mg"),
        pytest.param(total(above=60), [WEEKLY], U, 60, 75, id="total: the fifth dose may lie in the window"),
        pytest.param(total(above=75), [WEEKLY], N, 60, 75, id="total: never more than 5 doses"),
        pytest.param(
            total(above=900), [infused("2026-06-01"), infused("2026-06-28", n=2)], M, 1000, 1000, id="two infusions"
        ),
        pytest.param(total(at_least=500), [SOME_DAY_IN_JUNE], M, 500, 15000, id="one infusion on some day of June"),
        pytest.param(
            total(above=300),
            [given_from("2026-06-01", "2026-06-10", "20-40 mg")],
            U,
            200,
            400,
            id="total: 20 to 40 mg a day",
        ),
    ],
)
def test_the_mean_and_the_total(
    node: MedicationTaken, facts: list[Fact], outcome: Outcome, least: Decimal | None, most: Decimal | None
) -> None:
    judged = judge(node, *facts)
    assert judged.outcome is outcome
    told = (None, None) if judged.dose is None else (judged.dose.least, judged.dose.most)
    assert told == (least, most)


OVER_MIDNIGHT = medication(
    instruction("300 mg", None), source=Source.ADMINISTRATION, start=days("2026-06-10"), end=days("2026-06-11")
)
INTO_THE_WINDOW = replace(OVER_MIDNIGHT, span=Span(days("2026-05-30"), days("2026-05-31")))
OVER_A_WEEK = replace(OVER_MIDNIGHT, span=Span(days("2026-06-10"), days("2026-06-16")))


@pytest.mark.parametrize(
    ("facts", "at_least_300", "above_300"),
    [
        pytest.param([OVER_MIDNIGHT], M, N, id="300 mg over midnight"),
        pytest.param([OVER_A_WEEK], M, N, id="300 mg over a week"),
        pytest.param([INTO_THE_WINDOW], U, N, id="300 mg over the midnight with which the window begins"),
        pytest.param(
            [OVER_MIDNIGHT, infused("2026-06-20", "1 mg", 2)], M, M, id="300 mg over midnight, and 1 mg later"
        ),
    ],
)
def test_what_is_given_over_midnight_is_one_dose(facts: list[Fact], at_least_300: Outcome, above_300: Outcome) -> None:
    assert judge(total(at_least=300), *facts).outcome is at_least_300
    assert judge(total(above=300), *facts).outcome is above_300


def test_the_parts_of_an_administration_are_not_given_again() -> None:
    whole = infused("2026-06-10", "12 mg")
    parts = [replace(infused("2026-06-10", "6 mg", n), links=("MedicationAdministration/1",)) for n in (2, 3)]
    assert judge(total(at_least=12), whole, *parts).outcome is M
    assert judge(total(above=12), whole, *parts).outcome is U


def test_days_without_a_record_are_none_only_where_all_is_known() -> None:
    """That a mean is low rests on silence, and says so; that it is high does not."""
    partly = dict.fromkeys(TYPES, Loaded.COMPLETE) | {"MedicationRequest": Loaded.INCOMPLETE}
    low = judge(dose(at_most=10), TEN_DAYS)
    assert (low.outcome, len(low.assumptions)) == (M, 1)
    unsure = judge(dose(at_most=10), TEN_DAYS, loaded=partly)
    assert (unsure.outcome, unsure.reasons) == (U, {Reason.NOT_LOADED})
    assert judge(dose(above=9), TEN_DAYS, loaded=partly).outcome is M
    assert judge(dose(at_most=10), TEN_DAYS, contacts=()).reasons == {Reason.NO_CONTACT}


def on(number: int, *, row: bool = False) -> MedicationTaken:
    return dose(measure="cycle_average", on=DayCount(number, row), at_least=20)


TWICE = [given_from("2026-06-01", "2026-06-05", "20 mg"), given_from("2026-06-11", "2026-06-17", "20 mg", 2)]
MEET = [given_from("2026-06-01", "2026-06-05", "20 mg"), given_from("2026-06-06", "2026-06-17", "30 mg", 2)]
VAGUE = [medication(instruction("20 mg"), start=days("2026-06-01", "2026-06-03"), end=days("2026-06-10", "2026-06-12"))]


@pytest.mark.parametrize(
    ("node", "facts", "outcome"),
    [
        pytest.param(on(12), TWICE, M, id="5 and 7 days are 12"),
        pytest.param(on(13), TWICE, N, id="and not 13"),
        pytest.param(on(7, row=True), TWICE, M, id="7 of them in a row"),
        pytest.param(on(8, row=True), TWICE, N, id="and not 8"),
        pytest.param(on(17, row=True), MEET, M, id="a higher dose the day after goes on"),
        pytest.param(on(8), VAGUE, M, id="from 3 June at the latest to 10 June at the earliest"),
        pytest.param(on(9), VAGUE, U, id="9 to 12 days are possible"),
        pytest.param(on(13), VAGUE, N, id="13 are not"),
        pytest.param(on(1), [given_from("2026-06-01", None, "15 mg")], N, id="never so much"),
        pytest.param(on(1), [given_from("2026-06-01", None, None)], U, id="the dose is missing"),
        pytest.param(on(1), [infused(days("2026-06-01", "2026-06-30"))], M, id="on some day of June"),
        pytest.param(on(2), [infused(days("2026-06-01", "2026-06-30"))], U, id="on two of them?"),
    ],
)
def test_on_how_many_days(node: MedicationTaken, facts: list[Fact], outcome: Outcome) -> None:
    assert judge(node, *facts).outcome is outcome


def exposed(asked: Throughout | Courses | UnchangedDose, look_back: LookBack = A_MONTH) -> MedicationTaken:
    return MedicationTaken(("drug",), look_back=look_back, exposed=asked)


def gap(number: int) -> Duration:
    return Duration(number, Unit.DAY)


ALWAYS, WITH_GAPS = exposed(Throughout()), exposed(Throughout(gap(7)))
APART = [given_from("2026-05-01", "2026-06-10"), given_from("2026-06-18", None, n=2)]
STOPPED = medication(source=Source.STATEMENT, name="9", start=days("2026-01-05"), end=days("2026-06-20"), over=True)


@pytest.mark.parametrize(
    ("node", "facts", "outcome"),
    [
        pytest.param(ALWAYS, [given_from("2026-05-31", None)], M, id="from the first day of the window on"),
        pytest.param(ALWAYS, [given_from("2026-06-01", None)], N, id="a day later"),
        pytest.param(ALWAYS, [given_from("2026-01-05", "2026-06-29")], N, id="it does not reach the last day"),
        pytest.param(ALWAYS, APART, N, id="7 days without it"),
        pytest.param(WITH_GAPS, APART, M, id="7 days are allowed"),
        pytest.param(exposed(Throughout(gap(6))), APART, N, id="6 days are allowed"),
        pytest.param(
            WITH_GAPS,
            [given_from("2026-01-05", "2026-05-29"), given_from("2026-06-03", None, n=2)],
            M,
            id="the window begins in an allowed gap",
        ),
        pytest.param(WITH_GAPS, [given_from("2026-01-05", "2026-06-25")], N, id="a gap that nothing follows is an end"),
        pytest.param(ALWAYS, [given_from("2026-01-05", None, certainty=Certainty.POSSIBLE)], U, id="on hold"),
        pytest.param(
            ALWAYS, [medication(start=days("2026-05-25", "2026-06-05"))], U, id="begun at the end of May or later"
        ),
        pytest.param(ALWAYS, [given_from("2026-01-05", None), STOPPED], U, id="said to be stopped, and still ordered"),
        pytest.param(ALWAYS, [], N, id="none"),
    ],
)
def test_throughout(node: MedicationTaken, facts: list[Fact], outcome: Outcome) -> None:
    assert judge(node, *facts).outcome is outcome


def in_courses(number: int, lasting: int = 1, between: int = 30) -> MedicationTaken:
    return exposed(Courses(number, gap(between), gap(lasting)), A_YEAR)


BURSTS = [given_from("2025-09-01", "2025-09-07"), given_from("2026-02-01", "2026-02-14", n=2)]
MONTH_APART = [given_from("2026-01-01", "2026-01-10"), given_from("2026-02-10", "2026-02-20", n=2)]
IN_2026 = [infused("2025-09-01"), infused(days("2026-01-01", "2026-06-01"), n=2)]


@pytest.mark.parametrize(
    ("node", "facts", "outcome"),
    [
        pytest.param(in_courses(2), BURSTS, M, id="in September and in February"),
        pytest.param(in_courses(3), BURSTS, N, id="no third one"),
        pytest.param(in_courses(2), MONTH_APART, N, id="30 days between them: one course"),
        pytest.param(in_courses(2, between=29), MONTH_APART, M, id="more than 29 days between them: two"),
        pytest.param(in_courses(1, lasting=14), BURSTS, M, id="one of 14 days"),
        pytest.param(in_courses(1, lasting=15), BURSTS, N, id="none of 15 days"),
        pytest.param(in_courses(2, lasting=8), BURSTS, N, id="two of 8 days are not"),
        pytest.param(in_courses(1, lasting=50), MONTH_APART, M, id="the gap counts as use: 51 days"),
        pytest.param(in_courses(2), IN_2026, M, id="September and some day of 2026"),
        pytest.param(in_courses(2), [BURSTS[0], replace(BURSTS[1], certainty=Certainty.POSSIBLE)], U, id="one on hold"),
        pytest.param(in_courses(1), [], N, id="none"),
    ],
)
def test_courses(node: MedicationTaken, facts: list[Fact], outcome: Outcome) -> None:
    assert judge(node, *facts).outcome is outcome


SAME, SAME_WITH_GAPS = exposed(UnchangedDose()), exposed(UnchangedDose(gap(7)))
RENEWED = [given_from("2026-01-05", "2026-06-10"), given_from("2026-06-11", None, n=2)]
RAISED = [given_from("2026-01-05", "2026-06-10"), given_from("2026-06-11", None, "15 mg", 2)]
TWO_DRUGS = [
    given_from("2026-01-05", "2026-06-10"),
    given_from("2026-06-11", None, n=2, drug="methylprednisolone"),
]


@pytest.mark.parametrize(
    ("node", "facts", "outcome", "reason"),
    [
        pytest.param(SAME, [given_from("2026-05-31", None)], M, None, id="10 mg on every day"),
        pytest.param(SAME, RENEWED, M, None, id="renewed in the same dose"),
        pytest.param(SAME, RAISED, N, None, id="raised to 15 mg"),
        pytest.param(SAME, [given_from("2026-06-02", None)], N, None, id="begun within the window"),
        pytest.param(SAME, [given_from("2026-01-05", "2026-06-29")], N, None, id="stopped yesterday"),
        pytest.param(SAME, TWO_DRUGS, N, None, id="another drug in the same dose"),
        pytest.param(SAME, APART, N, None, id="7 days without it"),
        pytest.param(SAME_WITH_GAPS, APART, M, None, id="7 days are allowed"),
        pytest.param(SAME, [given_from("2026-01-05", None, "5-10 mg")], U, Reason.DOSE_IMPRECISE, id="5 to 10 mg"),
        pytest.param(SAME, [given_from("2026-01-05", None, None)], U, Reason.DOSE_MISSING, id="no dose"),
        pytest.param(SAME, [WEEKLY], M, None, id="once a week"),
        pytest.param(SAME, [WEEKLY, infused("2026-06-15", "15 mg")], U, Reason.DOSE_IMPRECISE, id="and given one day"),
        pytest.param(
            SAME,
            [given_from("2026-01-05", None), given_from("2026-06-01", "2026-06-30", "5-15 mg", 2)],
            N,
            None,
            id="more was added, whatever it was",
        ),
        pytest.param(SAME, [], N, None, id="none"),
    ],
)
def test_an_unchanged_dose(node: MedicationTaken, facts: list[Fact], outcome: Outcome, reason: Reason | None) -> None:
    judged = judge(node, *facts)
    assert (judged.outcome, judged.reasons) == (outcome, frozenset({reason}) if reason else frozenset())


TWO_WEEKS = MedicationTaken(("drug",), look_back=LookBack(Duration(2, Unit.WEEK)), half_lives=5)


@pytest.mark.parametrize(
    ("drug", "last", "outcome", "reason"),
    [
        pytest.param("prednisone", "2026-06-16", M, None, id="within 2 weeks"),
        pytest.param("prednisone", "2026-05-11", M, None, id="50 days ago: 5 half-lives of 10 days"),
        pytest.param("prednisone", "2026-05-10", U, Reason.VALUE_IMPRECISE, id="51 days: the half-life may be longer"),
        pytest.param("prednisone", "2026-03-22", U, Reason.VALUE_IMPRECISE, id="100 days: 5 of 20 days"),
        pytest.param("prednisone", "2026-03-21", N, None, id="101 days: surely longer ago"),
        pytest.param("methylprednisolone", "2026-06-16", M, None, id="without a listed half-life: within 2 weeks"),
        pytest.param(
            "methylprednisolone", "2026-01-10", U, Reason.CODE_UNMAPPED, id="and before it nothing is guessed"
        ),
    ],
)
def test_a_window_of_half_lives(drug: str, last: str, outcome: Outcome, reason: Reason | None) -> None:
    """The half-life of prednisone is 10 to 20 days here, and none is listed for methylprednisolone."""
    judged = judge(TWO_WEEKS, given_from("2026-01-05", last, drug=drug))
    assert (judged.outcome, judged.reasons) == (outcome, frozenset({reason}) if reason else frozenset())


@pytest.mark.parametrize(
    ("last", "outcome", "reasons"),
    [
        pytest.param("2026-06-16", M, set(), id="within 2 weeks"),
        pytest.param("2026-05-11", U, {Reason.CODE_UNMAPPED}, id="50 days ago"),
        pytest.param("2026-01-10", U, {Reason.CODE_UNMAPPED}, id="longer ago than the figure says"),
    ],
)
def test_a_half_life_that_is_not_verified_decides_nothing(last: str, outcome: Outcome, reasons: set[Reason]) -> None:
    """As a code that is not verified: the stated time decides, and before it nothing is guessed."""
    weak = {coding: replace(row, verified=False) for coding, row in knowledge().half_lives.rows.items()}
    known = replace(knowledge(), half_lives=HalfLives(weak))
    judged = evaluate(TWO_WEEKS, Case(record(given_from("2026-01-05", last)), AT, known))
    assert (judged.outcome, judged.reasons) == (outcome, reasons)
    assert any("is not verified" in each for each in judged.notes) is (outcome is U)


@pytest.mark.parametrize(
    ("node", "facts", "day", "outcome"),
    [
        pytest.param(
            total(at_least=300), [given_from("2026-06-15", None)], "2026-07-14", M, id="the 30th dose of 10 mg"
        ),
        pytest.param(
            total(at_least=100), [given_from("2026-06-01", "2026-06-10")], "2026-07-02", N, id="a dose leaves"
        ),
        pytest.param(dose(above=5), [given_from("2026-06-20", None)], "2026-07-05", M, id="16 of 31 days"),
        pytest.param(on(20, row=True), [given_from("2026-06-15", None, "20 mg")], "2026-07-04", M, id="the 20th day"),
        pytest.param(ALWAYS, [given_from("2026-06-15", None)], "2026-07-15", M, id="the window holds nothing else"),
        pytest.param(in_courses(1, lasting=31), [given_from("2026-06-15", None)], "2026-07-15", M, id="the 31st day"),
        pytest.param(SAME, RAISED, "2026-07-11", M, id="the lower dose has left the window"),
        pytest.param(TWO_WEEKS, [given_from("2026-01-05", "2026-05-11")], "2026-07-01", U, id="51 days"),
    ],
)
def test_when_time_alone_changes_it(node: MedicationTaken, facts: list[Fact], day: str, outcome: Outcome) -> None:
    study = Study("s", "1", "S", (Criterion("C", "exclusion", "c", node),), (SexIs(("male",)),))
    found = assess(record(*facts), study, AT, knowledge()).next_change
    assert found is not None
    assert (found.date, found.outcome) == (date.fromisoformat(day), outcome)


@pytest.mark.parametrize(
    ("node", "facts", "asked", "told"),
    [
        pytest.param(
            dose(above=9),
            [TEN_DAYS],
            "above 9 mg/day in the mean of all days taken within 30 days",
            "31 mg/day on 10 days from 2026-06-01 to 2026-06-10",
            id="mean",
        ),
        pytest.param(
            total(above=9),
            [TEN_DAYS],
            "above 9 mg altogether taken",
            "cumulative dose in the window 310 mg",
            id="total",
        ),
        pytest.param(
            on(7, row=True),
            TWICE,
            "at least 20 mg/day on at least 7 days in a row",
            "within the limit on 7 days",
            id="row",
        ),
        pytest.param(
            WITH_GAPS,
            APART,
            "on every day, but for gaps of at most 7 days,",
            "2026-06-18 to 2026-06-30",
            id="throughout",
        ),
        pytest.param(
            in_courses(2), BURSTS, "in at least 2 courses, more than 30 days apart,", "2 such courses", id="courses"
        ),
        pytest.param(SAME, RAISED, "in one unchanged dose on every day", "then 15 mg/day on 20 days", id="unchanged"),
        pytest.param(
            TWO_WEEKS,
            [given_from("2026-01-05", "2026-05-11")],
            "or 5 of its half-lives where these are longer",
            "5 half-lives of prednisone are 50 to 100 days (invented for tests)",
            id="half-lives",
        ),
    ],
)
def test_question_and_arithmetic_in_words(node: Node, facts: list[Fact], asked: str, told: str) -> None:
    study = Study("s", "1", "S", (Criterion("C", "exclusion", "c", node),), (SexIs(("male",)),))
    finding = assess(record(*facts), study, AT, knowledge()).findings[0]
    sentence = finding_sentence(finding, Phrases({each.id: each.title for each in SETS}))
    assert asked in sentence
    assert told in sentence


MEAN = DoseTest(Bounds(above=Decimal(1)), measure="mean")


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: DayCount(0), id="on no day"),
        pytest.param(lambda: DoseTest(MEAN.bounds, "mg/d", measure="cumulative"), id="a total per day"),
        pytest.param(lambda: replace(MEAN, days=DayCount(3)), id="a mean on three days"),
        pytest.param(lambda: Throughout(Duration(1, Unit.MONTH)), id="a gap of a month"),
        pytest.param(lambda: Courses(0, gap(1)), id="no course"),
        pytest.param(lambda: Courses(1, gap(1), gap(0)), id="courses of no day"),
        pytest.param(lambda: MedicationTaken(("drug",), dose=MEAN), id="the mean of no window"),
        pytest.param(lambda: MedicationTaken(("drug",), look_back=LookBack(), exposed=Throughout()), id="always, ever"),
        pytest.param(lambda: replace(ALWAYS, dose=MEAN), id="two questions in one"),
        pytest.param(lambda: replace(ALWAYS, at_least=2), id="at least twice throughout"),
        pytest.param(lambda: replace(TWO_WEEKS, half_lives=0), id="no half-life"),
        pytest.param(
            lambda: replace(
                TWO_WEEKS, look_back=LookBack(Duration(2, Unit.WEEK), Anchor(ProcedureDone(("operation",)), "latest"))
            ),
            id="half-lives before an operation",
        ),
        pytest.param(lambda: Anchor(ALWAYS, "first"), id="an anchor that lasts"),
    ],
)
def test_what_makes_no_sense_cannot_be_built(make: object) -> None:
    with pytest.raises(InvalidValue):
        make()  # type: ignore[operator]
