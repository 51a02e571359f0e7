"""Which result is the latest, which negative is still fresh, which result contradicts itself. SEMANTICS §2, §5."""

from decimal import Decimal

import pytest

from service.eligibility.criteria import (
    EVER,
    Bounds,
    Choice,
    CodedTest,
    LookBack,
    NumberTest,
    ObservationValue,
)
from service.eligibility.dates import Duration, Unit
from service.eligibility.facts import Certainty, Fact
from service.eligibility.outcome import Outcome, Reason
from tests.builders import LOINC, concept, judge, result

N, U, M = Outcome.NOT_MET, Outcome.UNKNOWN, Outcome.MET
HB, VIRUS = concept("hb", system=LOINC), concept("virus", system=LOINC)
POS, NEG = concept("pos"), concept("neg")
YEAR = LookBack(Duration(12, Unit.MONTH))


def hb(value: int, time: str, updated: str = "", number: int = 1, when: str = "2026-06-01") -> Fact:
    return result(HB, value, when, number=number, order=(time, 1, updated))


@pytest.mark.parametrize(
    ("choice", "facts", "outcome"),
    [
        pytest.param(Choice(), [hb(12, "08:00"), hb(9, "17:00", number=2)], M, id="the later one of a day"),
        pytest.param(Choice(), [hb(12, "", "1"), hb(9, "", "2", 2)], U, id="updated later is not measured later"),
        pytest.param(Choice(), [hb(12, "08:00", "1"), hb(9, "08:00", "2", 2)], U, id="two of the same minute"),
        pytest.param(Choice(), [hb(12, ""), hb(9, "17:00", number=2)], U, id="one without a time"),
        pytest.param(Choice("consecutive", 2), [hb(9, "", "1"), hb(9, "", "2", 2)], U, id="perhaps one result, twice"),
        pytest.param(Choice("consecutive", 2), [hb(9, ""), hb(9, "17:00", number=2)], U, id="order of a day unknown"),
        pytest.param(Choice("consecutive", 2), [hb(9, "08:00"), hb(9, "17:00", number=2)], M, id="twice on one day"),
        pytest.param(Choice("mean", 2), [hb(9, "", "1"), hb(9, "", "2", 2)], U, id="a mean of perhaps one result"),
        pytest.param(
            Choice("of_last", 2, 2),
            [hb(9, "", when="2026-05"), hb(9, "", number=2, when="2026-05-31/2026-06-30")],
            U,
            id="both perhaps on the 31st",
        ),
    ],
)
def test_the_order_of_results_is_that_of_their_days_and_times(
    choice: Choice, facts: list[Fact], outcome: Outcome
) -> None:
    test = NumberTest(Bounds(below=Decimal(10)), "g/dL")
    assert judge(ObservationValue(("hb",), test=test, choice=choice, look_back=YEAR), *facts).outcome is outcome


OLD = result(VIRUS, NEG, "2024-01-01")
PRELIMINARY = result(VIRUS, NEG, "2026-06-20", number=2, certainty=Certainty.POSSIBLE)
PERHAPS = result(concept("99", text="virus test"), NEG, "2026-06-20", number=3)


@pytest.mark.parametrize("which", ["latest", "any"])
@pytest.mark.parametrize(
    ("facts", "outcome", "reason"),
    [
        pytest.param([OLD], U, Reason.NO_RECORD, id="too old"),
        pytest.param([OLD, result(VIRUS, NEG, "2026-06-20", number=2)], N, None, id="and a recent one"),
        pytest.param([OLD, PRELIMINARY], U, Reason.NO_RECORD, id="and a preliminary one"),
        pytest.param([OLD, PERHAPS], U, Reason.NO_RECORD, id="and one that is perhaps of another test"),
    ],
)
def test_only_a_sure_negative_is_fresh(which: str, facts: list[Fact], outcome: Outcome, reason: Reason | None) -> None:
    node = ObservationValue(
        ("virus",),
        test=CodedTest(("positive",), ("negative",)),
        choice=Choice(which),  # type: ignore[arg-type]
        look_back=EVER,
        not_met_valid_for=Duration(12, Unit.MONTH),
    )
    judged = judge(node, *facts)
    assert (judged.outcome, judged.reasons) == (outcome, frozenset({reason}) if reason else frozenset())


@pytest.mark.parametrize(
    ("value", "interpretation", "outcome", "reason"),
    [
        pytest.param(POS, None, M, None, id="positive"),
        pytest.param(POS, POS, M, None, id="positive, twice said"),
        pytest.param(NEG, POS, U, Reason.STATUS_UNCERTAIN, id="negative, interpreted as positive"),
        pytest.param(POS, NEG, U, Reason.STATUS_UNCERTAIN, id="positive, interpreted as negative"),
        pytest.param(POS, concept("88", text="high"), M, None, id="positive, and high"),
        pytest.param(concept("pos", "neg"), None, U, Reason.STATUS_UNCERTAIN, id="coded as both"),
        pytest.param(None, POS, M, None, id="only interpreted"),
    ],
)
def test_a_result_that_contradicts_itself(
    value: object, interpretation: object, outcome: Outcome, reason: Reason | None
) -> None:
    node = ObservationValue(("virus",), test=CodedTest(("positive",), ("negative",)), look_back=YEAR)
    judged = judge(node, result(VIRUS, value, interpretation=interpretation))
    assert (judged.outcome, judged.reasons) == (outcome, frozenset({reason}) if reason else frozenset())
