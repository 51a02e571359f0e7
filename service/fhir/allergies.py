"""AllergyIntolerance -> AllergyFact. SEMANTICS §5; FHIR R4, R4B, R5 AllergyIntolerance."""

from service.eligibility.facts import AllergyFact
from service.eligibility.terms import Concept
from service.fhir.elements import codes, join, nodes, one_or_many, read_concept
from service.fhir.reading import Resource, verification

HISTORY = frozenset({"resolved", "inactive"})


def read_allergy(resource: Resource) -> tuple[AllergyFact, ...]:
    """The allergy with the substances of its reactions; "no known allergy" is a fact too, negative by its code."""
    status = codes(resource.concept("clinicalStatus"))
    stated = bool(one_or_many(resource.body.get("verificationStatus"), resource.path("verificationStatus")))
    fact = AllergyFact(
        evidence=resource.evidence("code"),
        concept=join([resource.concept("code"), *_substances(resource)]),
        certainty=verification(resource.concept("verificationStatus"), stated=stated),
        recorded=resource.days("recordedDate"),
        history=bool(status & HISTORY) and "active" not in status,
    )
    return (fact,)


def _substances(resource: Resource) -> list[Concept]:
    reactions = nodes(resource.body.get("reaction"), resource.path("reaction"))
    return [read_concept(each.get("substance"), resource.path("reaction.substance")) for each in reactions]
