"""What records of one kind within one therapy say together about a stretch of days. SEMANTICS §6.2.

One that refers to another of its kind stands for it, or is a part of it. Those that do not refer to one another may add
up, or be the same again: one of them at least, all of them at most.
"""

from collections.abc import Callable, Hashable, Sequence

from service.eligibility.dosing.records import Record
from service.eligibility.dosing.value import Value, added, either_or_both, views
from service.eligibility.facts import Source

Say = Callable[[Record], Value | None]


def together(kind: Sequence[Record], say: Say, product: Callable[[Record], Hashable]) -> Value | None:
    """Their dose; `say` is what one of them says, `product` equal for two of the same product."""
    if len(kind) == 1:
        return say(kind[0])
    below = _below(kind)
    inner = {each.reference for parts in below.values() for each in parts}
    return _beside(
        [(each, _with_parts(each, below, say, product)) for each in kind if each.reference not in inner], product
    )


def _below(kind: Sequence[Record]) -> dict[str, list[Record]]:
    """By reference, the records that refer to it, each under one other; references in a circle are left out."""
    above: dict[str, str] = {}
    names = {each.reference for each in kind}
    found: dict[str, list[Record]] = {}
    for each in kind:
        for link in each.fact.links:
            if link in names and not _reaches(link, each.reference, above):
                above[each.reference] = link
                found.setdefault(link, []).append(each)
                break
    return found


def _reaches(start: str, goal: str, above: dict[str, str]) -> bool:
    at: str | None = start
    while at is not None and at != goal:
        at = above.get(at)
    return at == goal


def _with_parts(
    record: Record, below: dict[str, list[Record]], say: Say, product: Callable[[Record], Hashable]
) -> Value | None:
    """What it says, and those that refer to it: in its place; of administrations, perhaps beside it."""
    own = say(record)
    parts = _beside(
        [(each, _with_parts(each, below, say, product)) for each in below.get(record.reference, ())], product
    )
    told = [each for each in (own, parts) if each is not None]
    if not told:
        return None
    return either_or_both(told) if record.fact.source is Source.ADMINISTRATION else views(told)


def _beside(told: Sequence[tuple[Record, Value | None]], product: Callable[[Record], Hashable]) -> Value | None:
    """One at least, all at most. Dispenses of the same product and daily dose are refills; administrations all count.

    Of dispenses and statements one without a dose says only when, if another states one.
    """
    known = [(each, value) for each, value in told if value is not None]
    if not known:
        return None
    source = known[0][0].fact.source
    if source is Source.ADMINISTRATION:
        return added([value for _, value in known])
    if source is not Source.REQUEST and any(not value.silent for _, value in known):
        silent = [value for _, value in known if value.silent]
        known = [(each, value) for each, value in known if not value.silent]
        if silent:
            return views([*silent, _beside(known, product) or silent[0]])
    if source is Source.DISPENSE:
        alike: dict[Hashable, list[Value]] = {}
        for each, value in known:
            alike.setdefault((product(each), value.average), []).append(value)
        return either_or_both([views(each) for each in alike.values()])
    return either_or_both([value for _, value in known])
