"""One resource in, its facts out: the door to all adapters. Bad content never raises; it becomes an Unreadable.

Only a resource of which nobody can say whose it is raises UnreadableResource: its whole type then counts as incomplete.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date

from service.eligibility.facts import (
    Certainty,
    EncounterFact,
    Evidence,
    Fact,
    Kind,
    ObservationFact,
    Unreadable,
)
from service.eligibility.terms import Concept
from service.errors import InvalidValue, UnreadableResource
from service.fhir.adverse_events import read_adverse_event
from service.fhir.allergies import read_allergy
from service.fhir.conditions import read_condition
from service.fhir.consents import read_consent
from service.fhir.elements import codes, join, node, nodes, read_concept, refuse_modifiers, text
from service.fhir.encounters import read_encounter
from service.fhir.immunizations import read_immunization
from service.fhir.medications import adapt_medication_record
from service.fhir.observations import read_observation, says_why_not, seen_on
from service.fhir.procedures import read_procedure
from service.fhir.products import coded_drug
from service.fhir.reading import ENTERED_IN_ERROR, Adapted, Reading, Resource
from service.fhir.references import reference_key
from service.lacking import PART, is_part

__all__ = ["SUPPORTED", "Adapted", "Reading", "adapt"]

READERS: dict[str, Callable[[Resource], tuple[Fact, ...]]] = {
    "Condition": read_condition,
    "AllergyIntolerance": read_allergy,
    "AdverseEvent": read_adverse_event,
    "Procedure": read_procedure,
    "Immunization": read_immunization,
    "Consent": read_consent,
    "Encounter": read_encounter,
}
MEDICATIONS = frozenset({"MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration"})
SUPPORTED: frozenset[str] = frozenset(READERS) | MEDICATIONS | {"Observation"}
SUBJECTS = ("subject", "patient")  # R4 and R5 use one or the other, by type
STATUSES = ("status", "verificationStatus")
# What is told by these elements alone; a medication or an allergy is told by several.
NAMED_ALONE = {
    "Observation": (Kind.OBSERVATION, "code"),
    "Condition": (Kind.CONDITION, "code"),
    "Procedure": (Kind.PROCEDURE, "code"),
    "Immunization": (Kind.IMMUNIZATION, "vaccineCode"),
}
TOLD_BY_SEVERAL = {"AllergyIntolerance": Kind.ALLERGY, **dict.fromkeys(MEDICATIONS, Kind.MEDICATION)}
NAMED_BY = {"Condition": "code", "Procedure": "code", "Immunization": "vaccineCode"}


def adapt(resource: Mapping[str, object], reading: Reading, *, unmodified: bool = False) -> Adapted:
    """The facts of one resource of a SUPPORTED type, R4, R4B or R5.

    `unmodified`: it is known that nothing in it carries a modifierExtension or implicitRules.

    Entered in error gives nothing. A subject that is no patient (a device) gives `patient` None. What cannot be
    read is in `unreadable`, with its reason and, where legible, its concept. Raises UnreadableResource only if there is
    no legible subject, or the type is not supported.
    """
    kind = resource.get("resourceType")
    if not isinstance(kind, str) or kind not in SUPPORTED:
        raise UnreadableResource("not a resource type that is read here", "resourceType")
    wrong = _entered_in_error(resource, kind)
    if is_part(resource) and not wrong:
        return _part(resource, kind, reading)
    if reading.wanted is not None and not _asked_for(resource, kind, reading.wanted):
        return Adapted(None) if wrong else _only_seen(resource, kind, reading, unmodified=unmodified)
    try:
        patient = _patient(resource, kind, reading)
    except UnreadableResource:
        if wrong or not _may_matter(resource, kind, reading):
            return Adapted(None)
        raise
    if patient is None or wrong:
        return Adapted(patient)
    try:
        return _read(Resource(resource, reading, kind, patient), unmodified=unmodified)
    except (UnreadableResource, InvalidValue) as error:
        if not _may_matter(resource, kind, reading):
            return Adapted(patient)
        return Adapted(patient, unreadable=tuple(_unreadable(resource, kind, str(error), reading)))


def _part(resource: Mapping[str, object], kind: str, reading: Reading) -> Adapted:
    """What is left of a resource of which elements were left out: whose it is, and what it may have been about."""
    patient = _patient(resource, kind, reading)
    if patient is None:
        return Adapted(None)
    found = tuple(_unreadable(resource, kind, PART, reading))
    if kind == "Observation":  # its components may be lacking, each about something of its own
        found = (replace(found[0], concept=None),)
    return Adapted(patient, unreadable=found)


def _read(resource: Resource, *, unmodified: bool) -> Adapted:
    if not text(resource.body.get("id"), resource.path("id")):
        raise UnreadableResource("no id", resource.path("id"))
    if not unmodified:
        refuse_modifiers(resource.body, resource.type)
    if resource.type in MEDICATIONS:
        return adapt_medication_record(resource.body, resource.reading)
    if resource.type == "Observation":
        results, unreadable = read_observation(resource)
        contacts = () if says_why_not(resource.body) else _contacts(results)
        return Adapted(resource.patient, results, unreadable, contacts)
    facts = READERS[resource.type](resource)
    return Adapted(resource.patient, facts, contacts=_contacts(facts))


def _asked_for(resource: Mapping[str, object], kind: str, wanted: Callable[[Kind, Concept], bool]) -> bool:
    """Can anybody ask for what it says? Yes, unless its concepts tell otherwise."""
    if kind not in NAMED_ALONE:
        return True
    fact, name = NAMED_ALONE[kind]
    try:
        if wanted(fact, read_concept(resource.get(name), f"{kind}.{name}")):
            return True
        parts = resource.get("component") if kind == "Observation" else None
        return parts is not None and any(
            wanted(fact, read_concept(each.get("code"), "component.code")) for each in nodes(parts, "component")
        )
    except UnreadableResource:
        return True


def _may_matter(resource: Mapping[str, object], kind: str, reading: Reading) -> bool:
    """Of a drug or an allergy that cannot be read: can anybody ask for it? Yes, unless its concepts tell otherwise."""
    if reading.wanted is None or kind not in TOLD_BY_SEVERAL:
        return True
    named = _salvaged(resource, kind, reading)
    return any(each is None or reading.wanted(TOLD_BY_SEVERAL[kind], each) for each in named)


def _only_seen(resource: Mapping[str, object], kind: str, reading: Reading, *, unmodified: bool) -> Adapted:
    """What nobody asks for: whose it is, and whether it shows that the person was seen. Nothing else of it matters, not
    even that it cannot be read."""
    try:
        patient = _patient(resource, kind, reading)
    except UnreadableResource:
        return Adapted(None)
    if patient is None or kind != "Observation":
        return Adapted(patient)
    try:
        if not unmodified:
            refuse_modifiers(resource, kind)
        return Adapted(patient, contacts=seen_on(Resource(resource, reading, kind, patient)))
    except (UnreadableResource, InvalidValue):
        return Adapted(patient)


def _entered_in_error(resource: Mapping[str, object], kind: str) -> bool:
    """Is it marked so, whatever else is wrong with it?"""
    for name in STATUSES:
        value = resource.get(name)
        if value is None:
            continue
        if value == ENTERED_IN_ERROR:
            return True
        try:
            if isinstance(value, Mapping) and ENTERED_IN_ERROR in codes(read_concept(value, f"{kind}.{name}")):
                return True
        except UnreadableResource:
            continue
    return False


def _patient(resource: Mapping[str, object], kind: str, reading: Reading) -> str | None:
    """The id of the patient it is about; None if it is about no patient."""
    for name in SUBJECTS:
        if resource.get(name) is not None:
            key = reference_key(resource[name], f"{kind}.{name}", reading.aliases)
            if key is None:
                raise UnreadableResource("its subject cannot be told", f"{kind}.{name}")
            owner, _, identity = key.partition("/")
            return identity if owner == "Patient" else None
    raise UnreadableResource("no subject", f"{kind}.subject")


def _contacts(facts: tuple[Fact, ...]) -> tuple[date, ...]:
    """The days on which a visit or a result surely shows that the person was seen."""
    if len(facts) == 1 and isinstance(facts[0], ObservationFact):
        when = facts[0].when
        seen = facts[0].certainty is Certainty.SURE and when.earliest == when.latest != date.max
        return (when.earliest,) if seen else ()
    days: set[date] = set()
    for fact in facts:
        if isinstance(fact, EncounterFact) and fact.certainty is Certainty.SURE:
            days.update(each.earliest for each in (fact.span.start, fact.span.end) if each.exact)
        elif isinstance(fact, ObservationFact) and fact.certainty is Certainty.SURE and fact.when.exact:
            days.add(fact.when.earliest)
    return tuple(sorted(day for day in days if day != date.max))


def _unreadable(resource: Mapping[str, object], kind: str, reason: str, reading: Reading) -> Iterator[Unreadable]:
    """One Unreadable per thing it could have been about: an observation, each of its components."""
    identity = resource.get("id")
    named = identity if isinstance(identity, str) else "without-id"
    blank = Unreadable(kind, Evidence(f"{kind}/{named}", kind), reason)
    for concept in _salvaged(resource, kind, reading):
        yield replace(blank, concept=concept)


def _salvaged(resource: Mapping[str, object], kind: str, reading: Reading) -> tuple[Concept | None, ...]:
    """What it is legibly about. None wherever something that could tell is not legible."""
    try:
        if kind == "Observation":
            components = nodes(resource.get("component"), "component")
            return tuple(_legible(each.get("code")) for each in (resource, *components))
        if kind == "AllergyIntolerance":
            reactions = nodes(resource.get("reaction"), "reaction")
            named = [
                _legible(resource.get("code")),
                *(read_concept(each.get("substance"), "substance") for each in reactions),
            ]
            return (None if None in named else join(each for each in named if each is not None),)
        if kind in NAMED_BY:
            return (_legible(resource.get(NAMED_BY[kind])),)
        if kind in MEDICATIONS:
            return (coded_drug(resource, kind, reading),)
    except (UnreadableResource, InvalidValue):
        return (None,)
    return (None,)


def _legible(value: object) -> Concept | None:
    """The concept; None if it is absent, empty or not readable."""
    concept = read_concept(node(value, "code"), "code")
    return concept if concept.codings or concept.texts else None
