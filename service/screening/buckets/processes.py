"""Buckets in a directory of this machine, and the work on them by one process or several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from zlib import crc32

from service.screening.buckets.crew import at_work
from service.screening.buckets.engine import Due, rearranged
from service.screening.buckets.ids import BITS, check, wandering
from service.screening.buckets.journal import CHANGED, Journal
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
        journal = Journal(setting.place)
        if stage is Stage.FIRST:
            journal.begin()
        waiting = []
        for task in (Task(each.number, stage, share) for each in due for share in _shares(setting, each)):
            if kept := journal.kept(_name(task)):
                yield task, kept[0]
            else:
                waiting.append(task)
        if waiting:
            with at_work(Sorter, (setting,), self._processes) as do:
                yield from do(_sort, waiting)

    def rearrange(self, setting: Setting, routes: Routes, leaving: frozenset[int]) -> None:
        """As Engine."""
        journal = Journal(setting.place)
        if not journal.kept(CHANGED):
            gone = [path.name for bucket in leaving for path in setting.place.glob(f"{bucket}.*")]
            journal.change()
            journal.changed(rearranged(setting.place, routes, leaving).lengths, gone)

    def check(self, setting: Setting) -> list[tuple[int, int]]:
        """As Engine."""
        check(setting.place)
        return wandering(setting.place)

    def drugs(self, setting: Setting) -> list[str]:
        """As Engine."""
        return [f"{DRUGS}{bucket}" for bucket in range(self.buckets)]

    def judge(self, setting: Setting, first: First, spoiled: frozenset[str], groups: Sequence[Group]) -> Iterator[Part]:
        """As Engine."""
        journal, knowing = Journal(setting.place), crc32(repr(sorted(spoiled)).encode())
        named = [Group(f"{each.name}x{knowing}", each.buckets) for each in groups]
        self._groups = [each.name for each in named]
        waiting = []
        for group in named:
            if kept := journal.kept(group.name):
                yield kept[0]
            else:
                waiting.append(group)
        if waiting:
            with at_work(Judge, (setting, first, spoiled, setting.place / "drugs"), self._processes) as do:
                yield from (part for _, part in do(_judge, waiting))

    def write(self, setting: Setting, outputs: Outputs, others: Sequence[str]) -> None:
        """As Engine."""
        for name in outputs.names:
            for line in joined_lines(setting.place, name, [*self._groups, *others]):
                outputs.write_line(name, line)


def engine_for(sources: Iterable[Source], processes: int, memory: int) -> Processes | None:
    """None: everything in memory, by one process. `memory`: about how much there is for the run, in MB."""
    means = means_for(sources, processes, memory)
    return None if means is None else Processes(means)


def _name(task: Task) -> str:
    return f"{task.stage:d}-{task.number}-{task.share.start}"


def _sort(sorter: Sorter, task: Task) -> Sorted:
    found = sorter.sort(task)
    Journal(sorter.place).keep(_name(task), found, sorter.spool.lengths)
    return found


def _judge(judge: Judge, group: Group) -> Part:
    part = judge.judge(group)
    written = judge.place.glob(f"*.{group.name}")
    Journal(judge.place).keep(group.name, part, {path.name: path.stat().st_size for path in written})
    return part


def _shares(setting: Setting, due: Due) -> Iterator[Share]:
    file = setting.given.files[due.number]
    if not due.sifted or file.gzipped or file.content is not None:
        yield WHOLE
        return
    for start in range(0, max(file.size, 1), AT_ONCE):
        yield Share(start, start + AT_ONCE if start + AT_ONCE < file.size else None)
