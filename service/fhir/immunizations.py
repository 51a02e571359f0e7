"""Immunization -> ImmunizationFact. FHIR R4, R4B, R5 Immunization."""

from service.eligibility.dates import ANY_DAY
from service.eligibility.facts import Certainty, ImmunizationFact
from service.fhir.elements import boolean
from service.fhir.negations import contradicts, says_none
from service.fhir.occurrence import some_day
from service.fhir.reading import Resource

CERTAINTIES = {"completed": Certainty.SURE, "not-done": Certainty.DENIED}


def read_immunization(resource: Resource) -> tuple[ImmunizationFact, ...]:
    """The vaccine given (or not); a subpotent dose only possibly counts."""
    concept = resource.concept("vaccineCode")
    if says_none(concept):
        return ()
    certainty = CERTAINTIES.get(resource.code("status") or "", Certainty.POSSIBLE)
    weak = boolean(resource.body.get("isSubpotent"), resource.path("isSubpotent"))
    fact = ImmunizationFact(
        evidence=resource.evidence("vaccineCode"),
        concept=concept,
        certainty=Certainty.POSSIBLE if (weak or contradicts(concept)) and certainty is Certainty.SURE else certainty,
        when=some_day(resource, "occurrence") or ANY_DAY,
    )
    return (fact,)
