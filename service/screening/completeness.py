"""How completely each type was loaded: per directory or Bundle of the input, and for a person who stands in some of
them. SEMANTICS §4."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count, takewhile

from service.eligibility.facts import Loaded

ANY_TYPE = "*"
OF_OTHERS = -1
# Of a directory its number; of a Bundle its file, share, line, and path of entries; and OF_OTHERS behind that, for a
# Patient that stands in a Bundle which was asked for about others.
Origin = tuple[int, ...]


@dataclass
class Completeness:
    """What each origin holds completely, and of which types it holds anything, or should ("*": of whichever).

    `people`: whom a Bundle is about, where it was asked for about these alone. `unplaced`: per type how many lines
    could not be read and name nobody that we know ("*": of no known type); `unplaced_lines`: how many lines that are.
    """

    complete: dict[Origin, set[str]] = field(default_factory=dict)
    present: dict[Origin, set[str]] = field(default_factory=dict)
    unplaced: Counter[str] = field(default_factory=Counter)
    unplaced_lines: int = 0
    people: dict[Origin, frozenset[str]] = field(default_factory=dict)

    def of_a_part(self) -> "Completeness":
        """For a part of the input: of the same origins, with lines of its own that could not be placed."""
        return Completeness(self.complete, self.present, people=self.people)

    def open(
        self,
        origin: Origin,
        complete: Iterable[str],
        present: Iterable[str] = (),
        people: frozenset[str] | None = None,
    ) -> None:
        """A new directory or Bundle that holds these types completely, and these as well, or should."""
        if origin not in self.complete:
            self.complete[origin] = set(complete)
            self.present.setdefault(origin, set()).update(present)
            if people is not None:
                self.people[origin] = people

    def meet(self, origin: Origin, type_name: str) -> None:
        """Something of that type stands there."""
        self.present.setdefault(origin, set()).add(type_name)

    def spoil(self, origin: Origin, types: Iterable[str]) -> None:
        """Part of it is lost: these types are incomplete in it (none named: all are)."""
        lost = set(types)
        self.complete[origin] -= lost or set(self.complete[origin])
        self.present[origin] |= lost or {ANY_TYPE}

    def cannot_place(self, types: Iterable[str]) -> None:
        """A line that could not be read, of one of these types, of whomever."""
        spoiled = set(types)
        self.unplaced.update(spoiled)
        self.unplaced_lines += bool(spoiled)

    def add(self, other: "Completeness") -> None:
        """What was found in another part of the same input."""
        for origin, types in other.complete.items():
            self.open(origin, types, people=other.people.get(origin))
        for origin, types in other.present.items():
            self.present.setdefault(origin, set()).update(types)
        self.unplaced += other.unplaced
        self.unplaced_lines += other.unplaced_lines

    def spoiled(self, accepted: int) -> frozenset[str]:
        """The types that are incomplete for everybody, if more lines than `accepted` could not be placed."""
        return frozenset(self.unplaced) if self.unplaced_lines > accepted else frozenset()

    def origin_for(self, origin: Origin, patient: str) -> Origin:
        """Where the Patient of that id stands, who stands there."""
        about = self.people.get(origin)
        return origin if about is None or patient in about else (*origin, OF_OTHERS)

    def loaded(self, origins: Collection[Origin], spoiled: frozenset[str]) -> dict[str, Loaded]:
        """How completely each type was loaded for someone whose Patient stands in these origins.

        One about others tells nothing of them. But what a directory lacks may have been anybody's.
        """
        own = {each for each in origins if each[-1] != OF_OTHERS}
        there = {each if each in own else each[:-1] for each in origins}
        lost = frozenset().union(*self._lost())
        names = lost.union(*(self.present[each] | self.complete[each] for each in there)) - {ANY_TYPE}
        result = {}
        for name in sorted(names):
            whole = len(own) == len(origins) and all(name in self.complete[each] for each in own)
            sound = {name, ANY_TYPE}.isdisjoint(spoiled | lost)
            result[name] = Loaded.COMPLETE if whole and sound else Loaded.INCOMPLETE
        return result

    def _lost(self) -> Iterator[set[str]]:
        """Of each directory, the types that it holds, or should hold, and not completely."""
        for origin in takewhile(self.complete.__contains__, ((number,) for number in count())):
            yield self.present.get(origin, set()) - self.complete[origin]
