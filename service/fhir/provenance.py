"""Where a ResearchSubject comes from: which software, which version of the study, which day, which records.

STANDARDS 5.44. R4 knows no condition for Provenance, which has no identifier: its id is made from its content, so that
writing it again by PUT writes the same one.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from service.eligibility.assess import Assessment
from service.eligibility.facts import PatientRecord
from service.errors import InvalidValue
from service.fhir.own import BASE, STUDY_VERSION, Json, Release, digest, render_software, study_reference
from service.fhir.subject import subject_identity

PROVENANCE = f"{BASE}/StructureDefinition/screening-provenance"
PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"


def render_provenance(
    assessment: Assessment,
    target: str,
    recorded: datetime,
    version: str,
    release: Release,
    versions: Mapping[str, str],
) -> Json:
    """The Provenance of one assessment.

    `target`: reference to the ResearchSubject, with its version where known. `recorded`: when it was written, with its
    time zone. `version`: of this software. `versions`: `Type/id` -> versionId of the records, where they have one.
    """
    if recorded.tzinfo is None:
        raise InvalidValue("the time of a Provenance needs its time zone")
    entities = [_study(assessment), *(_record(each, versions) for each in evidence(assessment))]
    day = assessment.screening_date.isoformat()
    subject = subject_identity(assessment.study.id, assessment.patient)
    return {
        "resourceType": "Provenance",
        "id": digest(subject, assessment.standing.value, day, version, repr(entities)),
        "contained": [render_software(version, release)],
        "target": [{"reference": target}],
        "occurredDateTime": day,
        "recorded": recorded.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "activity": {"text": "Pre-screening for a clinical study"},
        "agent": [
            {"type": {"coding": [{"system": PARTICIPANT, "code": "assembler"}]}, "who": {"reference": "#software"}}
        ],
        "entity": entities,
    }


def evidence(assessment: Assessment) -> tuple[str, ...]:
    """The records on which the findings rest, each once, in the order of the criteria."""
    exhibits = [each.reference for finding in assessment.findings for each in finding.judgement.exhibits]
    return tuple(dict.fromkeys(exhibits))


def evidence_versions(record: PatientRecord) -> dict[str, str]:
    """`Type/id` -> versionId of every record of a person that says which version of it was read."""
    evidences = [record.person.evidence, *(each.evidence for each in (*record.facts, *record.unreadable))]
    return {each.reference: each.version for each in evidences if each.version is not None}


def _study(assessment: Assessment) -> Json:
    version = {"url": STUDY_VERSION, "valueString": assessment.study.version}
    return {"extension": [version], "role": "source", "what": study_reference(assessment.study)}


def _record(reference: str, versions: Mapping[str, str]) -> Json:
    known = versions.get(reference)
    return {"role": "source", "what": {"reference": f"{reference}/_history/{known}" if known else reference}}
