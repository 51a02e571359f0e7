"""Which outcomes a criterion's tree can reach, so that each of them is tested.

Structural and generous: parts are taken to vary independently, and a characteristic to reach all three outcomes (an
absence overridden by `unknown` or `not_met` takes nothing away, since a record still decides). Where parts share their
data the set can be too wide, never too narrow. Known are `manual`, which no record answers, and two characteristics
that no record can deny: a visit, and a result of whatever value, are not met only where a study takes silence so.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from itertools import product

from service.eligibility.criteria import (
    Absence,
    AllOf,
    AnyOf,
    AtLeast,
    EncounterHad,
    IfElse,
    Manual,
    Node,
    Not,
    ObservationValue,
    Study,
    Tiers,
)
from service.eligibility.outcome import Outcome, negate

Outcomes = frozenset[Outcome]
EVERY: Outcomes = frozenset(Outcome)


def reachable(node: Node) -> Outcomes:
    """The outcomes that the node can come to on some record."""
    match node:
        case Manual():
            return frozenset({Outcome.UNKNOWN})
        case AllOf(parts):
            return _joined(parts, min)
        case AnyOf(parts):
            return _joined(parts, max)
        case Tiers(tiers):
            return _joined([each.node for each in tiers], max)
        case Not(part):
            return frozenset(negate(each) for each in reachable(part))
        case AtLeast(count, parts):
            return _counted(count, parts)
        case IfElse(condition, then, otherwise):
            return _branched(reachable(condition), reachable(then), reachable(otherwise))
        case EncounterHad(absence=absence) | ObservationValue(test=None, absence=absence):
            return EVERY - {Outcome.NOT_MET} | _silent(absence)
        case _:
            return EVERY


def _silent(absence: Absence | None) -> Outcomes:
    """What silence adds to what records can say; without a word of the study it leaves these two unknown."""
    return frozenset() if absence is None else frozenset({absence.outcome})


def _joined(parts: Iterable[Node], join: Callable[[Outcome, Outcome], Outcome]) -> Outcomes:
    return reduce(lambda a, b: frozenset(join(x, y) for x, y in product(a, b)), map(reachable, parts))


def _counted(count: int, parts: tuple[Node, ...]) -> Outcomes:
    """By (surely, possibly) holding counts: few, however many parts there are."""
    counts = {(0, 0)}
    for part in parts:
        steps = [(each is Outcome.MET, each is not Outcome.NOT_MET) for each in reachable(part)]
        counts = {(low + sure, high + possible) for low, high in counts for sure, possible in steps}
    return frozenset(_compared(count, low, high) for low, high in counts)


def _compared(count: int, low: int, high: int) -> Outcome:
    if low >= count:
        return Outcome.MET
    return Outcome.NOT_MET if high < count else Outcome.UNKNOWN


def _branched(condition: Outcomes, then: Outcomes, otherwise: Outcomes) -> Outcomes:
    found = then if Outcome.MET in condition else frozenset()
    found |= otherwise if Outcome.NOT_MET in condition else frozenset()
    if Outcome.UNKNOWN in condition:
        found |= frozenset(x if x is y else Outcome.UNKNOWN for x, y in product(then, otherwise))
    return found


def untested(study: Study, tested: Mapping[str, Iterable[Outcome]]) -> list[tuple[str, Outcome]]:
    """Each (criterion, outcome) that can be reached and stands in no case, in the order of the study."""
    return [
        (criterion.id, outcome)
        for criterion in study.criteria
        for outcome in sorted(reachable(criterion.node) - frozenset(tested.get(criterion.id, ())), reverse=True)
    ]
