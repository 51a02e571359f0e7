"""The parts of a patient's pages as tables: who, why something changed, which record is shown, which link is made."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from service.errors import EhrError, EhrUnavailable, NotPermitted, ResourceGone, UnusableAnswer
from service.screening.person.evidence import Evidence, evidence_at, link_of, numbered
from service.screening.person.history import EITHER, FIRST, READING, RECORDS, TIME, VERSION, changes, why
from service.screening.person.source import (
    FAILED,
    GONE,
    NAMED,
    NARRATIVE,
    NO_ID,
    NO_SOURCE,
    OTHERS,
    REFUSED,
    SILENT,
    is_of,
    lines,
    source_of,
)
from service.screening.person.study_part import SHORT, short
from service.screening.person.who import NOT_RECORDED, age_words, hide, who_of
from service.store.assessments import Stored
from service.store.people import Known

AT = date(2026, 6, 30)
MADE = datetime(2026, 6, 30, 9, tzinfo=UTC)
EVA = Known("north", "p", "h", "Eva Muster", "1970-05-05", "female", {"MRN 4711": "MR"}, None, None, None, None)


@pytest.mark.parametrize(
    ("born", "age"),
    [
        ("1970-06-30", "56"),
        ("1970-07-01", "55"),
        ("1970-06", "55 or 56"),
        ("1970-05", "56"),
        ("1970", "55 or 56"),
        ("2026-06-30", "0"),
        ("2027", NOT_RECORDED),
        ("1970-6-3", NOT_RECORDED),
        ("", NOT_RECORDED),
        (None, NOT_RECORDED),
    ],
)
def test_an_age_is_as_certain_as_the_birth_date(born: str | None, age: str) -> None:
    assert age_words(born, AT) == age


def test_hidden_means_that_nothing_tells_who_it_is() -> None:
    who = who_of(EVA, AT, hidden=True)
    assert (who.name, who.born, who.numbers) == (NOT_RECORDED, NOT_RECORDED, ()) and who.age == "56"
    told = {"a": ["born 1970-05-05", "MUSTER, Eva"], "MRN 4711": {"b": "MRN 4711 of eva muster", "n": 1970}}
    hidden = hide(told, EVA)
    assert "1970-05-05" not in str(hidden) and "uster" not in str(hidden["a"]).lower().replace("must", "")
    assert hidden["MRN 4711"] == {"b": "(hidden) of (hidden)", "n": 1970}


@given(
    st.recursive(st.text() | st.integers() | st.none(), lambda each: st.lists(each) | st.dictionaries(st.text(), each))
)
def test_hiding_changes_nothing_of_whom_nothing_is_known(content: Any) -> None:
    assert hide(content, Known("north", "p", "h", None, None, None, {}, None, None, None, None)) == content


def stored(
    outcome: str = "met", digest: str = "d", day: int = 0, version: str = "1", change: int | None = None, **more: Any
) -> Stored:
    finding = {"criterion": "E1", "kind": "exclusion", "outcome": outcome, "evidence": more.get("evidence", [])}
    at = AT + timedelta(days=day)
    due = None if change is None else AT + timedelta(days=change)
    return Stored(1, "north", "demo", version, "p", digest, at, due, {"findings": [finding]}, MADE)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (None, stored(), FIRST),
        (stored(), stored(version="2"), VERSION),
        (stored(), stored("not_met", "e"), RECORDS),
        (stored(), stored("not_met", day=5), TIME),
        (stored(), stored("not_met"), READING),
        # a change was due: the records, or time
        (stored(change=3), stored("not_met", "e", day=5), EITHER),
        (stored(change=5), stored("not_met", "e", day=5), EITHER),
        # none was due, and an answer changed: it was not time
        (stored(change=9), stored("not_met", "e", day=5), RECORDS),
        (stored(), stored("not_met", "e", day=5), RECORDS),
        # no answer changed: what is named may have left a window
        (stored(), stored("met", "e", day=5), EITHER),
    ],
)
def test_why_an_assessment_changed(before: Stored | None, after: Stored, reason: str) -> None:
    assert why(before, after) == reason


def test_what_changed_is_told_by_criterion_and_by_evidence() -> None:
    record = {"value": "cancer", "when": "", "reference": "Condition/c", "element": "code"}
    (changed,) = changes(stored("not_met").line, stored("met", evidence=[record]).line)
    assert (changed.before, changed.after) == ("Not present", "Present: speaks against")
    assert changed.came == ("cancer (undated; Condition/c)",) and changed.went == ()
    assert changes(stored().line, stored().line) == ()
    (gone,) = changes(stored().line, {"findings": []})
    assert gone.after is None


TEMPLATE = "https://ehr.example/{type}/{id}"


@pytest.mark.parametrize(
    ("template", "reference", "link"),
    [
        (TEMPLATE, "Observation/a-1.b", "https://ehr.example/Observation/a-1.b"),
        (None, "Observation/a", None),
        (TEMPLATE, "https://other.example/Observation/a", None),
        (TEMPLATE, "#contained", None),
        (TEMPLATE, "Observation/a?x=1", None),
        (TEMPLATE, "Observation/../../x", None),
        (TEMPLATE, 'Observation/"><script>', None),
        (TEMPLATE, "urn:uuid:1", None),
        (TEMPLATE, "", None),
    ],
)
def test_a_link_into_the_ehr_holds_a_type_and_an_id_and_nothing_else(
    template: str | None, reference: str, link: str | None
) -> None:
    assert link_of(template, reference) == link


def test_evidence_is_numbered_as_it_stands_in_the_line() -> None:
    def exhibit(name: str) -> dict[str, str]:
        return {"value": name, "when": "", "reference": f"Condition/{name}", "element": "code"}

    line = {
        "findings": [
            {"criterion": "A", "evidence": [exhibit("a"), exhibit("b")]},
            {"criterion": "B", "evidence": [exhibit("c")]},
        ]
    }
    assert [each.number for each in numbered(line)["B"]] == [3]
    found = evidence_at(line, 3)
    assert found is not None and found.reference == "Condition/c"
    assert evidence_at(line, 0) is None and evidence_at(line, 4) is None


ONE = Evidence("hb", "2026", "Observation/o", "value", 1)
OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "o",
    "meta": {"versionId": "3"},
    "text": {"status": "generated", "div": "<div>Eva</div>"},
    "subject": {"reference": "Patient/p"},
    "valueQuantity": {"value": 13, "unit": "g/dL"},
    "component": [{"valueString": "a"}, {"valueString": "b"}],
}


@pytest.mark.parametrize(
    ("resource", "yes"),
    [
        (OBSERVATION, True),
        ({**OBSERVATION, "subject": {"reference": "https://ehr.example/fhir/Patient/p"}}, True),
        ({**OBSERVATION, "subject": {"reference": "Patient/p/_history/2"}}, True),
        ({**OBSERVATION, "subject": {"reference": "Patient/q"}}, False),
        ({**OBSERVATION, "subject": {"reference": "Group/p"}}, False),
        ({**OBSERVATION, "subject": {"display": "Patient/p"}}, False),
        ({**OBSERVATION, "subject": "Patient/p"}, False),
        ({"resourceType": "AllergyIntolerance", "patient": {"reference": "Patient/p"}}, True),
        ({"resourceType": "AllergyIntolerance", "patient": {"reference": "Patient/pp"}}, False),
        ({"resourceType": "Observation"}, False),
        ({"resourceType": "Medication"}, True),
        ({"resourceType": "Patient", "id": "p"}, True),
        ({"resourceType": "Patient", "id": "q"}, False),
        ({}, False),
    ],
)
def test_a_record_is_shown_only_if_it_is_surely_the_patients(resource: dict[str, Any], yes: bool) -> None:
    assert is_of(resource, "p") is yes


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ResourceGone("x"), GONE),
        (NotPermitted("x"), REFUSED),
        (EhrUnavailable("x"), SILENT),
        (UnusableAnswer("x"), FAILED),
    ],
)
def test_a_record_that_cannot_be_read_is_said_to_be_so(error: EhrError, said: str) -> None:
    def read(kind: str, id: str) -> dict[str, Any]:
        raise error

    assert source_of(ONE, "p", read).problem == said


def test_a_record_is_shown_with_what_counted_and_without_its_narrative() -> None:
    asked = []

    def read(kind: str, id: str) -> dict[str, Any]:
        asked.append((kind, id))
        return OBSERVATION

    found = source_of(ONE, "p", read)
    text = "\n".join(each.text for each in found.lines)
    assert asked == [("Observation", "o")] and found.version == "3" and found.problem is None
    assert "<div>" not in text and NARRATIVE in text
    counted = [each.text.strip() for each in found.lines if each.counted]
    assert counted == ['"valueQuantity": {', '"value": 13,', '"unit": "g/dL"', "},"]
    assert source_of(ONE, "q", read).problem == OTHERS
    assert source_of(ONE, "p", None).problem == NO_SOURCE
    assert source_of(Evidence("", "", "#c", ""), "p", read).problem == NO_ID


def test_where_names_are_hidden_the_patient_itself_is_not_shown() -> None:
    def read(kind: str, id: str) -> dict[str, Any]:
        return {"resourceType": kind, "id": id, "subject": {"reference": "Patient/p", "display": "Eva Muster"}}

    assert source_of(Evidence("", "", "Patient/p", "birthDate"), "p", read, EVA).problem == NAMED
    assert "Muster" not in str(source_of(ONE, "p", read, EVA).lines)


def test_an_element_of_a_list_is_marked_alone() -> None:
    counted = [each.text.strip() for each in lines(OBSERVATION, "component[1]") if each.counted]
    assert counted == ["{", '"valueString": "b"', "}"]


@given(st.text(max_size=300))
def test_short_words_are_the_beginning_of_the_protocols_own(text: str) -> None:
    assert len(short(text)) <= SHORT
    assert " ".join(text.split()).startswith(short(text).removesuffix("…"))
