"""What the server says of itself."""

from collections.abc import Iterable
from typing import Any

from tests.fhir_server.search import KNOWN

TYPES = """AdverseEvent AllergyIntolerance Appointment Condition Consent Device Encounter Flag Immunization List
Medication MedicationAdministration MedicationDispense MedicationRequest MedicationStatement Observation Patient
Procedure Provenance ResearchStudy ResearchSubject Subscription Task""".split()
INTERACTIONS = "read vread update delete history-instance create search-type".split()
TOPICS = (
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/capabilitystatement-subscriptiontopic-canonical"
)


R5 = "5.0"


def statement(base: str, software: str, release: str, topics: Iterable[str], without: Iterable[str]) -> dict[str, Any]:
    """The CapabilityStatement; `without`: what is not declared, `Type`, `Type.interaction` or `transaction`."""
    lacking = set(without)
    r5 = release.startswith(R5)  # there, topics are resources, and nothing else lists them
    types = [*TYPES, "SubscriptionTopic"] if r5 else TYPES
    resources = [_of_type(each, () if r5 else topics, lacking) for each in types if each not in lacking]
    system = [{"code": each} for each in ("transaction", "batch") if each not in lacking]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-01-01",
        "kind": "instance",
        "software": {"name": software},
        "implementation": {"description": "A server for tests", "url": base},
        "fhirVersion": release,
        "format": ["json"],
        "rest": [{"mode": "server", "resource": resources, "interaction": system}],
    }


def _of_type(kind: str, topics: Iterable[str], lacking: set[str]) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "type": kind,
        "interaction": [{"code": each} for each in INTERACTIONS if f"{kind}.{each}" not in lacking],
        "updateCreate": f"{kind}.updateCreate" not in lacking,
        "conditionalCreate": f"{kind}.conditionalCreate" not in lacking,
        "conditionalUpdate": f"{kind}.conditionalUpdate" not in lacking,
        "searchParam": [{"name": each, "type": "string"} for each in sorted(KNOWN) if f"{kind}.?{each}" not in lacking],
    }
    if kind.startswith("Medication") and f"{kind}.include" not in lacking:
        resource["searchInclude"] = [f"{kind}:medication"]
    if kind == "Subscription":
        resource["extension"] = [{"url": TOPICS, "valueCanonical": each} for each in topics]
    return resource
