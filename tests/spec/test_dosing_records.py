"""What several records of a drug say together, on which days, and how that is compared.

SEMANTICS §6.2, §6.5, §6.7, §6.8.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from service.eligibility.criteria import Bounds, DoseTest
from service.eligibility.dates import ALWAYS, FOREVER, Days, Window
from service.eligibility.dosing.exposure import exposure
from service.eligibility.dosing.measure import Taken, Terms, steps
from service.eligibility.dosing.ranges import written
from service.eligibility.facts import Certainty, MedicationFact, Source
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.policy import Policy
from service.eligibility.quantity import plain
from service.eligibility.terms import Coding, Concept
from service.errors import InvalidValue
from tests.doses import AT, RXNORM, TABLE, WINDOW, asked, days, instruction, lapse, medication, strength, supply, timing

MET, UNKNOWN, NOT_MET = Outcome.MET, Outcome.UNKNOWN, Outcome.NOT_MET
JANUARY = days("2026-01-31")


def order(dose: str, name: str = "1", **more: object) -> MedicationFact:
    """An order of so much once a day, until the end of January."""
    more.setdefault("end", JANUARY)
    return medication(instruction(dose), name=name, **more)  # type: ignore[arg-type]


def stated(dose: str | None, name: str = "1", **more: object) -> MedicationFact:
    """A statement of so much once a day, until the end of January."""
    given = (instruction(dose),) if dose is not None else ()
    return medication(*given, name=name, source=Source.STATEMENT, **{"end": JANUARY, **more})  # type: ignore[arg-type]


def given(dose: str | None, day: str = "2026-01-10", name: str = "1", **more: object) -> MedicationFact:
    """One administration on a day."""
    doses = (instruction(dose, None),) if dose is not None else ()
    return medication(*doses, name=name, source=Source.ADMINISTRATION, start=days(day), **more)  # type: ignore[arg-type]


def linked(fact: MedicationFact, *to: str) -> MedicationFact:
    """The record, referring to orders, or others, of these names."""
    return replace(fact, links=tuple(each if "/" in each else f"MedicationRequest/{each}" for each in to))


def dispensed(dose: str, name: str = "1", **more: object) -> MedicationFact:
    """A dispense of so much once a day, until the end of January, of the order 9."""
    return linked(medication(instruction(dose), name=name, source=Source.DISPENSE, end=JANUARY, **more), "9")  # type: ignore[arg-type]


# which records                                         facts                                least, most, > 10 mg/day?
TOGETHER = {
    "one order of exactly 10 mg": ([order("10 mg")], "10", "10", NOT_MET),
    "orders of 5 mg and 7.5 mg add up": ([order("5 mg"), order("7.5 mg", "2")], "12.5", "12.5", MET),
    "two orders of 7 mg could be a renewal": ([order("7 mg"), order("7 mg", "2")], "7", "14", UNKNOWN),
    "a renewal may word the same dose otherwise": (
        [medication(instruction("7 mg", text="7 mg daily"), end=JANUARY), order("7 mg", "2")], "7", "14", UNKNOWN,
    ),
    "a renewal may be of another brand, of the same strength": (
        [order("7 mg"), replace(order("7 mg", "2"), concept=Concept((Coding(RXNORM, "brand"),), ("Deltasone",)))],
        "7", "14", UNKNOWN,
    ),
    "tablets of another strength are no renewal": (
        [order("1 {tbl}"), order("1 {tbl}", "2", strengths=(strength(7),))], "12", "12", MET,
    ),
    "three orders of 4 mg could be renewals": ([order("4 mg", n) for n in "123"], "4", "12", UNKNOWN),
    "the same resource twice is one": ([order("7 mg"), order("7 mg")], "7", "7", NOT_MET),
    "orders one after the other do not add up": (
        [order("7 mg", end=days("2026-01-14")), order("7 mg", "2", start=days("2026-01-15"))], "7", "7", NOT_MET,
    ),
    "an order and a statement are two views": ([order("20 mg"), stated("5 mg")], "5", "20", UNKNOWN),
    "views that agree": ([order("20 mg"), stated("20 mg")], "20", "20", MET),
    "a statement without a dose limits nothing": ([order("20 mg"), stated(None)], "20", "20", MET),
    "a view of uncertain days does not lower what is sure below itself": (
        [order("20 mg"), stated("15 mg", start=days("2026-01-05", "2026-01-31"))], "15", "20", MET,
    ),
    "a statement of an uncertain status may turn out to say that it was not taken": (
        [order("20 mg"), stated("15 mg", certainty=Certainty.POSSIBLE)], "0", "20", UNKNOWN,
    ),
    "a possible order beside a statement does not lower it below itself": (
        [stated("20 mg"), order("15 mg", certainty=Certainty.POSSIBLE)], "15", "20", MET,
    ),
    "a statement that it was not taken, and an order": (
        [order("20 mg"), stated("20 mg", certainty=Certainty.DENIED)], "0", "20", UNKNOWN,
    ),
    "a statement that it was not taken does not lower what was given": (
        [order("20 mg"), given("40 mg"), stated("20 mg", certainty=Certainty.DENIED)], "40", "40", MET,
    ),
    "two orders against a statement of their sum": (
        [order("5 mg"), order("7.5 mg", "2"), stated("12.5 mg")], "12.5", "12.5", MET,
    ),
    "a linked dispense is the order's therapy": (
        [order("7 mg"),
         *(medication(instruction("7 mg"), name=n, source=Source.DISPENSE, end=JANUARY, links=("MedicationRequest/1",))
           for n in "12")],
        "7", "7", NOT_MET,
    ),
    "a replaced order does not add to the new one": (
        [order("7 mg"), order("9 mg", "2", links=("MedicationRequest/1",))], "7", "9", NOT_MET,
    ),
    "dispenses of one missing order are one therapy": (
        [medication(instruction("7 mg"), name=n, source=Source.DISPENSE, end=JANUARY, links=("MedicationRequest/9",))
         for n in "12"], "7", "7", NOT_MET,
    ),
    "a statement without a dose that refers to a morning and an evening order": (
        [order("10 mg"), order("5 mg", "2"), linked(stated(None), "1", "2")], "10", "15", UNKNOWN,
    ),
    "the same, of 6 mg each: one of them, or both": (
        [order("6 mg"), order("6 mg", "2"), linked(stated(None), "1", "2")], "6", "12", UNKNOWN,
    ),
    "two orders under one that says no dose": (
        [order("1", "9"), linked(order("10 mg"), "9"), linked(order("5 mg", "2"), "9")], "10", "15", UNKNOWN,
    ),
    "two orders under one of their sum": (
        [order("15 mg", "9"), linked(order("10 mg"), "9"), linked(order("5 mg", "2"), "9")], "10", "15", UNKNOWN,
    ),
    "two orders that refer to one another stand for one another": (
        [linked(order("7 mg"), "2"), linked(order("9 mg", "2"), "1")], "7", "9", NOT_MET,
    ),
    "two statements of parts of one order": (
        [order("1", "9"), linked(stated("10 mg"), "9"), linked(stated("5 mg", "2"), "9")], "10", "15", UNKNOWN,
    ),
    "a statement without a dose beside another of the same order says only when": (
        [order("10 mg", "9"), linked(stated("10 mg"), "9"), linked(stated(None, "2"), "9")], "10", "10", NOT_MET,
    ),
    "dispenses of two strengths for one order": (
        [dispensed("8 mg"), dispensed("4 mg", "2", strengths=(strength(1),))], "8", "12", UNKNOWN,
    ),
    "what was given is not lowered by the order": ([order("5 mg"), given("40 mg")], "40", "40", MET),
    "every administration is a dose of its own": ([given("6 mg"), given("6 mg", name="2")], "12", "12", MET),
    "parts of an administration: of it, or beside it": (
        [given("12 mg"), *(linked(given("6 mg", name=n), "MedicationAdministration/1") for n in "23")],
        "12", "24", MET,
    ),
    "one of the day's administrations, and the order": ([order("20 mg"), given("5 mg")], "20", "20", MET),
    "another ingredient adds up": ([order("6 mg"), order("4 mg", "2", drug="methylprednisolone")], "11", "11", MET),
    "another ingredient in another kind of record adds up": (
        [order("6 mg"), stated("4 mg", drug="methylprednisolone")], "11", "11", MET,
    ),
    "on hold: perhaps": ([order("20 mg", certainty=Certainty.POSSIBLE)], "0", "20", UNKNOWN),
    "on hold, but too little anyway": ([order("10 mg", certainty=Certainty.POSSIBLE)], "0", "10", NOT_MET),
    "not taken": ([order("20 mg", certainty=Certainty.DENIED)], "0", "0", NOT_MET),
    "no records": ([], "0", "0", NOT_MET),
}  # fmt: skip


@pytest.mark.parametrize(("facts", "least", "most", "outcome"), TOGETHER.values(), ids=TOGETHER.keys())
def test_records_together(facts: list[MedicationFact], least: str, most: str, outcome: Outcome) -> None:
    found = asked(facts)
    assert (str(found.least), str(found.most), found.outcome) == (least, most, outcome)


UNCERTAIN = {
    "a range around the limit": (order("5-15 mg"), Reason.DOSE_IMPRECISE),
    "no dose": (order("1"), Reason.DOSE_MISSING),
    "on hold": (order("20 mg", certainty=Certainty.POSSIBLE), Reason.STATUS_UNCERTAIN),
    "no equivalence": (order("20 mg", drug="cloprednol"), Reason.NO_EQUIVALENCE),
    "the table's sources disagree: 1.5 mg dexamethasone": (
        order("1.5 mg", drug="dexamethasone"), Reason.DOSE_IMPRECISE,
    ),
    "the start may be after the window": (
        order("20 mg", start=days("2025-06-01", "2026-05-31"), end=days("2026-12-31")), Reason.DATE_IMPRECISE,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("fact", "reason"), UNCERTAIN.values(), ids=UNCERTAIN.keys())
def test_an_unknown_says_why(fact: MedicationFact, reason: Reason) -> None:
    found = asked([fact])
    assert found.outcome is UNKNOWN
    assert reason in found.reasons


def test_a_drug_that_may_not_be_one_counts_possibly_with_its_reason() -> None:
    taken = Taken(order("20 mg"), Outcome.UNKNOWN, frozenset({Reason.NAME_ONLY}))
    found = asked([taken])
    assert (found.outcome, found.reasons, str(found.least)) == (UNKNOWN, {Reason.NAME_ONLY}, "0")


def test_dexamethasone_by_the_disagreeing_sources() -> None:
    """1.5 mg is 9.375 to 12.5 mg of prednisone; 16 mg is 100 to 133.3 mg, above 10 whoever is right."""
    little, much = asked([order("1.5 mg", drug="dexamethasone")]), asked([order("16 mg", drug="dexamethasone")])
    assert (str(little.least), str(little.most)) == ("9.375", "12.5")
    assert (str(much.least), str(much.most), much.outcome) == ("100", "133.3333", MET)


@pytest.mark.parametrize(("dose", "most"), [(10**40, str(10**40)), (Fraction(10**40, 3), "3" * 40 + ".3333")])
def test_a_number_of_any_length_can_be_shown(dose: Fraction | int, most: str) -> None:
    assert written(Fraction(dose)) == most
    assert plain(Decimal(10**40) + Decimal(0)) == str(10**40)


def test_exactly_ten_is_ten() -> None:
    """0.75 and 6 and a third have no finite decimals in the factors; the comparison is exact all the same."""
    thirds = medication(instruction("1.25 mg", timing(1, "3 h")))
    assert (str(asked([thirds]).least), asked([thirds]).outcome) == ("10", NOT_MET)


# how long                                        record                                    days with a dose, in order
COURSES = {
    "a taper by sequence is one after the other": (
        medication(*(instruction(f"{mg} mg", sequence=n, lasts=lapse("5 d")) for n, mg in enumerate((40, 30, 20)))),
        [("2026-01-05", "2026-01-09", "40"), ("2026-01-10", "2026-01-14", "30"), ("2026-01-15", "2026-01-19", "20")],
    ),
    "the same sequence is at the same time": (
        medication(*(instruction(f"{mg} mg", sequence=1, lasts=lapse("5 d")) for mg in (5, 7))),
        [("2026-01-05", "2026-01-09", "12")],
    ),
    "bounds keep instructions without a sequence apart": (
        medication(
            instruction("20 mg", bounds=replace(medication().span, end=days("2026-01-09"))),
            instruction("10 mg", bounds=replace(medication().span, start=days("2026-01-10"), end=days("2026-01-19"))),
        ),
        [("2026-01-05", "2026-01-09", "20"), ("2026-01-10", "2026-01-19", "10")],
    ),
    "the last step of a taper goes on": (
        medication(instruction("20 mg", sequence=1, lasts=lapse("1 wk")), instruction("10 mg", sequence=2)),
        [("2026-01-05", "2026-01-11", "20"), ("2026-01-12", "2026-04-01", "10")],
    ),
    "a step of unknown length: from its first day on either, both or none": (
        medication(instruction("20 mg", sequence=1), instruction("10 mg", sequence=2), end=days("2026-01-19")),
        [("2026-01-05", "2026-01-05", "20"), ("2026-01-06", "2026-01-19", "0 to 30")],
    ),
    "10 doses in all, twice a day": (
        medication(instruction("5 mg", timing(2, "1 d", count=timing(10).frequency))),
        [("2026-01-05", "2026-01-09", "10")],
    ),
    "2 doses in all, one every hour, are 10 mg and not 120": (
        medication(instruction("5 mg", timing(1, "1 h", count=timing(2).frequency))),
        [("2026-01-05", "2026-01-05", "10")],
    ),
    "one dose in all": (medication(instruction("80 mg", timing(None, None, count=timing(1).frequency))),
                        [("2026-01-05", "2026-01-05", "80")]),
    "on stated days": (
        medication(instruction("80 mg", timing(None, None, events=(date(2026, 1, 7), date(2026, 1, 9))))),
        [("2026-01-07", "2026-01-07", "80"), ("2026-01-09", "2026-01-09", "80")],
    ),
    "a weekly dose for three days counts in full": (
        medication(instruction("15 mg", timing(1, "1 wk")), end=days("2026-01-07")),
        [("2026-01-05", "2026-01-05", "15"), ("2026-01-06", "2026-01-07", "0 to 15")],
    ),
    "Mondays, for three days": (
        medication(instruction("15 mg", timing(None, None, days_of_week=(0,))), end=days("2026-01-07")),
        [("2026-01-05", "2026-01-05", "15")],
    ),
    "a weekly dose stopped on an unknown day: the average, or in full": (
        medication(instruction("14 mg", timing(1, "1 wk")), end=days("2026-01-05", "2026-02-28")),
        [("2026-01-05", "2026-01-05", "2 to 14"), ("2026-01-06", "2026-02-28", "0 to 14")],
    ),
    "a statement tells of days that none of its instructions covers: taken, nobody says how much": (
        medication(
            instruction("20 mg", bounds=replace(medication().span, start=days("2026-01-10"), end=days("2026-01-14"))),
            source=Source.STATEMENT, end=days("2026-01-19"),
        ),
        [
            ("2026-01-05", "2026-01-09", "an unknown amount"), ("2026-01-10", "2026-01-14", "20"),
            ("2026-01-15", "2026-01-19", "an unknown amount"),
        ],
    ),
    "an order's own period lies outside of what it instructs": (
        medication(
            instruction("20 mg", bounds=replace(medication().span, start=days("2025-11-01"), end=days("2025-12-01"))),
            end=days("2026-01-19"),
        ),
        [("2026-01-05", "2026-01-19", "an unknown amount")],
    ),
    "words say then, and no sequence does: both, or one after the other": (
        medication(instruction("20 mg", lasts=lapse("1 wk")), instruction("10 mg", text="Then 10 mg daily")),
        [("2026-01-05", "2026-01-11", "20 to 30"), ("2026-01-12", "2026-04-01", "10")],
    ),
    "the first of them has no end either": (
        medication(instruction("20 mg"), instruction("10 mg", text="then 10 mg"), end=days("2026-01-19")),
        [("2026-01-05", "2026-01-05", "20 to 30"), ("2026-01-06", "2026-01-19", "0 to 30")],
    ),
    "1 EA for 30 days may be a package": (
        medication(source=Source.DISPENSE, supply=supply("1 EA", 30), end=days("2026-02-03")),
        [("2026-01-05", "2026-02-03", "an unknown amount")],
    ),
    "1 tablet for 30 days is one tablet": (
        medication(source=Source.DISPENSE, supply=supply("1 {tbl}", 30), end=days("2026-02-03")),
        [("2026-01-05", "2026-02-03", "0.1667")],
    ),
    "the average of a supply": (
        medication(source=Source.DISPENSE, supply=supply("60 {tbl}", 30), end=days("2026-02-03")),
        [("2026-01-05", "2026-02-03", "10")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("fact", "expected"), COURSES.values(), ids=COURSES.keys())
def test_the_course_of_a_record(fact: MedicationFact, expected: list[tuple[str, str, str]]) -> None:
    found = steps([Taken(fact)], AT, Terms(table=TABLE))
    assert [(str(s.start), str(s.end), str(s.value.average)) for s in found] == expected


def test_what_a_supply_implies_is_told_beside_as_directed_but_decides_nothing() -> None:
    found = asked([medication(instruction(None, None, text="as directed"), supply=supply("30 {tbl}", 30))])
    assert (found.outcome, found.reasons) == (UNKNOWN, {Reason.DOSE_MISSING})
    assert "derived-from-supply" in found.marks
    assert "30 x 5 mg / 30 days = 5 mg/day (from the supply)" in found.factors[0]


def test_the_average_of_a_supply_says_nothing_of_the_highest_day_that_an_order_states() -> None:
    handed = medication(source=Source.DISPENSE, supply=supply("60 {tbl}", 30), end=JANUARY)
    assert asked([order("10 mg"), handed], measure="highest_day").outcome is NOT_MET
    assert asked([handed], measure="highest_day").outcome is UNKNOWN
    possible = order("10 mg", certainty=Certainty.POSSIBLE)
    assert asked([possible, handed], measure="highest_day").outcome is UNKNOWN


def test_twenty_every_other_day_is_ten_a_day_by_average_and_twenty_by_the_highest_day() -> None:
    fact = medication(instruction("20 mg", timing(1, "2 d")))
    assert asked([fact]).outcome is NOT_MET
    assert asked([fact], measure="highest_day").outcome is MET


def test_an_administration_takes_the_cycle_of_its_linked_order() -> None:
    plan = order("20 mg")
    alternate = replace(plan, instructions=(instruction("20 mg", timing(1, "2 d")),))
    linked = given("20 mg", links=("MedicationRequest/1",))
    assert asked([alternate, linked]).outcome is NOT_MET
    assert asked([linked]).outcome is MET


# days in January on which 20 mg were given             least, most mg a day; the order: 20 mg every other day
GIVEN_IN_CYCLES = {
    "every other day, as ordered": ([10, 12, 14], "10", "10", NOT_MET),
    "on two days one after the other": ([10, 11], "10", "20", UNKNOWN),
    "every day": ([10, 11, 12, 13], "10", "20", UNKNOWN),
    "twice on one day": ([10, 10], "20", "20", MET),
}


@pytest.mark.parametrize(("on", "least", "most", "outcome"), GIVEN_IN_CYCLES.values(), ids=GIVEN_IN_CYCLES.keys())
def test_all_that_was_given_within_a_cycle_counts_in_it(on: list[int], least: str, most: str, outcome: Outcome) -> None:
    plan = replace(order("20 mg"), instructions=(instruction("20 mg", timing(1, "2 d")),))
    doses = [linked(given("20 mg", f"2026-01-{day}", name=str(n)), "1") for n, day in enumerate(on)]
    found = asked([plan, *doses])
    assert (str(found.least), str(found.most), found.outcome) == (least, most, outcome)


def test_one_dose_on_an_unknown_day_of_may_is_surely_in_a_window_that_holds_all_of_may() -> None:
    fact = given("500 mg", day="2026-05-01")
    month = replace(
        fact, span=replace(fact.span, start=days("2026-05-01", "2026-05-31"), end=days("2026-05-01", "2026-05-31"))
    )
    whole, half = Window.of(date(2026, 4, 1), date(2026, 6, 30)), Window.of(date(2026, 5, 15), date(2026, 6, 30))
    assert asked([month], window=whole, at=date(2026, 6, 30)).outcome is MET
    assert asked([month], window=half, at=date(2026, 6, 30)).outcome is UNKNOWN


def test_days_that_are_only_possibly_in_the_window_never_decide() -> None:
    wide = Window(Days(date(2026, 2, 1), AT), Days(date(2026, 1, 1), AT))
    found = asked([order("20 mg", end=days("2026-01-20"))], window=wide)
    assert (found.outcome, found.reasons) == (UNKNOWN, {Reason.DATE_IMPRECISE})


def test_nothing_after_the_screening_date_counts() -> None:
    late = order("20 mg", start=days("2026-04-02"), end=days("2026-05-01"))
    assert asked([late], window=Window.of(date(2026, 1, 1), date(2026, 12, 31))).outcome is NOT_MET


WITHIN = {
    "at most 10, 10 taken": (Bounds(at_most=Decimal(10)), [order("10 mg")], MET),
    "at most 10, 20 taken": (Bounds(at_most=Decimal(10)), [order("20 mg")], NOT_MET),
    "at most 10, nothing taken": (Bounds(at_most=Decimal(10)), [], NOT_MET),
    "at most 10, perhaps taken": (Bounds(at_most=Decimal(10)), [order("5 mg", certainty=Certainty.POSSIBLE)], UNKNOWN),
    "below 10, 10 taken": (Bounds(below=Decimal(10)), [order("10 mg")], NOT_MET),
    "at least 10, 10 taken": (Bounds(at_least=Decimal(10)), [order("10 mg")], MET),
    "from 5 to 10, 5 to 15 taken": (Bounds(at_least=Decimal(5), at_most=Decimal(10)), [order("5-15 mg")], UNKNOWN),
}


@pytest.mark.parametrize(("bounds", "facts", "outcome"), WITHIN.values(), ids=WITHIN.keys())
def test_bounds_of_every_kind(bounds: Bounds, facts: list[MedicationFact], outcome: Outcome) -> None:
    assert asked(facts, bounds=bounds).outcome is outcome


# which exposure                       record                          from, to (nothing after the screening date)
EXPOSED = {
    "an order that goes on, recently seen": (medication(last_sign=days("2026-03-01")), "2026-04-01", MET, None),
    "an order that goes on, last seen 2 years ago": (
        medication(start=days("2024-01-05"), last_sign=days("2024-03-01")), "between 2024-03-01 and 2026-04-01", MET,
        Reason.STATUS_UNCERTAIN,
    ),
    "not yet begun": (medication(start=days("2026-04-02"), last_sign=days("2026-04-02")), "9999-12-31", NOT_MET, None),
    "begun, perhaps": (
        medication(start=days("2026-01-01", "2026-12-31")), "2026-04-01", UNKNOWN, Reason.DATE_IMPRECISE,
    ),
    "on hold": (medication(certainty=Certainty.POSSIBLE), "2026-04-01", UNKNOWN, Reason.STATUS_UNCERTAIN),
    "stopped on an unknown day": (
        medication(end=days("2026-01-05", "2026-02-28")), "between 2026-01-05 and 2026-02-28", MET,
        Reason.STATUS_UNCERTAIN,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("fact", "end", "outcome", "reason"), EXPOSED.values(), ids=EXPOSED.keys())
def test_exposure(fact: MedicationFact, end: str, outcome: Outcome, reason: Reason | None) -> None:
    found = exposure(fact, AT, Policy())
    assert (str(found.span.end), found.outcome, found.reason) == (end, outcome, reason)


def test_an_order_goes_stale_on_the_first_day_beyond_thirteen_months() -> None:
    fact = medication(start=days("2025-03-01"), last_sign=days("2025-03-01"))
    assert exposure(fact, date(2026, 4, 1), Policy()).span.end.exact
    assert not exposure(fact, date(2026, 4, 2), Policy()).span.end.exact
    assert date(2026, 4, 2) in asked([fact]).boundaries


def test_an_equivalence_that_no_table_gives_is_refused() -> None:
    with pytest.raises(InvalidValue, match="no equivalence table"):
        Terms.of(DoseTest(Bounds(above=Decimal(10)), equivalent_to="morphine"), None, Policy())


def test_a_mixture_counts_its_asked_ingredient_alone() -> None:
    other = Coding(RXNORM, "161")
    mixed = (strength(5), strength(325, ingredient=other, name="acetaminophen"))
    fact = replace(
        medication(instruction("2 {tbl}")), strengths=mixed, concept=Concept((Coding(RXNORM, "1"),), ("mixture",))
    )
    assert str(asked([fact]).most) == "10"


def test_an_unknown_ingredient_may_be_the_known_one_again() -> None:
    nameless = replace(order("7 mg", "2"), strengths=(), concept=Concept(texts=("something",)))
    found = asked([order("7 mg"), nameless])
    assert found.outcome is UNKNOWN
    assert str(found.least) == "7"


def test_the_horizon_of_dates_is_never_overstepped() -> None:
    ever = Window.of(ALWAYS, FOREVER)
    unknown = medication(instruction("20 mg"), start=Days(ALWAYS, FOREVER), last_sign=Days(ALWAYS, FOREVER))
    assert asked([unknown], window=ever).outcome is UNKNOWN
    assert asked([order("20 mg")], window=ever).outcome is MET
    assert WINDOW.sure is not None
