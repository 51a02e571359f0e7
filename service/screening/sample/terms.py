"""Code systems and the small data types of FHIR R4 from which invented resources are made.

Codes and displays: LOINC, SNOMED CT, ICD-10-CM and RxNorm as public data write them; our own local system where no
standard code exists (Responder Index, histology of IgG4-related disease).
"""

from collections.abc import Mapping
from typing import Any

Element = dict[str, Any]

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
UCUM = "http://unitsofmeasure.org"
CVX = "http://hl7.org/fhir/sid/cvx"
LOCAL = "https://fhir-prescreen.org/fhir/CodeSystem/local"
RECORD_NUMBERS = "https://fhir-prescreen.org/fhir/sid/sample-record-number"
HL7 = "http://terminology.hl7.org/CodeSystem"


def coding(system: str, code: str, display: str | None = None) -> Element:
    """A Coding."""
    return {"system": system, "code": code} | ({"display": display} if display else {})


def concept(*codings: Element, text: str | None = None) -> Element:
    """A CodeableConcept of these codings; a text alone if there are none."""
    return ({"coding": list(codings)} if codings else {}) | ({"text": text} if text else {})


def hl7(table: str, code: str, display: str | None = None) -> Element:
    """A CodeableConcept with one code of an HL7 table, such as `condition-clinical`."""
    return concept(coding(f"{HL7}/{table}", code, display))


def quantity(value: float, unit: str, code: str | None = None, comparator: str | None = None) -> Element:
    """A Quantity in UCUM; `unit` is what people read, `code` (the same unless given) what machines read."""
    compared = {"comparator": comparator} if comparator else {}
    return {"value": value, "unit": unit, "system": UCUM, "code": code or unit, **compared}


def reference(target: str, display: str | None = None) -> Element:
    """A Reference to `Type/id`."""
    return {"reference": target} | ({"display": display} if display else {})


def stated(elements: Mapping[str, object]) -> Element:
    """Only the elements that have a value."""
    return {name: value for name, value in elements.items() if value is not None}


POSITIVE = concept(coding(SNOMED, "10828004", "Positive (qualifier value)"))
NEGATIVE = concept(coding(SNOMED, "260385009", "Negative (qualifier value)"))
