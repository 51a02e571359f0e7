"""What evaluation needs besides the record: terminology, units, equivalences, the site's policy, the screening date."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Optional, TypeVar

from service.eligibility.dosing.equivalence import EquivalenceTable
from service.eligibility.dosing.half_lives import NO_HALF_LIVES, HalfLives
from service.eligibility.facts import Kind, PatientRecord
from service.eligibility.policy import Policy
from service.eligibility.terms import Terminology
from service.eligibility.units import UnitTable
from service.errors import InvalidValue

if TYPE_CHECKING:
    from service.eligibility.evaluate.judgement import Judgement
    from service.eligibility.evaluate.recall import Recall

Question = TypeVar("Question")
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
    `recall`: what is remembered of charts judged before with this very knowledge; it changes no answer.
    """

    record: PatientRecord
    at: date
    knowledge: Knowledge
    followed: bool = True
    recall: Optional["Recall"] = None

    def __post_init__(self) -> None:
        if self.recall is not None and self.recall.knowledge is not self.knowledge:
            raise InvalidValue("what was judged with other knowledge cannot be recalled for this case")

    def on(self, day: date) -> "Case":
        """The same person on another day."""
        return Case(self.record, day, self.knowledge, self.followed, self.recall)

    def ask(self, question: Question, plain: Callable[[Question, "Case"], "Judgement"]) -> "Judgement":
        """What `plain` answers to the question, recalled where that can be."""
        return plain(question, self) if self.recall is None else self.recall.judged(question, self, plain)

    @property
    def policy(self) -> Policy:
        """The site's policy."""
        return self.knowledge.policy

    @property
    def terminology(self) -> Terminology:
        """The value sets and maps."""
        return self.knowledge.terminology
