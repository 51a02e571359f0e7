"""Which elements of a resource the adapters look at: they are given one that takes note."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from unittest import mock
from zoneinfo import ZoneInfo

from service.errors import UnreadableResource
from service.fhir.adapt import SUPPORTED, adapt
from service.fhir.patient import adapt_patient
from service.fhir.products import read_drug
from service.fhir.reading import Adapted, Reading, Resource
from tests.contracts.profiles import Json
from tests.screening.world import catalog

READ = sorted(SUPPORTED | {"Patient", "Medication"})
ASKED_OF_ALL = {"resourceType", "contained", "implicitRules", "language"}


class Watched(dict[str, Any]):
    """A resource that notes which of its elements somebody asks for, whether they are there or not."""

    def __init__(self, content: Json) -> None:
        super().__init__(content)
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.asked.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.asked.add(str(name))
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)


def looked_at(resources: Iterable[Json], known: Mapping[str, Any]) -> dict[str, set[str]]:
    """By type, the top-level elements (`onset[x]`) that the adapters ask for while they read these resources.

    `known`: the elements of FHIR by their paths; what the adapters know of other releases is left out.
    """
    found: dict[str, set[str]] = {kind: set() for kind in READ}
    for each in resources:
        if each.get("resourceType") in found:
            watched = Watched(each)
            with mock.patch.object(Resource, "choice", _noting(Resource.choice)):
                read(watched)
            found[each["resourceType"]] |= watched.asked
    return {kind: {*_elements(kind, asked - ASKED_OF_ALL, known)} for kind, asked in found.items()}


def read(resource: Json) -> Adapted | None:
    """What the adapter of its type makes of it. Raises UnreadableResource where it does."""
    kind = resource["resourceType"]
    reading = _reading()
    if kind == "Patient":
        return Adapted(None, unreadable=adapt_patient(resource, reading).unreadable)
    if kind == "Medication":
        return _drug(resource, reading)
    try:
        return adapt(resource, reading)
    except UnreadableResource:
        return None


def _drug(medication: Json, reading: Reading) -> None:
    key = f"Medication/{dict.get(medication, 'id')}"
    known = Reading(reading.zone, reading.units, medications={key: medication}, drugs=reading.drugs)
    read_drug({"medicationReference": {"reference": key}}, "MedicationRequest", known)


def _reading() -> Reading:
    content = catalog()
    return Reading(ZoneInfo("Europe/Berlin"), content.units, drugs=content.drugs)


def _noting(choice: Callable[[Resource, str], Any]) -> Callable[[Resource, str], Any]:
    def noting(resource: Resource, stem: str) -> Any:
        if isinstance(resource.body, Watched):
            resource.body.asked.add(f"{stem}[x]")
        return choice(resource, stem)

    return noting


def _elements(kind: str, names: Iterable[str], known: Mapping[str, Any]) -> Iterator[str]:
    for name in names:
        path = f"{kind}.{name}"
        if path in known:
            yield name
            continue
        stems = [each for each in known if each.startswith(f"{kind}.") and each.endswith("[x]")]
        found = [each for each in stems if path.startswith(each.removesuffix("[x]"))]
        yield from (each.partition(".")[2] for each in found if each.count(".") == 1)


def _of(kind: str, **more: Any) -> Json:
    whose = "patient" if kind in ("AllergyIntolerance", "Consent", "Immunization") else "subject"
    return {"resourceType": kind, "id": "x", whose: {"reference": "Patient/p"}, **more}


# What no example shows: the elements that are looked at only where others are silent.
EDGES = (
    _of("Observation", status="final", code={"text": "x"}, issued="2024-01-02T03:04:05Z"),
    _of("Observation", status="final", code={"text": "x"}, dataAbsentReason={"text": "not performed"}),
    _of("MedicationRequest", status="active", intent="plan", medicationCodeableConcept={"text": "x"}),
    _of("Consent", status="active", scope={"text": "x"}, policyRule={"coding": [{"code": "OPTIN"}]}),
    _of("AdverseEvent", event={"text": "x"}, detected="2024-01-02", recordedDate="2024-01-03"),
    _of(
        "Condition",
        code={"text": "x"},
        category=[{"coding": [{"code": "encounter-diagnosis"}]}],
        encounter={"reference": "Encounter/e"},
    ),
)
