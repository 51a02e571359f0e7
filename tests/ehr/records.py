"""Small resources, and pages of them."""

from typing import Any

Resource = dict[str, Any]
LOINC = "http://loinc.org"


def patient(id: str = "p1") -> Resource:
    return {"resourceType": "Patient", "id": id}


def observation(id: str, day: str = "2026-05-01", person: str = "p1", code: str = "1751-7") -> Resource:
    return {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "subject": {"reference": f"Patient/{person}"},
        "effectiveDateTime": day,
    }


def order(id: str, medication: str, person: str = "p1") -> Resource:
    return {
        "resourceType": "MedicationRequest",
        "id": id,
        "status": "active",
        "intent": "order",
        "medicationReference": {"reference": f"Medication/{medication}"},
        "subject": {"reference": f"Patient/{person}"},
    }


def subject(value: str = "s1", status: str = "candidate") -> Resource:
    return {
        "resourceType": "ResearchSubject",
        "identifier": [{"system": "https://example.org/subjects", "value": value}],
        "status": status,
        "study": {"reference": "ResearchStudy/x"},
        "individual": {"reference": "Patient/p1"},
    }


def page(*resources: Resource, next: str | None = None, self: str | None = None, **more: Any) -> Resource:
    links = [{"relation": name, "url": url} for name, url in (("self", self), ("next", next)) if url]
    entries = [{"resource": each, "search": {"mode": "match"}} for each in resources]
    return {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries} | more


def outcome(code: str, severity: str = "error", details: str | None = None) -> Resource:
    issue: Resource = {"severity": severity, "code": code, "diagnostics": "Mrs. Secret, born 1950"}
    if details:
        issue["details"] = {"coding": [{"code": details}]}
    return {"resourceType": "OperationOutcome", "issue": [issue]}
