"""Who is not screened, and why. SEMANTICS §8. A person held back has no assessment and no output, only a count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from service.eligibility.facts import Certainty, ConsentFact, Fact, Person
from service.eligibility.outcome import Outcome
from service.eligibility.terms import Coding, Terminology
from service.fhir.patient import PatientAdapted

if TYPE_CHECKING:
    from service.catalog.site import Site

RESEARCH_SCOPE = Coding("http://terminology.hl7.org/CodeSystem/consentscope", "research")
RESEARCH_CONSENT = "research-consent"
RESTRICTED = frozenset({"R", "V"})


def held_back(
    patient: PatientAdapted,
    facts: Iterable[Fact],
    at: date,
    site: Site,
    terminology: Terminology,
    replaced: Sequence[PatientAdapted] = (),
) -> str | None:
    """The reason for which this person is not screened, or None. What `replaced` records said of them holds as well."""
    records = (patient, *replaced)
    ids = {each.person.id for each in records}
    if any(each.test_patient for each in records) or ids & site.test_patients:
        return "test-patient"
    if ids & site.opted_out or any(_denies_research(each, at, terminology) for each in facts):
        return "research-opt-out"
    if any(RESTRICTED.intersection(each.labels) for each in records):
        return "restricted"
    if site.organizations and patient.organization not in site.organizations:
        return "not-at-site"
    if any(_died(each.person, at) for each in records):
        return "deceased"
    return None


def _died(person: Person, at: date) -> bool:
    return bool(person.deceased) and (not person.died.known or person.died.earliest <= at)


def _denies_research(fact: Fact, at: date, terminology: Terminology) -> bool:
    if not isinstance(fact, ConsentFact) or fact.permits is not False or fact.certainty is not Certainty.SURE:
        return False
    if not (fact.span.start.earliest <= at and (fact.span.point or at <= fact.span.end.latest)):
        return False
    if RESEARCH_SCOPE in fact.concept.codings:
        return True
    known = RESEARCH_CONSENT in terminology.value_sets
    return known and terminology.membership((RESEARCH_CONSENT,), fact.concept).outcome is Outcome.MET
