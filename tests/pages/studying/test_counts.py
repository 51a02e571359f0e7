"""What assessments add up to: each person falls out once, and what a criterion costs is what it alone decides."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, strategies as st

from service.screening.decisions import Decided, PersonStatus, Status, with_decisions
from service.screening.decisions.decided import NOTHING, Answer
from service.screening.studying.counts import NO_SIGNAL, Counts, partition, with_signal

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
KINDS = {"I1": "inclusion", "I2": "inclusion", "E1": "exclusion", "E2": "exclusion"}
OUTCOMES = ("met", "not_met", "unknown")
Line = dict[str, Any]


def finding(criterion: str, outcome: str, *, open_item: bool = False) -> Line:
    reasons = ["no-record"] if outcome == "unknown" else []
    return {
        "criterion": criterion,
        "kind": KINDS[criterion],
        "outcome": outcome,
        "open_item": open_item and outcome == "unknown",
        "reasons": reasons,
    }


def standing(findings: list[Line]) -> str:
    """The core's rule, said once more."""
    blocking = {"inclusion": "not_met", "exclusion": "met"}
    if any(each["outcome"] == blocking[each["kind"]] for each in findings):
        return "ineligible"
    return (
        "needs_review"
        if any(each["outcome"] == "unknown" and not each["open_item"] for each in findings)
        else "candidate"
    )


def line(findings: list[Line], signal: str = "strong", later: str | None = None) -> Line:
    unresolved = sum(each["outcome"] == "unknown" for each in findings)
    found = {"study_version": "1.0", "signal": signal, "standing": standing(findings), "findings": findings}
    return {**found, "later": later, "unresolved": unresolved, "next_change": None}


def of(**outcomes: str) -> list[Line]:
    """Findings: those named, the others such that they keep nobody out."""
    free = {"I1": "met", "I2": "met", "E1": "not_met", "E2": "not_met"}
    return [finding(name, outcomes.get(name, usual)) for name, usual in free.items()]


def counted(*lines: Line, decided: Decided = NOTHING) -> Line:
    counts = Counts(KINDS)
    for each in lines:
        counts.add(with_decisions(each, decided), decided)
    return counts.document()


def test_everybody_falls_out_at_the_first_criterion_of_the_protocol() -> None:
    told = counted(line(of(I2="not_met", E1="met")), line(of(E1="met")), line(of()), line(of(I1="unknown")))
    assert partition(told) == {NO_SIGNAL: 0, "I1": 0, "I2": 1, "E1": 1, "E2": 0, "needs_review": 1, "candidate": 1}


def test_a_criterion_costs_those_whom_it_alone_keeps_out() -> None:
    told = counted(line(of(E1="met")), line(of(E1="met", I2="unknown")), line(of(E1="met", I1="not_met")))
    assert told["criteria"]["E1"]["alone"] == {"candidate": 1, "needs_review": 1}
    assert told["criteria"]["I1"]["alone"] == {"candidate": 0, "needs_review": 0}


def test_an_unknown_costs_where_it_is_the_only_one() -> None:
    told = counted(line(of(I2="unknown")), line(of(I2="unknown", I1="unknown")))
    assert [told["criteria"][each]["undecided_alone"] for each in KINDS] == [0, 1, 0, 0]
    assert told["criteria"]["I2"]["reasons"] == {"no-record": 2}


def test_who_has_no_signal_is_in_no_funnel_but_counts_for_the_quality() -> None:
    told = counted(line(of(E1="met"), signal="none"), line(of(I1="unknown"), signal="unknown"))
    assert (told["assessed"], with_signal(told), partition(told)[NO_SIGNAL]) == (2, 0, 2)
    assert told["criteria"]["I1"]["everybody"] == {"met": 1, "not_met": 0, "unknown": 1}
    assert told["criteria"]["I1"]["all_reasons"] == {"no-record": 1}
    assert told["criteria"]["I1"]["outcomes"] == {"met": 0, "not_met": 0, "unknown": 0}
    assert told["criteria"]["I1"]["reasons"] == {}


def test_later_are_those_whom_time_alone_lets_in() -> None:
    assert counted(line(of(E1="met"), later="2026-09-01"), line(of(E1="met")))["later"] == 1


def test_what_people_said_counts_as_it_stands() -> None:
    answers = {"E1": Answer("E1", "not_met", "met", True, "anna", NOON)}
    decided = Decided(status=Status(PersonStatus.SCREENING, "anna", NOON), answers=answers)
    told = counted(line(of(E1="met")), decided=decided)
    assert (told["standings"]["candidate"], told["criteria"]["E1"]["first"]) == (1, 0)
    assert (told["criteria"]["E1"]["by_people"], told["statuses"]) == (1, {"screening": 1})


def test_an_unknown_that_a_person_gave_keeps_somebody_open() -> None:
    decided = Decided(answers={"E2": Answer("E2", "unknown", "unknown", False, "anna", NOON)})
    findings = [*of()[:3], finding("E2", "unknown", open_item=True)]
    assert counted(line(findings))["standings"]["candidate"] == 1
    told = counted(line(findings), decided=decided)
    assert (told["standings"]["needs_review"], told["criteria"]["E2"]["undecided_alone"]) == (1, 1)


@st.composite
def lines(draw: st.DrawFn) -> tuple[Line, Decided]:
    outcomes = draw(st.tuples(*[st.sampled_from(OUTCOMES)] * 4))
    opens = draw(st.tuples(*[st.booleans()] * 4))
    findings = [
        finding(*each, open_item=open_) for each, open_ in zip(zip(KINDS, outcomes, strict=True), opens, strict=True)
    ]
    said = draw(st.dictionaries(st.sampled_from(list(KINDS)), st.sampled_from(OUTCOMES), max_size=2))
    answers = {name: Answer(name, each, None, True, "anna", NOON) for name, each in said.items()}
    return line(findings, draw(st.sampled_from(["strong", "weak", "none", "unknown"]))), Decided(answers=answers)


def without(told: Line, criterion: str) -> str:
    """Where somebody would stand without a criterion: the slow and obvious way."""
    rest = []
    for each in told["findings"]:
        if each["criterion"] != criterion:
            given = each.get("decided")
            rest.append(each if given is None else {**each, "outcome": given["outcome"], "open_item": False})
    return standing(rest)


@given(st.lists(lines(), max_size=8))
def test_it_all_adds_up_and_agrees_with_leaving_out_one_criterion(given_lines: list[tuple[Line, Decided]]) -> None:
    counts, told = Counts(KINDS), []
    for each, decided in given_lines:
        told.append(with_decisions(each, decided))
        counts.add(told[-1], decided)
    document = counts.document()
    assert sum(partition(document).values()) == len(given_lines)
    telling = [each for each in told if each["signal"] in ("strong", "weak")]
    for name, criterion in document["criteria"].items():
        moved = Counter((each["standing"], without(each, name)) for each in telling)
        assert criterion["alone"] == {to: moved["ineligible", to] for to in ("candidate", "needs_review")}
        assert criterion["undecided_alone"] == moved["needs_review", "candidate"]
        assert sum(criterion["outcomes"].values()) == len(telling)
