"""Counts of people, with small ones left out, so that they do not tell of single people. Pure.

A table is a partition: everybody of its total is in one of its cells. What is promised of it: for each cell that is
left out there is a table with the very same publication in which that cell has FEWEST people or more. So nobody who
knows what is shown, and this text, can tell that a cell that is left out is small, by subtraction neither. Only where
the total itself is small is that said, of all at once.

Counts that overlap (criteria one after another, one of them left out, a bound moved, one month and the next) are no
table, and no choice of exact ones is safe: their differences are counts of people as well. They are told as bands, each
count by itself, and all of them, so that nothing follows from which ones are shown. What is promised of bands is in
docs/feasibility.md, and attacked in tests/feasibility/test_attack.py.

Why it holds for a table: the largest cell that is left out has FEWEST or more, and any two of those left out may change
places without changing what is published; where all are small, all of the total may be in any one of them. It holds for
each table by itself, and for several partitions of the same people as long as their cells are not parts of one another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from service.errors import InvalidValue

FEWEST = 11  # the fewest people that a count may tell of


@dataclass(frozen=True, slots=True)
class Published:
    """A table as it may be shown. None: left out."""

    total: int | None
    cells: Mapping[str, int | None]

    @property
    def whole(self) -> bool:
        """Is nothing left out?"""
        return self.total is not None and None not in self.cells.values()


def exact(cells: Mapping[str, int]) -> Published:
    """All of it, for those who may see the people themselves."""
    return Published(sum(cells.values()), dict(cells))


def suppressed(cells: Mapping[str, int]) -> Published:
    """A partition as it may be shown to those who may not see the people. Raises InvalidValue for a negative count.

    Cells below FEWEST are left out, those with nobody too. If there are any, the smallest of the others is left out
    as well, with all that are as large as it, so that the small ones do not follow from the total.
    """
    if any(each < 0 for each in cells.values()):
        raise InvalidValue("a count of people is not negative")
    total = sum(cells.values())
    if total < FEWEST:
        return Published(None, dict.fromkeys(cells))
    large = [each for each in cells.values() if each >= FEWEST]
    # All large: nothing is left out. Otherwise what is not above the smallest large one is.
    least = min(large, default=total) if len(large) < len(cells) else FEWEST - 1
    return Published(total, {name: each if each > least else None for name, each in cells.items()})


BAND = 15  # the width of a band: FEWEST, and room for what overlapping counts say of one another


@dataclass(frozen=True, slots=True)
class Band:
    """A count as it may be shown: from `low` to `high` people, both in. The two are the same where it is exact."""

    low: int
    high: int

    def __str__(self) -> str:
        if self.low == self.high:
            return str(self.low)
        return f"fewer than {self.high + 1}" if not self.low else f"{self.low}\u2013{self.high}"


def banded(count: int, width: int | None = None) -> Band:
    """A count told as a band of `width` (None: BAND): all that it says is which multiple of it the count has passed."""
    if count < 0:
        raise InvalidValue("a count of people is not negative")
    wide = BAND if width is None else width
    return Band(count - count % wide, count - count % wide + wide - 1)


def precise(count: int) -> Band:
    """The count itself, for those who may see the people themselves."""
    return Band(count, count)
