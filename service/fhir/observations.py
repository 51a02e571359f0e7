"""Observation -> ObservationFact, one for itself and one per component. SEMANTICS §5; FHIR R4, R4B, R5 Observation."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from service.eligibility.dates import ALWAYS, ANY_DAY, Days
from service.eligibility.facts import Certainty, ObservationFact, Unreadable, Value
from service.eligibility.quantity import COUNT, Interval, Quantity
from service.eligibility.terms import Concept
from service.errors import InvalidValue, UnreadableResource
from service.fhir.dates import read_moment
from service.fhir.elements import boolean, codes, node, nodes, number, read_concept, read_concepts, text
from service.fhir.occurrence import some_day
from service.fhir.quantities import read_quantity, read_range
from service.fhir.ratios import read_ratio
from service.fhir.reading import Resource
from service.fhir.references import reference_key

RANKS = {"final": 1, "appended": 1, "amended": 2, "corrected": 3}
NEVER = frozenset({"cancelled"})
FOCUS_CODE = "http://hl7.org/fhir/StructureDefinition/observation-focusCode"
# What a record of the patient can be about without being about anybody else.
OF_THE_PATIENT = frozenset({"Condition", "Observation", "Procedure", "BodyStructure", "Encounter", "Immunization"}) | {
    "MedicationRequest", "MedicationStatement", "MedicationAdministration", "MedicationDispense", "AllergyIntolerance",
    "AdverseEvent", "DiagnosticReport", "ImagingStudy", "Specimen", "CarePlan", "EpisodeOfCare", "ServiceRequest",
}  # fmt: skip


class Measured(NamedTuple):
    """The part of an observation that its components have too."""

    value: Value | None
    low: Quantity | None
    high: Quantity | None
    interpretation: Concept | None


def read_observation(resource: Resource) -> tuple[tuple[ObservationFact, ...], tuple[Unreadable, ...]]:
    """The result and those of its components; a component that cannot be read is unreadable on its own."""
    status = resource.code("status")
    if status in NEVER or _about_someone_else(resource):
        return (), ()
    measured = _measured(resource, resource.body, resource.type)
    main = ObservationFact(
        evidence=resource.evidence("value"),
        concept=resource.concept("code"),
        certainty=Certainty.SURE if status in RANKS else Certainty.POSSIBLE,
        when=_when(resource),
        value=measured.value,
        order=_order(resource, status),
        low=measured.low,
        high=measured.high,
        interpretation=measured.interpretation,
    )
    if resource.body.get("component") is None:
        return (main,), ()
    components = tuple(_components(resource, main))
    facts = (main, *(each for each in components if isinstance(each, ObservationFact)))
    return facts, tuple(each for each in components if isinstance(each, Unreadable))


def seen_on(resource: Resource) -> tuple[date, ...]:
    """The day on which a result shows that the person was seen, whatever was measured; none if that is not sure."""
    if resource.code("status") not in RANKS or _about_someone_else(resource) or says_why_not(resource.body):
        return ()
    when = _when(resource)
    return (when.earliest,) if when.earliest == when.latest != date.max else ()


def says_why_not(body: Mapping[str, object]) -> bool:
    """Does it only say why nothing was measured? Then it does not show that the person was seen."""
    parts = body.get("component")
    holders = [body, *(each for each in (parts if isinstance(parts, list) else ()) if isinstance(each, Mapping))]
    if all(each.get("dataAbsentReason") is None for each in holders):
        return False
    return not body.get("hasMember") and not any(map(_holds_a_value, holders))


def _holds_a_value(holder: Mapping[str, object]) -> bool:
    """Is there a `value[x]`, be it one that cannot be read? A Quantity without a number is none."""
    for name, value in holder.items():
        if name.startswith("value") and name[5:6].isupper() and value is not None:
            return name != "valueQuantity" or not isinstance(value, Mapping) or value.get("value") is not None
    return False


def _components(resource: Resource, whole: ObservationFact) -> Iterator[ObservationFact | Unreadable]:
    for index, each in enumerate(nodes(resource.body.get("component"), resource.path("component"))):
        name = f"component[{index}]"
        concept = None
        try:
            concept = read_concept(each.get("code"), resource.path(f"{name}.code"))
            measured = _measured(resource, each, resource.path(name))
        except (UnreadableResource, InvalidValue) as error:
            yield Unreadable(resource.type, resource.evidence(name), str(error), concept)
        else:
            yield replace(
                whole,
                evidence=resource.evidence(name),
                concept=concept,
                value=measured.value,
                low=measured.low,
                high=measured.high,
                interpretation=measured.interpretation,
            )


def _about_someone_else(resource: Resource) -> bool:
    """Is its focus a fetus, a donor, a device? A focus that cannot be told makes it unreadable.

    A tumour's stage or a wound's size has the condition or the body structure for its focus: it is about the patient.
    Whoever is told by a code alone never is.
    """
    focus = resource.body.get("focus")
    for each in nodes(focus, "Observation.focus") if focus is not None else ():
        key = reference_key(each, resource.path("focus"), resource.reading.aliases)
        if key is None:
            raise UnreadableResource("it does not say legibly whom it is about", resource.path("focus"))
        if key.partition("/")[0] not in OF_THE_PATIENT and key != f"Patient/{resource.patient}":
            return True
    return focus_is_coded(resource.body)


def focus_is_coded(body: Mapping[str, object]) -> bool:
    """Does an extension say by a code alone who or what it is about?"""
    extensions = body.get("extension")
    return extensions is not None and any(
        each.get("url") == FOCUS_CODE for each in nodes(extensions, "Observation.extension")
    )


def _when(resource: Resource) -> Days:
    """The effective days; without them, some day up to `issued`."""
    effective = some_day(resource, "effective")
    if effective is not None and effective != ANY_DAY:
        return effective
    issued = resource.days("issued")
    return Days(ALWAYS, issued.latest) if issued.known else ANY_DAY


def _order(resource: Resource, status: str | None) -> tuple[str, int, str]:
    effective = resource.choice("effective")
    timed = effective[1] if effective is not None and effective[0] in ("DateTime", "Instant") else None
    zone = resource.reading.zone
    written = node(resource.body.get("meta"), "Observation.meta").get("lastUpdated")
    updated, changed = read_moment(written, "Observation.meta.lastUpdated", zone)
    _, moment = read_moment(timed, "Observation.effective", zone)
    return moment, RANKS.get(status or "", 0), changed or (updated.earliest.isoformat() if updated.known else "")


def _measured(resource: Resource, holder: Mapping[str, object], element: str) -> Measured:
    value = _value(resource, holder, element)
    low, high = _normal(resource, holder, element)
    said = holder.get("interpretation")
    if said is None or holder.get("dataAbsentReason") is not None:
        return Measured(value, low, high, None)
    interpretation = read_concepts(said, f"{element}.interpretation")
    stated = interpretation.codings or interpretation.texts
    return Measured(value, low, high, interpretation if stated else None)


def _value(resource: Resource, holder: Mapping[str, object], element: str) -> Value | None:
    """`value[x]`; None where it has none, says why it has none, or holds what no criterion can compare (a waveform)."""
    own = resource if holder is resource.body else Resource(holder, resource.reading, resource.type, resource.patient)
    chosen = own.choice("value")
    if chosen is None or holder.get("dataAbsentReason") is not None:
        return None
    read = VALUES.get(chosen[0])
    return None if read is None else read(resource, chosen[1], f"{element}.value{chosen[0]}")


def _days(resource: Resource, value: object, element: str) -> Days:
    return resource.read_days(value, element.partition(".")[2])


def _period(resource: Resource, value: object, element: str) -> Days | None:
    inner = replace(resource, body={"valuePeriod": value})
    days = some_day(inner, "value")
    return None if days is None or days == ANY_DAY else days


def _whole_number(resource: Resource, value: object, element: str) -> Quantity:
    return Quantity(Interval.exactly(number(value, element)), COUNT)


def _words(resource: Resource, value: object, element: str) -> Concept | None:
    said = text(value, element)
    return _coded(resource, {"text": said}, element) if said else None


def _coded(resource: Resource, value: object, element: str) -> Concept | None:
    """A coded answer; None where it only says that there is none ("unknown", "not performed")."""
    said = read_concept(value, element)
    return said if said.codings or said.texts else None


VALUES: dict[str, Callable[[Resource, object, str], Value | None]] = {
    "Quantity": lambda resource, value, element: read_quantity(value, element, resource.reading.units),
    "Range": lambda resource, value, element: read_range(value, element, resource.reading.units),
    "Ratio": lambda resource, value, element: read_ratio(value, element, resource.reading.units),
    "CodeableConcept": _coded,
    "Boolean": lambda resource, value, element: boolean(value, element),
    "Integer": _whole_number,
    "String": _words,
    "DateTime": _days,
    "Date": _days,
    "Period": _period,
}


def _normal(resource: Resource, holder: Mapping[str, object], element: str) -> tuple[Quantity | None, Quantity | None]:
    """The ends of the normal range of this very result; none where several ranges remain, or it is illegible."""
    if holder.get("referenceRange") is None:
        return None, None
    try:
        ranges = [
            (_limit(resource, each, "low", element), _limit(resource, each, "high", element))
            for each in nodes(holder.get("referenceRange"), f"{element}.referenceRange")
            if _is_normal(each, f"{element}.referenceRange.type")
        ]
    except (UnreadableResource, InvalidValue):
        return None, None  # the result itself stands; only what is relative to its range cannot be told
    distinct = set(ranges)
    return distinct.pop() if len(distinct) == 1 else (None, None)


def _limit(resource: Resource, each: Mapping[str, object], end: str, element: str) -> Quantity | None:
    return read_quantity(each.get(end), f"{element}.referenceRange.{end}", resource.reading.units)


def _is_normal(each: Mapping[str, object], element: str) -> bool:
    said = each.get("type")
    return said is None or "normal" in codes(read_concept(said, element))
