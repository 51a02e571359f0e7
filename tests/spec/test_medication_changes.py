"""When time alone changes what is said of a drug, and how few days have to be looked at. SEMANTICS §3.6, §6.5."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from service.eligibility.assess import Change, assess
from service.eligibility.criteria import Bounds, Criterion, DoseTest, LookBack, MedicationTaken, SexIs, Study
from service.eligibility.dates import Duration, Unit
from service.eligibility.facts import Certainty, Fact
from service.eligibility.outcome import Outcome
from tests.builders import AT, days, judge, knowledge, record
from tests.doses import instruction, medication, timing

N, U, M = Outcome.NOT_MET, Outcome.UNKNOWN, Outcome.MET
TEN = DoseTest(Bounds(above=Decimal(10)))
A_MONTH, TWO_YEARS = LookBack(Duration(30, Unit.DAY)), LookBack(Duration(24, Unit.MONTH))
NOW, NOW_HIGH = MedicationTaken(("drug",)), MedicationTaken(("drug",), dose=TEN)
BUSIEST = replace(NOW_HIGH, look_back=A_MONTH, dose=replace(TEN, measure="highest_day"))
NEXT_WEEK = medication(instruction("15 mg"), start=days("2026-07-07"), last_sign=days("2026-06-30"))
WEEKLY = medication(instruction("15 mg", timing(1, "1 wk")), start=days("2026-06-28"))


def change(node: MedicationTaken, *facts: Fact) -> Change | None:
    study = Study("s", "1", "S", (Criterion("C", "exclusion", "c", node),), (SexIs(("male",)),))
    return assess(record(*facts), study, AT, knowledge()).next_change


@pytest.mark.parametrize(
    ("node", "fact", "day", "outcome"),
    [
        pytest.param(NOW, NEXT_WEEK, "2026-07-07", M, id="ordered today for next week"),
        pytest.param(NOW_HIGH, NEXT_WEEK, "2026-07-07", M, id="ordered today for next week, in a dose"),
        pytest.param(
            replace(NOW_HIGH, look_back=A_MONTH),
            medication(instruction("15 mg"), end=days("2026-05-31")),
            "2026-07-01",
            N,
            id="its last day leaves the window",
        ),
        pytest.param(
            replace(NOW, look_back=TWO_YEARS),
            medication(start=days("2024-01-05"), last_sign=days("2024-09-01")),
            "2026-09-02",
            U,
            id="stale: its last sign of life leaves the window",
        ),
        pytest.param(BUSIEST, WEEKLY, "2026-07-04", M, id="once a week: after a week its day has surely been"),
    ],
)
def test_the_next_change(node: MedicationTaken, fact: Fact, day: str, outcome: Outcome) -> None:
    assert change(node, fact) == Change(date.fromisoformat(day), "C", outcome)


def test_an_explicit_negative_that_leaves_the_window_is_seen() -> None:
    never = medication(certainty=Certainty.DENIED, start=days("2025-05-26"), end=days("2026-06-30"))
    study = Study(
        "s", "1", "S", (Criterion("C", "exclusion", "c", replace(NOW_HIGH, codes=("one-drug",))),), (SexIs(("male",)),)
    )
    found = assess(record(never, contacts=()), study, AT, knowledge()).next_change
    assert found == Change(AT + timedelta(1), "C", U)


@pytest.mark.parametrize("node", [NOW, NOW_HIGH, replace(NOW_HIGH, look_back=A_MONTH)])
def test_a_drug_that_goes_on_is_not_looked_at_every_day(node: MedicationTaken) -> None:
    judged = judge(node, medication(instruction("5 mg"), start=days("2026-01-05")))
    assert AT + timedelta(1) not in judged.watch
    assert len(judged.watch) < 12
