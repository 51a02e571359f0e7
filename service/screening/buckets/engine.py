"""By what the work on shares and buckets is done, processes or a cluster; run.py says in which order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from service.screening.buckets.judge import First, Group, Overall, Part
from service.screening.buckets.parcels import met_in, unpack
from service.screening.buckets.routing import Routes, key_of
from service.screening.buckets.sorting import Setting, Sorted, Task
from service.screening.buckets.spool import Spool, take_out
from service.screening.met import Found, Stage

W = TypeVar("W", contravariant=True)


class Due(NamedTuple):
    """A file to be gone through in a stage; `sifted`: line by line only as far as is needed."""

    number: int
    sifted: bool


class Engine(Protocol[W]):
    """What is done many times over, and in the end written to a W.

    `buckets`: into how many is sorted; `bits`: see Setting.
    """

    buckets: int
    bits: int

    def at_work(self, setting: Setting) -> AbstractContextManager[None]:
        """For as long as one way through the input takes: what follows is done in it."""

    def sort(self, setting: Setting, stage: Stage, due: Sequence[Due]) -> Iterator[tuple[Task, Sorted]]:
        """Everything met in these files into the bucket it belongs to. Raises Mixed."""

    def rearrange(self, setting: Setting, routes: Routes, leaving: frozenset[int]) -> None:
        """Put into other buckets what routes lead elsewhere by now; it is in one of these."""

    def wandering(self, setting: Setting) -> list[tuple[int, int]]:
        """When all is sorted: pairs of buckets that hold versions of the same resource."""

    def check(self, setting: Setting) -> None:
        """When all is sorted. Raises Recurring."""

    def drugs(self, setting: Setting) -> list[str]:
        """The buckets of Medications, which lie in the place of the setting then."""

    def judge(self, setting: Setting, first: First, overall: Overall, groups: Sequence[Group]) -> Iterator[Part]:
        """Judge all buckets; what was written when they were judged before counts no more."""

    def write(self, setting: Setting, outputs: W, others: Sequence[str]) -> None:
        """All lines to the outputs, in order. `others`: groups that were not judged, in the place of the setting."""


def rearranged(place: Path, routes: Routes, leaving: Iterable[int]) -> Spool:
    """Take out of these buckets of a directory what is in them, and put it where the routes lead; by what it was put
    there."""
    spool = Spool(place)
    for written in take_out(place, map(str, sorted(leaving))):
        met = met_in(unpack(written), Counter())  # whatever the number of its line
        assert isinstance(met, Found), "no other kind belongs to the first stage"
        spool.put(str(routes.of(key_of(met))), written)
    spool.flush()
    return spool
