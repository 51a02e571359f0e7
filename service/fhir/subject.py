"""An assessment as a FHIR ResearchSubject, in R4, R4B or R5. SEMANTICS §7, STANDARDS §5A.

The three machine-owned states are all that is ever written; each finding travels as an extension with its sentence.
"""

from collections.abc import Mapping
from hashlib import sha256

from service.eligibility.assess import Assessment, Finding, Standing
from service.eligibility.explain import Phrases, finding_sentence
from service.fhir.own import BASE, STUDY_SYSTEM, Json, Release, study_reference
from service.fhir.subject_states import STATE_SYSTEM, state_entry

__all__ = [
    "BASE",
    "FINDING",
    "SCREENING",
    "STATES",
    "STATE_SYSTEM",
    "STUDY_SYSTEM",
    "SUBJECT_SYSTEM",
    "Json",
    "Release",
    "render_subject",
    "subject_identity",
]
SUBJECT_SYSTEM = f"{BASE}/identifier/research-subject"
FINDING = f"{BASE}/StructureDefinition/criterion-finding"
SCREENING = f"{BASE}/StructureDefinition/prescreening"
STATES: Mapping[Standing, str] = {
    Standing.CANDIDATE: "candidate",
    Standing.NEEDS_REVIEW: "potential-candidate",
    Standing.INELIGIBLE: "ineligible",
}


def render_subject(assessment: Assessment, phrases: Phrases, release: Release) -> Json:
    """The ResearchSubject of one assessment. Deterministic: the same assessment gives the same bytes."""
    identity = subject_identity(assessment.study.id, assessment.patient)
    resource: Json = {
        "resourceType": "ResearchSubject",
        "id": identity,
        "extension": [
            _screening(assessment),
            *(_finding(finding, phrases) for finding in assessment.findings),
        ],
        "identifier": [{"system": SUBJECT_SYSTEM, "value": identity}],
    }
    study = study_reference(assessment.study)
    patient = {"reference": f"Patient/{assessment.patient}"}
    state = STATES[assessment.standing]
    if release == "R5":
        progress = [state_entry(state, assessment.screening_date.isoformat())]
        return {**resource, "status": "active", "progress": progress, "study": study, "subject": patient}
    return {**resource, "status": state, "study": study, "individual": patient}


def subject_identity(study: str, patient: str) -> str:
    """The business identifier of one ResearchSubject: 40 hex digits, always the same for a study and patient."""
    return sha256(f"{study}|{patient}".encode()).hexdigest()[:40]


def _screening(assessment: Assessment) -> Json:
    parts: list[Json] = [
        {"url": "studyVersion", "valueString": assessment.study.version},
        {"url": "screeningDate", "valueDate": assessment.screening_date.isoformat()},
        {"url": "standing", "valueCode": assessment.standing.value},
        {"url": "signal", "valueCode": assessment.signal.value},
    ]
    if assessment.later is not None:
        parts.append({"url": "later", "valueDate": assessment.later.isoformat()})
    if assessment.next_change is not None:
        parts.append({"url": "nextChange", "valueDate": assessment.next_change.date.isoformat()})
    return {"url": SCREENING, "extension": parts}


def _finding(finding: Finding, phrases: Phrases) -> Json:
    judgement = finding.judgement
    references = dict.fromkeys(each.reference for each in judgement.exhibits)
    reasons: list[Json] = [{"url": "reason", "valueCode": each} for each in sorted(r.code for r in judgement.reasons)]
    evidence: list[Json] = [{"url": "evidence", "valueReference": {"reference": each}} for each in references]
    parts: list[Json] = [
        {"url": "criterion", "valueString": finding.criterion.id},
        {"url": "kind", "valueCode": finding.criterion.kind},
        {"url": "outcome", "valueCode": judgement.outcome.code},
        *reasons,
        {"url": "sentence", "valueString": finding_sentence(finding, phrases)},
        *evidence,
    ]
    return {"url": FINDING, "extension": parts}
