"""study.txt: a study in plain words."""

from dataclasses import replace

import pytest

from service.eligibility.criteria import (
    EVER,
    Absence,
    AnyOf,
    CodedTest,
    ConditionPresent,
    Criterion,
    Decision,
    IfElse,
    LookBack,
    Manual,
    Not,
    ObservationValue,
    Study,
)
from service.eligibility.dates import Duration, Unit
from service.eligibility.explain.phrases import Phrases
from service.eligibility.explain.study_text import render_study
from service.eligibility.outcome import Outcome

TITLES = {"flu": "Influenza", "swab": "Influenza swab", "yes": "Answer: Positive", "no": "Answer: Negative"}
SWAB = ObservationValue(
    ("swab",),
    test=CodedTest(("yes",), ("no",)),
    look_back=EVER,
    not_met_valid_for=Duration(12, Unit.MONTH),
    absence=Absence(Outcome.NOT_MET, "few are swabbed."),
)
STUDY = Study(
    "flu",
    "1.0",
    "A study of influenza",
    (
        Criterion(
            "E1",
            "exclusion",
            "No   flu",
            AnyOf((ConditionPresent(("flu",)), Not(SWAB), IfElse(SWAB, SWAB, Manual("Well?")))),
            (Decision("Is a cold flu?", "no", "It is not."),),
            "screening_visit",
        ),
    ),
    (ConditionPresent(("flu",), look_back=EVER),),
)
SWAB_LINES = [
    "- latest Influenza swab Positive at any time",
    "  a result of Negative says no; any other is not understood",
    "  a result that says no counts for 12 months",
    "  with no such record: not met, because few are swabbed",
]


def test_a_study_in_plain_words() -> None:
    expected = [
        "A study of influenza (flu, version 1.0)",
        "",
        "Worth looking at (signal), if there is any of:",
        "  - Influenza present at any time",
        "",
        "E1  exclusion",
        '  "No flu"',
        "  Read as:",
        "    - any of:",
        "      - Influenza present on the screening date",
        "      - not:",
        *(f"        {each}" for each in SWAB_LINES),
        "      - one after the other:",
        "        if:",
        *(f"          {each}" for each in SWAB_LINES),
        "        then:",
        *(f"          {each}" for each in SWAB_LINES),
        "        otherwise:",
        "          - a person's judgement: Well?",
        "  Settled at the screening visit: no record so far does not stand in the way.",
        "  Decided: Is a cold flu? No. It is not.",
    ]
    assert render_study(STUDY, TITLES) == "\n".join(expected) + "\n"


def test_no_line_ends_in_a_blank_or_is_too_long() -> None:
    lines = render_study(STUDY, TITLES).splitlines()
    assert [each for each in lines if each != each.rstrip() or len(each) > 100] == []


WEEKS, MONTHS = Duration(3, Unit.WEEK), Duration(12, Unit.MONTH)


@pytest.mark.parametrize(
    ("look_back", "words"),
    [
        (EVER, "at any time"),
        (LookBack(WEEKS), "within 3 weeks before the screening date"),
        (LookBack(gap=WEEKS), "at any time until 3 weeks before the screening date"),
        (LookBack(MONTHS, gap=WEEKS), "from 12 months to 3 weeks before the screening date"),
        (LookBack(WEEKS, gap=WEEKS), "on the day 3 weeks before the screening date"),
        (LookBack(WEEKS, ahead=MONTHS), "within 3 weeks before the screening date or 12 months after"),
    ],
    ids=str,
)
def test_a_window_in_words(look_back: LookBack, words: str) -> None:
    assert Phrases(TITLES).window(look_back) == words


def test_it_is_said_where_nobody_may_be_on_another_study() -> None:
    said = "Nobody on this study may be on another one, and nobody on another one on this."
    assert said in render_study(replace(STUDY, co_enrolment="forbidden"), TITLES).splitlines()
    assert "may be on another" not in render_study(STUDY, TITLES)
