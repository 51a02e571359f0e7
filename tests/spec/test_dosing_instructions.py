"""What one dosage instruction means in mg per day: on average and on its busiest day. SEMANTICS §6.3, §6.4."""

import pytest

from service.eligibility.dosing.daily import Holding, daily
from service.eligibility.dosing.model import Instruction, Rate, Timing
from service.eligibility.outcome import Reason
from tests.doses import cap, instruction, lapse, numbers, quantity, strength, timing

TABLETS = Holding((strength(5),))
SOLUTION = Holding((strength(15, "5 mL"),))
UNKNOWN = "an unknown amount"

# what the label says                    dose         how often                                 average    busiest day
STATED = {
    "5 mg once a day": ("5 mg", timing(1, "1 d"), "5", "5"),
    "5 mg, period given, no frequency": ("5 mg", timing(None, "1 d"), "5", "5"),
    "5 mg twice a day": ("5 mg", timing(2, "1 d"), "10", "10"),
    "3.75 mg every 8 hours": ("3.75 mg", timing(1, "8 h"), "11.25", "11.25"),
    "4 mg every 6 hours": ("4 mg", timing(1, "6 h"), "16", "16"),
    "5 mg every 36 hours": ("5 mg", timing(1, "36 h"), "3.3333", "5"),
    "5 mg every 10 hours": ("5 mg", timing(1, "10 h"), "12", "15"),
    "20 mg every other day": ("20 mg", timing(1, "2 d"), "10", "20"),
    "15 mg once a week": ("15 mg", timing(1, "1 wk"), "2.1429", "15"),
    "10 mg three times a week": ("10 mg", timing(3, "1 wk"), "4.2857", "10"),
    "120 mg every 3 weeks": ("120 mg", timing(1, "3 wk"), "5.7143", "120"),
    "60 mg once a month": ("60 mg", timing(1, "1 mo"), "1.9713", "60"),
    "5 mg once or twice a day": ("5 mg", timing("1-2", "1 d"), "5 to 10", "5 to 10"),
    "5 mg every 4 to 6 hours": ("5 mg", timing(1, "4-6 h"), "20 to 30", "20 to 30"),
    "5 to 15 mg once a day": ("5-15 mg", timing(1, "1 d"), "5 to 15", "5 to 15"),
    "10 mg on Mon, Wed, Fri": ("10 mg", timing(None, None, days_of_week=(0, 2, 4)), "4.2857", "10"),
    "10 mg twice on Mon": ("10 mg", timing(2, "1 d", days_of_week=(0,)), "2.8571", "20"),
    "10 mg once a week, on Mon": ("10 mg", timing(1, "1 wk", days_of_week=(0,)), "1.4286", "10"),
    "10 mg once a week, on Mon and Thu: one dose or two": (
        "10 mg", timing(1, "1 wk", days_of_week=(0, 3)), "1.4286 to 2.8571", "5 to 10",
    ),
    "5 mg in the morning and in the evening": ("5 mg", timing(None, None, occasions=numbers(2)), "10", "10"),
    "5 mg at 8 and 20 h, every other day": ("5 mg", timing(None, "2 d", occasions=numbers(2)), "5", "5"),
    "once a day, in the morning": ("5 mg", timing(1, "1 d", occasions=numbers(1)), "5", "5"),
    "once a day, beside morning and evening: either": (
        "5 mg", timing(1, "1 d", occasions=numbers(2)), "5 to 10", "5 to 10",
    ),
    "twice a day, but coded as once: either": (
        "5 mg", timing(2, "1 d", alternative=timing(1, "1 d")), "5 to 10", "5 to 10",
    ),
    "2 tablets of 5 mg a day": ("2 {tbl}", timing(), "10", "10"),
    "2 tablets, in words": ("2 tablets", timing(), "10", "10"),
    "2 tablet(s)": ("2 tablet(s)", timing(), "10", "10"),
    "a capsule, abbreviated": ("1 Cap.", timing(), "5", "5"),
    "1 milligram of 5": ("1 milligram", timing(5, "1 d"), "5", "5"),
    "0.005 grams": ("0.005 grams", timing(), "5", "5"),
    "5000 micrograms": ("5000 microgram(s)", timing(), "5", "5"),
    "half a tablet": ("0.5 TAB", timing(), "2.5", "2.5"),
    "0.005 g a day": ("0.005 g", timing(), "5", "5"),
    "5000 ug a day": ("5000 ug", timing(), "5", "5"),
}  # fmt: skip


@pytest.mark.parametrize(("dose", "how", "average", "peak"), STATED.values(), ids=STATED.keys())
def test_a_stated_dose_is_computed(dose: str, how: Timing, average: str, peak: str) -> None:
    found = daily(instruction(dose, how), TABLETS)
    assert (str(found.average), str(found.peak), found.reasons) == (average, peak, frozenset())


# what the label says                   instruction                                              average
SPECIAL = {
    "as needed: from nothing": (instruction("20 mg", as_needed=True), TABLETS, "0 to 20"),
    "as needed, at most 10 mg a day": (instruction("20 mg", as_needed=True, caps=(cap("10 mg"),)), TABLETS, "0 to 10"),
    "as needed, at most 2 tablets a day": (
        instruction("20 mg", as_needed=True, caps=(cap("2 {tbl}"),)), TABLETS, "0 to 10",
    ),
    "as needed, how much is told by the limit alone": (
        instruction(None, None, as_needed=True, caps=(cap("40 mg", "1 wk"),)), TABLETS, "0 to 5.7143",
    ),
    "at most 15 mg a day beside 5 mg every 4 to 6 h": (
        instruction("5 mg", timing(1, "4-6 h"), caps=(cap("15 mg"),)), TABLETS, "15",
    ),
    "20 mg a day, at most 10 mg a day: either": (instruction("20 mg", caps=(cap("10 mg"),)), TABLETS, "10 to 20"),
    "20 mg a day, at most 15 mg a day and 70 mg a week: anything between": (
        instruction("20 mg", caps=(cap("15 mg"), cap("70 mg", "1 wk"))), TABLETS, "10 to 20",
    ),
    "20 mg every other day, at most 10 mg a day": (
        instruction("20 mg", timing(1, "2 d"), caps=(cap("10 mg"),)), TABLETS, "10",
    ),
    "4 tablets, at most 10 mg at a time: either": (
        instruction("4 {tbl}", most=quantity("10 mg")), TABLETS, "10 to 20",
    ),
    "10 mg, also stated as 4 tablets of 5 mg: either": (
        instruction("10 mg", others=(quantity("4 {tbl}"),)), TABLETS, "10 to 20",
    ),
    "10 mg, also stated as 2 tablets of 5 mg": (instruction("10 mg", others=(quantity("2 {tbl}"),)), TABLETS, "10"),
    "10 mg, also stated as 4 tablets of unknown strength": (
        instruction("10 mg", others=(quantity("4 {tbl}"),)), Holding(), "10",
    ),
    "10 mg as needed, also stated as 4 tablets": (
        instruction("10 mg", others=(quantity("4 {tbl}"),), as_needed=True), TABLETS, "0 to 20",
    ),
    "10 mL of 15 mg/5 mL": (instruction("10 mL"), SOLUTION, "30"),
    "1000 mg over 24 h": (Instruction("x", rate=Rate(quantity("1000 mg"), lapse("24 h"), whole=True)), TABLETS, "1000"),
    "1000 mg over 48 h": (Instruction("x", rate=Rate(quantity("1000 mg"), lapse("48 h"), whole=True)), TABLETS, "500"),
    "15 mg over 1 h, for how long is not said: a speed": (
        Instruction("x", rate=Rate(quantity("15 mg"), lapse("1 h"), whole=True)), TABLETS, "0 to 360",
    ),
    "15 mg over 1 h for 20 min, once a day": (
        Instruction(
            "x", rate=Rate(quantity("15 mg"), lapse("1 h"), whole=True), timing=timing(duration=lapse("20 min")),
        ),
        TABLETS, "5",
    ),
    "40 mg/h for 30 min, once a day": (
        Instruction("x", rate=Rate(quantity("40 mg"), lapse("1 h")), timing=timing(duration=lapse("30 min"))),
        TABLETS, "20",
    ),
    "5 mL/h of 3 mg/mL for 2 h, once a day": (
        Instruction("x", rate=Rate(quantity("5 mL"), lapse("1 h")), timing=timing(duration=lapse("2 h"))),
        SOLUTION, "30",
    ),
    "2 mg/h, for how long is not said: at most the day": (
        Instruction("x", rate=Rate(quantity("2 mg"), lapse("1 h"))), TABLETS, "0 to 48",
    ),
    "dose and rate: the rate is its speed": (
        instruction("500 mg", rate=Rate(quantity("250 mg"), lapse("1 h"))), TABLETS, "500",
    ),
}  # fmt: skip


def test_on_its_busiest_day_a_dose_above_its_limit_is_either() -> None:
    every_other_day = instruction("20 mg", timing(1, "2 d"), caps=(cap("10 mg"),))
    assert str(daily(every_other_day, TABLETS).peak) == "10 to 20"


@pytest.mark.parametrize(("given", "holding", "average"), SPECIAL.values(), ids=SPECIAL.keys())
def test_as_needed_limits_volumes_and_infusions(given: Instruction, holding: Holding, average: str) -> None:
    assert str(daily(given, holding).average) == average


# what is missing                          instruction                                     product           reason
MISSING = {
    "text alone": (instruction(None, None, text="take as directed"), TABLETS, Reason.DOSE_MISSING),
    "no amount": (instruction(None), TABLETS, Reason.DOSE_MISSING),
    "a number without a unit": (instruction("1"), TABLETS, Reason.DOSE_MISSING),
    "tablets of unknown strength": (instruction("2 {tbl}"), Holding(), Reason.DOSE_MISSING),
    "mL of tablets": (instruction("2 mL"), TABLETS, Reason.DOSE_MISSING),
    "mg per kg without a weight": (instruction("1 mg/kg"), TABLETS, Reason.DOSE_MISSING),
    "no timing at all": (instruction("5 mg", None), TABLETS, Reason.DOSE_MISSING),
    "an empty timing": (instruction("5 mg", Timing()), TABLETS, Reason.DOSE_MISSING),
    "a frequency without a period": (instruction("5 mg", timing(2, None)), TABLETS, Reason.DOSE_MISSING),
    "days of the week with every other day": (
        instruction("5 mg", timing(1, "2 d", days_of_week=(0,))), TABLETS, Reason.DOSE_MISSING,
    ),
    "mg of a product with two ingredients": (
        instruction("5 mg"), Holding((strength(5),), mixed=True), Reason.DOSE_MISSING,
    ),
    "puffs of unknown strength": (instruction("2 {puff}"), TABLETS, Reason.DOSE_MISSING),
    "drops": (instruction("2 [drp]"), TABLETS, Reason.UNIT_NOT_CONVERTIBLE),
    "15 mg over 1 h once a day, for how long is not said": (
        Instruction("x", rate=Rate(quantity("15 mg"), lapse("1 h"), whole=True), timing=timing()), TABLETS,
        Reason.DOSE_MISSING,
    ),
    "a rate several times a day, for how long is not said": (
        Instruction("x", rate=Rate(quantity("2 mg"), lapse("1 h")), timing=timing(2)), TABLETS, Reason.DOSE_MISSING,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "holding", "reason"), MISSING.values(), ids=MISSING.keys())
def test_what_is_missing_is_unknown_and_never_zero(given: Instruction, holding: Holding, reason: Reason) -> None:
    found = daily(given, holding)
    assert (str(found.average), found.reasons) == (UNKNOWN, frozenset({reason}))


def test_a_limit_bounds_an_unknown_dose_without_making_it_known() -> None:
    found = daily(instruction("1", caps=(cap("30 mg"),)), TABLETS)
    assert str(found.average) == "0 to 30"
    assert found.reasons == {Reason.DOSE_MISSING}


def test_the_arithmetic_is_told() -> None:
    found = daily(instruction("2 {tbl}", timing(2)), TABLETS)
    assert found.words == "2 x 5 mg x 2/day = 20 mg/day"
