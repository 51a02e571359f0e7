"""What holds of all decisions, whatever they are."""

from typing import Any

import orjson
from hypothesis import given, strategies as st

from service.screening.decisions import decided_of, with_decisions
from service.screening.decisions.applied import outcome_of
from service.screening.decisions.kinds import OUTCOMES, Kind
from service.store.decisions import Decision
from tests.pages.decisions.world import decision
from tests.spec.test_decisions import finding, line

NAMES = ("X1", "X2", "X3")
outcomes = st.sampled_from(sorted(OUTCOMES))
kinds = st.sampled_from(("inclusion", "exclusion"))


@st.composite
def lines(draw: st.DrawFn) -> dict[str, Any]:
    """What the machine says of three criteria."""
    return line(*(finding(draw(kinds), draw(outcomes), name, open_item=draw(st.booleans())) for name in NAMES))


@st.composite
def histories(draw: st.DrawFn) -> list[Decision]:
    """Decisions of several kinds, one after the other."""
    found = []
    for number in range(1, draw(st.integers(0, 8)) + 1):
        kind = draw(st.sampled_from((Kind.ANSWER, Kind.OVERRIDE, Kind.STATUS, Kind.NOTE, Kind.SNOOZE)))
        if kind in (Kind.ANSWER, Kind.OVERRIDE):
            about = draw(st.sampled_from((*NAMES, "of-another-version")))
            made = decision(kind, number, about, outcome=draw(st.none() | outcomes))
        elif kind is Kind.STATUS:
            made = decision(kind, number, status=draw(st.sampled_from((None, "screening", "declined"))))
        else:
            made = decision(kind, number, **({"until": None} if kind is Kind.SNOOZE else {}))
        found.append(made)
    return found


@given(lines(), histories())
def test_without_an_answer_the_line_is_the_same_to_the_byte(told: dict[str, Any], history: list[Decision]) -> None:
    others = [each for each in history if each.kind not in (Kind.ANSWER, Kind.OVERRIDE)]
    assert orjson.dumps(with_decisions(told, decided_of(others))) == orjson.dumps(told)


@given(lines(), histories())
def test_taking_all_back_restores_the_line(told: dict[str, Any], history: list[Decision]) -> None:
    back = [decision(Kind.ANSWER, 100 + number, name, outcome=None) for number, name in enumerate(NAMES)]
    assert orjson.dumps(with_decisions(told, decided_of([*history, *back]))) == orjson.dumps(told)


@given(lines(), histories())
def test_what_the_machine_said_can_be_read_back(told: dict[str, Any], history: list[Decision]) -> None:
    found = with_decisions(told, decided_of(history))
    machine = {**found, **found.get("machine", {})}
    machine["findings"] = [{k: v for k, v in each.items() if k != "decided"} for each in found["findings"]]
    machine.pop("machine", None)
    assert machine == told


@given(histories(), st.randoms())
def test_the_newest_holds_in_whatever_order_they_are_read(history: list[Decision], chance: Any) -> None:
    mixed = list(history)
    chance.shuffle(mixed)
    assert decided_of(mixed) == decided_of(history)


@given(lines(), histories(), st.sampled_from(NAMES), outcomes)
def test_an_answer_changes_no_other_criterion(
    told: dict[str, Any], history: list[Decision], name: str, outcome: str
) -> None:
    before = with_decisions(told, decided_of(history))
    after = with_decisions(told, decided_of([*history, decision(Kind.ANSWER, 100, name, outcome=outcome)]))
    for one, other in zip(before["findings"], after["findings"], strict=True):
        if one["criterion"] == name:
            assert outcome_of(other) == outcome
        else:
            assert one == other
