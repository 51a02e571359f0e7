"""Buckets in a directory of this machine, and the work on them by one process or several."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple
from zlib import crc32

from service.screening.buckets.crew import Do, at_work
from service.screening.buckets.engine import Due, rearranged
from service.screening.buckets.ids import check, wandering
from service.screening.buckets.journal import CHANGED, Journal
from service.screening.buckets.judge import First, Group, Judge, Overall, Part, joined_lines
from service.screening.buckets.means import Means, means_for
from service.screening.buckets.routing import Routes
from service.screening.buckets.shares import content_of, length_of_shares, shares_of
from service.screening.buckets.sorting import DRUGS, Setting, Sorted, Sorter, Task
from service.screening.buckets.spool import files, sizes_of
from service.screening.met import Stage
from service.screening.outputs import Outputs
from service.screening.sources import InputFile, Source

DRUG_FILE = "drugs"


class Processes:
    """As Engine."""

    def __init__(self, means: Means) -> None:
        self.buckets, self.bits, self._processes = means.buckets, means.bits, means.processes
        self._groups: list[str] = []
        self._do: Do[Any, Any]

    @contextmanager
    def at_work(self, setting: Setting) -> Iterator[None]:
        """As Engine: the same processes do everything."""
        Journal(setting.place).begin()
        with at_work(Hand, (setting,), self._processes) as self._do:
            yield

    def sort(self, setting: Setting, stage: Stage, due: Sequence[Due]) -> Iterator[tuple[Task, Sorted]]:
        """As Engine."""
        journal = Journal(setting.place)
        given, waiting = setting.given, []
        length = length_of_shares(given)
        cut = ((each.number, shares_of(given.files[each.number], length, sifted=each.sifted)) for each in due)
        for task in (Task(number, stage, share) for number, shares in cut for share in shares):
            if kept := journal.kept(_name(task)):
                yield task, kept[0]
            else:
                waiting.append(task)
        if waiting:
            told = _tell(setting, f"told-{stage:d}", (_changed(setting),))
            waiting.sort(key=lambda task: _size(task, given.files[task.number]), reverse=True)
            for (_, task), found in self._do(Hand.sort, [(told, task) for task in waiting]):
                yield task, found

    def rearrange(self, setting: Setting, routes: Routes, leaving: frozenset[int]) -> None:
        """As Engine."""
        journal = Journal(setting.place)
        if not journal.kept(CHANGED):
            gone = [path.name for path in files(setting.place, map(str, leaving))]
            journal.change()
            journal.changed(rearranged(setting.place, routes, leaving).lengths, gone)

    def wandering(self, setting: Setting) -> list[tuple[int, int]]:
        """As Engine."""
        return wandering(setting.place)

    def check(self, setting: Setting) -> None:
        """As Engine."""
        check(setting.place)

    def drugs(self, setting: Setting) -> list[str]:
        """As Engine."""
        there = files(setting.place, (f"{DRUGS}{bucket}" for bucket in range(self.buckets)))
        return sorted({path.name.partition(".")[0] for path in there})

    def judge(self, setting: Setting, first: First, overall: Overall, groups: Sequence[Group]) -> Iterator[Part]:
        """As Engine."""
        journal, knowing = Journal(setting.place), crc32(repr((sorted(overall.spoiled), overall.sized)).encode())
        named = [Group(f"{each.name}x{knowing}", each.buckets) for each in groups]
        self._groups = [each.name for each in named]
        waiting = []
        for group in named:
            if kept := journal.kept(group.name):
                yield kept[0]
            else:
                waiting.append(group)
        if waiting:
            told = _tell(setting, f"told-x{knowing}", (_changed(setting), first, overall))
            sizes = sizes_of(setting.place)
            waiting.sort(key=lambda group: sum(sizes[each] for each in group.buckets), reverse=True)
            yield from (part for _, part in self._do(Hand.judge, [(told, group) for group in waiting]))

    def write(self, setting: Setting, outputs: Outputs, others: Sequence[str]) -> None:
        """As Engine."""
        for name in outputs.names:
            for line in joined_lines(setting.place, name, [*self._groups, *others]):
                outputs.write_line(name, line)


class Changed(NamedTuple):
    """What of a setting changes on the way: as in Setting."""

    known: Any
    routes: Any
    awaited: Any


class Hand:
    """What one process does, task after task. What it has to know is told in files, each of which it reads once."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._told = ""
        self._at: Any = None

    def sort(self, work: tuple[str, Task]) -> Sorted:
        """Sort a share."""
        told, task = work
        sorter: Sorter = self._prepared(told, Sorter)
        found = sorter.sort(task, content_of(self._setting.given, task))
        self._keep(_name(task), found, sorter.spool.lengths)
        return found

    def judge(self, work: tuple[str, Group]) -> Part:
        """Judge a group."""
        told, group = work
        judge: Judge = self._prepared(told, partial(Judge, drugs=self._setting.place / DRUG_FILE))
        part = judge.judge(group)
        self._keep(group.name, part, judge.lengths)
        return part

    def _prepared(self, told: str, make: Any) -> Any:
        if self._told != told:
            self.close()
            changed, *more = pickle.loads((self._setting.place / told).read_bytes())
            self._told, self._at = told, make(replace(self._setting, **changed._asdict()), *more)
        return self._at

    def close(self) -> None:
        """Nothing more is written."""
        if isinstance(self._at, Sorter):
            self._at.spool.close()

    def _keep(self, name: str, result: object, lengths: dict[str, int]) -> None:
        Journal(self._setting.place).keep(name, result, lengths)


def engine_for(sources: Iterable[Source], processes: int, memory: int) -> Processes | None:
    """None: everything in memory, by one process. `memory`: about how much there is for the run, in MB."""
    means = means_for(sources, processes, memory)
    return None if means is None else Processes(means)


def _changed(setting: Setting) -> Changed:
    return Changed(setting.known, setting.routes, setting.awaited)


def _tell(setting: Setting, name: str, what: object) -> str:
    (setting.place / name).write_bytes(pickle.dumps(what))
    return name


def _size(task: Task, file: InputFile) -> int:
    return (file.size if task.share.end is None else task.share.end) - task.share.start


def _name(task: Task) -> str:
    return f"{task.stage:d}-{task.number}-{task.share.start}"
