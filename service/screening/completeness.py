"""How completely each type was loaded: per directory or Bundle of the input, and for a person who stands in some of
them. SEMANTICS §4."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from service.eligibility.facts import Loaded

ANY_TYPE = "*"
Origin = tuple[int, ...]  # of a directory its number; of a Bundle its file, share, line, and path of entries


@dataclass
class Completeness:
    """What each origin holds completely, and of which types it holds anything.

    `unplaced`: per type how many lines could not be read and name nobody that we know ("*": of no known type);
    `unplaced_lines`: how many lines that are.
    """

    complete: dict[Origin, set[str]] = field(default_factory=dict)
    present: dict[Origin, set[str]] = field(default_factory=dict)
    unplaced: Counter[str] = field(default_factory=Counter)
    unplaced_lines: int = 0

    def open(self, origin: Origin, complete: Iterable[str]) -> None:
        """A new directory or Bundle that holds these types completely."""
        if origin not in self.complete:
            self.complete[origin] = set(complete)
            self.present.setdefault(origin, set())

    def meet(self, origin: Origin, type_name: str) -> None:
        """Something of that type stands there."""
        self.present.setdefault(origin, set()).add(type_name)

    def spoil(self, origin: Origin, types: Iterable[str]) -> None:
        """Part of it is lost: these types are incomplete in it (none named: all are)."""
        lost = set(types)
        self.complete[origin] -= lost or set(self.complete[origin])
        self.present[origin] |= lost

    def cannot_place(self, types: Iterable[str]) -> None:
        """A line that could not be read, of one of these types, of whomever."""
        spoiled = set(types)
        self.unplaced.update(spoiled)
        self.unplaced_lines += bool(spoiled)

    def add(self, other: "Completeness") -> None:
        """What was found in another part of the same input."""
        for origin, types in other.complete.items():
            self.open(origin, types)
        for origin, types in other.present.items():
            self.present.setdefault(origin, set()).update(types)
        self.unplaced += other.unplaced
        self.unplaced_lines += other.unplaced_lines

    def spoiled(self, accepted: int) -> frozenset[str]:
        """The types that are incomplete for everybody, if more lines than `accepted` could not be placed."""
        return frozenset(self.unplaced) if self.unplaced_lines > accepted else frozenset()

    def loaded(self, origins: Iterable[Origin], spoiled: frozenset[str]) -> dict[str, Loaded]:
        """How completely each type was loaded for someone whose Patient stands in these origins."""
        chosen = list(origins)
        result = {}
        for name in sorted(set().union(*(self.present[each] | self.complete[each] for each in chosen))):
            whole = all(name in self.complete[each] for each in chosen) and not {name, ANY_TYPE} & spoiled
            result[name] = Loaded.COMPLETE if whole else Loaded.INCOMPLETE
        return result
