"""Adverse events, vaccines and visits; and whether a person is alive. SEMANTICS §3, §4."""

from dataclasses import replace

import pytest

from service.eligibility.criteria import AdverseEventHad, Alive, EncounterHad, ImmunizationGiven, LookBack
from service.eligibility.dates import Duration, Unit
from service.eligibility.evaluate import Case, evaluate
from service.eligibility.facts import Certainty, Fact, Loaded
from service.eligibility.outcome import Outcome, Reason
from tests.builders import (
    AT,
    TYPES,
    adverse_event,
    concept,
    days,
    encounter,
    immunization,
    judge,
    knowledge,
    record,
)

N, U, M = Outcome.NOT_MET, Outcome.UNKNOWN, Outcome.MET
YEAR = LookBack(Duration(12, Unit.MONTH))
LATEX, OTHER, REACTION = concept("5"), concept("3"), concept("12")
SERIOUS = AdverseEventHad(suspects=("latex",), serious=True, look_back=YEAR)


@pytest.mark.parametrize(
    ("fact", "outcome", "reason"),
    [
        pytest.param(adverse_event(REACTION, suspects=(LATEX,)), M, None, id="serious, suspected"),
        pytest.param(adverse_event(REACTION, suspects=(OTHER, LATEX)), M, None, id="one of two suspected"),
        pytest.param(adverse_event(REACTION, suspects=(OTHER,)), N, None, id="something else suspected"),
        pytest.param(
            adverse_event(REACTION, doubted=(LATEX,)), U, Reason.STATUS_UNCERTAIN, id="suspected, and found unlikely"
        ),
        pytest.param(adverse_event(REACTION, suspects=(LATEX,), doubted=(LATEX,)), M, None, id="suspected by another"),
        pytest.param(adverse_event(REACTION, doubted=(OTHER,)), N, None, id="something else found unlikely"),
        pytest.param(adverse_event(REACTION), U, Reason.VALUE_MISSING, id="nobody says what is suspected"),
        pytest.param(
            adverse_event(REACTION, suspects=(concept("9", text="latex glove"),)), U, Reason.NAME_ONLY, id="by its name"
        ),
        pytest.param(
            adverse_event(REACTION, suspects=(concept("9", text=""),)), U, Reason.CODE_UNMAPPED, id="a bare code"
        ),
        pytest.param(
            adverse_event(REACTION, serious=None, suspects=(LATEX,)), U, Reason.VALUE_MISSING, id="how serious?"
        ),
        pytest.param(adverse_event(REACTION, serious=False, suspects=(LATEX,)), N, None, id="not serious"),
        pytest.param(adverse_event(REACTION, "2025-06-29", suspects=(LATEX,)), N, None, id="too long ago"),
        pytest.param(adverse_event(REACTION, None, suspects=(LATEX,)), U, Reason.DATE_MISSING, id="undated"),
        pytest.param(
            adverse_event(REACTION, suspects=(LATEX,), certainty=Certainty.POSSIBLE),
            U,
            Reason.STATUS_UNCERTAIN,
            id="doubtful",
        ),
    ],
)
def test_a_serious_adverse_event(fact: Fact, outcome: Outcome, reason: Reason | None) -> None:
    judged = judge(SERIOUS, fact)
    assert (judged.outcome, judged.reasons) == (outcome, frozenset({reason}) if reason else frozenset())


def test_adverse_events_that_a_site_does_not_load() -> None:
    judged = judge(SERIOUS, loaded={each: Loaded.COMPLETE for each in TYPES if each != "AdverseEvent"})
    assert (judged.outcome, judged.reasons, judged.lacking) == (U, {Reason.NOT_LOADED}, {"AdverseEvent"})


@pytest.mark.parametrize(
    ("facts", "outcome", "reason"),
    [
        pytest.param([immunization(concept("13"))], M, None, id="given this year"),
        pytest.param([immunization(concept("13"), "2020-01-01")], U, Reason.NO_RECORD, id="given long ago"),
        pytest.param([immunization(concept("13"), "2025")], U, Reason.DATE_IMPRECISE, id="perhaps in the window"),
        pytest.param([immunization(concept("13"), certainty=Certainty.DENIED)], U, Reason.NO_RECORD, id="once not"),
        pytest.param([], U, Reason.NO_RECORD, id="vaccines are given elsewhere, too"),
    ],
)
def test_a_vaccine_within_a_year(facts: list[Fact], outcome: Outcome, reason: Reason | None) -> None:
    judged = judge(ImmunizationGiven(("vaccine",), look_back=YEAR), *facts)
    assert (judged.outcome, judged.reasons) == (outcome, frozenset({reason}) if reason else frozenset())


@pytest.mark.parametrize(
    ("facts", "outcome", "reason"),
    [
        pytest.param([encounter(concept("14"))], M, None, id="admitted this year"),
        pytest.param([encounter(concept("14"), "2025-06-30")], M, None, id="on the first day of the window"),
        pytest.param([encounter(concept("9", text="some admission"))], U, Reason.NAME_ONLY, id="by its name"),
        pytest.param([encounter(concept("9", text="visit"))], U, Reason.NO_RECORD, id="another visit"),
        pytest.param([], U, Reason.NO_RECORD, id="people are admitted elsewhere, too"),
    ],
)
def test_an_admission_within_a_year(facts: list[Fact], outcome: Outcome, reason: Reason | None) -> None:
    judged = judge(EncounterHad(("admission",), look_back=YEAR), *facts)
    assert (judged.outcome, judged.reasons) == (outcome, frozenset({reason}) if reason else frozenset())


@pytest.mark.parametrize(
    ("deceased", "died", "outcome"),
    [
        pytest.param(None, None, M, id="nothing said"),
        pytest.param(False, None, M, id="said to live"),
        pytest.param(True, None, N, id="deceased"),
        pytest.param(True, "2026-06-30", N, id="died on the screening date"),
        pytest.param(True, "2026-07-01", M, id="died later"),
        pytest.param(True, "2026", U, id="died this year"),
    ],
)
def test_alive(deceased: bool | None, died: str | None, outcome: Outcome) -> None:
    known = record()
    person = replace(known.person, deceased=deceased, died=days(died))
    assert evaluate(Alive(), Case(replace(known, person=person), AT, knowledge())).outcome is outcome
