"""What people answer beside the machine, as a nurse would read it: which answer holds, and where the patient stands."""

from datetime import date, timedelta
from typing import Any

import pytest

from service.screening.decisions import Decided, decided_of, with_decisions
from service.screening.decisions.kinds import STATES, Kind, PersonStatus
from tests.pages.decisions.world import decision

DAY = date(2026, 6, 30)
Row = tuple[str, str, str | None, str, int]


def finding(kind: str, outcome: str, name: str = "X1", *, open_item: bool = False) -> dict[str, Any]:
    return {"criterion": name, "kind": kind, "outcome": outcome, "open_item": open_item, "reasons": [], "evidence": []}


def line(*findings: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A line of the machine with these findings."""
    bad = {"inclusion": "not_met", "exclusion": "met"}
    blocks = [each for each in findings if each["outcome"] == bad[each["kind"]]]
    unknown = [each for each in findings if each["outcome"] == "unknown"]
    open_ones = [each for each in unknown if not each["open_item"]]
    standing = "ineligible" if blocks else "needs_review" if open_ones else "candidate"
    told = {"standing": standing, "unresolved": len(unknown), "later": None, "next_change": None}
    return {"patient": "p", "study_version": "1.0", **told, "findings": list(findings), **more}


def answered(outcome: str, name: str = "X1", **more: Any) -> Decided:
    return decided_of([decision(Kind.ANSWER, 1, name, outcome=outcome, **more)])


# kind of criterion, what the machine says, what the person answers -> where the patient stands, how much is unresolved
TABLE: tuple[Row, ...] = (
    ("inclusion", "unknown", None, "needs_review", 1),
    ("inclusion", "unknown", "met", "candidate", 0),
    ("inclusion", "unknown", "not_met", "ineligible", 0),
    ("inclusion", "unknown", "unknown", "needs_review", 1),
    ("inclusion", "met", None, "candidate", 0),
    ("inclusion", "met", "met", "candidate", 0),
    ("inclusion", "met", "not_met", "ineligible", 0),
    ("inclusion", "met", "unknown", "needs_review", 1),
    ("inclusion", "not_met", None, "ineligible", 0),
    ("inclusion", "not_met", "met", "candidate", 0),
    ("inclusion", "not_met", "not_met", "ineligible", 0),
    ("inclusion", "not_met", "unknown", "needs_review", 1),
    ("exclusion", "unknown", None, "needs_review", 1),
    ("exclusion", "unknown", "met", "ineligible", 0),
    ("exclusion", "unknown", "not_met", "candidate", 0),
    ("exclusion", "unknown", "unknown", "needs_review", 1),
    ("exclusion", "met", None, "ineligible", 0),
    ("exclusion", "met", "met", "ineligible", 0),
    ("exclusion", "met", "not_met", "candidate", 0),
    ("exclusion", "met", "unknown", "needs_review", 1),
    ("exclusion", "not_met", None, "candidate", 0),
    ("exclusion", "not_met", "met", "ineligible", 0),
    ("exclusion", "not_met", "not_met", "candidate", 0),
    ("exclusion", "not_met", "unknown", "needs_review", 1),
)


@pytest.mark.parametrize(("kind", "machine", "person", "standing", "unresolved"), TABLE)
def test_where_somebody_stands(kind: str, machine: str, person: str | None, standing: str, unresolved: int) -> None:
    told = line(finding(kind, machine))
    found = with_decisions(told, Decided() if person is None else answered(person))
    assert (found["standing"], found["unresolved"]) == (standing, unresolved)
    assert found["findings"][0]["outcome"] == machine, "the machine's answer stays"
    if person is not None:
        assert found["findings"][0]["decided"]["outcome"] == person


def test_a_checklist_item_keeps_nobody_out_until_a_person_could_not_settle_it() -> None:
    told = line(finding("exclusion", "unknown", open_item=True))
    assert told["standing"] == "candidate"
    assert with_decisions(told, answered("unknown"))["standing"] == "needs_review"
    assert with_decisions(told, answered("not_met"))["unresolved"] == 0


LATER, CHANGE = "2026-09-01", {"date": "2026-08-01", "criterion": "X1", "outcome": "not_met"}
# other findings; the machine's `later` and next change; what the person answers of X2 -> later
LATERS: tuple[tuple[dict[str, Any], str | None, Any, str, str | None], ...] = (
    (finding("exclusion", "met", "X2"), LATER, CHANGE, "not_met", LATER),
    (finding("exclusion", "met", "X2"), None, CHANGE, "not_met", "2026-08-01"),
    (finding("exclusion", "met", "X2"), None, {**CHANGE, "outcome": "unknown"}, "not_met", "2026-08-01"),
    (finding("exclusion", "met", "X2"), None, {**CHANGE, "criterion": "X2"}, "not_met", None),
    (finding("exclusion", "met", "X2"), None, None, "not_met", None),
    (finding("exclusion", "unknown", "X2"), LATER, CHANGE, "met", None),
    (finding("exclusion", "unknown", "X2"), LATER, CHANGE, "not_met", LATER),
)


@pytest.mark.parametrize(("other", "later", "change", "person", "expected"), LATERS)
def test_from_when_time_alone_lifts_what_keeps_out(
    other: dict[str, Any], later: str | None, change: Any, person: str, expected: str | None
) -> None:
    told = line(finding("exclusion", "met"), other, later=later, next_change=change)
    assert with_decisions(told, answered(person, "X2"))["later"] == expected


@pytest.mark.parametrize(
    ("was", "machine", "version", "moved", "standing"),
    [
        # overruled, knowing what the machine says: that holds
        ("met", "met", "1.0", False, "candidate"),
        ("met", "met", "0.9", True, "candidate"),
        (None, "met", None, False, "candidate"),
        # the machine moved, and says nothing against it
        ("met", "unknown", "1.0", True, "candidate"),
        ("unknown", "not_met", "1.0", True, "candidate"),
        # answered while the record was silent, and now the record says otherwise: nobody may go by either alone
        ("unknown", "met", "1.0", True, "needs_review"),
    ],
)
def test_somebody_looks_again_when_the_machine_or_the_study_changed(
    was: str | None, machine: str, version: str | None, moved: bool, standing: str
) -> None:
    found = with_decisions(line(finding("exclusion", machine)), answered("not_met", was=was, version=version))
    assert found["findings"][0]["decided"]["moved"] is moved
    assert found["findings"][0]["decided"]["outcome"] == "not_met", "what the person said is kept and shown"
    assert found["standing"] == standing
    assert found["unresolved"] == (standing == "needs_review")


@pytest.mark.parametrize(("machine", "person"), [("met", "not_met"), ("not_met", "met")])
def test_what_was_learnt_since_the_answer_is_for_people_to_weigh(machine: str, person: str) -> None:
    """A cancer that was found after somebody had answered that there is none makes nobody a candidate."""
    found = with_decisions(line(finding("exclusion", machine)), answered(person, was="unknown"))
    assert (found["standing"], found["findings"][0]["decided"]["contradicted"]) == ("needs_review", True)


# what was said for this study, what for all -> silent today, in a year
SILENCES: tuple[tuple[tuple[Any, ...], bool, bool], ...] = (
    ((), False, False),
    ((("declined", None, False),), True, True),
    ((("declined", "2026-12-31", False),), True, False),
    ((("do-not-contact", None, True),), True, True),
    ((("declined", "2026-12-31", False), ("do-not-contact", "2028-01-01", True)), True, True),
    ((("declined", None, False), (None, None, False)), False, False),
    ((("do-not-contact", None, True), (None, None, False)), True, True),
)


@pytest.mark.parametrize(("said", "today", "next_year"), SILENCES)
def test_who_is_left_alone(said: tuple[Any, ...], today: bool, next_year: bool) -> None:
    found = decided_of(
        decision(Kind.SILENCE, number, why=why, until=until, everywhere=everywhere)
        for number, (why, until, everywhere) in enumerate(said, 1)
    )
    assert (found.silent(DAY) is not None) is today
    assert (found.silent(DAY + timedelta(days=365)) is not None) is next_year


def test_a_silence_holds_on_its_last_day() -> None:
    found = decided_of([decision(Kind.SILENCE, 1, why="declined", until=DAY.isoformat())])
    assert found.silent(DAY) is not None and found.silent(DAY + timedelta(days=1)) is None


def test_who_declined_is_left_alone_unless_a_day_was_named() -> None:
    declined = decision(Kind.STATUS, 1, status="declined")
    until = decision(Kind.SILENCE, 2, why="declined", until="2026-12-31")
    assert decided_of([declined]).silent(date(2030, 1, 1)) is not None
    assert decided_of([declined, until]).silent(date(2030, 1, 1)) is None
    assert decided_of([declined, decision(Kind.STATUS, 3, status=None)]).silent(DAY) is None


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("screening", "screening"),
        ("eligible", "eligible"),
        ("ineligible", "ineligible"),
        ("contacted", "screening"),
        ("consented", "pending-on-study"),
        ("declined", "not-registered"),
        ("on-study", "on-study"),
        ("off-study", "off-study"),
        ("withdrawn", "withdrawn"),
    ],
)
def test_what_the_research_subject_says(status: str, state: str) -> None:
    assert STATES[PersonStatus(status)] == state
