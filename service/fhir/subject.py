"""An assessment as a FHIR ResearchSubject, in R4, R4B or R5. SEMANTICS §7, STANDARDS §5A.

The state is one of the three that the machine owns, or what people of the study decided; each finding travels as an
extension with its sentence, and with the answer of a person beside that of the machine.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from service.eligibility.assess import Assessment, Standing
from service.eligibility.explain import Phrases
from service.fhir.opinion import Opinion, Said, opinion_of, subject_identity
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
    "render_opinion",
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
    return render_opinion(opinion_of(assessment, phrases), release)


def render_opinion(opinion: Opinion, release: Release) -> Json:
    """The ResearchSubject of one opinion. Deterministic, too."""
    identity = opinion.identity
    resource: Json = {
        "resourceType": "ResearchSubject",
        "id": identity,
        "extension": [
            _screening(opinion),
            *(_finding(each) for each in opinion.findings),
        ],
        "identifier": [{"system": SUBJECT_SYSTEM, "value": identity}],
    }
    study = study_reference(opinion.study)
    patient = {"reference": f"Patient/{opinion.patient}"}
    state = STATES[opinion.standing] if opinion.state is None else opinion.state.code
    if release == "R5":
        progress = [state_entry(state, opinion.screening_date.isoformat())]
        return {**resource, "status": "active", "progress": progress, "study": study, "subject": patient}
    return {**resource, "status": state, "study": study, "individual": patient}


def _instant(written: str) -> str:
    """In the one form that servers give back as they got it."""
    return datetime.fromisoformat(written).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _screening(opinion: Opinion) -> Json:
    parts: list[Json] = [
        {"url": "studyVersion", "valueString": opinion.version},
        {"url": "screeningDate", "valueDate": opinion.screening_date.isoformat()},
        {"url": "standing", "valueCode": opinion.standing.value},
        {"url": "signal", "valueCode": opinion.signal.value},
    ]
    if opinion.later is not None:
        parts.append({"url": "later", "valueDate": opinion.later.isoformat()})
    if opinion.next_change is not None:
        parts.append({"url": "nextChange", "valueDate": opinion.next_change.isoformat()})
    if opinion.state is not None:
        parts.append({"url": "decidedState", "valueCode": opinion.state.code})
    parts += [{"url": "corrected", "valueReference": {"reference": record}} for record, _ in opinion.corrected]
    return {"url": SCREENING, "extension": parts}


def _finding(said: Said) -> Json:
    reasons: list[Json] = [{"url": "reason", "valueCode": each} for each in said.reasons]
    evidence: list[Json] = [{"url": "evidence", "valueReference": {"reference": each}} for each in said.evidence]
    parts: list[Json] = [
        {"url": "criterion", "valueString": said.criterion},
        {"url": "kind", "valueCode": said.kind},
        {"url": "outcome", "valueCode": said.outcome},
        *reasons,
        {"url": "sentence", "valueString": said.sentence},
        *evidence,
    ]
    if said.decided is not None:
        parts.append({"url": "decidedOutcome", "valueCode": said.decided.code})
        parts.append({"url": "decidedAt", "valueDateTime": _instant(said.decided.at)})
    return {"url": FINDING, "extension": parts}
