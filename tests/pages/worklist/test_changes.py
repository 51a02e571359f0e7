"""What time alone will change, in words: a cause is named only where the line of the assessment gives it."""

from typing import Any

import pytest

from service.screening.decisions import decided_of, with_decisions
from service.screening.worklist.changes import What, happening, sentence_of
from service.store.decisions import Decision
from tests.pages.worklist.world import NOON

BORN, RESULT, DRUG, OTHER = (
    {"reference": reference, "element": element, "when": when, "value": "x"}
    for reference, element, when in (
        ("Patient/p", "Patient.birthDate", "2008-12-14"),
        ("Observation/o", "Observation.value", "2026-06-18"),
        ("MedicationRequest/m", "MedicationRequest.medication", "since 2026-03-10"),
        ("Condition/c", "Condition.code", "since 2026-03-10"),
    )
)
GIVEN = {**DRUG, "reference": "MedicationAdministration/a"}
LATE, YEAR = {**RESULT, "when": "2026-06-19"}, {**RESULT, "when": "2026"}
IN, OUT = "inclusion", "exclusion"
MET, NOT, UNKNOWN = "met", "not_met", "unknown"
ON = "2026-12-14"


def told(kind: str, before: str, after: str, evidence: tuple[dict[str, str], ...], **more: Any) -> dict[str, Any]:
    """A line of one criterion, X1, that changes."""
    finding = {"criterion": "X1", "kind": kind, "outcome": before, "evidence": list(evidence), "reasons": []}
    change = {"date": ON, "criterion": "X1", "outcome": after}
    line = {"study_version": "1.0", "standing": "needs_review", "unresolved": 0, "later": None, "assumptions": []}
    return {**line, "next_change": change, "findings": [finding], **more}


@pytest.mark.parametrize(
    ("kind", "before", "after", "evidence", "what", "words"),
    [
        # drugs alone keep somebody out, and then do not
        (OUT, MET, NOT, (DRUG,), What.WASHOUT, "Washout (X1) ends on 2026-12-14."),
        (OUT, MET, NOT, (DRUG, GIVEN), What.WASHOUT, "Washout (X1) ends on 2026-12-14."),
        (OUT, MET, NOT, (DRUG, OTHER), What.LIFTED, "X1 no longer stands in the way from 2026-12-14 on."),
        (OUT, MET, NOT, (), What.LIFTED, "X1 no longer stands in the way from 2026-12-14 on."),
        (IN, NOT, MET, (DRUG,), What.LIFTED, "X1 no longer stands in the way from 2026-12-14 on."),
        (OUT, MET, UNKNOWN, (DRUG,), What.OPEN, "What is on record no longer answers X1 from 2026-12-14 on."),
        # an answer rests on results of one day, and is then unknown
        (IN, MET, UNKNOWN, (RESULT,), What.RESULT, "The result of 2026-06-18 grows too old for X1 on 2026-12-14."),
        (OUT, NOT, UNKNOWN, (RESULT,), What.RESULT, "The result of 2026-06-18 grows too old for X1 on 2026-12-14."),
        (OUT, MET, UNKNOWN, (RESULT,), What.OPEN, "What is on record no longer answers X1 from 2026-12-14 on."),
        (IN, MET, UNKNOWN, (RESULT, LATE), What.OPEN, "What is on record no longer answers X1 from 2026-12-14 on."),
        (IN, MET, UNKNOWN, (YEAR,), What.OPEN, "What is on record no longer answers X1 from 2026-12-14 on."),
        (IN, MET, UNKNOWN, (RESULT, OTHER), What.OPEN, "What is on record no longer answers X1 from 2026-12-14 on."),
        (IN, MET, UNKNOWN, (), What.OPEN, "What is on record no longer answers X1 from 2026-12-14 on."),
        # a birthday
        (IN, NOT, MET, (BORN,), What.AGE, "Turns 18 on 2026-12-14 (X1)."),
        (IN, MET, NOT, (BORN,), What.AGE, "Turns 18 on 2026-12-14 (X1)."),
        (IN, NOT, MET, (BORN, OTHER), What.LIFTED, "X1 no longer stands in the way from 2026-12-14 on."),
        (
            IN,
            NOT,
            MET,
            ({**BORN, "when": "2008-12-13"},),
            What.LIFTED,
            "X1 no longer stands in the way from 2026-12-14 on.",
        ),
        (IN, NOT, MET, ({**BORN, "when": "2008"},), What.LIFTED, "X1 no longer stands in the way from 2026-12-14 on."),
        # what it means is all that is told
        (IN, MET, NOT, (RESULT,), What.AGAINST, "X1 stands in the way from 2026-12-14 on."),
        (OUT, UNKNOWN, MET, (), What.AGAINST, "X1 stands in the way from 2026-12-14 on."),
        (OUT, UNKNOWN, NOT, (DRUG,), What.FITS, "X1 fits from 2026-12-14 on."),
        (IN, UNKNOWN, MET, (), What.FITS, "X1 fits from 2026-12-14 on."),
    ],
)
def test_what_happens(
    kind: str, before: str, after: str, evidence: tuple[dict[str, str], ...], what: What, words: str
) -> None:
    change = happening(told(kind, before, after, evidence))
    assert change is not None and (change["date"], change["criterion"], change["what"]) == (ON, "X1", what)
    assert str(sentence_of(change)) == words


def test_where_something_was_assumed_no_result_is_the_cause() -> None:
    assumed = [{"criterion": "X1", "assumption": "no hepatitis on record"}]
    change = happening(told(OUT, NOT, UNKNOWN, (RESULT,), assumptions=assumed))
    assert change is not None and change["what"] == What.OPEN
    other = [{"criterion": "X2", "assumption": "no hepatitis on record"}]
    change = happening(told(OUT, NOT, UNKNOWN, (RESULT,), assumptions=other))
    assert change is not None and change["what"] == What.RESULT


def test_where_a_person_answered_only_the_records_say_something_else() -> None:
    decision = Decision(
        "north", "demo", "p", "answer", "X1", {"outcome": NOT, "was": MET, "version": "1.0"}, "why", "anna", NOON
    )
    answered = with_decisions(told(OUT, MET, NOT, (DRUG,)), decided_of((decision,)))
    assert "decided" in answered["findings"][0]
    change = happening(answered)
    assert change is not None and change["what"] == What.MACHINE


def test_nothing_changes_and_an_earlier_row_tells_less() -> None:
    assert happening(told(OUT, MET, NOT, (), next_change=None)) is None
    assert str(sentence_of({"date": ON, "criterion": "X1", "outcome": NOT})) == "X1 changes on 2026-12-14."
