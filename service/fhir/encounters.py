"""Encounter -> EncounterFact. FHIR R4 and R4B (`period`, one `class`), R5 (`actualPeriod`, several classes)."""

from service.eligibility.facts import Certainty, EncounterFact
from service.eligibility.terms import Concept
from service.fhir.elements import join, nodes, one_or_many, read_concept, read_concepts
from service.fhir.occurrence import period
from service.fhir.reading import Resource

NOT_HELD = frozenset({"planned", "cancelled"})
GOING_ON = frozenset({"arrived", "triaged", "in-progress", "onleave", "on-hold"})
OVER = frozenset({"finished", "completed", "discharged"})


def read_encounter(resource: Resource) -> tuple[EncounterFact, ...]:
    """The visit, unless it was only planned or was cancelled."""
    status = resource.code("status")
    if status in NOT_HELD:
        return ()
    name = "actualPeriod" if "actualPeriod" in resource.body else "period"
    fact = EncounterFact(
        evidence=resource.evidence("class"),
        concept=_concept(resource),
        certainty=Certainty.SURE if status in GOING_ON | OVER else Certainty.POSSIBLE,
        span=period(resource, name, resource.body.get(name), ongoing=status in GOING_ON),
    )
    return (fact,)


def _concept(resource: Resource) -> Concept:
    named = [read_concepts(resource.body.get(name), resource.path(name)) for name in ("class", "type", "reasonCode")]
    reasons = [
        read_concept(value, resource.path("reason.value"))
        for each in nodes(resource.body.get("reason"), resource.path("reason"))
        for value in one_or_many(each.get("value"), resource.path("reason.value"))
        if "concept" in value
    ]
    return join([*named, *reasons])
