"""Looking for traces in a block of lines: many patterns at once, at about the speed of memory (hyperscan)."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import cast

import hyperscan
import numpy as np

from service.screening.sifting.blocks import Flags, Positions
from service.screening.sifting.traces import Trace


class Scan:
    """Finds traces of several groups. A block of lines may hold what no pattern tells to be UTF-8."""

    def __init__(self, groups: Sequence[Iterable[Trace]]) -> None:
        listed = [(each, group) for group, traces in enumerate(groups) for each in sorted(set(traces))]
        self._groups = len(groups)
        self._group_of = [group for _, group in listed]
        self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        flags = [hyperscan.HS_FLAG_CASELESS if each.caseless else 0 for each, _ in listed]
        numbers = list(range(len(listed)))
        self._database.compile(expressions=[each.expression for each, _ in listed], ids=numbers, flags=flags)

    def ends(self, content: bytes | memoryview) -> tuple[list[int], ...]:
        """Where traces of each group end: behind at least one byte of each line that holds one."""
        found: tuple[list[int], ...] = tuple([] for _ in range(self._groups))
        appends = [found[group].append for group in self._group_of]

        def met(number: int, _from: int, to: int, _flags: int, _context: object) -> None:
            appends[number](to)

        self._database.scan(cast(bytes, content), match_event_handler=met)  # it takes any bytes, and says bytes
        return found


@lru_cache(maxsize=64)  # compiling takes longer than looking through many blocks
def scan_for(groups: tuple[frozenset[Trace], ...]) -> Scan:
    """What finds these, the same for the same traces."""
    return Scan(groups)


def lines_with(ends: Sequence[int], starts: Positions) -> Flags:
    """Which lines hold the byte before one of these positions."""
    flags = np.zeros(len(starts), dtype=np.bool_)
    if ends:
        flags[_lines_of(ends, starts)] = True
    return flags


def count_in(ends: Sequence[int], starts: Positions) -> Positions:
    """How many of these positions there are in each line."""
    return np.bincount(_lines_of(ends, starts), minlength=len(starts))


def _lines_of(ends: Sequence[int], starts: Positions) -> Positions:
    return np.searchsorted(starts, np.asarray(ends, dtype=np.int64) - 1, side="right") - 1
