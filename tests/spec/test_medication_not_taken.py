"""A statement that a drug was not taken beside other records of it: neither is believed over the other.

SEMANTICS §4, §6.2: on the days of both it was taken possibly, in anything from nothing to the dose of the others. What
was administered was given. Alone, it stays evidence of absence (`test_negatives.py`).
"""

from dataclasses import replace
from decimal import Decimal

import pytest

from service.eligibility.criteria import (
    Anchor,
    Bounds,
    Courses,
    DoseTest,
    LookBack,
    MedicationTaken,
    Throughout,
    UnchangedDose,
)
from service.eligibility.dates import ANY_DAY, FOREVER, Days, Duration, Unit
from service.eligibility.dosing.denials import NOT_TAKEN
from service.eligibility.dosing.measure import Taken, Terms, steps
from service.eligibility.evaluate.anchors import find_anchor
from service.eligibility.evaluate.context import Case
from service.eligibility.facts import Certainty, MedicationFact, Source
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.terms import Concept
from tests.builders import AT, judge, knowledge, record
from tests.doses import TABLE, days, instruction, medication

N, U, M = Outcome.NOT_MET, Outcome.UNKNOWN, Outcome.MET
NOW = MedicationTaken(("drug",))
LATELY = MedicationTaken(("drug",), look_back=LookBack(Duration(3, Unit.MONTH)))  # from 30 March to 30 June
TEN = DoseTest(Bounds(above=Decimal(10)))
HIGH, LOW = replace(LATELY, dose=TEN), replace(LATELY, dose=DoseTest(Bounds(at_most=Decimal(50))))
OPEN = Days.on(FOREVER)


def order(dose: str = "40 mg", start: str = "2026-01-05", end: str | None = None, **more: object) -> MedicationFact:
    """An order of so much once a day, going on."""
    last = days(end) if end else OPEN
    return medication(instruction(dose), start=days(start), end=last, **more)  # type: ignore[arg-type]


def denied(start: str | None = "2026-01-05", end: str | None = None, **more: object) -> MedicationFact:
    """A statement that it was not taken: from a day on, in a time, or undated."""
    last = days(end) if end else OPEN
    settings = {"name": "9", "certainty": Certainty.DENIED, "last_sign": days("2026-06-01"), **more}
    begin = days(start) if start else ANY_DAY
    return medication(source=Source.STATEMENT, start=begin, end=last, **settings)  # type: ignore[arg-type]


def stated(dose: str = "40 mg", start: str = "2026-01-05", **more: object) -> MedicationFact:
    return order(dose, start, source=Source.STATEMENT, name="8", **more)


def handed(dose: str = "40 mg", start: str = "2026-05-01", **more: object) -> MedicationFact:
    return order(dose, start, "2026-06-30", source=Source.DISPENSE, **more)


def given(dose: str = "40 mg", day: str = "2026-05-10") -> MedicationFact:
    return medication(instruction(dose, None), source=Source.ADMINISTRATION, start=days(day))


def by(fact: MedicationFact, route: str) -> MedicationFact:
    return replace(fact, route=Concept(texts=(route,)))


# what is on record                                            taken in three months?  more than 10 mg a day?
BESIDE = {
    "an order alone": ([order()], M, M),
    "the statement alone is evidence of absence": ([denied()], N, N),
    "an order, and the statement about the same days": ([order(), denied()], U, U),
    "an order too low anyway": ([order("5 mg"), denied()], U, N),
    "a statement without dates: possibly those days": ([order(), denied(None)], U, U),
    "a statement of a time before the window": ([order(), denied("2026-01-05", "2026-02-28")], M, M),
    "of a part of the window: the other days are the order's": ([order(), denied("2026-05-01", "2026-05-31")], M, M),
    "of days before the order": ([order(start="2026-04-15"), denied("2026-01-05", "2026-04-14")], M, M),
    "of days after the screening date": ([order(), denied("2026-07-01")], M, M),
    "ordered again after it was last said": (
        [order(start="2026-06-02"), denied("2026-03-01", last_sign=days("2026-06-01"))], M, M,
    ),
    "ordered on the day on which it was last said": (
        [order(start="2026-06-01"), denied("2026-03-01", last_sign=days("2026-06-01"))], U, U,
    ),
    "ordered later, and nobody knows when it was said": (
        [order(start="2026-06-02"), denied("2026-03-01", last_sign=ANY_DAY)], U, U,
    ),
    "an order that went on when it was said is not believed again": (
        [order(), denied("2026-03-01", last_sign=days("2026-03-01"))], U, U,
    ),
    "linked to the order": ([order(), denied(links=("MedicationRequest/1",))], U, U),
    "linked, by another route": (
        [by(order(), "oral"), by(denied(links=("MedicationRequest/1",)), "intravenous")], U, U,
    ),
    "by another route": ([by(order(), "oral"), by(denied(), "intravenous")], M, M),
    "by a route that is not told": ([by(order(), "oral"), denied()], U, U),
    "of another drug": ([order(), denied(drug="methylprednisolone")], M, M),
    "of a drug that is not known": ([order(), denied(strengths=())], U, U),
    "a dispense shows what was handed over, not what was taken": ([handed(), denied()], U, U),
    "a dispense after it was said": ([order(), handed(start="2026-06-02"), denied()], M, M),
    "what was administered was given": ([given(), denied()], M, M),
    "an order, and one dose given": ([order(), given(), denied()], M, M),
    "a small dose given does not make the order sure": ([order(), given("2 mg"), denied()], M, U),
    "a statement that it is taken: both speak": ([stated(), denied()], U, U),
    "an order and both statements": ([order(), stated(), denied()], U, U),
    "a statement, later, that it is taken": ([stated(start="2026-06-02"), denied()], M, M),
    "a statement of an uncertain status may be one": ([order(), denied(certainty=Certainty.POSSIBLE)], U, U),
    "two records of it": ([order(), handed(), denied()], U, U),
    "a dose that was not administered says nothing of the others": (
        [order(), medication(source=Source.ADMINISTRATION, start=days("2026-05-10"), certainty=Certainty.DENIED)], M, M,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("facts", "taken", "high"), BESIDE.values(), ids=BESIDE.keys())
def test_not_taken_beside_other_records(facts: list[MedicationFact], taken: Outcome, high: Outcome) -> None:
    for told in (facts, [*reversed(facts)], [*facts, *facts]):
        assert (judge(LATELY, *told).outcome, judge(HIGH, *told).outcome) == (taken, high)


def test_neither_answer_to_a_limit_from_above() -> None:
    assert (judge(LOW, order()).outcome, judge(LOW, order(), denied()).outcome) == (M, U)


def test_the_reason_the_evidence_and_the_words() -> None:
    taken, high = judge(LATELY, order(), denied()), judge(HIGH, order(), denied())
    assert (taken.reasons, high.reasons) == ({Reason.STATUS_UNCERTAIN}, {Reason.DOSE_IMPRECISE})
    for each in (taken, high):
        assert {shown.reference for shown in each.exhibits} == {"MedicationRequest/1", "MedicationStatement/9"}
        assert "prednisone (not taken)" in {shown.value for shown in each.exhibits}
    assert NOT_TAKEN in taken.notes
    assert high.dose is not None
    assert NOT_TAKEN in high.dose.marks
    assert (str(high.dose.least), str(high.dose.most)) == ("0", "40")


def test_day_by_day() -> None:
    facts = [order(), denied("2026-05-01", "2026-05-31"), given("50 mg", "2026-05-10")]
    found = steps([Taken(each) for each in facts], AT, Terms(table=TABLE))
    said = [(str(s.start)[5:], str(s.end)[5:], str(s.value.average), s.value.taken.code) for s in found]
    assert said == [
        ("01-05", "04-30", "40", "met"),
        ("05-01", "05-09", "0 to 40", "unknown"),
        ("05-10", "05-10", "50", "met"),
        ("05-11", "05-31", "0 to 40", "unknown"),
        ("06-01", "06-30", "40", "met"),
    ]


DAY, LONG = Duration(1, Unit.DAY), Duration(30, Unit.DAY)
TIMES = {
    "on every day": (replace(LATELY, exposed=Throughout()), M, U),
    "on every day, but for gaps of a month": (
        replace(LATELY, exposed=Throughout(Duration(31, Unit.DAY))), M, M,
    ),
    "in two courses": (replace(LATELY, exposed=Courses(2, DAY)), N, U),
    "in one course of a month": (replace(LATELY, exposed=Courses(1, DAY, lasting=LONG)), M, M),
    "in one course of sixty days": (
        replace(LATELY, exposed=Courses(1, DAY, lasting=Duration(60, Unit.DAY))), M, U,
    ),
    "in one dose": (replace(LATELY, exposed=UnchangedDose()), M, U),
    "in the mean": (replace(LATELY, dose=replace(TEN, measure="mean")), M, M),
    "altogether": (
        replace(LATELY, dose=DoseTest(Bounds(above=Decimal(3000)), "mg", measure="cumulative")), M, U,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("node", "alone", "beside"), TIMES.values(), ids=TIMES.keys())
def test_how_long_it_was_taken(node: MedicationTaken, alone: Outcome, beside: Outcome) -> None:
    """40 mg a day all the time; the statement is about May."""
    may = denied("2026-05-01", "2026-05-31")
    assert (judge(node, order()).outcome, judge(node, order(), may).outcome) == (alone, beside)


@pytest.mark.parametrize(
    ("which", "facts", "expected"),
    [
        pytest.param(
            "first", [denied("2026-01-01", "2026-01-31")], days("2026-01-05", "2026-02-01"), id="its first days"
        ),
        pytest.param("latest", [denied("2026-06-01")], days("2026-05-31", "2026-06-30"), id="its last days"),
        pytest.param("latest", [denied("2026-02-01", "2026-02-28")], days("2026-06-30"), id="days between"),
        pytest.param("latest", [denied()], None, id="all of its days"),
    ],
)
def test_the_day_from_which_a_window_is_counted(which: str, facts: list[MedicationFact], expected: Days | None) -> None:
    case = Case(record(order(), *facts), AT, knowledge())
    assert find_anchor(case, Anchor(NOW, which)).days == expected  # type: ignore[arg-type]


def test_a_dose_on_an_unknown_day_of_the_window_is_not_sure_beside_a_denial_of_one_of_them() -> None:
    once = medication(
        instruction("40 mg"), start=days("2026-05-01", "2026-05-20"), end=days("2026-05-01", "2026-05-20")
    )
    for said, outcome in ((denied("2026-05-05", "2026-05-05"), U), (denied("2026-05-21", "2026-05-30"), M)):
        assert (judge(LATELY, once, said).outcome, judge(HIGH, once, said).outcome) == (outcome, outcome)
