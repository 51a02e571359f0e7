"""What could not be read, until it is known whether anybody it may be about was met."""

from collections.abc import Iterable
from typing import NamedTuple

from service.eligibility.facts import Evidence, Unreadable
from service.fhir.adapt import SUPPORTED
from service.screening.completeness import ANY_TYPE
from service.screening.kinds import KNOWN
from service.screening.met import Found, Json
from service.screening.people import Population
from service.screening.salvage import HOLDERS, subject_of, subject_told, types_of
from service.twofold import readings

WITHOUT_SUBJECT = frozenset({"Patient", "Medication"})  # what refers to a lost one is itself unreadable


class Loose(NamedTuple):
    """Something that could not be read: perhaps of one of these types, of this patient if its bytes show one."""

    types: frozenset[str]
    subject: str | None
    reference: str
    reason: str

    @property
    def type(self) -> str | None:
        """Its type, if it can be of no other."""
        return next(iter(self.types)) if len(self.types) == 1 and ANY_TYPE not in self.types else None


def what_it_was(found: Found, hint: str | None, where: str, reason: str) -> Loose:
    """Of something that is no resource. `hint`: the type that its file is named for."""
    if found.resource is None:
        return Loose(types_of(found.raw, hint) or frozenset((ANY_TYPE,)), subject_of(found.raw), where, reason)
    stated = found.resource.get("resourceType")
    known = isinstance(stated, str) and stated in KNOWN
    types = frozenset((str(stated),)) if known else types_of(b"", hint)
    return Loose(types or frozenset((ANY_TYPE,)), subject_told(found.resource, found.aliases), where, reason)


def one_of_several(resource: Json, found: Found, where: str) -> Loose:
    """Of a resource that says twice of what type it is, or of whom, or not at all: it may be any of those."""
    types = frozenset(each for each in readings(resource, "resourceType") if isinstance(each, str))
    known = types if types and types <= KNOWN and types.isdisjoint(HOLDERS) else frozenset((ANY_TYPE,))
    return Loose(known, subject_told(resource, found.aliases), where, found.problem)


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
