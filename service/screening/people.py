"""What is gathered per person while reading: only facts that an open study can need, and the days of contact."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from service.eligibility.facts import (
    ConditionFact,
    EncounterFact,
    Fact,
    Loaded,
    PatientRecord,
    Unreadable,
)
from service.fhir.conditions import with_encounter
from service.fhir.patient import PatientAdapted


@dataclass
class Gathered:
    """One person, growing as lines are read."""

    patient: PatientAdapted | None = None
    facts: list[Fact] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    contacts: set[date] = field(default_factory=set)
    encounters: dict[str, EncounterFact] = field(default_factory=dict)
    sources: set[int] = field(default_factory=set)

    def take_over(self, other: "Gathered") -> None:
        """Merge a record that was replaced by this one."""
        self.facts += other.facts
        self.unreadable += other.unreadable
        self.contacts |= other.contacts
        self.encounters |= other.encounters
        self.sources |= other.sources

    def awaited(self) -> set[str]:
        """The encounters whose days an encounter diagnosis without onset waits for."""
        return {each.encounter for each in self.facts if isinstance(each, ConditionFact) and each.encounter}

    def record(self, loaded: Mapping[str, Loaded]) -> PatientRecord:
        """The finished record. Facts are sorted, so that the order of the input changes nothing."""
        assert self.patient is not None, "a person without a Patient resource is never screened"
        facts = sorted((self._placed(each) for each in self.facts), key=_order)
        return PatientRecord(
            person=self.patient.person,
            facts=tuple(facts),
            unreadable=tuple(sorted(self.unreadable, key=lambda u: (u.type, u.evidence.reference, u.reason))),
            loaded=loaded,
            contacts=tuple(sorted(self.contacts)),
        )

    def _placed(self, fact: Fact) -> Fact:
        """An encounter diagnosis without onset gets the days of its encounter."""
        if not isinstance(fact, ConditionFact) or fact.encounter is None:
            return fact
        encounter = self.encounters.get(fact.encounter)
        return replace(fact, encounter=None) if encounter is None else with_encounter(fact, encounter.span)


def _order(fact: Fact) -> tuple[str, str, str]:
    return fact.kind.value, fact.evidence.reference, fact.evidence.element
