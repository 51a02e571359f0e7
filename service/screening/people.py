"""What is gathered per person while reading: only facts that an open study can need, and the days of contact."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from service.eligibility.dates import ANY_DAY, Days, Span
from service.eligibility.dosing.body import by_body_size
from service.eligibility.facts import ConditionFact, Fact, Loaded, MedicationFact, PatientRecord, Unreadable
from service.eligibility.lifetime import first_day, unreadable, untrue
from service.fhir.conditions import with_encounter
from service.fhir.patient import PatientAdapted
from service.screening.completeness import OF_OTHERS, Completeness, Origin
from service.screening.corrected import Corrected
from service.screening.tally import DISPOSITIONS
from service.screening.versions import NO_DAYS, NOBODY, Seen


@dataclass
class Gathered:
    """One person, growing as lines are read. `spans`: of the visits that a diagnosis without onset waits for."""

    number: int = 0
    patient: PatientAdapted | None = None
    facts: list[Fact] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    contacts: Counter[int] = field(default_factory=Counter)  # by ordinal, so that what was superseded can be taken back
    spans: dict[str, Span] = field(default_factory=dict)
    origins: set[Origin] = field(default_factory=set)  # where its Patient stands
    replaced: list[PatientAdapted] = field(default_factory=list)  # the Patients that this one stands for as well
    linked: set[str] = field(default_factory=set)  # records that its Patient, readable or not, may be merged with
    corrected: list[Corrected] = field(default_factory=list)  # what people said of single records
    unclear: bool = False  # nobody can tell which record of this person stands

    def stands_in(self, origin: Origin) -> None:
        """Its Patient stands there. What was asked for about others tells nothing, if anything was asked about them."""
        if origin[-1] != OF_OTHERS:
            self.origins = {origin, *(each for each in self.origins if each[-1] != OF_OTHERS)}
        elif all(each[-1] == OF_OTHERS for each in self.origins):
            self.origins.add(origin)

    def take_over(self, other: "Gathered") -> None:
        """Merge a record that was replaced by this one."""
        self.replaced += other.replaced + ([other.patient] if other.patient is not None else [])
        self.facts += other.facts
        self.unreadable += other.unreadable
        self.contacts += other.contacts
        self.spans |= other.spans
        self.origins |= other.origins
        self.corrected += other.corrected

    def forget(self, reference: str, contacts: Iterable[int]) -> None:
        """Take back what one version of a resource said."""
        self.facts = [each for each in self.facts if each.evidence.reference != reference]
        self.unreadable = [each for each in self.unreadable if each.evidence.reference != reference]
        self.spans.pop(reference, None)
        self.corrected = [each for each in self.corrected if each.record != reference]
        self.contacts.subtract(day for day in contacts if day)

    def holds(self, reference: str) -> bool:
        """Does anything that counts come from this resource? The days on which they were seen are not looked for."""
        named = (each.evidence.reference for each in (*self.facts, *self.unreadable))
        return reference in self.spans or reference in named

    def record(self, loaded: Mapping[str, Loaded]) -> PatientRecord:
        """The finished record. Facts are sorted, so that the order of the input changes nothing.

        What is dated long before birth is unreadable: now that it is known whose record stands, whoever it was of.
        """
        assert self.patient is not None, "a person without a Patient resource is never screened"
        first = first_day(self.patient.person.birth)
        facts = sorted((self._placed(each) for each in self.facts), key=_order)
        false = [each for each in facts if untrue(each, first)]
        lost = [*self.unreadable, *unreadable(false)]
        return PatientRecord(
            person=self.patient.person,
            facts=tuple([each for each in facts if each not in false] if false else facts),
            unreadable=tuple(sorted(lost, key=lambda u: (u.type, u.evidence.reference, u.reason))),
            loaded=loaded,
            contacts=tuple(date.fromordinal(day) for day in sorted(+self.contacts) if day >= first.toordinal()),
        )

    def _placed(self, fact: Fact) -> Fact:
        """An encounter diagnosis without onset gets the days of its encounter."""
        if not isinstance(fact, ConditionFact) or fact.encounter is None:
            return fact
        span = self.spans.get(fact.encounter)
        return replace(fact, encounter=None) if span is None else with_encounter(fact, span)


@dataclass
class Population:
    """Everybody read, with the completeness of what they were read from.

    `births`, `medications`, `awaited`: what resources of other types refer to. `sized`: the persons of whom a dose goes
    by body size.
    """

    people: dict[str, Gathered] = field(default_factory=dict)
    numbered: list[str] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    completeness: Completeness = field(default_factory=Completeness)
    medications: dict[str, Mapping[str, object]] = field(default_factory=dict)
    births: dict[str, Days] = field(default_factory=dict)
    awaited: set[str] = field(default_factory=set)
    sized: set[str] = field(default_factory=set)

    def person(self, patient: str) -> Gathered:
        """The person of that id, new if not yet met."""
        known = self.people.get(patient)
        if known is None:
            known = self.people[patient] = Gathered(self.number(patient))
        return known

    def number(self, patient: str) -> int:
        """The number of a person of whom something was read, whether or not it is needed."""
        known = self.numbers.get(patient)
        if known is None:
            known = self.numbers[patient] = len(self.numbered)
            self.numbered.append(patient)
        return known

    def is_unused(self, reference: str, seen: Seen) -> bool:
        """Was this version of a resource of no use to anybody?"""
        person = None if seen.person == NOBODY else self.people.get(self.numbered[seen.person])
        silent = DISPOSITIONS[seen.disposition] == "not_needed" and (seen.first, seen.last) == NO_DAYS
        return silent and (person is None or not person.holds(reference))

    def await_for(self, kept: Iterable[Fact], patient: str) -> None:
        """Note what these facts wait for: the visit of a diagnosis, the size of a body."""
        for fact in kept:
            if isinstance(fact, ConditionFact) and fact.encounter is not None:
                self.awaited.add(fact.encounter)
            elif isinstance(fact, MedicationFact) and by_body_size(fact):
                self.sized.add(patient)

    def untrue(self, facts: Iterable[Fact], patient: str) -> Iterator[Unreadable]:
        """Those dated long before birth, to be listed. They stay with their person, who may be merged into another."""
        first = first_day(self.births.get(patient, ANY_DAY))
        return unreadable(each for each in facts if untrue(each, first))

    def record(self, person: Gathered, spoiled: frozenset[str]) -> PatientRecord:
        """The finished record of one of them. `spoiled`: the types that are incomplete for everybody."""
        return person.record(self.completeness.loaded(sorted(person.origins), spoiled))


def _order(fact: Fact) -> tuple[str, str, str]:
    return fact.kind.value, fact.evidence.reference, fact.evidence.element


def two_days(contacts: tuple[date, ...]) -> tuple[int, int]:
    """The first and last day; counting fewer contacts than there were only makes an answer more careful."""
    return (contacts[0].toordinal(), contacts[-1].toordinal() if len(contacts) > 1 else 0) if contacts else NO_DAYS
