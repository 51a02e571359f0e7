"""What is done on the executors, a whole partition at a time: directories of buckets are made from lines, and lines of
results from directories of buckets. In between, Spark carries what was in the directories, file by file.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeVar

import numpy as np

from service import __version__
from service.screening.buckets.engine import rearranged
from service.screening.buckets.ids import PLACED, PLACES, check, wandering
from service.screening.buckets.judge import First, Group, Judge, Overall, pieces
from service.screening.buckets.routing import Routes
from service.screening.buckets.sorting import DRUGS, Setting, Sorted, Sorter, Task
from service.screening.collecting import seldom_collecting
from service.screening.lines import Raw, is_torn
from service.screening.met import Mixed, Stage
from service.screening.sifting.blocks import WHOLE, Share
from service.screening.sifting.ledger import Recurring

T = TypeVar("T")
Torn = frozenset[tuple[int, int]]
TOLD, MIXED, ANOTHER, PARCELS, MEDICATIONS, IDS = "told", "mixed", "another", "parcels", "medications", "ids"
FILES = "kind string, number int, name string, content binary"
LINES = "kind string, name string, key string, line int, entry int, place int, turn int, content binary"
AT_ONCE = 1 << 24  # bytes of rows that are handed to Spark together
MOST_ROWS = 2000
NUMBER_SIZE = 8  # bytes of an id's number
PLACED_SIZE = NUMBER_SIZE + 2  # with its bucket
_own: list[Any] = []  # of this process: what it made last, and for which work


class Work(NamedTuple):
    """`version`: of the program that asks; `token`: another for every piece of work; `given`: a broadcast."""

    version: str
    token: str
    given: Any

    def once(self, make: Callable[[], T]) -> T:
        """What is made once for this work, in this process."""
        if not _own or _own[0] != self.token:
            _own[:] = [self.token, make()]
        found: T = _own[1]
        return found


class Told(NamedTuple):
    """What is told of a share. `size`: its bytes, as Spark gives them, with a newline behind each line; `whole`: its
    last line is a whole JSON object, so that no file ends in the middle of it.
    """

    task: Task
    found: Sorted
    size: int
    whole: bool


class File(NamedTuple):
    """A row of FILES: a file of a directory, by its name without the process. `number`: of its bucket, or part."""

    kind: str
    number: int
    name: str
    content: bytes


class Line(NamedTuple):
    """A row of LINES: a line of the output `name`, with all that it is sorted by."""

    kind: str
    name: str
    key: str
    line: int
    entry: int
    place: int
    turn: int
    content: bytes


def sort_shares(work: Work, stage: Stage, batches: Iterable[Any]) -> Iterator[Any]:
    """Rows of (file, start, length, content) into files of buckets and ids, and what each share told."""
    if work.version != __version__:
        yield from _batches([File(ANOTHER, 0, __version__, b"")], FILES)
        return
    sorter, numbers, torn = work.once(lambda: _sorter(*work.given.value))
    with seldom_collecting(), TemporaryDirectory(prefix="prescreen-") as place:
        sorter.move_to(Path(place))
        yield from _batches(_sorted(sorter, numbers, torn, stage, batches, Path(place)), FILES)


def _sorter(setting: Setting, numbers: Mapping[int, int], torn: Torn) -> tuple[Sorter, Mapping[int, int], Torn]:
    return Sorter(setting), numbers, torn


def _sorted(
    sorter: Sorter, numbers: Mapping[int, int], torn: Torn, stage: Stage, batches: Iterable[Any], place: Path
) -> Iterator[File]:
    """`torn`: shares, by number and start, with whose last line a file ends, without the newline that Spark adds."""
    for file, start, length, content in shares(batches):
        task = Task(numbers[file], stage, WHOLE if start < 0 else Share(start, start + length))
        last = Raw(0, content[content.rfind(b"\n", 0, -1) + 1 : -1], ended=False)
        whole = start < 0 or not is_torn(last)
        try:
            found = sorter.sort(task, content[:-1] if (task.number, start) in torn else content)
        except Mixed as problem:
            yield File(MIXED, 0, problem.label, b"")
            return
        yield File(TOLD, 0, "", pickle.dumps(Told(task, found, len(content), whole)))
        yield from _files(place)


def shares(batches: Iterable[Any]) -> Iterator[tuple[int, int, int, bytes]]:
    """(file, start, length, lines): the lines of one share come one after the other."""
    waiting: tuple[int, int, int] | None = None
    parts: list[bytes] = []
    for batch in batches:
        keys = np.stack([batch.column(index).to_numpy(zero_copy_only=False) for index in range(3)])
        changes = np.flatnonzero((keys[:, 1:] != keys[:, :-1]).any(axis=0)) + 1
        for first, end in pairwise([0, *changes.tolist(), batch.num_rows]):
            key = tuple(keys[:, first].tolist()) if first < end else waiting
            if key != waiting and waiting is not None:
                yield *waiting, b"".join(parts)
                parts = []
            waiting = key
            parts.append(_joined(batch.column(3).slice(first, end - first)))
    if waiting is not None:
        yield *waiting, b"".join(parts)


def _joined(column: Any) -> bytes:
    """All values of a column of bytes, which lie one behind the other."""
    if not len(column):
        return b""
    _, offsets, content = column.buffers()
    width = np.int64 if str(column.type).startswith("large") else np.int32
    ends = np.frombuffer(offsets, width)
    first, last = int(ends[column.offset]), int(ends[column.offset + len(column)])
    return bytes(memoryview(content)[first:last])


def rearrange(routes: Routes, leaving: frozenset[int], batches: Iterable[Any]) -> Iterator[Any]:
    """Rows of FILES: those of buckets that something leaves are put together anew."""
    with seldom_collecting(), TemporaryDirectory(prefix="prescreen-") as place:
        yield from _batches(_rearranged(routes, leaving, batches, Path(place)), FILES)


def _rearranged(routes: Routes, leaving: frozenset[int], batches: Iterable[Any], place: Path) -> Iterator[File]:
    for each in _rows(batches):
        if each.kind == PARCELS and each.number in leaving:
            _put(place, each)
        elif each.kind != TOLD:
            yield each
    rearranged(place, routes, leaving)
    yield from _files(place)


def check_ids(batches: Iterable[Any]) -> Iterator[Any]:
    """Rows of FILES with parts of ids: told is which recur, and which buckets belong together."""
    with seldom_collecting(), TemporaryDirectory(prefix="prescreen-") as place:
        for each in _rows(batches):
            _put(Path(place), each)
        recurring: Mapping[str, Any] = {}
        try:
            check(Path(place))
        except Recurring as problem:
            recurring = problem.ids
        told = pickle.dumps((recurring, wandering(Path(place))))
    yield from _batches([File(TOLD, 0, "", told)], FILES)


def judge_groups(work: Work, drugs: str, batches: Iterable[Any]) -> Iterator[Any]:
    """Rows of FILES with all parcels of some groups of buckets into rows of LINES."""
    there = Path(import_module("pyspark").SparkFiles.get(drugs))
    judge, groups = work.once(lambda: _judge(there, *work.given.value))
    with seldom_collecting(), TemporaryDirectory(prefix="prescreen-") as place:
        judge.move_to(Path(place))
        present = set()
        for each in _rows(batches):
            _put(Path(place), each)
            present.add(each.name)
        yield from _batches(_judged(judge, groups, present, Path(place)), LINES)


def _judge(
    drugs: Path, setting: Setting, first: First, overall: Overall, groups: Sequence[Group]
) -> tuple[Judge, Sequence[Group]]:
    return Judge(setting, first, overall, drugs), groups


def _judged(judge: Judge, groups: Sequence[Group], present: set[str], place: Path) -> Iterator[Line]:
    for number, group in enumerate(groups):
        if present.isdisjoint(group.buckets):
            continue
        told = pickle.dumps(judge.judge(group))
        yield Line(TOLD, group.name, "", 0, 0, 0, 0, told)
        for name in sorted(path.name.removesuffix(f".{group.name}") for path in place.glob(f"*.{group.name}")):
            yield from lines_of(place, name, group.name, number)
        for path in (path for bucket in group.buckets for path in place.glob(f"{bucket}.*")):
            path.unlink()


def lines_of(place: Path, name: str, group: str, number: int) -> Iterator[Line]:
    """The lines of a group for one output. `number`: which of all groups it is."""
    path = place / f"{name}.{group}"
    if not path.exists():
        return
    for turn, (key, content) in enumerate(pieces(path)):
        text, line, entry = (key, 0, 0) if isinstance(key, str) else key
        yield Line("line", name, text, line, entry, number, turn, content)
    path.unlink()


def _files(place: Path) -> Iterator[File]:
    """All that lies in a directory, which is empty then."""
    for path in sorted(place.iterdir()):
        name, _, process = path.name.rpartition(".")
        if name.startswith(PLACES):
            continue  # it went with the ids that are placed: the order of both is the same
        content = path.read_bytes()
        if "-" in name:
            kind, number = IDS, int(name.split("-")[1])
            if name.startswith(PLACED):
                beside = place / f"{name.replace(PLACED, PLACES)}.{process}"
                content += beside.read_bytes()
                beside.unlink()
        elif name.startswith(DRUGS):
            kind, number = MEDICATIONS, int(name.removeprefix(DRUGS))
        else:
            kind, number = PARCELS, int(name)
        yield File(kind, number, name, content)
        path.unlink()


def _put(place: Path, file: File) -> None:
    parts = {file.name: file.content}
    if file.name.startswith(PLACED):
        end = len(file.content) // PLACED_SIZE * NUMBER_SIZE
        parts = {file.name: file.content[:end], file.name.replace(PLACED, PLACES): file.content[end:]}
    for name, content in parts.items():
        with (place / f"{name}.0").open("ab") as there:
            there.write(content)


def _rows(batches: Iterable[Any]) -> Iterator[File]:
    for batch in batches:
        columns = (batch.column(name).to_pylist() for name in File._fields)
        yield from map(File._make, zip(*columns, strict=True))


def _batches(rows: Iterable[File | Line], schema: str) -> Iterator[Any]:
    """Rows as Arrow."""
    waiting: list[File | Line] = []
    size = 0
    for row in rows:
        waiting.append(row)
        size += len(row.content)
        if size > AT_ONCE or len(waiting) == MOST_ROWS:
            yield _batch(waiting, schema)
            waiting, size = [], 0
    if waiting:
        yield _batch(waiting, schema)


def _batch(rows: Sequence[File | Line], schema: str) -> Any:
    arrow = import_module("pyarrow")
    kinds = {"string": arrow.string(), "int": arrow.int32(), "binary": arrow.binary()}
    names, types = zip(*(each.split() for each in schema.split(", ")), strict=True)
    columns = zip(*rows, strict=True)
    arrays = [arrow.array(cells, kinds[kind]) for cells, kind in zip(columns, types, strict=True)]
    return arrow.RecordBatch.from_arrays(arrays, names=list(names))
