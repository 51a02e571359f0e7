"""The free text beside a structured instruction: it fills what is silent, spans what it contradicts, and never invents.

Tablets of 5 mg. The dose is mg a day; `-` between two numbers is a range, `missing` no dose.
"""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from service.eligibility.dosing.amount import Holding
from service.eligibility.dosing.cautions import forbids, largest_mass
from service.eligibility.dosing.daily import daily
from service.eligibility.dosing.model import Instruction, Lapse, Timing
from service.eligibility.dosing.sigs.quantities import Known
from service.eligibility.dosing.texts import DISAGREES, TEXT, UNREAD, with_texts
from service.eligibility.outcome import Reason
from service.eligibility.quantity import Interval
from tests.doses import DAILY, cap, instruction, lapse, numbers, quantity, strength, timing

HOLDING = Holding((strength(),))
KNOWN = Known(Interval.exactly(Decimal(5)), frozenset({"prednisone"}))
TWICE, UNSAID = timing(2), Timing()
NOTHING = instruction(None, None)


def told(each: Instruction, text: str | None) -> tuple[Instruction, ...]:
    return with_texts([Instruction(**{**_fields(each), "text": text})], HOLDING, KNOWN)


def _fields(each: Instruction) -> dict[str, object]:
    return {name: getattr(each, name) for name in Instruction.__slots__}


def shown(each: Instruction) -> str:
    found = daily(each, HOLDING)
    if Reason.DOSE_MISSING in found.reasons:
        return "missing"
    return str(found.average).replace(" to ", "-")


# what the structure says                    what the text says                          dose      marks
BESIDE = [
    # the text alone
    (NOTHING, "Take 2 tablets by mouth daily", "10", {TEXT}),
    (NOTHING, "take 7.5 mg every morning", "7.5", {TEXT}),
    (NOTHING, "take as directed", "missing", {UNREAD}),
    (NOTHING, "two of the blue ones", "missing", {UNREAD}),
    (NOTHING, None, "missing", set()),
    # the structure alone, or agreeing
    (instruction("5 mg"), None, "5", set()),
    (instruction("5 mg"), "Take 5 mg by mouth daily", "5", set()),
    (instruction("5 mg"), "Take 1 tablet by mouth daily", "5", set()),
    (instruction("1 {tbl}", TWICE), "5 mg bid", "10", set()),
    # both, disagreeing: the dose spans both, and says so
    (instruction("5 mg"), "Take 4 tablets by mouth daily", "5-20", {TEXT, DISAGREES}),
    (instruction("5 mg"), "Take 1 tablet twice daily", "5-10", {TEXT, DISAGREES}),
    (instruction("20 mg"), "Take 1 tablet by mouth daily", "5-20", {TEXT, DISAGREES}),
    (instruction("5 mg"), "Take 4 tablets daily for 5 days then 2 tablets daily", "5-20", {TEXT, DISAGREES}),
    (instruction("5 mg"), "Take 5 mg by mouth daily as needed", "0-5", {"as-needed"}),
    # both, the text not understood: the structure stands
    (instruction("5 mg"), "take as directed", "5", {UNREAD}),
    (instruction("5 mg"), "in the morning, 5 mg tablets, with 20 mg/5 mL syrup on hand", "5", {UNREAD}),
    # not understood, but it forbids the dose, or names a larger one
    (instruction("5 mg"), "do not take", "0-5", {UNREAD, DISAGREES}),
    (instruction("20 mg"), "HOLD", "0-20", {UNREAD, DISAGREES}),
    (instruction("4 {tbl}"), "STOP taking prednisone", "0-20", {UNREAD, DISAGREES}),
    (instruction("5 mg"), "Increase to 40 mg daily", "at least 5", {UNREAD, DISAGREES}),
    (instruction("5 mg"), "Decrease to 2.5 mg daily", "5", {UNREAD}),
    (instruction("5 mg"), "STOP the 40 mg", "an unknown amount", {UNREAD, DISAGREES}),
    (instruction("5 mg", caps=(cap("10 mg"),)), "Increase to 40 mg daily", "at least 5", {UNREAD, DISAGREES}),
    # a part of the structure: the text fills the rest
    (instruction("5 mg", None), "twice daily", "missing", {UNREAD}),  # a rhythm without an amount is no sig
    (instruction("5 mg", None), "5 mg twice daily", "10", {TEXT}),
    (instruction("5 mg", UNSAID), "5 mg twice daily", "10", {TEXT}),
    (instruction("5 mg", None), "10 mg twice daily", "10-20", {TEXT, DISAGREES}),
    (instruction(None, TWICE), "take 1 tablet twice daily", "10", {TEXT}),
    (instruction(None, TWICE), "take 1 tablet daily", "5-10", {TEXT, DISAGREES}),
    (instruction("2", DAILY), "take 2 tablets daily", "10", {TEXT}),  # a number without a unit takes the text's
    (instruction("1", DAILY), "take 2 tablets daily", "5-10", {TEXT, DISAGREES}),
    (instruction("2", DAILY), "as directed", "missing", {UNREAD}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("each", "text", "dose", "marks"), BESIDE, ids=[f"{i}-{row[1]}" for i, row in enumerate(BESIDE)]
)
def test_what_structure_and_text_say_together(each: Instruction, text: str | None, dose: str, marks: set[str]) -> None:
    (found,) = told(each, text)
    assert shown(found) == dose
    ours = {TEXT, DISAGREES, UNREAD, "as-needed"}
    assert set(daily(found, HOLDING).marks) & ours == marks


def test_a_course_in_words_becomes_its_steps_one_after_another() -> None:
    steps = told(NOTHING, "take 4 tablets daily for 5 days then 2 tablets daily for 5 days then 1 tablet daily")
    assert [(each.sequence, shown(each)) for each in steps] == [(1, "20"), (2, "10"), (3, "5")]
    assert [each.lasts for each in steps] == [lapse("5 d"), lapse("5 d"), None]


def test_a_length_that_only_the_text_states_counts() -> None:
    (found,) = told(instruction("20 mg"), "Take 4 tablets daily for 5 days")
    assert (shown(found), found.lasts, found.marks) == ("20", lapse("5 d"), (TEXT,))


def test_a_length_that_the_structure_states_stands() -> None:
    (found,) = told(instruction("20 mg", lasts=lapse("7 d")), "Take 4 tablets daily for 5 days")
    assert found.lasts == lapse("7 d")


def test_the_structure_keeps_its_cap_and_its_place() -> None:
    (found,) = told(instruction(None, None, sequence=3, caps=(cap("8 mg"),)), "Take 1-2 tablets daily")
    assert (found.sequence, shown(found)) == (3, "5-8")


def test_courses_of_several_instructions_follow_their_sequence() -> None:
    first = instruction(None, None, sequence=2, text="take 1 tablet daily")
    second = instruction(None, None, sequence=1, text="take 4 tablets daily for 5 days then 2 tablets daily for 5 days")
    found = with_texts([first, second], HOLDING, KNOWN)
    assert [(each.sequence, shown(each)) for each in found] == [(1, "20"), (2, "10"), (3, "5")]


def test_a_course_beside_others_without_a_sequence_is_no_dose() -> None:
    course = instruction(None, None, text="take 4 tablets daily for 5 days then 2 tablets daily")
    found = with_texts([course, instruction("5 mg")], HOLDING, KNOWN)
    assert [shown(each) for each in found] == ["missing", "5"]
    assert found[0].unread


def test_different_units_of_structure_and_text_give_no_dose() -> None:
    (found,) = told(instruction("5 mL"), "Take 2 tablets daily")
    assert shown(found) == "missing"


def test_the_reason_for_a_refusal_is_told() -> None:
    (found,) = told(NOTHING, "take as directed")
    assert "its text was not understood: " in daily(found, HOLDING).words


def test_a_number_without_a_unit_stays_without_one() -> None:
    assert quantity("2").unit is None


# what the structure says     the text                       the instruction for the patient             dose
ADVICE = [
    (instruction("5 mg"), "5 mg oral daily", "Take 8 tablets (40 mg total) daily", "5-40"),
    (instruction("5 mg"), "5 mg oral daily", "Take 1 tablet by mouth daily", "5"),
    (instruction("5 mg"), "5 mg oral daily", "Take with food", "5"),
    (instruction("5 mg"), "5 mg oral daily", "HOLD until you hear from us", "0-5"),
    (instruction("5 mg"), "5 mg oral daily", "Increase to 40 mg daily", "at least 5"),
    (NOTHING, "See instructions", "Take 8 tablets (40 mg total) by mouth daily", "40"),
    (NOTHING, "HOLD", "Take 8 tablets (40 mg total) by mouth daily", "0-40"),
    (NOTHING, "Take 1 tablet by mouth daily", "Take 2 tablets by mouth daily", "5-10"),
    (NOTHING, "See instructions", "As your doctor told you", "missing"),
]


@pytest.mark.parametrize(("each", "text", "advice", "dose"), ADVICE, ids=[f"{row[1]}, {row[2]}" for row in ADVICE])
def test_what_the_patient_is_told_is_read_beside_the_text(each: Instruction, text: str, advice: str, dose: str) -> None:
    (found,) = told(replace(each, advice=advice), text)
    assert shown(found) == dose


FORBIDS = [
    "HOLD", "Hold for surgery", "Hold.", "STOP", "STOP taking prednisone", "Stop on Friday", "DISCONTINUED", "d/c",
    "Do NOT take this medication", "Do not take prednisone", "Don't take until after the operation", "do not use",
    "20 mg daily - HOLD", "Patient is not taking", "no longer taking", "Medication is on hold", "Has been stopped",
    "Prednison pausiert", "bitte absetzen", "nicht mehr einnehmen", "ne pas prendre", "arrêter",
]  # fmt: skip
ALLOWS = [
    "Take with food. Do not take with milk", "Do not take this medication with antacids", "Do not stop suddenly",
    "Do not take more than 4 a day", "Do not take ibuprofen", "Do not crush", "nicht abrupt absetzen", "ne pas arrêter",
    "Hold if platelets are below 50", "Stop taking if a rash occurs", "Hold under the tongue", "as directed",
    "Hold your breath for 10 seconds", "do not use other steroids", "Take daily without a stop", "nicht mit Milch",
]  # fmt: skip


@pytest.mark.parametrize("text", FORBIDS)
def test_a_text_that_holds_or_stops_or_forbids_the_drug(text: str) -> None:
    assert forbids(text, KNOWN.names)


@pytest.mark.parametrize("text", ALLOWS)
def test_a_text_that_forbids_something_else_or_on_a_condition(text: str) -> None:
    assert not forbids(text, KNOWN.names)


MASSES = [
    ("Increase to 40 mg daily", 40), ("10 mg, later 2.5 mg", 10), ("60mg/day", 60), ("10 milligrams", 10),
    ("0,5 g", 500), ("1,000 mg", 1000), ("1.000 mg", 1000), ("0.125 mg", Fraction(1, 8)), ("500 mcg", Fraction(1, 2)),
    ("1 mg/kg", None), ("5 mg per kg", None), ("20 mg tablets", None), ("15 mg/5 mL", None), ("take 2 tablets", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "largest"), MASSES, ids=[row[0] for row in MASSES])
def test_the_largest_amount_that_a_text_names(text: str, largest: Fraction | int | None) -> None:
    assert largest_mass(text) == largest


TAPER = (
    "Take 8 tablets (40 mg total) by mouth daily for 5 days, THEN 4 tablets (20 mg total) daily for 5 days, "
    "THEN 2 tablets (10 mg total) daily for 5 days."
)


@pytest.mark.parametrize("length", [None, lapse("5 d"), lapse("15 d")], ids=["none", "of the step", "of the whole"])
def test_a_structure_that_is_the_first_step_of_its_text_goes_on_as_the_text_does(length: Lapse | None) -> None:
    steps = told(instruction("40 mg", lasts=length), TAPER)
    assert [(each.sequence, shown(each), each.lasts) for each in steps] == [
        (1, "40", lapse("5 d")), (2, "20", lapse("5 d")), (3, "10", lapse("5 d")),
    ]  # fmt: skip
    assert all(TEXT in each.marks and DISAGREES not in each.marks for each in steps)


@pytest.mark.parametrize(
    "each",
    [instruction("20 mg"), instruction("40 mg", lasts=lapse("30 d")), instruction("40 mg", timing(count=numbers(5)))],
    ids=["another dose", "another length", "a number of doses"],
)
def test_a_structure_that_is_not_the_first_step_of_its_text_spans_it(each: Instruction) -> None:
    (found,) = told(each, TAPER)
    assert shown(found) == "10-40"


def test_the_first_step_beside_other_instructions_spans_its_text() -> None:
    found = with_texts([instruction("40 mg", text=TAPER), instruction("20 mg", text=TAPER)], HOLDING, KNOWN)
    assert [shown(each) for each in found] == ["10-40", "10-40"]
