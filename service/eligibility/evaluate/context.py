"""What evaluation needs besides the record: terminology, units, equivalences, the site's policy, the screening date."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from service.eligibility.dosing.equivalence import EquivalenceTable
from service.eligibility.dosing.half_lives import NO_HALF_LIVES, HalfLives
from service.eligibility.facts import Kind, PatientRecord
from service.eligibility.policy import Policy
from service.eligibility.terms import Terminology
from service.eligibility.units import UnitTable

RESOURCE_TYPES: Mapping[Kind, str] = {
    Kind.CONDITION: "Condition",
    Kind.OBSERVATION: "Observation",
    Kind.PROCEDURE: "Procedure",
    Kind.ALLERGY: "AllergyIntolerance",
    Kind.ADVERSE_EVENT: "AdverseEvent",
    Kind.IMMUNIZATION: "Immunization",
    Kind.CONSENT: "Consent",
    Kind.ENCOUNTER: "Encounter",
}


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is the same for every person: the catalog's terminology, units and equivalences, and the site's policy."""

    terminology: Terminology
    units: UnitTable
    equivalents: Mapping[str, EquivalenceTable] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    half_lives: HalfLives = NO_HALF_LIVES


@dataclass(frozen=True, slots=True)
class Case:
    """One person on one screening date, with the knowledge to judge by.

    `followed` False: nobody will ask when time alone changes an answer, so that no judgement tells (its `watch`).
    """

    record: PatientRecord
    at: date
    knowledge: Knowledge
    followed: bool = True

    @property
    def policy(self) -> Policy:
        """The site's policy."""
        return self.knowledge.policy

    @property
    def terminology(self) -> Terminology:
        """The value sets and maps."""
        return self.knowledge.terminology
