"""Facts: what one resource says about a person, in our types, with its evidence.

A fact is made by an adapter and never changed. It says what the resource says, no more: which day it is asked about,
and what silence means, is decided in `evaluate`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Literal, Protocol, TypeVar, cast

from service.eligibility.dates import ANY_DAY, Days, Span
from service.eligibility.dosing.model import Instruction, Strength, Supply
from service.eligibility.quantity import Quantity
from service.eligibility.terms import Concept


class Kind(Enum):
    """The kinds of fact, by what `absence.yaml` calls them."""

    CONDITION = "condition"
    OBSERVATION = "observation"
    MEDICATION = "medication"
    PROCEDURE = "procedure"
    ALLERGY = "allergy"
    ADVERSE_EVENT = "adverse_event"
    IMMUNIZATION = "immunization"
    CONSENT = "consent"
    ENCOUNTER = "encounter"

    __hash__ = object.__hash__  # there is one of each, and it is looked up by for every fact


class Certainty(Enum):
    """How far the resource itself stands behind what it says (its status and verification)."""

    SURE = "sure"
    POSSIBLE = "possible"
    DENIED = "denied"  # an explicit negative: refuted, not-taken, not-done


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a fact stands: `Type/id`, the version of that resource if known, and the element read."""

    reference: str
    element: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class ConditionFact:
    """A Condition. `start` of the span is the onset (ANY_DAY if unknown); `end` FOREVER while nothing says it ended.

    `asserted`: the days on which the record says it was present or was written (recorded, encounter), not the onset.
    """

    evidence: Evidence
    concept: Concept
    certainty: Certainty
    span: Span
    asserted: Days = ANY_DAY
    ended: bool = False  # its status says that it is over, and nothing says since when
    encounter: str | None = None  # reference, while an encounter diagnosis without onset awaits its encounter's days
    category: str | None = None
    kind: Literal[Kind.CONDITION] = Kind.CONDITION


Value = Quantity | Concept | bool | Days


@dataclass(frozen=True, slots=True)
class ObservationFact:
    """An Observation, or one component of it. `value` is None where it has none, or one we cannot read.

    `order` sorts results of one day: the time of day, then status (corrected last), then the last update.
    `low` and `high` are the ends of the reference range of this very result.
    """

    evidence: Evidence
    concept: Concept
    certainty: Certainty
    when: Days
    value: Value | None
    order: tuple[str, int, str] = ("", 0, "")
    low: Quantity | None = None
    high: Quantity | None = None
    interpretation: Concept | None = None
    kind: Literal[Kind.OBSERVATION] = Kind.OBSERVATION


class Source(Enum):
    """What kind of record tells of a medication."""

    REQUEST = "MedicationRequest"
    STATEMENT = "MedicationStatement"
    DISPENSE = "MedicationDispense"
    ADMINISTRATION = "MedicationAdministration"


@dataclass(frozen=True, slots=True)
class MedicationFact:
    """One record of a drug: what, from when to when, how, how much.

    `concept` holds the codes of the product and its ingredients. `span.end` is FOREVER for an order that goes on;
    `last_sign` is the latest day on which the record shows life. `over`: its status says that it is. `links` and
    `replaces` are references to records of the same therapy, the latter to orders that this one takes the place of.
    """

    evidence: Evidence
    concept: Concept
    certainty: Certainty
    source: Source
    span: Span
    last_sign: Days = ANY_DAY
    route: Concept | None = None
    form: Concept | None = None
    strengths: tuple[Strength, ...] = ()
    instructions: tuple[Instruction, ...] = ()
    supply: Supply | None = None
    links: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    over: bool = False
    replaces: tuple[str, ...] = ()
    kind: Literal[Kind.MEDICATION] = Kind.MEDICATION


@dataclass(frozen=True, slots=True)
class ProcedureFact:
    """A Procedure that was done (or, DENIED, explicitly was not)."""

    evidence: Evidence
    concept: Concept
    certainty: Certainty
    span: Span
    kind: Literal[Kind.PROCEDURE] = Kind.PROCEDURE


@dataclass(frozen=True, slots=True)
class AllergyFact:
    """An AllergyIntolerance. `history`: resolved, so not present any more, but worth showing.

    `begun`: the days on which it may have begun (ANY_DAY if nothing tells); `recorded` is not one of them. `ended`: of
    what is history, the days up to which it may have been there.
    """

    evidence: Evidence
    concept: Concept
    certainty: Certainty
    recorded: Days = ANY_DAY
    history: bool = False
    begun: Days = ANY_DAY
    ended: Days = ANY_DAY
    kind: Literal[Kind.ALLERGY] = Kind.ALLERGY


@dataclass(frozen=True, slots=True)
class AdverseEventFact:
    """An AdverseEvent that happened. `suspects`: the drugs held responsible; `doubted`: perhaps; `serious`: None if not
    said."""

    evidence: Evidence
    concept: Concept
    certainty: Certainty
    when: Days
    suspects: tuple[Concept, ...] = ()
    doubted: tuple[Concept, ...] = ()
    serious: bool | None = None
    kind: Literal[Kind.ADVERSE_EVENT] = Kind.ADVERSE_EVENT


@dataclass(frozen=True, slots=True)
class ImmunizationFact:
    """A vaccine given (or, DENIED, explicitly not)."""

    evidence: Evidence
    concept: Concept
    certainty: Certainty
    when: Days
    kind: Literal[Kind.IMMUNIZATION] = Kind.IMMUNIZATION


@dataclass(frozen=True, slots=True)
class ConsentFact:
    """A Consent: `permits` True (given), False (refused), None (uncertain). `concept`: its scope and categories."""

    evidence: Evidence
    concept: Concept
    certainty: Certainty
    span: Span
    permits: bool | None
    kind: Literal[Kind.CONSENT] = Kind.CONSENT


@dataclass(frozen=True, slots=True)
class EncounterFact:
    """A visit. `concept` holds its class, types and reasons."""

    evidence: Evidence
    concept: Concept
    certainty: Certainty
    span: Span
    kind: Literal[Kind.ENCOUNTER] = Kind.ENCOUNTER


class Coded(Protocol):
    """What every fact has."""

    @property
    def concept(self) -> Concept: ...


F = TypeVar("F", bound=Coded)
Fact = (
    ConditionFact
    | ObservationFact
    | MedicationFact
    | ProcedureFact
    | AllergyFact
    | AdverseEventFact
    | ImmunizationFact
    | ConsentFact
    | EncounterFact
)
Sex = Literal["male", "female", "other", "unknown"]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A resource that could not be understood. It is kept, counted, and spoils absence where it could have belonged.

    `concept` is what could be salvaged of its code (None: it could be anything of its type).
    """

    type: str
    evidence: Evidence
    reason: str
    concept: Concept | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """The Patient. `sex` is administrative gender, None if not recorded. `deceased`: True/False/None (not said).

    `marks` hold what only informs a reader (minor, interpreter needed, guardian), by their codes.
    """

    id: str
    evidence: Evidence
    birth: Days = ANY_DAY
    sex: Sex | None = None
    deceased: bool | None = None
    died: Days = ANY_DAY
    marks: tuple[str, ...] = ()


class Loaded(Enum):
    """Whether all resources of a type were loaded for a person."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """All that is known of one person: facts, what could not be read, which types were loaded, when they were seen.

    `loaded` maps a resource type to its completeness (a type that is not a key was not loaded);
    `contacts` are the days, sorted, of encounters, results and orders.
    """

    person: Person
    facts: tuple[Fact, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    loaded: Mapping[str, Loaded] = field(default_factory=dict)
    contacts: tuple[date, ...] = ()
    # What was looked up before in this very record, by what was asked; no copy takes it over.
    known: dict[object, object] = field(default_factory=dict, init=False, compare=False, repr=False)

    def of(self, of_type: type[F]) -> tuple[F, ...]:
        """The facts of this type, in their order."""
        if of_type not in self.known:
            self.known[of_type] = tuple([each for each in self.facts if type(each) is of_type])
        return cast(tuple[F, ...], self.known[of_type])

    def by_concept(self, of_type: type[F]) -> tuple[tuple[Concept, tuple[tuple[int, F], ...]], ...]:
        """The facts of this type that share a concept, each with its place among all of the type: a chart repeats."""
        key = "by concept", of_type
        if key not in self.known:
            sorted_out: dict[Concept, list[tuple[int, F]]] = {}
            for place, each in enumerate(self.of(of_type)):
                sorted_out.setdefault(each.concept, []).append((place, each))
            self.known[key] = tuple((concept, tuple(those)) for concept, those in sorted_out.items())
        return cast(tuple[tuple[Concept, tuple[tuple[int, F], ...]], ...], self.known[key])

    def completeness(self, resource_type: str) -> Loaded:
        """How completely this type was loaded."""
        return self.loaded.get(resource_type, Loaded.ABSENT)
