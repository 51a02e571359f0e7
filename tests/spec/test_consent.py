"""Consents in force on the screening date: given, refused, both, or neither. SEMANTICS §4."""

import pytest

from service.eligibility.criteria import ConsentIs
from service.eligibility.facts import Certainty, ConsentFact, Loaded
from service.eligibility.outcome import Outcome, Reason
from tests.builders import TYPES, consent, judge

N, U, M = Outcome.NOT_MET, Outcome.UNKNOWN, Outcome.MET
GIVEN, REFUSED = ConsentIs(("research",), given=True), ConsentIs(("research",), given=False)
YES, NO = consent(True), consent(False, number=2)


@pytest.mark.parametrize(
    ("facts", "given", "refused", "reason"),
    [
        pytest.param([], U, N, Reason.NO_RECORD, id="nothing on record: not given by silence, not refused"),
        pytest.param([YES], M, N, None, id="given"),
        pytest.param([NO], N, M, None, id="refused"),
        pytest.param([YES, NO], U, U, Reason.STATUS_UNCERTAIN, id="given and refused, both in force"),
        pytest.param([consent(True, end="2026-06-29")], U, N, Reason.NO_RECORD, id="given, over yesterday"),
        pytest.param([consent(True, end="2026-06-30")], M, N, None, id="given, over today"),
        pytest.param([consent(True, "2026-07-01")], U, N, Reason.NO_RECORD, id="given tomorrow"),
        pytest.param(
            [YES, consent(None, number=3)], U, U, Reason.STATUS_UNCERTAIN, id="given, and one that is not clear"
        ),
        pytest.param([consent(None)], U, U, Reason.STATUS_UNCERTAIN, id="a decision that is not clear"),
        pytest.param([consent(True, None)], M, N, None, id="given on an unknown day, in force"),
        pytest.param(
            [consent(None, certainty=Certainty.POSSIBLE)], U, U, Reason.STATUS_UNCERTAIN, id="not in force any more"
        ),
    ],
)
def test_consent(facts: list[ConsentFact], given: Outcome, refused: Outcome, reason: Reason | None) -> None:
    judged = judge(GIVEN, *facts)
    assert (judged.outcome, judge(REFUSED, *facts).outcome) == (given, refused)
    assert judged.reasons == (frozenset({reason}) if reason else frozenset())


@pytest.mark.parametrize(
    ("facts", "assumed"), [pytest.param([], True, id="silence"), pytest.param([YES], False, id="a consent on record")]
)
def test_not_refused_is_an_assumption_only_where_nothing_says_so(facts: list[ConsentFact], assumed: bool) -> None:
    assert bool(judge(REFUSED, *facts).assumptions) is assumed


@pytest.mark.parametrize("node", [GIVEN, REFUSED])
@pytest.mark.parametrize("fact", [YES, NO])
def test_a_decision_stands_only_where_a_later_one_would_be_known(node: ConsentIs, fact: ConsentFact) -> None:
    loaded = dict.fromkeys(TYPES, Loaded.COMPLETE) | {"Consent": Loaded.INCOMPLETE}
    assert judge(node, fact, loaded=loaded).reasons == {Reason.NOT_LOADED}
