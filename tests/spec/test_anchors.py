"""Windows before an index date: where it lies, as far as that is known, and when that changes. SEMANTICS §3."""

from datetime import date

import pytest

from service.eligibility.assess import assess
from service.eligibility.criteria import (
    Absence,
    Anchor,
    Bounds,
    Choice,
    ConditionPresent,
    Criterion,
    DoseTest,
    Event,
    LookBack,
    MedicationTaken,
    ObservationValue,
    ProcedureDone,
    SexIs,
    Study,
)
from service.eligibility.dates import Duration, Unit
from service.eligibility.facts import Fact, Loaded
from service.eligibility.outcome import Outcome, Reason
from service.errors import InvalidValue
from tests.builders import AT, TYPES, concept, condition, days, judge, knowledge, procedure, record
from tests.doses import medication

N, U, M = Outcome.NOT_MET, Outcome.UNKNOWN, Outcome.MET
OPERATION, DRUG = ProcedureDone(("operation",)), MedicationTaken(("drug",))


def months(count: int) -> Duration:
    return Duration(count, Unit.MONTH)


def begun(event: Event, which: str = "latest", **window: Duration) -> ConditionPresent:
    """A cancer that began in a window before an event."""
    anchor = Anchor(event, which)  # type: ignore[arg-type]
    return ConditionPresent(("cancer",), timing="onset", look_back=LookBack(anchor=anchor, **window))


def cancer(onset: str) -> Fact:
    return condition(concept("1"), onset)


def operated(when: str | None, number: int = 1) -> Fact:
    return procedure(concept("4"), when, number)


@pytest.mark.parametrize(
    ("which", "operations", "outcome"),
    [
        pytest.param("latest", [operated("2026-05-01")], M, id="three months before"),
        pytest.param("latest", [operated("2026-05-01"), operated("2026-06-20", 2)], N, id="the later one counts"),
        pytest.param("first", [operated("2026-05-01"), operated("2026-06-20", 2)], M, id="the first one counts"),
        pytest.param(
            "latest", [operated("2026-05-01"), operated("2026-02-20/2026-06-10", 2)], U, id="perhaps a later one"
        ),
        pytest.param("latest", [operated("2026-04-15/2026-05-10")], M, id="in the window of each of these days"),
        pytest.param("latest", [], U, id="no operation, no window"),
        pytest.param("latest", [operated(None)], U, id="undated"),
        pytest.param("latest", [operated("2026-07-01")], U, id="only after the screening date"),
    ],
)
def test_three_months_before_an_operation(which: str, operations: list[Fact], outcome: Outcome) -> None:
    node = begun(OPERATION, which, duration=months(3))
    assert judge(node, cancer("2026-02-15"), *operations).outcome is outcome


def test_an_event_that_cannot_be_placed_is_shown() -> None:
    judged = judge(begun(OPERATION), cancer("2026-02-15"), operated(None))
    assert judged.reasons == {Reason.DATE_MISSING}
    assert [each.reference for each in judged.exhibits] == ["Procedure/1"]


def test_which_operation_is_the_latest_is_only_known_where_all_are_loaded() -> None:
    loaded = dict.fromkeys(TYPES, Loaded.COMPLETE) | {"Procedure": Loaded.INCOMPLETE}
    judged = judge(begun(OPERATION), cancer("2026-02-15"), operated("2026-05-01"), loaded=loaded)
    assert (judged.outcome, judged.reasons, judged.lacking) == (U, {Reason.NOT_LOADED}, {"Procedure"})


@pytest.mark.parametrize(
    ("end", "last_sign", "outcome"),
    [
        pytest.param(None, "2026-05-01", M, id="still taken: the window ends today"),
        pytest.param("2026-03-01", "2026-03-01", N, id="stopped in March"),
        pytest.param(None, "2024-01-01", U, id="an order that shows no life any more"),
    ],
)
def test_two_months_before_the_last_dose(end: str | None, last_sign: str, outcome: Outcome) -> None:
    taken = medication(start=days("2024-01-01"), end=end and days(end), last_sign=days(last_sign))  # type: ignore[arg-type]
    seen = (date(2026, 3, 1), date(2026, 6, 1))
    assert judge(begun(DRUG, duration=months(2)), cancer("2026-05-15"), taken, contacts=seen).outcome is outcome


def test_nothing_after_the_screening_date_counts_after_an_event_either() -> None:
    after = begun(OPERATION, duration=Duration(0, Unit.DAY), ahead=months(1))
    assert judge(after, operated("2026-06-15"), cancer("2026-06-20")).outcome is M
    assert judge(after, operated("2026-06-15"), cancer("2026-07-10")).outcome is N


def change(node: ConditionPresent, *facts: Fact) -> tuple[date, Outcome] | None:
    study = Study("s", "1", "S", (Criterion("C", "exclusion", "c", node),), (SexIs(("male",)),))
    found = assess(record(*facts), study, AT, knowledge()).next_change
    return None if found is None else (found.date, found.outcome)


def test_a_window_moves_with_a_drug_that_is_still_taken() -> None:
    taken = medication(start=days("2024-01-01"), last_sign=days("2026-06-01"))
    assert change(begun(DRUG, duration=months(2)), cancer("2026-05-15"), taken) == (date(2026, 7, 16), N)


def test_an_operation_becomes_sure_when_its_last_possible_day_has_come() -> None:
    assert change(begun(OPERATION, duration=months(6)), cancer("2026-02-15"), operated("2026-06-01/2026-07-15")) == (
        date(2026, 7, 15),
        M,
    )


@pytest.mark.parametrize(
    "event",
    [
        MedicationTaken(("drug",), dose=DoseTest(Bounds(above=10))),  # type: ignore[arg-type]
        ProcedureDone(("operation",), at_least=2),
        ObservationValue(("hb",), choice=Choice("earliest")),
        ObservationValue(("hb",), not_met_valid_for=months(1)),
        ConditionPresent(("cancer",), absence=Absence(N, "not asked")),
    ],
)
def test_what_an_anchor_would_not_heed_is_refused(event: Event) -> None:
    with pytest.raises(InvalidValue, match="an anchor's event takes no"):
        Anchor(event, "latest")
