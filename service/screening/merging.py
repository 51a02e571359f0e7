"""Records of one person: which replaces which, and whose it is where they do not agree. SEMANTICS §8.

A Patient says that another took its place (`replaced-by`), or that it took another's (`replaces`). Either is enough.
Where that leads to no single survivor, or a record of the group cannot be read, nobody of the group is screened: what
one of them said may be another's, and what is not known of one is not known of the person.
"""

from collections.abc import Iterator, Mapping

from service.screening.people import Gathered, Population

REPLACED = "replaced"  # by a record that is not among the input: its facts lie elsewhere
MERGE_UNCLEAR = "merge-unclear"  # the records that are said to be one person do not agree on which one stands

Edges = Mapping[str, frozenset[str]]


def merge_replaced(population: Population) -> dict[str, str]:
    """Move the facts of records that were replaced to the record that survives; which went to which.

    Those of groups without one survivor stay where they are, marked `unclear`.
    """
    into = _replacing(population)
    ends = {each: _survivors(each, into) for each in into}
    unclear = {each for each, found in ends.items() if len(found) != 1} | _unreadable(population, into)
    for each in _together(unclear, into):
        population.people[each].unclear = True
    moved = {each: min(ends[each]) for each in sorted(into) if not population.people[each].unclear}
    for old, survivor in moved.items():
        population.people[survivor].take_over(population.people.pop(old))
    return moved


def _replacing(population: Population) -> dict[str, frozenset[str]]:
    """Per record that was replaced, by which ones, as any of them says. Only records of the input count."""
    found: dict[str, set[str]] = {}
    for name, person in population.people.items():
        for old, new in _told(name, person):
            if old != new and old in population.people and new in population.people:
                found.setdefault(old, set()).add(new)
    return {old: frozenset(new) for old, new in sorted(found.items())}


def _told(name: str, person: Gathered) -> Iterator[tuple[str, str]]:
    """(the old one, the new one). Of a Patient that cannot be read, whichever way it may have been meant."""
    if person.patient is None:
        yield from ((name, other) for other in sorted(person.linked))
        return
    if person.patient.replaced_by is not None:
        yield name, person.patient.replaced_by
    yield from ((other, name) for other in person.patient.replaces)


def _survivors(name: str, into: Edges) -> frozenset[str]:
    """Where the ways from here end; nowhere, where they lead in a circle."""
    seen, waiting, ends = {name}, [name], set()
    while waiting:
        here = waiting.pop()
        following = into.get(here, frozenset())
        if not following:
            ends.add(here)
        if name in following or here in following:
            return frozenset()
        waiting += following - seen
        seen |= following
    return frozenset(ends)


def _unreadable(population: Population, into: Edges) -> set[str]:
    """Records of a group of which there is a Patient that cannot be read: it may hold back the whole person."""
    members = into.keys() | frozenset().union(*into.values())
    people = ((each, population.people[each]) for each in members)
    return {each for each, person in people if person.patient is None and person.origins}


def _together(some: set[str], into: Edges) -> set[str]:
    """All records that hang together with one of these."""
    found = set(some)
    while True:
        more = {each for old, new in into.items() for each in (old, *new) if not found.isdisjoint((old, *new))}
        if more <= found:
            return found
        found |= more
