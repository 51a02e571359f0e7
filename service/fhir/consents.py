"""Consent -> ConsentFact. FHIR R4 and R4B (`provision.type`, nested exceptions), R5 (`decision`, `provision` list).

Only a plain decision is certain: one that no exception, actor, purpose or data class narrows. SEMANTICS §8.
"""

from collections.abc import Mapping

from service.eligibility.dates import ANY_DAY, FOREVER, Days, Span
from service.eligibility.facts import Certainty, ConsentFact
from service.eligibility.terms import Concept
from service.fhir.elements import boolean, codes, join, node, nodes, one_or_many, read_concept, read_concepts, text
from service.fhir.occurrence import period
from service.fhir.reading import Resource

NOTHING_DECIDED = frozenset({"draft", "proposed", "not-done"})
DECISIONS = {"permit": True, "deny": False, "OPTIN": True, "OPTOUT": False}
HARMLESS = frozenset({"type", "period", "id", "purpose", "extension"})  # parts of a provision that do not narrow it
RESEARCH_PURPOSES = frozenset({"HRESCH", "CLINTRCH", "CLINTRCHNPC", "CLINTRCHPC", "PRECLINTRCH", "BIORCH", "DSRCH"})
RESEARCH = "research"
STUDY_CONTEXT = (
    "http://hl7.org/fhir/StructureDefinition/consent-ResearchStudyContext",
    "http://hl7.org/fhir/StructureDefinition/consent-research-study-context",
)


def read_consent(resource: Resource) -> tuple[ConsentFact, ...]:
    """What was decided. Drafts decide nothing; what is no longer in force, or was rejected, is not clear."""
    status = resource.code("status")
    if status in NOTHING_DECIDED:
        return ()
    active = status == "active" and not _of_one_study(resource)
    purposes = _purposes(resource)
    permits = _decision(resource, purposes) if active else None
    if permits and _unverified(resource):  # a refusal is respected however it came about
        active, permits = False, None
    fact = ConsentFact(
        evidence=resource.evidence("decision" if "decision" in resource.body else "provision"),
        concept=join([_subject_matter(resource), purposes]),
        certainty=Certainty.SURE if active else Certainty.POSSIBLE,
        span=_span(resource),
        permits=permits,
    )
    return (fact,)


def _of_one_study(resource: Resource) -> bool:
    """Was it said of one study? Of another one, and of research as such, it says nothing clear then."""
    extensions = nodes(resource.body.get("extension"), resource.path("extension"))
    return any(each.get("url") in STUDY_CONTEXT for each in extensions)


def _unverified(resource: Resource) -> bool:
    """Does it say that the person, or their family, did not confirm it?"""
    place = resource.path("verification")
    said = [
        boolean(each.get("verified"), f"{place}.verified") for each in nodes(resource.body.get("verification"), place)
    ]
    return False in said and True not in said


def _subject_matter(resource: Resource) -> Concept:
    return join([resource.concept("scope"), read_concepts(resource.body.get("category"), resource.path("category"))])


def _provisions(resource: Resource) -> tuple[Mapping[str, object], ...]:
    return one_or_many(resource.body.get("provision"), resource.path("provision"))


def _purposes(resource: Resource) -> Concept:
    refused = [each for each in _exceptions(resource) if _names_research_alone(resource, each)]
    return join(_purpose(resource, each) for each in (*_provisions(resource), *refused))


def _purpose(resource: Resource, provision: Mapping[str, object]) -> Concept:
    return read_concepts(provision.get("purpose"), resource.path("provision.purpose"))


def _exceptions(resource: Resource) -> tuple[Mapping[str, object], ...]:
    """The provisions that take something back from a permission: R5 all of its own, R4 those nested to deny."""
    provisions = _provisions(resource)
    if "decision" in resource.body:
        return provisions if resource.code("decision") == "permit" else ()
    place = resource.path("provision.provision")
    nested = [inner for each in provisions for inner in one_or_many(each.get("provision"), place)]
    return tuple(each for each in nested if text(each.get("type"), f"{place}.type") == "deny")


def _names_research_alone(resource: Resource, provision: Mapping[str, object]) -> bool:
    """Is it about research as such: by its purpose, and narrowed by nothing else?"""
    purposes = codes(_purpose(resource, provision))
    return bool(purposes) and purposes <= RESEARCH_PURPOSES and {"type", "purpose", "id"}.issuperset(provision)


def _decision(resource: Resource, purposes: Concept) -> bool | None:
    provisions = _provisions(resource)
    if any(_names_research_alone(resource, each) for each in _exceptions(resource)):
        return False
    if "decision" in resource.body:  # R5: every provision is an exception from the decision
        return DECISIONS.get(resource.code("decision") or "") if not provisions else None
    if len(provisions) > 1 or any(not HARMLESS.issuperset(each) for each in provisions):
        return None
    if codes(purposes) - RESEARCH_PURPOSES and RESEARCH in codes(resource.concept("scope")):
        return None
    return DECISIONS.get(_said(resource, provisions) or "")


def _said(resource: Resource, provisions: tuple[Mapping[str, object], ...]) -> str | None:
    """`provision.type`; where there is none, a base policy that opts in or out of everything."""
    if provisions:
        return text(provisions[0].get("type"), resource.path("provision.type"))
    policies = codes(read_concept(resource.body.get("policyRule"), resource.path("policyRule"))) & DECISIONS.keys()
    return min(policies) if len(policies) == 1 else None


def _span(resource: Resource) -> Span:
    """From its period's start (or the day it was given) until its period's end, or for good."""
    given = next((days for days in map(resource.days, ("dateTime", "date")) if days.known), ANY_DAY)
    value = resource.body.get("period")
    for each in _provisions(resource):
        value = value or each.get("period")
    if not value:
        return Span(given, Days.on(FOREVER))
    stated = period(resource, "period", value, ongoing=True)
    has_start = node(value, resource.path("period")).get("start") is not None
    return stated if has_start or not given.known else Span(given, stated.end)
