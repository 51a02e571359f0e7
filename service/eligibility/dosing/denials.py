"""Statements that a drug was not taken, or perhaps was not, against the other records of it. SEMANTICS §4, §6.2.

Neither is believed more than the other: on the days of both it was taken possibly. What was administered was given,
whatever somebody states. A statement of an uncertain status may turn out to be such a denial, and speaks like one.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date

from service.eligibility.dates import ALWAYS, FOREVER, Days
from service.eligibility.dosing.depots import Acting
from service.eligibility.dosing.routes import way
from service.eligibility.facts import Certainty, MedicationFact, Source

NOT_TAKEN = "not-taken-contradicts"
Opposed = Mapping[str, tuple[MedicationFact, ...]]  # by reference of a record, the statements that speak against it
Keys = Callable[[MedicationFact], frozenset[Hashable]]  # what a record's ingredients are known by; None is unknown


def may_deny(fact: MedicationFact) -> bool:
    """Does it state that the drug was not taken, or may it turn out to?"""
    return fact.source is Source.STATEMENT and fact.certainty is not Certainty.SURE


def opposed(facts: Iterable[MedicationFact], ingredients: Keys) -> Opposed:
    """Which of these records are spoken against by which of these statements."""
    told = {each.evidence.reference: each for each in facts}
    denials = [each for _, each in sorted(told.items()) if may_deny(each)]
    if not denials:
        return {}
    keys = {name: ingredients(each) for name, each in told.items()}
    found = {
        name: tuple(each for each in denials if each is not fact and _of_one_drug(each, fact, keys))
        for name, fact in told.items()
        if fact.source is not Source.ADMINISTRATION
    }
    days = {name: tuple(each for each in against if _of_its_days(each, told[name])) for name, against in found.items()}
    return {name: against for name, against in days.items() if against}


def opposed_days(found: Opposed, fact: MedicationFact, how: Acting | None = None) -> tuple[Days, ...]:
    """The days on which it counts possibly; of a depot also those on which a dose of these days would act."""
    hulls = [each.span.hull() for each in found.get(fact.evidence.reference, ())]
    return tuple(each if how is None else Days(each.earliest, how.lasts.after(each.latest)) for each in hulls)


def oppose(opposing: Sequence[Days], days: Days) -> bool:
    """Do any of these days lie among those that are spoken against?"""
    return any(each.overlaps(days) for each in opposing)


def _of_one_drug(denial: MedicationFact, fact: MedicationFact, keys: Mapping[str, frozenset[Hashable]]) -> bool:
    """May both be of one drug, and by one route? Records that refer to one another are one therapy by any route."""
    own, other = keys[denial.evidence.reference], keys[fact.evidence.reference]
    if not own & other and None not in own | other:
        return False
    return bool(_names(denial) & _names(fact)) or len({way(denial), way(fact)} - {None}) <= 1


def _names(fact: MedicationFact) -> set[str]:
    return {fact.evidence.reference, *(link for link in fact.links if link.startswith("Medication"))}


def _of_its_days(denial: MedicationFact, fact: MedicationFact) -> bool:
    """Are both about the same days? A denial without an end says nothing of what began after it was last said."""
    return fact.span.start.earliest <= _last_said(denial) and denial.span.hull().overlaps(fact.span.hull())


def _last_said(denial: MedicationFact) -> date:
    end = denial.span.end
    if end.latest < FOREVER or not denial.last_sign.known:
        return end.latest
    stated = end.earliest if end.earliest < FOREVER else ALWAYS
    return max(denial.last_sign.latest, denial.span.start.latest, stated)
