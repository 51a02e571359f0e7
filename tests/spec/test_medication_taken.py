"""A drug taken in a window, in a dose: what one record says, and what the lack of others means. SEMANTICS §4, §6."""

from decimal import Decimal

import pytest

from service.eligibility.criteria import Bounds, DoseTest, LookBack, MedicationTaken
from service.eligibility.dates import Duration, Unit
from service.eligibility.facts import Certainty, Evidence, Fact, Loaded, Source, Unreadable
from service.eligibility.outcome import Outcome, Reason
from tests.builders import TYPES, days, judge
from tests.doses import instruction, medication

N, U, M = Outcome.NOT_MET, Outcome.UNKNOWN, Outcome.MET
THREE_MONTHS = LookBack(Duration(3, Unit.MONTH))
TAKEN = MedicationTaken(("drug",), look_back=THREE_MONTHS)
HIGH = MedicationTaken(("drug",), look_back=THREE_MONTHS, dose=DoseTest(Bounds(above=Decimal(10))))
LOW = MedicationTaken(("drug",), look_back=THREE_MONTHS, dose=DoseTest(Bounds(at_most=Decimal(10))))
BROKEN = Unreadable("MedicationRequest", Evidence("MedicationRequest/9", "MedicationRequest"), "broken")


@pytest.mark.parametrize(
    ("facts", "outcome", "reason"),
    [
        pytest.param([medication()], M, None, id="ordered in January, going on"),
        pytest.param([medication(end=days("2026-03-30"))], M, None, id="ended on the first day of the window"),
        pytest.param([medication(end=days("2026-03-29"))], N, None, id="ended the day before"),
        pytest.param(
            [
                medication(
                    end=days(
                        "2026-03-01",
                    )
                )
            ],
            N,
            None,
            id="ended before",
        ),
        pytest.param([medication(start=days("2026-07-01"))], N, None, id="ordered for later"),
        pytest.param([medication(start=days("2024-01-05"))], U, Reason.STATUS_UNCERTAIN, id="no sign of life for long"),
        pytest.param([medication(certainty=Certainty.POSSIBLE)], U, Reason.STATUS_UNCERTAIN, id="on hold"),
        pytest.param([], N, None, id="none on record"),
    ],
)
def test_a_drug_within_three_months(facts: list[Fact], outcome: Outcome, reason: Reason | None) -> None:
    judged = judge(TAKEN, *facts)
    assert (judged.outcome, judged.reasons) == (outcome, frozenset({reason}) if reason else frozenset())


FIRST = "MedicationRequest/1"
REPLACING = medication(start=days("2026-02-01"), end=days("2026-02-10"), name="2", links=(FIRST,), replaces=(FIRST,))
STOPPED = medication(end=days("2026-01-15"), source=Source.STATEMENT, over=True)


@pytest.mark.parametrize(
    ("facts", "outcome", "reasons"),
    [
        pytest.param([medication(), REPLACING], N, set(), id="replaced by one that ended before the window"),
        pytest.param(
            [medication(), STOPPED], U, {Reason.STATUS_UNCERTAIN}, id="a statement says stopped, the order goes on"
        ),
        pytest.param(
            [medication(over=True, end=days("2026-06-01")), STOPPED],
            U,
            {Reason.STATUS_UNCERTAIN},
            id="stopped twice, on different days",
        ),
        pytest.param(
            [medication(), STOPPED, medication(name="2", source=Source.DISPENSE)],
            M,
            set(),
            id="a statement says stopped, it was handed out later",
        ),
    ],
)
def test_what_replaces_or_stops_an_order_counts_for_its_time(
    facts: list[Fact], outcome: Outcome, reasons: set[Reason]
) -> None:
    """Three months before the screening date are asked about; the order is of January."""
    judged = judge(TAKEN, *facts)
    assert (judged.outcome, judged.reasons) == (outcome, reasons)


@pytest.mark.parametrize(
    ("dose", "high", "low"),
    [("15 mg", M, N), ("10 mg", N, M), ("5-15 mg", U, U), (None, U, U)],
)
def test_a_dose_above_a_limit_or_below_it(dose: str | None, high: Outcome, low: Outcome) -> None:
    fact = medication(instruction(dose))
    assert (judge(HIGH, fact).outcome, judge(LOW, fact).outcome) == (high, low)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        pytest.param({"unreadable": (BROKEN,)}, Reason.UNREADABLE, id="another order could not be read"),
        pytest.param(
            {"loaded": dict.fromkeys(TYPES, Loaded.COMPLETE) | {"MedicationStatement": Loaded.INCOMPLETE}},
            Reason.NOT_LOADED,
            id="statements were loaded in part",
        ),
    ],
)
def test_an_unknown_record_could_add_to_a_dose(more: dict[str, object], reason: Reason) -> None:
    five, fifteen = medication(instruction("5 mg")), medication(instruction("15 mg"))
    assert judge(HIGH, fifteen, **more).outcome is M  # type: ignore[arg-type]
    for node in (HIGH, LOW):
        judged = judge(node, five, **more)  # type: ignore[arg-type]
        assert (judged.outcome, judged.reasons) == (U, {reason})


def test_an_assumption_names_what_is_on_record_as_no_further_record() -> None:
    (said,) = judge(HIGH, medication(instruction("5 mg"))).assumptions
    assert said.startswith("no further prednisone on record for that time")
    (said,) = judge(HIGH).assumptions
    assert said.startswith("no prednisone on record for that time")


def test_the_kinds_of_record_that_were_not_loaded_are_named() -> None:
    loaded = {each: Loaded.COMPLETE for each in TYPES if each != "MedicationDispense"}
    (said,) = judge(TAKEN, loaded=loaded).assumptions
    assert "(not loaded: MedicationDispense)" in said
    assert judge(TAKEN, medication(source=Source.STATEMENT), loaded=loaded).outcome is M
