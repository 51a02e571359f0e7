"""Who we are in what we write: identifiers under our control, the software as a Device, the mark of our resources."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Literal

from service.eligibility.criteria import Study

Release = Literal["R4", "R4B", "R5"]
Json = dict[str, object]
BASE = "https://fhir-prescreen.org/fhir"
STUDY_SYSTEM = f"{BASE}/identifier/study"
ACCOUNT_SYSTEM = f"{BASE}/identifier/account"
SOFTWARE_SYSTEM = f"{BASE}/identifier/software"
STUDY_VERSION = f"{BASE}/StructureDefinition/study-version"
ORIGIN = {"system": f"{BASE}/CodeSystem/origin", "code": "prescreening"}
SOFTWARE = "fhir-prescreen"


def study_reference(study: Study, literal: str | None = None) -> Json:
    """A Reference to a study by our identifier, and by its address on the server where that is known."""
    logical: Json = {
        "type": "ResearchStudy",
        "identifier": {"system": STUDY_SYSTEM, "value": study.id},
        "display": study.title,
    }
    return {"reference": literal, **logical} if literal else logical


def software_reference(version: str) -> Json:
    """A logical Reference to this software: the server need not hold a Device."""
    return {
        "type": "Device",
        "identifier": {"system": SOFTWARE_SYSTEM, "value": f"{SOFTWARE}-{version}"},
        "display": f"{SOFTWARE} {version}",
    }


def render_software(version: str, release: Release) -> Json:
    """This software and its version as a Device, to be contained (`#software`)."""
    name = {"name": SOFTWARE, "type": "other"}
    named: Json = {"deviceName": [name]}
    if release == "R5":
        named = {"name": [{"value": SOFTWARE, "type": "registered-name"}]}
    return {
        "resourceType": "Device",
        "id": "software",
        "identifier": [{"system": SOFTWARE_SYSTEM, "value": f"{SOFTWARE}-{version}"}],
        **named,
        "version": [{"value": version}],
    }


def marked(resource: Mapping[str, object], profile: str | None = None) -> Json:
    """The resource with our tag and source in its meta (STANDARDS 8.34), and a profile; what is there is kept."""
    meta = resource.get("meta")
    known = dict(meta) if isinstance(meta, Mapping) else {}
    tags = known.get("tag")
    kept = [each for each in tags if each != ORIGIN] if isinstance(tags, list) else []
    known |= {"source": known.get("source", BASE), "tag": [*kept, dict(ORIGIN)]}
    if profile is not None:
        known["profile"] = [profile]
    first = {key: resource[key] for key in ("resourceType", "id") if key in resource}
    return {**first, "meta": known, **{key: value for key, value in resource.items() if key not in (*first, "meta")}}


def digest(*parts: str) -> str:
    """40 hexadecimal digits that tell nothing of what they were made from; no part runs into the next one."""
    return sha256("".join(f"{len(each)}:{each}" for each in parts).encode()).hexdigest()[:40]
