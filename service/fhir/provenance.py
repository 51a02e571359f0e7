"""Where a ResearchSubject comes from: which software, which version of the study, which day, which records.

STANDARDS 5.44. R4 knows no condition for Provenance, which has no identifier: its id is made from its content, so that
writing it again by PUT writes the same one.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from service.eligibility.facts import PatientRecord
from service.errors import InvalidValue
from service.fhir.opinion import Opinion
from service.fhir.own import (
    ACCOUNT_SYSTEM,
    BASE,
    STUDY_VERSION,
    Json,
    Release,
    digest,
    render_software,
    study_reference,
)

PROVENANCE = f"{BASE}/StructureDefinition/screening-provenance"
VERSIONED = re.compile(r"/_history/[A-Za-z0-9.-]+\Z")
PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"


def render_provenance(
    opinion: Opinion,
    target: str,
    recorded: datetime,
    version: str,
    release: Release,
    versions: Mapping[str, str],
) -> Json:
    """The Provenance of one opinion.

    `target`: reference to the ResearchSubject, with its version where known. `recorded`: when it was written, with its
    time zone. `version`: of this software. `versions`: `Type/id` -> versionId of the records, where they have one.
    """
    if recorded.tzinfo is None:
        raise InvalidValue("the time of a Provenance needs its time zone")
    entities = _entities(opinion, versions)
    day = opinion.screening_date.isoformat()
    return {
        "resourceType": "Provenance",
        "id": provenance_id(opinion, version, versions),
        "contained": [render_software(version, release)],
        "target": [{"reference": target}],
        "occurredDateTime": day,
        "recorded": recorded.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "activity": {"text": "Pre-screening for a clinical study"},
        "agent": [_agent("assembler", {"reference": "#software"}), *(_person(each) for each in opinion.people)],
        "entity": entities,
    }


def _agent(role: str, who: Json) -> Json:
    return {"type": {"coding": [{"system": PARTICIPANT, "code": role}]}, "who": who}


def _person(account: str) -> Json:
    """Who decided something, by their account: neither their name, nor why they did."""
    return _agent("author", {"identifier": {"system": ACCOUNT_SYSTEM, "value": account}})


def provenance_id(opinion: Opinion, version: str, versions: Mapping[str, str]) -> str:
    """The id of the Provenance of this opinion, the same each time."""
    day = opinion.screening_date.isoformat()
    parts = [opinion.identity, opinion.standing.value, day, version, repr(_entities(opinion, versions))]
    return digest(*parts, *([repr(_decided(opinion))] if opinion.people else []))


def _decided(opinion: Opinion) -> list[object]:
    """What people had a part in: another decision is another origin."""
    return [opinion.state, opinion.corrected, *((each.criterion, each.decided) for each in opinion.findings)]


def same_origin(wanted: Mapping[str, object], found: Mapping[str, object]) -> bool:
    """Does a Provenance that was found say what is wanted, but for when that was recorded and under which id?

    Some servers (HAPI FHIR) keep references without the version that was sent: what they dropped is no difference.
    """
    return all(
        _kept(wanted.get(name), found.get(name))
        for name in ("target", "occurredDateTime", "entity", "contained", "agent")
    )


def _kept(wanted: object, found: object) -> bool:
    """Is it there as it was wanted, but for versions that the server dropped from references?"""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        return wanted.keys() == found.keys() and all(_kept(wanted[name], found[name]) for name in wanted)
    if isinstance(wanted, list) and isinstance(found, list):
        return len(wanted) == len(found) and all(map(_kept, wanted, found))
    return wanted == found or (isinstance(wanted, str) and VERSIONED.sub("", wanted) == found)


def evidence_versions(record: PatientRecord) -> dict[str, str]:
    """`Type/id` -> versionId of every record of a person that says which version of it was read."""
    evidences = [record.person.evidence, *(each.evidence for each in (*record.facts, *record.unreadable))]
    return {each.reference: each.version for each in evidences if each.version is not None}


def _entities(opinion: Opinion, versions: Mapping[str, str]) -> list[Json]:
    return [_study(opinion), *(_record(each, versions) for each in opinion.evidence)]


def _study(opinion: Opinion) -> Json:
    version = {"url": STUDY_VERSION, "valueString": opinion.version}
    return {"extension": [version], "role": "source", "what": study_reference(opinion.study)}


def _record(reference: str, versions: Mapping[str, str]) -> Json:
    known = versions.get(reference)
    return {"role": "source", "what": {"reference": f"{reference}/_history/{known}" if known else reference}}
