"""What the open studies can need: which types to read, which facts to keep. Everything else is counted and let go."""

from collections.abc import Iterable, Iterator, Mapping

from service.eligibility.criteria import (
    AdverseEventHad,
    AllergyKnown,
    BreastFeeding,
    ConditionPresent,
    ConsentIs,
    EncounterHad,
    ImmunizationGiven,
    MedicationTaken,
    ObservationValue,
    Pregnant,
    ProcedureDone,
    Study,
)
from service.eligibility.criteria.walk import once_per_study, parts_of, within
from service.eligibility.evaluate.context import RESOURCE_TYPES
from service.eligibility.facts import AdverseEventFact, ConsentFact, Fact, Kind, ObservationFact
from service.eligibility.outcome import Outcome
from service.eligibility.policy import MEDICATION_TYPES
from service.eligibility.terms import Concept, Terminology

WEIGHT_AND_HEIGHT = ("body-weight", "body-height")
SIMPLE: dict[type, Kind] = {
    ConditionPresent: Kind.CONDITION,
    MedicationTaken: Kind.MEDICATION,
    ObservationValue: Kind.OBSERVATION,
    ProcedureDone: Kind.PROCEDURE,
    AllergyKnown: Kind.ALLERGY,
    ImmunizationGiven: Kind.IMMUNIZATION,
    EncounterHad: Kind.ENCOUNTER,
    ConsentIs: Kind.CONSENT,
}


MOST_REMEMBERED = 100_000


class Needs:
    """Which value sets each kind of fact is looked up in, by any of the studies.

    `types`: the resource types to be read; `wanted`: the value sets of each kind; `whole`: kinds of which every fact is
    kept, whatever its code. `helping`: value sets that no criterion asks for, but doses by body size go by.
    """

    def __init__(self, studies: Iterable[Study], terminology: Terminology, whole: Iterable[Kind] = ()) -> None:
        self.terminology = terminology
        self.whole = frozenset(whole)
        self._asked_for: dict[tuple[Kind, Concept], bool] = {}
        wanted: dict[Kind, set[str]] = {kind: set() for kind in Kind}
        for study in studies:
            for kind, ids in _asked(study):
                wanted[kind].update(ids)
        sizes = frozenset(each for each in WEIGHT_AND_HEIGHT if each in terminology.value_sets)
        self.helping = tuple(sorted(sizes - wanted[Kind.OBSERVATION]))
        self.asked_of_results = tuple(sorted(wanted[Kind.OBSERVATION]))
        wanted[Kind.OBSERVATION].update(sizes)
        self.types = frozenset(_types({kind for kind, ids in wanted.items() if ids} | self.whole))
        self.wanted: Mapping[Kind, tuple[str, ...]] = {kind: tuple(sorted(ids)) for kind, ids in wanted.items()}

    def keep(self, fact: Fact) -> bool:
        """Could any criterion of any open study ask for this fact?"""
        if isinstance(fact, ConsentFact) or fact.kind in self.whole:
            return True  # a refusal of research also decides who is screened at all
        if isinstance(fact, AdverseEventFact):
            return bool(self.wanted[Kind.ADVERSE_EVENT])
        ids = self.wanted[fact.kind]
        if not ids:
            return False
        return self.may_ask(fact.kind, fact.concept)

    def asked_for(self, fact: Fact) -> bool:
        """Of a fact that is kept: does a criterion ask for it, and not only a dose by body size?"""
        helps = isinstance(fact, ObservationFact) and fact.kind not in self.whole and bool(self.helping)
        return not helps or self.asked_of_result(fact.concept)

    def asked_of_result(self, concept: Concept) -> bool:
        """Could any criterion ask for a result of this concept?"""
        found = self.terminology.membership(self.asked_of_results, concept)
        return found.outcome is not Outcome.NOT_MET and not found.opaque

    def may_ask(self, kind: Kind, concept: Concept) -> bool:
        """Could any criterion ask for a fact of this kind, by its concept? So too where every fact of it is kept."""
        if kind in self.whole:
            return True
        known = self._asked_for.get((kind, concept))
        if known is None:
            belongs = self.terminology.membership(self.wanted[kind], concept)
            known = belongs.outcome is not Outcome.NOT_MET and not (kind is Kind.OBSERVATION and belongs.opaque)
            if len(self._asked_for) < MOST_REMEMBERED:
                self._asked_for[kind, concept] = known
        return known


def _types(wanted: set[Kind]) -> Iterator[str]:
    """The resource types to be read: results and visits show that a person was seen, whatever else is asked."""
    yield from ("Patient", "Observation", "Encounter", "Consent")
    for kind in wanted:
        yield from MEDICATION_TYPES if kind is Kind.MEDICATION else (RESOURCE_TYPES[kind],)
    if wanted & {Kind.MEDICATION, Kind.ADVERSE_EVENT}:
        yield "Medication"


def types_asked(node: object) -> frozenset[str]:
    """The resource types in which the answer to a part of a criterion would stand."""
    kinds = {kind for part in within(node) for kind, ids in _asked_by(part) if ids or kind is Kind.ADVERSE_EVENT}
    return frozenset(
        each for kind in kinds for each in (MEDICATION_TYPES if kind is Kind.MEDICATION else (RESOURCE_TYPES[kind],))
    )


@once_per_study
def _asked(study: Study) -> tuple[tuple[Kind, tuple[str, ...]], ...]:
    """Every (kind of fact, value sets) that a study asks for, anchors included."""
    return tuple(dict.fromkeys(each for part in parts_of(study) for each in _asked_by(part)))


def kinds_of(node: object) -> frozenset[Kind]:
    """The kinds of facts that this part of a criterion looks up, without what is below it."""
    return frozenset(kind for kind, _ in _asked_by(node))


def _asked_by(node: object) -> Iterator[tuple[Kind, tuple[str, ...]]]:
    if isinstance(node, Pregnant | BreastFeeding):
        yield Kind.CONDITION, node.conditions
        yield Kind.OBSERVATION, (*node.statuses, *(node.tests if isinstance(node, Pregnant) else ()))
        if isinstance(node, Pregnant):
            yield Kind.PROCEDURE, node.hysterectomy
            yield Kind.CONDITION, node.hysterectomy
    elif isinstance(node, AdverseEventHad):
        yield Kind.ADVERSE_EVENT, (*node.codes, *node.suspects)
    elif type(node) in SIMPLE:
        none_known = node.none_known if isinstance(node, AllergyKnown) else ()
        yield SIMPLE[type(node)], (*getattr(node, "codes", ()), *none_known)
