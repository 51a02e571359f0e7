"""Which outcomes a criterion's tree can reach."""

import pytest

from service.eligibility.criteria import (
    Absence,
    AllOf,
    AnyOf,
    AtLeast,
    BooleanTest,
    ConditionPresent,
    Criterion,
    EncounterHad,
    IfElse,
    Manual,
    Node,
    Not,
    ObservationValue,
    Study,
    Tier,
    Tiers,
)
from service.eligibility.outcome import Outcome
from service.screening.cases import reachable, untested

ILL = ConditionPresent(("ill",))
ASK = Manual("Is it so?")
NO, OPEN, YES = Outcome


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (ILL, {NO, OPEN, YES}),
        (ASK, {OPEN}),
        (Not(ASK), {OPEN}),
        (AnyOf((ILL, ASK)), {OPEN, YES}),
        (AllOf((ILL, ASK)), {NO, OPEN}),
        (Not(AnyOf((ILL, ASK))), {NO, OPEN}),
        (AllOf((ILL, ILL)), {NO, OPEN, YES}),
        (AtLeast(1, (ILL, ASK)), {OPEN, YES}),
        (AtLeast(2, (ILL, ASK)), {NO, OPEN}),
        (IfElse(ILL, ASK, ASK), {OPEN}),
        (IfElse(ILL, ILL, ASK), {NO, OPEN, YES}),
        (IfElse(ASK, ILL, ASK), {OPEN}),
        (Tiers((Tier("a", ASK), Tier("b", ILL))), {OPEN, YES}),
        (EncounterHad(("stay",)), {OPEN, YES}),
        (EncounterHad(("stay",), absence=Absence(NO, "all stays are here")), {NO, OPEN, YES}),
        (ObservationValue(("lab",)), {OPEN, YES}),
        (ObservationValue(("lab",), absence=Absence(NO, "asked is only whether")), {NO, OPEN, YES}),
        (ObservationValue(("lab",), test=BooleanTest(True)), {NO, OPEN, YES}),
    ],
    ids=str,
)
def test_reachable(node: Node, expected: set[Outcome]) -> None:
    assert reachable(node) == expected


def test_what_no_case_expects_is_listed_in_the_order_of_the_study() -> None:
    study = Study(
        "s", "1", "S", (Criterion("E1", "exclusion", "t", ILL), Criterion("E2", "exclusion", "t", ASK)), (ILL,)
    )
    assert untested(study, {"E1": [YES]}) == [("E1", OPEN), ("E1", NO), ("E2", OPEN)]
    assert untested(study, {"E1": [NO, OPEN, YES], "E2": [OPEN]}) == []
