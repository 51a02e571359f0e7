"""Buckets in a directory of this machine, and the work on them by one process or several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from service.screening.buckets.crew import at_work
from service.screening.buckets.engine import Due, rearranged
from service.screening.buckets.ids import BITS, check, wandering
from service.screening.buckets.judge import First, Group, Judge, Part, joined_lines
from service.screening.buckets.means import Means, means_for
from service.screening.buckets.routing import Routes
from service.screening.buckets.sorting import DRUGS, Setting, Sorted, Sorter, Task
from service.screening.met import Stage
from service.screening.outputs import Outputs
from service.screening.sifting.blocks import WHOLE, Share
from service.screening.sources import Source

AT_ONCE = 1 << 25  # bytes of a file that one process goes through at a time


class Processes:
    """As Engine."""

    bits = BITS

    def __init__(self, means: Means) -> None:
        self.buckets, self._processes = means.buckets, means.processes
        self._groups: list[str] = []

    def sort(self, setting: Setting, stage: Stage, due: Sequence[Due]) -> Iterator[tuple[Task, Sorted]]:
        """As Engine."""
        tasks = [Task(each.number, stage, share) for each in due for share in _shares(setting, each)]
        with at_work(Sorter, (setting,), self._processes) as do:
            yield from do(Sorter.sort, tasks)

    def rearrange(self, setting: Setting, routes: Routes, leaving: frozenset[int]) -> None:
        """As Engine."""
        rearranged(setting.place, routes, leaving)

    def check(self, setting: Setting) -> list[tuple[int, int]]:
        """As Engine."""
        check(setting.place)
        return wandering(setting.place)

    def drugs(self, setting: Setting) -> list[str]:
        """As Engine."""
        return [f"{DRUGS}{bucket}" for bucket in range(self.buckets)]

    def judge(self, setting: Setting, first: First, spoiled: frozenset[str], groups: Sequence[Group]) -> Iterator[Part]:
        """As Engine."""
        for path in (path for group in groups for path in setting.place.glob(f"*.{group.name}")):
            path.unlink()
        self._groups = [each.name for each in groups]
        with at_work(Judge, (setting, first, spoiled, setting.place / "drugs"), self._processes) as do:
            yield from (part for _, part in do(Judge.judge, groups))

    def write(self, setting: Setting, outputs: Outputs, others: Sequence[str]) -> None:
        """As Engine."""
        for name in outputs.names:
            for line in joined_lines(setting.place, name, [*self._groups, *others]):
                outputs.write_line(name, line)


def engine_for(sources: Iterable[Source], processes: int, memory: int) -> Processes | None:
    """None: everything in memory, by one process. `memory`: about how much there is for the run, in MB."""
    means = means_for(sources, processes, memory)
    return None if means is None else Processes(means)


def _shares(setting: Setting, due: Due) -> Iterator[Share]:
    file = setting.given.files[due.number]
    if not due.sifted or file.gzipped or file.content is not None:
        yield WHOLE
        return
    for start in range(0, max(file.size, 1), AT_ONCE):
        yield Share(start, start + AT_ONCE if start + AT_ONCE < file.size else None)
