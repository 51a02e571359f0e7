"""A study as a ResearchStudy of R4, R4B or R5, with its criteria as text. STANDARDS §5B."""

import re
from collections.abc import Iterator, Mapping

from service.eligibility.criteria import Criterion, Study
from service.errors import InvalidValue
from service.fhir.own import BASE, STUDY_SYSTEM, STUDY_VERSION, Json, Release, digest

RESEARCH_STUDY = f"{BASE}/StructureDefinition/prescreening-study"
STATES = "http://hl7.org/fhir/research-study-status"
PARTY_ROLES = "http://hl7.org/fhir/research-study-party-role"
ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
# R4 status -> what R5 says of the record; the state of the study itself goes into R5's progressStatus.
RECORDS: Mapping[str, str] = {
    "active": "active",
    "administratively-completed": "active",
    "approved": "active",
    "closed-to-accrual": "active",
    "closed-to-accrual-and-intervention": "active",
    "completed": "active",
    "disapproved": "retired",
    "in-review": "draft",
    "temporarily-closed-to-accrual": "active",
    "temporarily-closed-to-accrual-and-intervention": "active",
    "withdrawn": "retired",
}


def render_study(study: Study, release: Release, status: str = "active") -> Json:
    """The ResearchStudy of a study. `status`: a code of R4's research-study-status; `active` is open for accrual."""
    if status not in RECORDS:
        raise InvalidValue(f"{status} is no status of a ResearchStudy")
    identifiers = [(STUDY_SYSTEM, study.id), *study.identifiers]
    common: Json = {
        "resourceType": "ResearchStudy",
        "id": study.id if ID.fullmatch(study.id) else digest(study.id),
    }
    named: Json = {
        "identifier": [{"system": system, "value": value} for system, value in identifiers],
        "title": study.title,
        "description": criteria_text(study),
    }
    if release == "R5":
        state = {"state": {"coding": [{"system": STATES, "code": status}]}, "actual": True}
        r5: Json = {"version": study.version, "status": RECORDS[status], "progressStatus": [state]}
        return {**common, **named, **r5, **_party(study)}
    version = {"url": STUDY_VERSION, "valueString": study.version}
    sponsor: Json = {"sponsor": {"display": study.sponsor}} if study.sponsor else {}
    return {**common, "extension": [version], **named, "status": status, **sponsor}


def criteria_text(study: Study) -> str:
    """The criteria verbatim, in markdown: first those of inclusion, then those of exclusion."""
    return "\n".join((*_section("inclusion", study), *_section("exclusion", study)))


def _section(kind: str, study: Study) -> Iterator[str]:
    listed = [each for each in study.criteria if each.kind == kind]
    if listed:
        yield f"{kind.capitalize()} criteria:\n"
        yield from (f"- {each.id}: {_line(each)}" for each in listed)
        yield ""


def _line(criterion: Criterion) -> str:
    return " ".join(criterion.text.split())


def _party(study: Study) -> Json:
    if not study.sponsor:
        return {}
    return {
        "associatedParty": [
            {"name": study.sponsor, "role": {"coding": [{"system": PARTY_ROLES, "code": "sponsor"}]}},
        ]
    }
