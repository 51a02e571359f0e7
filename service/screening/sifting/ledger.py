"""The ids of the lines that were read, glimpsed at, put off or passed over, as numbers.

The same id must not be on lines of two kinds, as one of them may replace the other.
"""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from service.screening.sifting.blocks import Hashes, numbers_of

NONE = np.zeros(0, dtype=np.uint64)
MARKING = 20  # bits of a number; the marks lie in a near memory
MARKED = np.uint64((1 << MARKING) - 1)
BY_TYPE = defaultdict[str, list[Hashes]]


class Recurring(Exception):
    """Ids stand on lines that were read and on lines that were passed over: all lines with one of these numbers have to
    be read, by type."""

    def __init__(self, ids: Mapping[str, Hashes]) -> None:
        self.ids = ids
        super().__init__(ids)

    def added_to(self, forced: "Forced") -> "Forced":
        """These and those that had to be read before."""
        merged = {name: np.concatenate((forced.get(name, NONE), numbers)) for name, numbers in self.ids.items()}
        return Forced({**forced, **merged})


class Forced(dict[str, Hashes]):
    """Numbers of ids whose lines have to be read, by type."""


class Ledger:
    """By type, the numbers of ids."""

    def __init__(self) -> None:
        self.passed_over: BY_TYPE = defaultdict(list)
        self.put_off: BY_TYPE = defaultdict(list)
        self.glimpsed: BY_TYPE = defaultdict(list)
        self.read: BY_TYPE = defaultdict(list)
        self._names: dict[str, list[str]] = defaultdict(list)

    def was_read(self, type_name: str, identity: str) -> None:
        """A resource is read that may stand on another line, too."""
        self._names[type_name].append(identity)

    def settle(self) -> None:
        """Turn names into numbers, which need less room."""
        for name, ids in self._names.items():
            self.read[name].append(numbers_of(ids))
        self._names.clear()

    def add(self, other: "Ledger") -> None:
        """What was found in another part of the same input."""
        other.settle()
        for mine, theirs in (
            (self.passed_over, other.passed_over),
            (self.put_off, other.put_off),
            (self.glimpsed, other.glimpsed),
            (self.read, other.read),
        ):
            for name, numbers in theirs.items():
                mine[name] += numbers

    def check(self) -> None:
        """When all was gone through: raises Recurring if what was passed over may concern what was read."""
        self.settle()
        found = {
            each: self._recurring(each)
            for each in sorted(self.passed_over.keys() | self.put_off.keys() | self.glimpsed.keys())
        }
        if any(map(len, found.values())):
            raise Recurring({name: numbers for name, numbers in found.items() if len(numbers)})

    def _recurring(self, type_name: str) -> Hashes:
        """Read or glimpsed at, and passed over; glimpsed at or put off twice, or in two of these ways."""
        read = np.unique(_joined(self.read, type_name))
        once = [
            np.unique(each, return_counts=True)
            for each in (_joined(self.glimpsed, type_name), _joined(self.put_off, type_name))
        ]
        (glimpsed, seen), (put_off, times) = once
        twice = np.concatenate((glimpsed[seen > 1], put_off[times > 1]))
        ways, often = np.unique(np.concatenate((read, glimpsed, put_off)), return_counts=True)
        over = list(map(_Sought(ways).among, self.passed_over.get(type_name, ()))) if len(ways) else []
        return np.concatenate((NONE, twice, ways[often > 1], *over))


def _joined(by_type: Mapping[str, list[Hashes]], name: str) -> Hashes:
    return np.concatenate((NONE, *by_type.get(name, ())))


class _Sought:
    """Numbers to be found among many others. Most of these are told by a few of their bits not to be among them."""

    def __init__(self, numbers: Hashes) -> None:
        self._numbers = numbers
        self._marks = np.zeros(1 << MARKING, np.bool_)
        self._marks[numbers & MARKED] = True

    def among(self, some: Hashes) -> Hashes:
        """Those of them that are."""
        perhaps = some[self._marks[some & MARKED]]
        places = np.searchsorted(self._numbers, perhaps)
        places[places == len(self._numbers)] = 0
        found: Hashes = perhaps[self._numbers[places] == perhaps]
        return found
