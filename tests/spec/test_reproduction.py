"""Pregnancy and breast feeding: evidence for always wins, a negative decides while it is recent. SEMANTICS §5."""

import pytest

from service.eligibility.criteria import BreastFeeding, Pregnant
from service.eligibility.facts import Certainty, Evidence, Fact, Loaded, Unreadable
from service.eligibility.outcome import Outcome, Reason
from tests.builders import LOINC, TYPES, concept, condition, days, judge, procedure, result

N, U, M = Outcome.NOT_MET, Outcome.UNKNOWN, Outcome.MET
PREGNANT = Pregnant(("pregnancy",), (), ("pregnancy-test",), ("positive",), ("negative",), ("hysterectomy",))
FEEDING = BreastFeeding(("feeding",), ("feeding-status",), ("positive",), ("negative",))
TEST, STATUS = concept("hcg", system=LOINC), concept("bf", system=LOINC)
POS, NEG = concept("pos"), concept("neg")
PREGNANCY = concept("7")
OLD = "1960-01-01"  # 66 years on the screening date
YOUNG = {"birth": "1990-01-01"}


def made(value: object, when: str = "2026-06-20", number: int = 1, **more: object) -> Fact:
    return result(TEST, value, when, number=number, **more)


@pytest.mark.parametrize(
    ("facts", "who", "outcome", "reason"),
    [
        pytest.param([], {}, U, Reason.NO_RECORD, id="silence says nothing"),
        pytest.param([], {"sex": "male"}, N, None, id="recorded as male"),
        pytest.param([], {"sex": "other"}, U, Reason.NO_RECORD, id="recorded as other"),
        pytest.param([], {"sex": None}, U, Reason.NO_RECORD, id="sex not recorded"),
        pytest.param([], {"birth": OLD}, N, None, id="too old"),
        pytest.param([], {"birth": "1970-07"}, U, Reason.NO_RECORD, id="55 years"),
        pytest.param([made(NEG)], {}, N, None, id="negative this month"),
        pytest.param([made(NEG, "2026-06-02")], {}, N, None, id="negative 28 days ago"),
        pytest.param([made(NEG, "2026-06-01")], {}, U, Reason.NO_RECORD, id="negative 29 days ago"),
        pytest.param([made(POS, "2025-09-09")], {}, M, None, id="positive 42 weeks ago"),
        pytest.param([made(POS, "2025-09-08")], {}, U, Reason.NO_RECORD, id="positive longer ago"),
        pytest.param([made(POS)], {"sex": "male"}, M, None, id="evidence wins over recorded sex"),
        pytest.param([made(POS)], {"birth": OLD}, M, None, id="evidence wins over age"),
        pytest.param([made(POS, "2026-05-01"), made(NEG, number=2)], {}, N, None, id="a later negative"),
        pytest.param([made(POS), made(NEG, number=2)], {}, U, Reason.STATUS_UNCERTAIN, id="both on one day"),
        pytest.param([made(NEG, certainty=Certainty.POSSIBLE)], {}, U, Reason.STATUS_UNCERTAIN, id="preliminary"),
        pytest.param([made(None)], {}, U, Reason.VALUE_MISSING, id="a test without a value"),
        pytest.param([made(concept(text="Positive"))], {"birth": OLD}, U, Reason.NAME_ONLY, id="only the word"),
        pytest.param([made(None)], {"birth": OLD}, U, Reason.VALUE_MISSING, id="tested at 66, value missing"),
        pytest.param([condition(PREGNANCY, "2026-03-01")], {}, M, None, id="pregnant"),
        pytest.param([condition(PREGNANCY, "2026-03-01"), made(NEG)], {}, M, None, id="a condition wins over a test"),
        pytest.param([condition(PREGNANCY, "2024-03-01")], {}, U, Reason.STATUS_UNCERTAIN, id="never ended on record"),
        pytest.param([condition(PREGNANCY, "2024-03-01", "2024-12-01")], {}, U, Reason.NO_RECORD, id="delivered"),
        pytest.param(
            [condition(concept("99", text=""))], {"sex": "male"}, N, None, id="a bare unknown code spoils nothing"
        ),
        pytest.param([procedure(concept("8"), "2019-01-01")], {}, N, None, id="hysterectomy"),
        pytest.param(
            [procedure(concept("8"), "2026")], {}, U, Reason.NO_RECORD, id="hysterectomy, perhaps later this year"
        ),
        pytest.param([condition(concept("8"), None)], {}, N, None, id="state after hysterectomy, undated"),
        pytest.param([condition(concept("8"), "2019")], {}, N, None, id="state after hysterectomy since 2019"),
        pytest.param([condition(concept("8"), "2026")], {}, U, Reason.NO_RECORD, id="since some day of this year"),
        pytest.param([condition(concept("8"), "2026", asserted=days("2026-04-01"))], {}, N, None, id="noted in April"),
    ],
)
def test_pregnancy(facts: list[Fact], who: dict[str, object], outcome: Outcome, reason: Reason | None) -> None:
    judged = judge(PREGNANT, *facts, **(YOUNG | who))  # type: ignore[arg-type]
    assert judged.outcome is outcome
    assert judged.reasons == (frozenset({reason}) if reason else frozenset())


@pytest.mark.parametrize("missing", ["Condition", "Observation"])
@pytest.mark.parametrize(
    ("facts", "who"),
    [
        pytest.param([], {"sex": "male"}, id="male"),
        pytest.param([], {"birth": OLD}, id="old"),
        pytest.param([procedure(concept("8"))], {}, id="hysterectomy"),
    ],
)
def test_evidence_for_could_stand_where_nothing_was_loaded(
    missing: str, facts: list[Fact], who: dict[str, object]
) -> None:
    loaded = dict.fromkeys(TYPES, Loaded.COMPLETE) | {missing: Loaded.INCOMPLETE}
    judged = judge(PREGNANT, *facts, loaded=loaded, **(YOUNG | who))  # type: ignore[arg-type]
    assert (judged.outcome, judged.reasons, judged.lacking) == (U, {Reason.NOT_LOADED}, {missing})


@pytest.mark.parametrize("missing", ["Condition", "Observation"])
def test_a_negative_test_decides_only_beside_everything_else(missing: str) -> None:
    broken = Unreadable(missing, Evidence(f"{missing}/9", missing), "broken")
    assert judge(PREGNANT, made(NEG), unreadable=(broken,)).reasons == {Reason.UNREADABLE}


def test_a_positive_test_may_have_been_followed_by_a_negative_one() -> None:
    loaded = dict.fromkeys(TYPES, Loaded.COMPLETE) | {"Observation": Loaded.INCOMPLETE}
    assert judge(PREGNANT, made(POS), loaded=loaded).reasons == {Reason.NOT_LOADED}
    assert judge(PREGNANT, condition(PREGNANCY, "2026-03-01"), loaded=loaded).outcome is M


def test_what_speaks_against_is_an_assumption_and_a_test_is_none() -> None:
    assert judge(PREGNANT, sex="male").assumptions == ("Recorded as male; taken as not pregnant.",)
    assert judge(PREGNANT, made(NEG), birth="1990-01-01").assumptions == ()


@pytest.mark.parametrize(
    ("facts", "who", "outcome", "reason"),
    [
        pytest.param([], {}, U, Reason.NO_RECORD, id="silence says nothing"),
        pytest.param([], {"sex": "male"}, N, None, id="recorded as male"),
        pytest.param([], {"birth": OLD}, U, Reason.NO_RECORD, id="age says nothing"),
        pytest.param([result(STATUS, True, "2026-06-20")], {}, M, None, id="status yes"),
        pytest.param([result(STATUS, False, "2026-06-20")], {}, N, None, id="status no"),
        pytest.param([result(STATUS, POS, "2026-05-01")], {}, U, Reason.NO_RECORD, id="status of two months ago"),
        pytest.param(
            [result(STATUS, None, "2026-06-20")], {"sex": "male"}, U, Reason.VALUE_MISSING, id="asked, answer missing"
        ),
        pytest.param([condition(concept("10"), "2026-04-01")], {}, M, None, id="a condition"),
    ],
)
def test_breast_feeding(facts: list[Fact], who: dict[str, object], outcome: Outcome, reason: Reason | None) -> None:
    judged = judge(FEEDING, *facts, **who)  # type: ignore[arg-type]
    assert judged.outcome is outcome
    assert judged.reasons == (frozenset({reason}) if reason else frozenset())
