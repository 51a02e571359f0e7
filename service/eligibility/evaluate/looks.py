"""What a question may look at in a chart, told by its class and the value sets that it names; and a chart without any
of it.

No other fact can change the answer. So where a chart holds no such fact, the question is put to a blank one, which lets
it read nothing else: what reads more than is told here fails.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn, TypeVar, cast, get_args

from service.eligibility.criteria import (
    AdverseEventHad,
    AllergyKnown,
    Characteristic,
    ConditionPresent,
    ConsentIs,
    EncounterHad,
    ImmunizationGiven,
    LookBack,
    Manual,
    MedicationTaken,
    ObservationValue,
    ProcedureDone,
)
from service.eligibility.criteria.walk import value_sets_of, within
from service.eligibility.evaluate.reproduction import Evidence
from service.eligibility.facts import (
    AdverseEventFact,
    AllergyFact,
    Coded,
    ConditionFact,
    ConsentFact,
    EncounterFact,
    Fact,
    ImmunizationFact,
    Kind,
    MedicationFact,
    ObservationFact,
    PatientRecord,
    Person,
    ProcedureFact,
)
from service.errors import InvalidValue

F = TypeVar("F", bound=Coded)
LOOKED_AT: Mapping[type, tuple[type[Fact], Kind]] = {
    ConditionPresent: (ConditionFact, Kind.CONDITION),
    MedicationTaken: (MedicationFact, Kind.MEDICATION),
    ObservationValue: (ObservationFact, Kind.OBSERVATION),
    ProcedureDone: (ProcedureFact, Kind.PROCEDURE),
    AdverseEventHad: (AdverseEventFact, Kind.ADVERSE_EVENT),
    ImmunizationGiven: (ImmunizationFact, Kind.IMMUNIZATION),
    EncounterHad: (EncounterFact, Kind.ENCOUNTER),
    AllergyKnown: (AllergyFact, Kind.ALLERGY),
    ConsentIs: (ConsentFact, Kind.CONSENT),
}


@dataclass(frozen=True, slots=True)
class Looks:
    """What a question, with all its parts, may look at.

    `named`: per type of fact the value sets to which the concept of a fact has to belong, perhaps, for it to count;
    `whole`: the types of which any fact may count; `kinds`: all of these. `everything`: nothing is told apart.
    """

    named: Mapping[type[Fact], frozenset[str]]
    whole: frozenset[type[Fact]]
    kinds: Mapping[type[Fact], Kind]
    everything: bool


def looks_of(node: object) -> Looks:
    """What this question may look at."""
    if isinstance(node, Evidence):
        sets = value_sets_of(node.node)
        return Looks(
            {ConditionFact: sets, ObservationFact: sets},
            frozenset(),
            {ConditionFact: Kind.CONDITION, ObservationFact: Kind.OBSERVATION},
            everything=False,
        )
    parts = tuple(within(node))
    told = [(part, *LOOKED_AT[type(part)]) for part in parts if type(part) in LOOKED_AT]
    named: dict[type[Fact], set[str]] = {}
    for part, of_type, _ in told:
        # more than decide: also what is left out, and the answers that are asked for
        named.setdefault(of_type, set()).update(value_sets_of(part))
    return Looks(
        {each: frozenset(ids) for each, ids in named.items()},
        # one that names no drug could have been caused by any
        frozenset(of_type for part, of_type, _ in told if isinstance(part, AdverseEventHad)),
        {of_type: kind for _, of_type, kind in told},
        any(_is_of_its_own(part) for part in parts),
    )


def _is_of_its_own(part: object) -> bool:
    """Has every chart its own answer: the Patient is looked at, or contacts before another day than the screening date?

    So it is of a class that nothing is told about.
    """
    if isinstance(part, LookBack):
        return part.gap is not None or part.ahead is not None
    return isinstance(part, get_args(Characteristic)) and not isinstance(part, (*LOOKED_AT, Manual))


class _Nobody:
    """Stands for the Patient where none may be looked at."""

    def __getattr__(self, name: str) -> NoReturn:
        raise InvalidValue(f"the {name} of the person is read by a question that is not said to look at the person")


NOBODY = cast(Person, _Nobody())


@dataclass(frozen=True, slots=True)
class Blank(PatientRecord):
    """A chart that holds no fact of the `readable` types. Reading one of another type raises InvalidValue."""

    readable: frozenset[type] = frozenset()

    def of(self, of_type: type[F]) -> tuple[F, ...]:
        """None."""
        if of_type not in self.readable:
            raise InvalidValue(f"{of_type.__name__} is read by a question that is not said to look at it")
        return ()
