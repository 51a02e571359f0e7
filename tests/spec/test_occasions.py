"""At least n times: records that may tell of one occasion surely count as one, possibly as several. SEMANTICS §2."""

import pytest

from service.eligibility.criteria import ConditionPresent, EncounterHad, LookBack, MedicationTaken, ProcedureDone
from service.eligibility.dates import Duration, Unit
from service.eligibility.facts import Fact, Source
from service.eligibility.outcome import Outcome, Reason
from tests.builders import concept, condition, days, encounter, judge, procedure
from tests.doses import medication

N, U, M = Outcome.NOT_MET, Outcome.UNKNOWN, Outcome.MET
YEAR = LookBack(Duration(12, Unit.MONTH))


def operation(when: str, number: int) -> Fact:
    return procedure(concept("4"), when, number)


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        pytest.param([operation("2026-05-01", 1), operation("2026-05-02", 2)], M, id="on two days"),
        pytest.param([operation("2026-05-01", 1), operation("2026-05-01", 2)], U, id="two records of one day"),
        pytest.param([operation("2026-05", 1), operation("2026-05-20", 2)], U, id="a day, and its month"),
        pytest.param([operation("2026-04", 1), operation("2026-05", 2)], M, id="in two months"),
        pytest.param(
            [operation("2026-05-01", 1), operation("2026-05-01", 2), operation("2026-03-01", 3)],
            M,
            id="and another day",
        ),
        pytest.param([operation("2026-05-01", 1)], N, id="once"),
    ],
)
def test_two_operations_within_a_year(facts: list[Fact], outcome: Outcome) -> None:
    judged = judge(ProcedureDone(("operation",), look_back=YEAR, at_least=2), *facts)
    assert judged.outcome is outcome
    assert judged.reasons == (frozenset({Reason.STATUS_UNCERTAIN}) if outcome is U else frozenset())
    assert ("same-occasion" in judged.notes) is (outcome is U)


def test_an_admission_recorded_twice_is_one_for_sure() -> None:
    twice = [encounter(concept("14"), number=1), encounter(concept("14"), number=2)]
    assert judge(EncounterHad(("admission",), look_back=YEAR), *twice).outcome is M
    assert judge(EncounterHad(("admission",), look_back=YEAR, at_least=2), *twice).outcome is U


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        pytest.param(
            [condition(concept("1"), "2026-02-01"), condition(concept("1"), "2026-05-01", number=2)], M, id="two onsets"
        ),
        pytest.param(
            [condition(concept("1"), "2026-02-01"), condition(concept("1"), "2026-02-01", number=2)], U, id="one onset"
        ),
        pytest.param(
            [
                condition(concept("1"), "0001-01-01/2026-02-01", "2026-02-01/9999-12-31", asserted=days("2026-02-01")),
                condition(
                    concept("1"), "0001-01-01/2026-05-01", "2026-05-01/9999-12-31", 2, asserted=days("2026-05-01")
                ),
            ],
            M,
            id="diagnosed at two visits, onset unknown",
        ),
    ],
)
def test_a_condition_on_two_occasions(facts: list[Fact], outcome: Outcome) -> None:
    assert judge(ConditionPresent(("cancer",), look_back=YEAR, at_least=2), *facts).outcome is outcome


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        pytest.param(
            [
                medication(name="1", start=days("2026-02-01"), end=days("2026-03-01")),
                medication(name="2", start=days("2026-02-03"), end=days("2026-03-03"), source=Source.DISPENSE),
            ],
            U,
            id="an order and its dispense",
        ),
        pytest.param(
            [
                medication(name="1", start=days("2026-02-01"), end=days("2026-03-01")),
                medication(name="2", start=days("2026-04-01"), end=days("2026-05-01")),
            ],
            M,
            id="two courses",
        ),
    ],
)
def test_a_drug_taken_twice(facts: list[Fact], outcome: Outcome) -> None:
    assert judge(MedicationTaken(("drug",), look_back=YEAR, at_least=2), *facts).outcome is outcome
