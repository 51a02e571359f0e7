"""AuditEvents against HL7's own definition of R4, whatever stands in the audit."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from fhir.resources.R4B.auditevent import AuditEvent
from hypothesis import given, strategies as st

from service.fhir.audit_event import EVENTS, PURPOSES, Audited, audit_event
from tests.contracts.official import official

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
codes = st.from_regex(r"[a-z]+(-[a-z]+){0,2}", fullmatch=True)
names = st.from_regex(r"[A-Za-z0-9.\-]{1,40}", fullmatch=True)
entries = st.builds(
    Audited,
    id=st.integers(1, 10**12),
    at=st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)).map(lambda each: each.replace(tzinfo=UTC)),
    tenant=names,
    actor=names,
    action=st.sampled_from([f"{each}-patient" for each in EVENTS] + ["signed-in", "decided"]) | codes,
    study=st.none() | names,
    patient=st.none() | names,
    detail=st.dictionaries(codes, codes | st.integers() | st.booleans() | st.none(), max_size=3)
    | st.sampled_from([{"purpose": each} for each in PURPOSES]),
)


@given(entries)
def test_every_entry_is_an_audit_event(entry: Audited) -> None:
    event = audit_event(entry)
    read = AuditEvent.model_validate(event)
    assert read.recorded == entry.at and read.agent[0].altId == entry.actor
    assert (f"Patient/{entry.patient}" in str(event)) == (entry.patient is not None)


@pytest.mark.shared
def test_the_official_schema_takes_them(shared: Path) -> None:
    validator = official(shared / "data" / "definitions" / "r4", "AuditEvent")

    @given(entries)
    def each(entry: Audited) -> None:
        assert [str(problem) for problem in validator.iter_errors(audit_event(entry))] == []

    each()


def test_it_says_who_looked_at_whom_when_in_which_study_and_why() -> None:
    detail = {"purpose": "recruitment", "why": "contact"}
    event = audit_event(Audited(7, NOON, "north", "anna", "reveal-name", "demo", "p", detail))
    patient, study, more = event["entity"]  # type: ignore[misc]
    assert event["recorded"] == "2026-06-30T12:00:00+00:00" and event["action"] == "R"
    assert event["agent"][0]["altId"] == "anna"  # type: ignore[index]
    assert event["purposeOfEvent"][0]["coding"][0]["code"] == "CLINTRCH"  # type: ignore[index]
    assert patient["what"] == {"reference": "Patient/p"} and study["what"]["identifier"]["value"] == "demo"
    assert more["detail"] == [{"type": "why", "valueString": "contact"}]
    assert event["source"] == {"site": "north", "observer": {"display": "fhir-prescreen"}}


def test_to_decide_about_a_patient_changes_the_record() -> None:
    assert audit_event(Audited(1, NOON, "north", "anna", "decided", "demo", "p"))["action"] == "U"
    assert audit_event(Audited(1, NOON, "north", "anna", "role-given", "demo"))["action"] == "E"
