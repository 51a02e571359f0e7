"""The tree of a criterion: all, any, not, at_least, if, tiers, and the characteristics at its leaves."""

from collections.abc import Callable, Mapping
from typing import Any

from service.catalog.documents import Where
from service.catalog.studies.events import EVENTS
from service.catalog.studies.reader import Content, Reader
from service.catalog.studies.states import STATES
from service.eligibility.criteria import AllOf, AnyOf, AtLeast, IfElse, Manual, Node, Not, Tier, Tiers

NOTHING: Node = Manual("?")  # stands in where a problem was noted; such a study is never handed out
BRANCHES = ("then", "else")


def node(reader: Reader, content: Content, where: Where) -> Node:
    """The one node of a mapping that may hold other keys, too (those of a criterion, the name of a tier)."""
    names = [key for key in content if key in NODES]
    if len(names) != 1:
        found = (
            f"there are {' and '.join(names)}; join them with all or any" if names else f"one of: {', '.join(NODES)}"
        )
        reader.problem(where, f"exactly one node is needed here: {found}")
        return NOTHING
    name = names[0]
    if name == "if":
        return _if_else(reader, content, where)
    return NODES[name](reader, content[name], (*where, name))


def _parts(reader: Reader, content: list[Content], where: Where) -> tuple[Node, ...]:
    return tuple(node(reader, each, (*where, index)) for index, each in enumerate(content))


def _all(reader: Reader, content: Any, where: Where) -> Node:
    return AllOf(_parts(reader, content, where))


def _any(reader: Reader, content: Any, where: Where) -> Node:
    return AnyOf(_parts(reader, content, where))


def _not(reader: Reader, content: Any, where: Where) -> Node:
    return Not(node(reader, content, where))


def _at_least(reader: Reader, content: Any, where: Where) -> Node:
    parts = _parts(reader, content["of"], (*where, "of"))
    return reader.build((*where, "count"), lambda: AtLeast(content["count"], parts), NOTHING)


def _if_else(reader: Reader, content: Content, where: Where) -> Node:
    condition, then, otherwise = (node(reader, content[key], (*where, key)) for key in ("if", *BRANCHES))
    return IfElse(condition, then, otherwise)


def _tiers(reader: Reader, content: Any, where: Where) -> Node:
    tiers = (Tier(each["name"], node(reader, each, (*where, index))) for index, each in enumerate(content))
    return Tiers(tuple(tiers))


NODES: Mapping[str, Callable[[Reader, Any, Where], Node]] = {
    "all": _all,
    "any": _any,
    "not": _not,
    "at_least": _at_least,
    "if": _if_else,
    "tiers": _tiers,
    **EVENTS,
    **STATES,
}
