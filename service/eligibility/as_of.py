"""A record as it could be known on a day: screening as of a past date uses what is dated to then. SEMANTICS §3.5."""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, cast

from service.eligibility.criteria import LookBack, Study
from service.eligibility.criteria.walk import once_per_study, within
from service.eligibility.facts import (
    AdverseEventFact,
    AllergyFact,
    ConditionFact,
    ConsentFact,
    EncounterFact,
    Fact,
    ImmunizationFact,
    MedicationFact,
    ObservationFact,
    PatientRecord,
    ProcedureFact,
)


def as_of(record: PatientRecord, at: date, study: Study) -> PatientRecord:
    """The record as it could be known on `at`: nothing after that day counts, unless the study asks for the future."""
    if _looks_ahead(study):
        return record
    known = record.known.get((as_of, at))
    if known is None:
        known = record.known[as_of, at] = _cut(record, at)
    return cast(PatientRecord, known)


def _cut(record: PatientRecord, at: date) -> PatientRecord:
    facts = tuple([fact for fact in record.facts if BEGINS[type(fact)](fact) <= at])
    contacts = record.contacts[: bisect_right(record.contacts, at)]
    if (len(facts), len(contacts)) == (len(record.facts), len(record.contacts)):
        return record  # what was looked up in it stays known
    return replace(record, facts=facts, contacts=contacts)


def _starts(fact: Any) -> date:
    return cast(date, fact.span.start.earliest)


def _happens(fact: Any) -> date:
    return cast(date, fact.when.earliest)


def _is_known(fact: MedicationFact) -> date:
    """An order written today for next week is known today."""
    return min(fact.span.start.earliest, fact.last_sign.earliest)


def _begins(fact: AllergyFact) -> date:
    """What denies an allergy is dated by its record, and left out where that is later."""
    return fact.begun.earliest


# The first day on which the fact can have been known.
BEGINS: Mapping[type[Fact], Callable[[Any], date]] = {
    ConditionFact: _starts,
    ObservationFact: _happens,
    MedicationFact: _is_known,
    ProcedureFact: _starts,
    AllergyFact: _begins,
    AdverseEventFact: _happens,
    ImmunizationFact: _happens,
    ConsentFact: _starts,
    EncounterFact: _starts,
}


@once_per_study
def _looks_ahead(study: Study) -> bool:
    """Does the study ask for the future of the screening date, anywhere in its criteria?"""
    looks = [part for criterion in study.criteria for part in within(criterion.node) if isinstance(part, LookBack)]
    return any(look.ahead is not None and look.anchor is None for look in looks)
