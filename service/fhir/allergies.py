"""AllergyIntolerance -> AllergyFact. SEMANTICS §5; FHIR R4, R4B, R5 AllergyIntolerance."""

from service.eligibility.dates import ANY_DAY, FOREVER, Days
from service.eligibility.facts import AllergyFact
from service.eligibility.terms import Concept
from service.fhir.elements import codes, join, nodes, one_or_many, read_concept
from service.fhir.occurrence import some_day
from service.fhir.reading import Resource, verification

HISTORY = frozenset({"resolved", "inactive"})


def read_allergy(resource: Resource) -> tuple[AllergyFact, ...]:
    """The allergy with the substances of its reactions; "no known allergy" is a fact too, negative by its code."""
    status = codes(resource.concept("clinicalStatus"))
    stated = bool(one_or_many(resource.body.get("verificationStatus"), resource.path("verificationStatus")))
    recorded = resource.days("recordedDate")
    begun = _begun(resource, recorded)
    history = bool(status & HISTORY) and "active" not in status
    fact = AllergyFact(
        evidence=resource.evidence("code"),
        concept=join([resource.concept("code"), *_substances(resource)]),
        certainty=verification(resource.concept("verificationStatus"), stated=stated),
        recorded=recorded,
        history=history,
        begun=begun,
        ended=resource.not_after_update(Days(begun.earliest, FOREVER)) if history else ANY_DAY,
    )
    return (fact,)


def _begun(resource: Resource, recorded: Days) -> Days:
    """When it may have begun: on its onset, and not after a day on which it showed or was written down."""
    onset = some_day(resource, "onset") or ANY_DAY
    shown = [recorded, resource.days("lastOccurrence")]
    for each in nodes(resource.body.get("reaction"), resource.path("reaction")):
        shown.append(resource.read_days(each.get("onset"), "reaction.onset"))
    there = min((each.latest for each in shown if each.known), default=FOREVER)
    if onset.earliest > there:  # it contradicts itself
        return Days(there, onset.latest)
    return Days(onset.earliest, min(onset.latest, there))


def _substances(resource: Resource) -> list[Concept]:
    reactions = nodes(resource.body.get("reaction"), resource.path("reaction"))
    return [read_concept(each.get("substance"), resource.path("reaction.substance")) for each in reactions]
