"""MedicationRequest, -Statement, -Dispense and -Administration (R4, R4B, R5) as facts. SEMANTICS §6.1, §6.5.

What the status says decides whether there is a fact at all: an order that was cancelled is no exposure and no evidence
against one either; "not taken" is evidence against.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache

from service.eligibility.dosing.amount import Holding, piece_of
from service.eligibility.dosing.model import Instruction
from service.eligibility.dosing.sigs.quantities import Known
from service.eligibility.dosing.texts import with_texts
from service.eligibility.facts import Certainty, Evidence, Kind, MedicationFact, Source, Unreadable
from service.errors import InvalidValue, UnreadableResource
from service.fhir.adherence import NOT_AS_DIRECTED, adhered, adherence
from service.fhir.dates import read_event_date
from service.fhir.dosage import read_dosages
from service.fhir.elements import boolean, node, one_or_many, read_concept, text
from service.fhir.intake import Plan
from service.fhir.medication_times import Times, administration_times, dispense_times, request_times, statement_times
from service.fhir.products import Drug, UnknownDrug, read_drug, with_strengths
from service.fhir.reading import Adapted, Reading
from service.fhir.references import reference_key

SURE, POSSIBLE, DENIED = Certainty.SURE, Certainty.POSSIBLE, Certainty.DENIED
# Statuses not listed here are unknown to us (a newer release): the drug was possibly taken. None: no exposure.
ORDERED: Mapping[str, Certainty | None] = {
    "active": SURE, "completed": SURE, "stopped": SURE, "ended": SURE, "on-hold": POSSIBLE, "unknown": POSSIBLE,
    "cancelled": None, "draft": None, "entered-in-error": None,
}  # fmt: skip
STATED: Mapping[str, Certainty | None] = {
    "active": SURE, "completed": SURE, "stopped": SURE, "recorded": SURE, "on-hold": POSSIBLE, "unknown": POSSIBLE,
    "not-taken": DENIED, "intended": None, "draft": None, "entered-in-error": None,
}  # fmt: skip
DISPENSED: Mapping[str, Certainty | None] = {
    "completed": SURE, "in-progress": POSSIBLE, "preparation": POSSIBLE, "on-hold": POSSIBLE, "stopped": POSSIBLE,
    "unknown": POSSIBLE, "cancelled": None, "declined": None, "entered-in-error": None,
}  # fmt: skip
GIVEN: Mapping[str, Certainty | None] = {
    "completed": SURE, "in-progress": SURE, "stopped": SURE, "on-hold": POSSIBLE, "unknown": POSSIBLE,
    "not-done": DENIED, "entered-in-error": None,
}  # fmt: skip
ORDERS = ("order", "original-order", "reflex-order", "filler-order", "instance-order")
NO_ORDERS = ("proposal", "option", "directive")
REPLACES = ("priorPrescription",)
LINKS = ("basedOn", "request", "authorizingPrescription", "derivedFrom", *REPLACES, "partOf")

Resource = Mapping[str, object]


def adapt_medication_record(resource: Resource, reading: Reading) -> Adapted:
    """The fact of a medication record, none where it is no exposure, or an Unreadable where it could be any drug.

    Where a date or number that decides is not what FHIR says it is, the Unreadable keeps which drug it is about. Raises
    UnreadableResource where its status or the drug itself is not legible.
    """
    name = str(resource.get("resourceType"))
    source = Source(name)
    patient = _patient(resource, name, reading)
    certainty = _certainty(resource, source)
    if certainty is None or patient is None:
        return Adapted(patient)
    evidence = _evidence(resource, name)
    try:
        drug = read_drug(resource, name, reading)
    except UnknownDrug as problem:
        return Adapted(patient, unreadable=(Unreadable(name, evidence, str(problem), problem.concept),))
    if drug is None:
        return Adapted(patient)
    if reading.wanted is not None and not reading.wanted(Kind.MEDICATION, drug.concept):
        return Adapted(patient, contacts=_seen(resource, source, certainty, reading))
    drug = with_strengths(drug, reading)
    try:
        fact = _fact(resource, source, certainty, evidence, drug, reading)
        return Adapted(
            patient, (fact,) if fact is not None else (), contacts=_contacts(resource, source, certainty, reading)
        )
    except (UnreadableResource, InvalidValue) as problem:  # but it is known of which drug
        return Adapted(patient, unreadable=(Unreadable(name, evidence, str(problem), drug.concept),))


def _patient(resource: Resource, name: str, reading: Reading) -> str | None:
    """The id of the patient; None where its subject is no patient (a group, a donor's record)."""
    stated = resource.get("subject") or resource.get("patient")  # STU3 and older call it the patient
    key = reference_key(stated, f"{name}.subject", reading.aliases)
    return key.removeprefix("Patient/") if key is not None and key.startswith("Patient/") else None


def _contacts(resource: Resource, source: Source, certainty: Certainty, reading: Reading) -> tuple[date, ...]:
    """The day on which somebody ordered, handed out or gave a drug: the person was seen."""
    names = {
        Source.REQUEST: ("authoredOn",),
        Source.DISPENSE: ("whenHandedOver",),
        Source.ADMINISTRATION: ("effectiveDateTime", "occurenceDateTime"),
    }.get(source, ())
    found = [read_event_date(resource.get(name), f"{source.value}.{name}", reading.zone) for name in names]
    return tuple(day.earliest for day in found if day.exact and certainty is Certainty.SURE)


def _seen(resource: Resource, source: Source, certainty: Certainty, reading: Reading) -> tuple[date, ...]:
    """The same of a drug that nobody asks for: a day that cannot be read only shows nothing."""
    try:
        return _contacts(resource, source, certainty, reading)
    except UnreadableResource:
        return ()


def _evidence(resource: Resource, name: str) -> Evidence:
    version = text(node(resource.get("meta"), f"{name}.meta").get("versionId"), f"{name}.meta.versionId")
    return Evidence(f"{name}/{resource.get('id')}", f"{name}.medication", version)


def _certainty(resource: Resource, source: Source) -> Certainty | None:
    status = text(resource.get("status"), f"{source.value}.status")
    tables = {
        Source.REQUEST: ORDERED,
        Source.STATEMENT: STATED,
        Source.DISPENSE: DISPENSED,
        Source.ADMINISTRATION: GIVEN,
    }
    certainty = tables[source].get(status, POSSIBLE) if status else POSSIBLE
    if certainty is None:
        return None
    known = _ordered(resource, certainty) if source is Source.REQUEST else certainty
    return adhered(resource, source.value, known) if known is not None else None


def _ordered(resource: Resource, certainty: Certainty) -> Certainty | None:
    """Orders count, plans only when reported; an order not to give is none. An intent we do not know may count."""
    if boolean(resource.get("doNotPerform"), "MedicationRequest.doNotPerform"):
        return None
    intent = text(resource.get("intent"), "MedicationRequest.intent")
    if intent in ORDERS:
        return certainty
    if intent == "plan":
        return certainty if _reported(resource) else None
    return None if intent in NO_ORDERS else POSSIBLE


def _reported(resource: Resource) -> bool:
    """Does the record repeat what somebody says is taken (R4 `reported[x]`, R5 `reported`)?"""
    stated = resource.get("reportedBoolean", resource.get("reported"))
    return boolean(stated, "MedicationRequest.reported") is True or resource.get("reportedReference") is not None


def _fact(
    resource: Resource, source: Source, certainty: Certainty, evidence: Evidence, drug: Drug, reading: Reading
) -> MedicationFact | None:
    """The fact; None of what was stopped before it was to begin."""
    holding = Holding(drug.strengths, mixed=len({each.ingredient for each in drug.strengths}) > 1)
    instructions, marks = _instructions(resource, source, drug, holding, reading)
    times = _times(resource, source, instructions, holding, reading)
    if times.never:
        return None
    dosage = node(resource.get("dosage"), "dosage") if source is Source.ADMINISTRATION else {}
    route = dosage.get("route")
    return MedicationFact(
        evidence,
        drug.concept,
        POSSIBLE if times.doubtful and certainty is SURE else certainty,
        source,
        times.span,
        times.sign,
        read_concept(route, f"{source.value}.dosage.route") if route is not None else None,
        drug.form,
        drug.strengths,
        instructions,
        times.supply,
        tuple(_links(resource, source, reading, LINKS)),
        tuple(sorted({*marks, *drug.marks, *times.marks})),
        times.over,
        tuple(_links(resource, source, reading, REPLACES)),
    )


def _times(
    resource: Resource, source: Source, instructions: tuple[Instruction, ...], holding: Holding, reading: Reading
) -> Times:
    readers: dict[Source, Callable[[Resource, Plan, str, Reading], Times]] = {
        Source.REQUEST: request_times,
        Source.STATEMENT: statement_times,
        Source.DISPENSE: dispense_times,
        Source.ADMINISTRATION: administration_times,
    }
    status = str(resource.get("status"))
    if source is Source.STATEMENT and status == "recorded":
        status = (adherence(resource) or "active").split("-")[0].replace("taking", "active")
    try:
        return readers[source](resource, Plan(instructions, None, holding), status, reading)
    except InvalidValue as problem:
        raise UnreadableResource("its dates contradict one another", source.value) from problem


def _instructions(
    resource: Resource, source: Source, drug: Drug, holding: Holding, reading: Reading
) -> tuple[tuple[Instruction, ...], tuple[str, ...]]:
    """The instructions, their texts read, and marks.

    What is taken "not as directed", or given in part, is not what was instructed.
    """
    name = "dosage" if source in (Source.STATEMENT, Source.ADMINISTRATION) else "dosageInstruction"
    found, marks = read_dosages(resource.get(name), f"{source.value}.{name}", reading.zone)
    found = with_texts(found or _rendered(resource, source), holding, _known(drug, holding))
    if source is Source.STATEMENT and adherence(resource) == NOT_AS_DIRECTED:
        return tuple(replace(each, amount=None, rate=None, readings=()) for each in found), (*marks, "not-as-directed")
    if source is Source.ADMINISTRATION:
        partial = resource.get("status") in ("stopped", "in-progress")
        found = tuple(replace(each, as_needed=True) for each in found) if partial else found
        marks = (*marks, "given-in-part") if partial else marks
    return found, marks


def _known(drug: Drug, holding: Holding) -> Known:
    """What the product tells the reader of a text: the mg in a piece of it, and its name, which says no dose."""
    names = (*drug.concept.texts, *(each.name for each in drug.strengths))
    return Known(piece_of(holding), frozenset().union(*map(_words, names)))


@lru_cache(maxsize=4096)
def _words(name: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W\d_]+", name.lower()))


def _rendered(resource: Resource, source: Source) -> tuple[Instruction, ...]:
    """R5 may give the whole dosage as words beside the structure; alone, they are an instruction of text only."""
    place = f"{source.value}.renderedDosageInstruction"
    words = text(resource.get("renderedDosageInstruction"), place)
    return (Instruction(place, text=words),) if words else ()


def _links(resource: Resource, source: Source, reading: Reading, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        for number, each in enumerate(one_or_many(resource.get(name), f"{source.value}.{name}")):
            key = reference_key(each, f"{source.value}.{name}[{number}]", reading.aliases)
            if key is not None:
                yield key
