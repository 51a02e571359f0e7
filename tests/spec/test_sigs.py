"""What a free-text dosage instruction means: a table that a pharmacist can check. docs/sigs.md, SEMANTICS §6.3."""

from decimal import Decimal

import pytest

from service.eligibility.dosing.daily import Holding, daily
from service.eligibility.dosing.layout import layout
from service.eligibility.dosing.sigs.quantities import Known
from service.eligibility.dosing.sigs.read import Refused, Understood, read_sig
from service.eligibility.quantity import Interval
from tests.doses import medication, strength
from tests.sigs.notation import MISSING, UNIT_STRENGTHS, reading, written

#  what is written                                             the day's dose, on average      why
MEANINGS = {
    "10 mg daily": ("10 mg", "a mass, and how often"),
    "2 tablets twice daily": ("4 pc", "pieces wait for the strength of the product"),
    "1/2 tab daily": ("0.5 pc", "fractions"),
    "2,5 mg daily": ("2.5 mg", "a decimal comma"),
    "1-2 tablets daily": ("1-2 pc", "a range stays a range"),
    "4 mg every 4-6 hours": ("16-24 mg", "so does one of hours"),
    "20 mg every other day": ("10 mg", "the average; the engine knows the day of 20 mg"),
    "20 mg alternate 10 mg daily": ("15 mg", "doses in turn"),
    "5 mg q6h prn, max 10 mg/day": ("0-10 mg", "as needed: from nothing to the limit"),
    "5 mg up to 3 times a day": ("0-15 mg", "so is `up to`"),
    "10 mg qam and 5 mg qpm": ("15 mg", "two doses of one day"),
    "2 tablets in the morning then 1 tablet at night": ("3 pc", "`then` within a day is no sequence"),
    "20 mg bid for 3 days then 10 mg daily": ("40 mg x 3 d, then 10 mg", "one after the other"),
    "20 mg bid for 3 days then 10 mg for 3 days": ("40 mg x 3 d, then 10-20 mg x 3 d", "twice daily may go on, or not"),
    "30 mg daily, decrease by 10 mg weekly until off": ("30 mg x 7 d, then 20 mg x 7 d, then 10 mg x 7 d", "a taper"),
    "30 mg daily, decrease by 10 mg weekly to 10 mg": ("30 mg x 7 d, then 20 mg x 7 d, then 10 mg", "which goes on"),
    "40 mg daily x 5 days then stop": ("40 mg x 5 d", "the end is stated"),
    "40 mg x 5 days": ("40 mg x 5 d", "in a course of days a dose is the day's"),
    "40 mg stat": ("once 40 mg", "a single dose"),
    "10 mg daily in the morning and evening": ("10-20 mg", "of the day, or at each time"),
    "40 mg daily in 2 divided doses": ("40 mg", "the parts do not add up to more"),
    "2 tablets (10 mg) daily": ("10-20 mg", "10 mg in all, or each"),
    "2 tablets (10 mg total) daily": ("10 mg", "in all"),
    "2 tablets (5 mg each) daily": ("10 mg", "each"),
    "one tablet (5 mg) daily": ("5 mg", "both say the same"),
    "60 mg (1 mg/kg) daily": ("60 mg", "the mass is stated"),
    "5 mg tablets: take 2 daily": ("10 mg", "the sig states the strength itself"),
    "1 tablet before each meal": ("3 pc", "three meals, an assumption that is marked"),
    "1-0-1": ("2 pc", "morning, noon, evening"),
    "jeden 2. Tag 10 mg": ("5 mg", "German"),
    "1 comprimé matin et soir": ("2 pc", "French"),
    "10 mg daily for retroperitoneal fibrosis": ("10 mg", "an indication may have words that are not known"),
    "10 mg daily as directed": ("10 mg", "adds nothing"),
}  # fmt: skip

# what is written: the reason that is given
REFUSED = {
    "use as directed": "no amount is stated",
    "40 mg daily for 5 days then taper": "'taper' is not understood here",
    "Medrol dosepak": "a dose pack: the doses stand on its label, not in the instruction",
    "1 daily": "a number has no unit",
    "stop 10 mg daily": "'stop' is not understood here",
    "do not take 10 mg daily": "'do not take': it says not to take it",
    "10 mg daily unless better": "'unless': it depends on something",
    "20 mg daily for flares": "it is for episodes, and not said to be daily",
    "20 mg daily for sevn dys": "'sevn' may be a misspelt word of the dose",
    "20 mg dialy": "the word 'dialy' is not known here",
    "20 mg biweekly": "'biweekly': it may mean twice a week or every two weeks",
    "20 mg bid tid": "two different statements of how often",
    "20 mg tid at bedtime": "how often and when do not agree",
    "20 mg daily, 10 mg daily": "two doses, but not whether at the same time or in turn",
    "20 mg daily then 10 mg daily": "for how long before the next step is not stated",
    "20 mg bid, decrease by 5 mg weekly": "a change needs one dose a day to begin with",
    "1.000 mg daily": "'1.000' may be thousands or decimals",
    "3-2-1 tablets": "the numbers may be those of one day or of several",
    "10 mg (15 mg) daily": "two masses that are not the same",
    "40 mg daily for 5 days then": "the text is cut off",
    "2 puffs 4 times daily and as needed": "more as needed, beside the regular dose",
    "10 mg daily, max 5 mg/day": "a limit below the dose",
    "20 mg then 10 mg": "how often the next dose is taken is not stated",
    "20 mg daily on days 1-5": "numbered days may come round again",
}


@pytest.mark.parametrize("text", MEANINGS)
def test_a_sig_means(text: str) -> None:
    expected, why = MEANINGS[text]
    assert reading(text) == expected, why


@pytest.mark.parametrize("text", REFUSED)
def test_a_sig_that_gives_no_sure_dose_is_refused_with_the_reason(text: str) -> None:
    assert read_sig(text) == Refused(REFUSED[text])


def understood(text: str, known: Known | None = None) -> Understood:
    found = read_sig(text, known=known or Known())
    assert isinstance(found, Understood), found
    return found


@pytest.mark.parametrize(
    ("text", "average", "peak"),
    [
        ("20 mg every other day", "10", "20"),
        ("14 mg on Mondays", "2", "14"),
        ("5 mg bid", "10", "10"),
        ("4 mg every 36 hours", "2.6667", "4"),
    ],
)
def test_the_largest_day_is_that_of_the_dose_engine(text: str, average: str, peak: str) -> None:
    found = daily(understood(text).instructions[0], UNIT_STRENGTHS)
    assert (str(found.average), str(found.peak)) == (average, peak)


def test_steps_follow_one_another_from_the_first_day_of_the_record() -> None:
    found = understood("40 mg daily for 5 days, then 20 mg daily for 3 days, then 10 mg daily").instructions
    placed = layout(found, medication(*found).span)
    assert [str(own.start) for _, own in placed] == ["2026-01-05", "2026-01-10", "2026-01-13"]
    assert [str(own.end) for _, own in placed][:2] == ["2026-01-09", "2026-01-12"]


def test_pieces_take_the_strength_of_the_product() -> None:
    """The worked example D35: prednisone 10 mg tablets, 40 mg a day for five days, then 10 mg."""
    found = understood("take 2 tablets by mouth twice daily for 5 days then 1 tablet daily").instructions
    tablets = Holding((strength(10),))
    placed = layout(found, medication(*found).span)
    assert [str(daily(each, tablets).average) for each, _ in placed] == ["40", "10"]
    assert str(placed[0][1].end) == "2026-01-09"


def test_doses_at_the_same_time_have_no_sequence() -> None:
    assert [each.sequence for each in understood("10 mg qam and 5 mg qpm").instructions] == [None, None]


def test_every_dose_is_marked_as_read_from_text_and_holds_it() -> None:
    text = "40 mg daily for 5 days, then 20 mg every other day"
    for each in understood(text).instructions:
        assert each.text == text
        assert each.timing is not None and "text-sig" in each.timing.marks


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("1 tablet with meals", "assumption-meals-per-day"),
        ("40 mg x 5 days", "assumption-once-a-day"),
        ("alternate 10 mg and 5 mg", "alternating"),
    ],
)
def test_an_assumption_is_marked(text: str, mark: str) -> None:
    timing = understood(text).instructions[0].timing
    assert timing is not None and mark in timing.marks


def test_an_amount_without_a_rhythm_is_kept_as_such() -> None:
    """Given once, it is a dose (an administration); ordered, its daily dose is unknown."""
    found = understood("40 mg IV").instructions[0]
    assert found.timing is None
    assert str(daily(found, UNIT_STRENGTHS, single=True).average) == "40"
    assert reading("40 mg IV") == MISSING


def piece(mg: str) -> Known:
    return Known(piece=Interval.exactly(Decimal(mg)))


@pytest.mark.parametrize(
    ("text", "mg", "expected"),
    [
        ("Take 1 daily", "5", "5 mg"),
        ("Take 2 daily", "5", "10 mg"),
        ("Take 1 daily", "1", "1 mg"),
        ("Take 2 daily", "4", "2-8 mg"),  # two tablets, or half a tablet of 4 mg
        ("Take 20 daily", "5", MISSING),
        ("Take 5 daily", "5", MISSING),
        ("Take 3 tablets (6mg) once daily", "2", "6 mg"),
        ("Take 3 tablets (6mg) once daily", "6", "18 mg"),
        ("Take 3 tablets (6mg) once daily", "5", "6-18 mg"),
    ],
)
def test_what_one_piece_holds_tells_what_a_number_means(text: str, mg: str, expected: str) -> None:
    assert written(read_sig(text, known=piece(mg))) == expected


def test_the_name_of_the_product_itself_may_stand_in_its_sig() -> None:
    known = Known(names=frozenset({"prednisone", "Deltasone"}))
    assert written(read_sig("Prednisone 10 mg daily", known=known)) == "10 mg"
    assert written(read_sig("Deltasone 5 mg tablets: take 2 daily", known=known)) == "10 mg"
    assert reading("Warfarin 10 mg daily") == MISSING


@pytest.mark.parametrize(
    ("text", "language"),
    [("10 mg daily", "en"), ("10 mg täglich", "de"), ("10 mg par jour", "fr"), ("10 mg bid", "en")],
)
def test_the_language_is_found(text: str, language: str) -> None:
    assert understood(text).language == language
