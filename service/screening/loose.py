"""What could not be read, until it is known whether anybody it may be about was met."""

from collections.abc import Iterable
from typing import NamedTuple

from service.eligibility.facts import Evidence, Unreadable
from service.fhir.adapt import SUPPORTED
from service.screening.completeness import ANY_TYPE
from service.screening.people import Population

WITHOUT_SUBJECT = frozenset({"Patient", "Medication"})  # what refers to a lost one is itself unreadable


class Loose(NamedTuple):
    """Something that could not be read: perhaps of one of these types, of this patient if its bytes show one."""

    types: frozenset[str]
    subject: str | None
    reference: str
    reason: str


def place_loose(loose: Iterable[Loose], population: Population) -> None:
    """What could not be read belongs to the patient it names, if we know that one; else its type is incomplete."""
    known = {name for name, person in population.people.items() if person.origins}
    for each in loose:
        types = each.types - WITHOUT_SUBJECT
        if each.subject in known and ANY_TYPE not in types:
            unreadable = [Unreadable(name, Evidence(each.reference, name), each.reason) for name in sorted(types)]
            population.person(str(each.subject)).unreadable += unreadable
        else:
            population.completeness.cannot_place(types & (SUPPORTED | {ANY_TYPE}))
