"""The recorded sex of a Patient: `gender`, unless an extension that records sex says something else.

`gender` is administrative. Where sex at birth, or a sex recorded for clinical use, contradicts it, nobody but a person
can tell which of them a study means. Gender identity is not sex, and is not looked at.

Sources: US Core birthsex and sex; HL7 individual-recordedSexOrGender and patient-sexParameterForClinicalUse.
"""

from collections.abc import Iterator, Mapping
from typing import get_args

from service.eligibility.facts import Sex
from service.errors import UnreadableResource
from service.fhir.elements import codes, nodes, read_concept
from service.fhir.reading import Resource

SIMPLE = (
    "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex",
    "http://hl7.org/fhir/us/core/StructureDefinition/us-core-sex",
    "http://hl7.org/fhir/StructureDefinition/patient-birthSex",
)
WITH_VALUE = (
    "http://hl7.org/fhir/StructureDefinition/individual-recordedSexOrGender",
    "http://hl7.org/fhir/StructureDefinition/patient-sexParameterForClinicalUse",
)
SEXES: Mapping[str, Sex] = {
    "F": "female",
    "female": "female",
    "female-typical": "female",
    "248152002": "female",
    "M": "male",
    "male": "male",
    "male-typical": "male",
    "248153007": "male",
}


def read_sex(patient: Resource) -> Sex | None:
    """Its `gender`; None if there is none. Raises UnreadableResource if it is none of FHIR's, or is contradicted."""
    said = patient.code("gender")
    if said is None:
        return None
    if said not in get_args(Sex):
        raise UnreadableResource("not one of male, female, other, unknown", "Patient.gender")
    if said in ("male", "female") and set(_recorded(patient)) - {said}:
        raise UnreadableResource("gender and recorded sex contradict one another", "Patient.gender")
    return said  # type: ignore[return-value]


def _recorded(patient: Resource) -> Iterator[Sex]:
    for each in nodes(patient.body.get("extension"), "Patient.extension"):
        if each.get("url") in SIMPLE:
            yield from _sexes(each)
        elif each.get("url") in WITH_VALUE:
            for inner in nodes(each.get("extension"), "Patient.extension.extension"):
                if inner.get("url") == "value":
                    yield from _sexes(inner)


def _sexes(extension: Mapping[str, object]) -> Iterator[Sex]:
    plain = extension.get("valueCode")
    coded = read_concept(extension.get("valueCoding") or extension.get("valueCodeableConcept"), "Patient.extension")
    for each in codes(coded) | ({plain} if isinstance(plain, str) else frozenset()):
        if each in SEXES:
            yield SEXES[each]
