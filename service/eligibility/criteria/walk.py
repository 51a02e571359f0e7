"""Going through the tree of a criterion."""

from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Any


def within(node: object) -> Iterator[Any]:
    """The node itself, then every frozen part anywhere below it (nodes, windows, anchors, tests), outermost first."""
    yield node
    for name in getattr(node, "__slots__", ()):
        value = getattr(node, name)
        for part in value if isinstance(value, tuple) else (value,):
            if is_dataclass(part):
                yield from within(part)


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
