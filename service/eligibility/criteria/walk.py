"""Going through the tree of a criterion."""

from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from typing import Any, TypeVar

from service.eligibility.criteria.study import Study

T = TypeVar("T")
MOST_REMEMBERED = 1000


def within(node: object) -> Iterator[Any]:
    """The node itself, then every frozen part anywhere below it (nodes, windows, anchors, tests), outermost first."""
    yield node
    for name in getattr(node, "__slots__", ()):
        value = getattr(node, name)
        for part in value if isinstance(value, tuple) else (value,):
            if is_dataclass(part):
                yield from within(part)


def once_per_study(ask: Callable[[Study], T]) -> Callable[[Study], T]:
    """Remember what a study was found to ask for: studies do not change, and are asked about for every person.

    They are told apart by which object they are, as comparing them would take longer than asking again.
    """
    known: dict[int, tuple[Study, T]] = {}

    def remembered(study: Study) -> T:
        found = known.get(id(study))
        if found is None or found[0] is not study:
            if len(known) >= MOST_REMEMBERED:
                known.clear()
            found = known[id(study)] = (study, ask(study))
        return found[1]

    return remembered


@once_per_study
def parts_of(study: Study) -> tuple[Any, ...]:
    """Every part of every criterion and of the entry evidence, as `within` gives them."""
    nodes = (*(criterion.node for criterion in study.criteria), *study.entry)
    return tuple(part for node in nodes for part in within(node))


def value_sets_of(node: object) -> frozenset[str]:
    """The ids of all value sets that the tree names."""
    named: set[str] = set()
    for part in within(node):
        for name in NAMING.intersection(getattr(part, "__slots__", ())):
            named.update(getattr(part, name))
    return frozenset(named)


# The fields of nodes and tests that hold ids of value sets.
NAMING = frozenset(
    "codes excluding suspects none_known answers other_answers conditions statuses tests positive negative "
    "hysterectomy also_systemic".split()
)
