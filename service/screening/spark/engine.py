"""Spark as an engine for buckets: what is done on the driver."""

from __future__ import annotations

import pickle
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial, reduce
from importlib import import_module
from pathlib import Path
from shutil import copyfile
from typing import Any
from uuid import uuid4

import numpy as np

from service import __version__
from service.errors import InputError, UsageError
from service.screening.buckets.engine import Due
from service.screening.buckets.judge import First, Group, Judge, Overall, Part
from service.screening.buckets.means import MEGABYTE, PACKED, READ
from service.screening.buckets.routing import Routes
from service.screening.buckets.sorting import Setting, Sorted, Sorter, Task
from service.screening.met import Mixed, Stage
from service.screening.outputs import Outputs
from service.screening.sifting.blocks import WHOLE
from service.screening.sifting.ledger import Recurring
from service.screening.spark import tasks
from service.screening.spark.listing import Listed, Stored, documents, paths
from service.screening.spark.parts import Parts
from service.screening.spark.session import errors

FEWEST, MOST = 16, 60_000  # buckets
BITS = 10  # ids are looked through in 1024 parts
LARGEST_WHOLE = 1 << 30  # bytes of a file that cannot be cut
ADDED = range(-3, 2)  # bytes that Spark adds to a file (a newline at its end) or takes away (a byte order mark)
UNENDED = (1, -2)  # of them, where the file has no newline at its end; without a byte order mark, and with one
SORTED_BY = ("name", "key", "line", "entry", "place", "turn")
NOT_THERE = (
    f"the executors have not fhir-prescreen {__version__}; install this very version on all of them, with what it needs"
)
ENDED = "Spark ended the work before it was done; its own log says why"


def buckets_for(listed: Listed, memory: int) -> int:
    """So many that one of them fits into the memory (MB) of a task."""
    size = sum(each.size * (PACKED if path.suffix == ".gz" else 1) for path, each in listed.stored.items())
    return min(max(-(-READ * size // (memory * MEGABYTE)), FEWEST), MOST)


class Spark:
    """As Engine. `stored`: where the files are, by their paths."""

    bits = BITS

    def __init__(self, spark: Any, stored: Mapping[Path, Stored], buckets: int) -> None:
        self.buckets = buckets
        self._spark, self._stored = spark, stored
        self._functions = import_module("pyspark.sql.functions")
        self._sorted: list[Any] = []  # frames of what was sorted, one for each stage
        self._kept: list[Any] = []  # frames that take up room
        self._judged: Any = None
        self._groups = 0
        self._cut: dict[int, dict[int, int]] = {}  # how each file was cut: lines by the start of each share
        self._torn: tasks.Torn = frozenset()  # shares with whose last line a file ends, in the middle of it

    @contextmanager
    def at_work(self, setting: Setting) -> Iterator[None]:
        """As Engine."""
        try:
            yield
        finally:
            self._forget()

    def sort(self, setting: Setting, stage: Stage, due: Sequence[Due]) -> Iterator[tuple[Task, Sorted]]:
        """As Engine. Raises InputError where Spark gave other bytes than there are.

        Raises Mixed also where a file ends in the middle of a line: that no newline stood there, is known at last.
        """
        files = {each.number: self._stored[setting.given.files[each.number].path] for each in due}
        sorter = None
        for number in (number for number, file in files.items() if not file.size):  # Spark passes over empty files
            sorter = sorter or Sorter(setting)
            task = Task(number, stage, WHOLE)
            yield task, sorter.sort(task, b"")
        frame = self._shares(setting, {number: file for number, file in files.items() if file.size})
        if frame is None:
            return
        numbers = {file.number: number for number, file in files.items()}
        work = self._work((setting, numbers, self._torn))
        frame = self._keep(frame.mapInArrow(partial(tasks.sort_shares, work, stage), tasks.FILES))
        self._sorted.append(frame)
        read: Counter[int] = Counter()
        cut: dict[int, dict[int, int]] = defaultdict(dict)
        last: dict[int, tuple[int, bool]] = {}
        for content in self._told(frame):
            told: tasks.Told = pickle.loads(content)
            task, found = told.task, told.found
            read[task.number] += told.size
            last[task.number] = max(last.get(task.number, (-1, True)), (task.share.start, told.whole))
            cut[task.number].update({start: lines for (_, start), lines in found.lines.items()})
            yield task, found
        for number, file in files.items():
            label = setting.given.files[number].label
            if file.size and read[number] - file.size not in ADDED:
                raise InputError(f"{label}: Spark read {read[number]} of {file.size} bytes; did the file change?")
            start, whole = last.get(number, (-1, True))
            if read[number] - file.size in UNENDED and not whole and (number, start) not in self._torn:
                self._torn |= {(number, start)}
                raise Mixed(label)
            if self._cut.setdefault(number, cut[number]) != cut[number]:
                raise InputError(f"{label}: Spark read it otherwise when it read it again; did the file change?")

    def rearrange(self, setting: Setting, routes: Routes, leaving: frozenset[int]) -> None:
        """As Engine."""
        self._sorted = [
            self._keep(frame.mapInArrow(partial(tasks.rearrange, routes, leaving), tasks.FILES))
            for frame in self._sorted
        ]

    def wandering(self, setting: Setting) -> list[tuple[int, int]]:
        """As Engine. Raises Recurring, as both are looked for at once."""
        frame = self._files(tasks.IDS)
        if frame is None:
            return []
        frame = frame.repartition("number").mapInArrow(tasks.check_ids, tasks.FILES)
        found: dict[str, list[Any]] = defaultdict(list)
        pairs: set[tuple[int, int]] = set()
        for content in self._told(frame):
            recurring, apart = pickle.loads(content)
            pairs.update(apart)
            for name, ids in recurring.items():
                found[name].append(ids)
        if found:
            raise Recurring({name: np.concatenate(listed) for name, listed in found.items()})
        return sorted(pairs)

    def check(self, setting: Setting) -> None:
        """As Engine: that was done."""

    def drugs(self, setting: Setting) -> list[str]:
        """As Engine."""
        frame = self._files(tasks.MEDICATIONS)
        if frame is None:
            return []
        names = set()
        for row in self._collected(frame.select("name", "content")):
            names.add(row.name)
            with (setting.place / f"{row.name}.0").open("ab") as file:
                file.write(bytes(row.content))
        return sorted(names)

    def judge(self, setting: Setting, first: First, overall: Overall, groups: Sequence[Group]) -> Iterator[Part]:
        """As Engine."""
        drugs = setting.place / f"drugs-{uuid4().hex}"
        copyfile(setting.place / "drugs", drugs)
        self._spark.sparkContext.addFile(str(drugs))
        self._judged, self._groups = None, len(groups)
        there = 0
        frame = self._files(tasks.PARCELS)
        if frame is not None:
            work = self._work((setting, first, overall, tuple(groups)))
            frame = frame.withColumn("group", self._group_of(groups)).repartition(len(groups), "group").drop("group")
            judged = frame.mapInArrow(partial(tasks.judge_groups, work, drugs.name), tasks.LINES)
            self._judged = self._keep(judged)
            for content in self._told(self._judged):
                there += 1
                yield pickle.loads(content)
        if there < len(groups):  # of the others there is nothing, which has to be said once
            yield Judge(setting, first, overall, drugs).judge(Group("nothing", ()))

    def write(self, setting: Setting, outputs: Outputs | Parts, others: Sequence[str]) -> None:
        """As Engine."""
        frame = self._in_order(setting, outputs.names, others)
        if isinstance(outputs, Parts):
            outputs.take(frame)
        else:
            for row in frame.toLocalIterator():
                outputs.write_line(row.name, bytes(row.content))

    def _in_order(self, setting: Setting, names: Sequence[str], others: Sequence[str]) -> Any:
        """A frame of all lines (name, content)."""
        beside = [
            tuple(line)
            for name in names
            for number, group in enumerate(others, self._groups)
            for line in tasks.lines_of(setting.place, name, group, number)
        ]
        frame = self._spark.createDataFrame(beside, tasks.LINES)
        if self._judged is not None:
            frame = frame.union(self._judged.filter(self._functions.col("kind") != tasks.TOLD))
        return frame.orderBy(*SORTED_BY).select("name", "content")

    def _shares(self, setting: Setting, files: Mapping[int, Stored]) -> Any:
        """A frame of (file, start, length, content): lines of files that can be cut, and whole others."""
        given = setting.given.files
        column, number = self._functions.col, self._functions.xxhash64("_metadata.file_path").alias("file")
        plain = [file for each, file in files.items() if given[each].lines and not given[each].gzipped]
        frames = []
        if plain:
            lines = self._spark.read.format("text").option("lineSep", "\n").option("recursiveFileLookup", "true")
            ended = self._functions.concat(column("value").cast("binary"), self._functions.lit(bytearray(b"\n")))
            places = (column(f"_metadata.file_block_{each}").alias(each) for each in ("start", "length"))
            frames.append(lines.load(paths(plain)).select(number, *places, ended.alias("content")))
        whole = {each: file for each, file in files.items() if file not in plain}
        for each, file in whole.items():
            if file.size > LARGEST_WHOLE:
                raise InputError(f"{given[each].label}: too large to be read in one piece; unpack it, or cut it")
        if whole:
            none = (self._functions.lit(-1).cast("long").alias(each) for each in ("start", "length"))
            frames.append(documents(self._spark, whole.values()).select(number, *none, "content"))
        return reduce(lambda one, other: one.union(other), frames) if frames else None

    def _files(self, kind: str) -> Any:
        if not self._sorted:
            return None
        return reduce(lambda one, other: one.union(other), self._sorted).filter(self._functions.col("kind") == kind)

    def _group_of(self, groups: Sequence[Group]) -> Any:
        """By which rows of a bucket come together with those of others."""
        column = self._functions.col("number")
        moved = {int(each): int(group.buckets[0]) for group in groups for each in group.buckets[1:]}
        if not moved:
            return column
        pairs = (self._functions.lit(each) for pair in moved.items() for each in pair)
        return self._functions.coalesce(self._functions.create_map(*pairs)[column], column)

    def _work(self, given: object) -> tasks.Work:
        return tasks.Work(__version__, uuid4().hex, self._spark.sparkContext.broadcast(given))

    def _told(self, frame: Any) -> Iterator[bytes]:
        """What tasks told, of all rows of a frame. Raises Mixed, UsageError."""
        kinds = (tasks.TOLD, tasks.MIXED, tasks.ANOTHER)
        chosen = frame.filter(self._functions.col("kind").isin(*kinds)).select("kind", "name", "content")
        for row in self._collected(chosen):
            if row.kind == tasks.ANOTHER:
                raise UsageError(f"{NOT_THERE}; one has {row.name}")
            if row.kind == tasks.MIXED:
                raise Mixed(row.name)
            yield bytes(row.content)

    def _collected(self, frame: Any) -> list[Any]:
        try:
            found: list[Any] = frame.collect()
        except errors() as problem:
            if "No module named" in str(problem):
                raise UsageError(NOT_THERE) from None
            raise UsageError(ENDED) from None
        return found

    def _keep(self, frame: Any) -> Any:
        """On the disks of the executors, as it is asked for several times."""
        self._kept.append(frame.persist(import_module("pyspark").StorageLevel.DISK_ONLY))
        return self._kept[-1]

    def _forget(self) -> None:
        for each in self._kept:
            each.unpersist()
        self._sorted, self._kept, self._judged, self._cut = [], [], None, {}
