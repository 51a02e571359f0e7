"""Patient -> Person, and what decides whether this person is screened at all. SEMANTICS §8; FHIR R4, R4B, R5."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from service.eligibility.dates import ANY_DAY, Days
from service.eligibility.facts import Person, Unreadable
from service.errors import UnreadableResource
from service.fhir.dates import read_date
from service.fhir.elements import (
    boolean,
    codes,
    node,
    nodes,
    read_concept,
    read_concepts,
    refuse_modifiers,
    refuse_part,
    text,
)
from service.fhir.reading import Reading, Resource
from service.fhir.references import reference_key
from service.fhir.sex import read_sex

T = TypeVar("T")
TEST_TAG = "HTEST"
LIVING_BIRTH_YEARS = range(1901, 2201)  # nobody born earlier is alive; later is a slip of the pen
INTERPRETER = (
    "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired",
    "http://hl7.org/fhir/us/core/StructureDefinition/us-core-interpreter-needed",
)
YES = "373066001"
GUARDIANS = frozenset({"GUARD", "guardian"})


@dataclass(frozen=True, slots=True)
class PatientAdapted:
    """The person, and what the resource says about being screened. `replaced_by` is the id of the surviving record,
    `replaces` are the ids of those whose place this one took.

    `labels`: codes of meta.security. `organization`: `Organization/id`. `unreadable`: parts left out of the person.
    """

    person: Person
    test_patient: bool = False
    labels: tuple[str, ...] = ()
    replaced_by: str | None = None
    active: bool | None = None
    organization: str | None = None
    unreadable: tuple[Unreadable, ...] = ()
    replaces: tuple[str, ...] = ()


def adapt_patient(resource: Mapping[str, object], reading: Reading) -> PatientAdapted:
    """Read a Patient. A birth date or gender that cannot be read is left out and listed as unreadable.

    Raises UnreadableResource where screening anyway would be wrong: no id, an unknown modifierExtension, elements left
    out of it, illegible security labels, death, or a link to a record that replaced it, or that it replaced.
    """
    if resource.get("resourceType") != "Patient" or not text(resource.get("id"), "Patient.id"):
        raise UnreadableResource("a Patient with an id is expected here", "Patient.id")
    patient = Resource(resource, reading, "Patient")
    refuse_modifiers(resource, "Patient")
    refuse_part(resource, "Patient")
    meta = node(resource.get("meta"), "Patient.meta")
    security = codes(read_concepts(meta.get("security"), "Patient.meta.security"))
    tags = codes(read_concepts(meta.get("tag"), "Patient.meta.tag"))
    problems: list[Unreadable] = []
    return PatientAdapted(
        person=_person(patient, problems),
        test_patient=TEST_TAG in security | tags,
        labels=tuple(sorted(security)),
        replaced_by=_replaced_by(patient),
        replaces=tuple(_linked(patient, "replaces")),
        active=_or_listed(patient, problems, "active", None, lambda: boolean(resource.get("active"), "Patient.active")),
        organization=_or_listed(
            patient, problems, "managingOrganization", None, lambda: patient.key("managingOrganization")
        ),
        unreadable=tuple(problems),
    )


def _person(patient: Resource, problems: list[Unreadable]) -> Person:
    deceased, died = _death(patient, problems)
    birth = _or_listed(patient, problems, "birthDate", ANY_DAY, lambda: _birth(patient))
    return Person(
        id=str(patient.body["id"]).strip(),
        evidence=patient.evidence("id"),
        birth=birth,
        sex=_or_listed(patient, problems, "gender", None, lambda: read_sex(patient)),
        deceased=deceased,
        died=died,
        marks=_or_listed(patient, problems, "extension", (), lambda: _marks(patient)),
    )


def _or_listed(patient: Resource, problems: list[Unreadable], name: str, otherwise: T, read: Callable[[], T]) -> T:
    """What `read` gives; if that part cannot be read, it is listed and left out."""
    try:
        return read()
    except UnreadableResource as error:
        problems.append(Unreadable("Patient", patient.evidence(name), str(error)))
        return otherwise


def _birth(patient: Resource) -> Days:
    birth = read_date(patient.body.get("birthDate"), "Patient.birthDate", patient.reading.zone)
    if birth != ANY_DAY and not (birth.latest.year in LIVING_BIRTH_YEARS and birth.earliest.year in LIVING_BIRTH_YEARS):
        raise UnreadableResource("an absurd birth date, most likely a placeholder", "Patient.birthDate")
    return birth


def _death(patient: Resource, problems: list[Unreadable]) -> tuple[bool | None, Days]:
    """Whether this person died, and when. A date that cannot be read still says that they did."""
    flag = boolean(patient.body.get("deceasedBoolean"), "Patient.deceasedBoolean")
    moment = patient.body.get("deceasedDateTime")
    if moment is None:
        return flag, ANY_DAY
    zone = patient.reading.zone
    died = _or_listed(
        patient, problems, "deceasedDateTime", ANY_DAY, lambda: read_date(moment, "Patient.deceasedDateTime", zone)
    )
    return True, died


def _replaced_by(patient: Resource) -> str | None:
    survivors = _linked(patient, "replaced-by")
    if len(set(survivors)) > 1:
        raise UnreadableResource("replaced by two records", "Patient.link")
    return survivors[0] if survivors else None


def _linked(patient: Resource, kind: str) -> list[str]:
    """The ids of the Patients to which it has a link of this kind."""
    found = []
    for each in nodes(patient.body.get("link"), "Patient.link"):
        if each.get("type") == kind:
            key = reference_key(each.get("other"), "Patient.link.other", patient.reading.aliases)
            if key is None or not key.startswith("Patient/"):
                raise UnreadableResource(f"{kind} a record that it does not name legibly", "Patient.link.other")
            found.append(key.removeprefix("Patient/"))
    return found


def _marks(patient: Resource) -> tuple[str, ...]:
    """What only informs a reader: `interpreter-needed`, `guardian`."""
    marks = set()
    for each in nodes(patient.body.get("extension"), "Patient.extension"):
        coded = read_concept(each.get("valueCoding") or each.get("valueCodeableConcept"), "Patient.extension")
        if each.get("url") in INTERPRETER and (each.get("valueBoolean") is True or YES in codes(coded)):
            marks.add("interpreter-needed")
    for each in nodes(patient.body.get("contact"), "Patient.contact"):
        if GUARDIANS & codes(read_concepts(each.get("relationship"), "Patient.contact.relationship")):
            marks.add("guardian")
    return tuple(sorted(marks))
