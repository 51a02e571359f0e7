"""AdverseEvent -> AdverseEventFact. FHIR R4 and R4B (`event`, `date`), R5 (`code`, `occurrence[x]`, `status`)."""

import re
from collections.abc import Iterator, Mapping

from service.eligibility.dates import ALWAYS, ANY_DAY, Days
from service.eligibility.facts import AdverseEventFact, Certainty
from service.eligibility.terms import Concept
from service.fhir.elements import codes, join, nodes, one_or_many, read_concept, text
from service.fhir.occurrence import some_day
from service.fhir.reading import Resource
from service.fhir.references import contained, reference_key

# How an assessment of cause and effect is told, by code (HL7, WHO-UMC) or in words; anything else is a doubt.
UNRELATED = frozenset({"not-related", "unrelated", "no"})
RELATED = frozenset(
    "certain definite probably-likely probable probably likely possible possibly related probably-related "
    "possibly-related yes".split()
)
SURE_STATUSES = frozenset({None, "completed", "in-progress"})


def read_adverse_event(resource: Resource) -> tuple[AdverseEventFact, ...]:
    """The event that happened; one that only might have (`potential`) is no fact."""
    actuality = resource.code("actuality")
    if actuality == "potential":
        return ()
    sure = actuality == "actual" and resource.code("status") in SURE_STATUSES
    element = "code" if "code" in resource.body else "event"
    suspected = tuple(_suspects(resource))
    fact = AdverseEventFact(
        evidence=resource.evidence(element),
        concept=resource.concept(element),
        certainty=Certainty.SURE if sure else Certainty.POSSIBLE,
        when=_when(resource),
        suspects=tuple(each for each, blamed in suspected if blamed),
        doubted=tuple(each for each, blamed in suspected if not blamed),
        serious=_serious(resource),
    )
    return (fact,)


def _when(resource: Resource) -> Days:
    """The day it occurred; without it, some day up to its detection or recording."""
    occurred = some_day(resource, "occurrence") or resource.days("date")
    if occurred != ANY_DAY:
        return occurred
    noticed = [each.latest for each in (resource.days("detected"), resource.days("recordedDate")) if each.known]
    return Days(ALWAYS, min(noticed)) if noticed else ANY_DAY


def _serious(resource: Resource) -> bool | None:
    said = {each.lower() for each in codes(resource.concept("seriousness"))}
    if any(each.startswith("serious") for each in said):
        return True
    return False if "non-serious" in said else None


def _suspects(resource: Resource) -> Iterator[tuple[Concept, bool]]:
    """Each drug that somebody suspected, and whether without doubt; those are left out of which all say that they had
    no part in it."""
    for index, each in enumerate(nodes(resource.body.get("suspectEntity"), resource.path("suspectEntity"))):
        element = f"suspectEntity[{index}].instance"
        said = _causality(each.get("causality"), resource.path(f"suspectEntity[{index}].causality"))
        if said and said <= UNRELATED:
            continue
        stated = each.get("instanceCodeableConcept")
        if stated is not None:
            concept = read_concept(stated, resource.path(element))
        else:
            given = each.get("instance") or each.get("instanceReference")
            concept = _referenced(resource, given, resource.path(element))
        yield concept, said <= RELATED


def _causality(value: object, element: str) -> frozenset[str]:
    """What was found of it, without regard to capitals and signs: R4 `assessment` and `productRelatedness`, R5
    `entityRelatedness`."""
    found: set[str] = set()
    for each in one_or_many(value, element):
        related = text(each.get("productRelatedness"), element, "productRelatedness")
        for name in ("assessment", "entityRelatedness"):
            concept = read_concept(each.get(name), f"{element}.{name}")
            found |= codes(concept) or frozenset(concept.texts)
        found |= {related} if related else frozenset()
    return frozenset("-".join(re.findall(r"\w+", each.casefold())) for each in found)


def _referenced(resource: Resource, reference: object, element: str) -> Concept:
    """The drug behind a reference, as far as it is at hand: its code, and what the reference displays."""
    key = reference_key(reference, element, resource.reading.aliases)
    target = contained(resource.body, reference, element) or resource.reading.medications.get(key or "")
    shown = text(reference.get("display"), element) if isinstance(reference, Mapping) else None
    words = Concept(texts=(shown,) if shown else ())
    if target is None:
        return words
    named = [target.get(name) for name in ("code", "medicationCodeableConcept", "medication", "vaccineCode")]
    return join([*(read_concept(each, element) for each in named if each is not None), words])
