"""Procedure -> ProcedureFact. FHIR R4 and R4B (`performed[x]`), R5 (`occurrence[x]`)."""

from service.eligibility.facts import Certainty, ProcedureFact
from service.fhir.negations import contradicts, says_none
from service.fhir.occurrence import lasting
from service.fhir.reading import Resource

CERTAINTIES = {"completed": Certainty.SURE, "not-done": Certainty.DENIED}


def read_procedure(resource: Resource) -> tuple[ProcedureFact, ...]:
    """The procedure; one still in preparation has not been done, one stopped or going on was possibly done."""
    status = resource.code("status")
    concept = resource.concept("code")
    if status == "preparation" or says_none(concept):
        return ()
    certainty = CERTAINTIES.get(status or "", Certainty.POSSIBLE)
    stem = "performed" if resource.choice("performed") else "occurrence"
    fact = ProcedureFact(
        evidence=resource.evidence("code"),
        concept=concept,
        certainty=Certainty.POSSIBLE if contradicts(concept) and certainty is Certainty.SURE else certainty,
        span=lasting(resource, stem, ongoing=status == "in-progress"),
    )
    return (fact,)
