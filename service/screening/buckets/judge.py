"""Reading and judging a bucket: a population of its own. Its lines are put together with those of the others later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from heapq import merge
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import orjson

from service.screening.buckets.parcels import Carried, Later, Unsure, met_in, unpack, without_sizes
from service.screening.buckets.sorting import Setting
from service.screening.buckets.spool import LENGTH, frames, parcels
from service.screening.completeness import Completeness
from service.screening.intake import Intake
from service.screening.judging import Judged, Judging
from service.screening.request import Progress
from service.screening.tally import Counts, Reject
from service.store.lookup import Lookup

First = Mapping[tuple[int, int], int]
REJECTS = "rejects.ndjson"
_key = msgspec.msgpack.Encoder().encode
_read = msgspec.msgpack.Decoder(tuple[Any, bytes]).decode


class Overall(NamedTuple):
    """What is known only when all groups were judged. `spoiled`: the types that are incomplete for everybody; `sized`:
    a dose of somebody goes by body size, and it is not sure whose some sizes are."""

    spoiled: frozenset[str] = frozenset()
    sized: bool = False


class Group(NamedTuple):
    """Buckets that are read together."""

    name: str
    buckets: tuple[str, ...]


@dataclass
class Part:
    """What a group of buckets came to. `lines`: how many were written, by output; `sized`: a dose of somebody goes by
    body size."""

    judged: Judged
    counts: Counts
    completeness: Completeness
    lines: Counter[str] = field(default_factory=Counter)
    sized: bool = False


class Pieces:
    """The lines of one group, each with what it is sorted by, in files of their own."""

    def __init__(self, directory: Path, group: str) -> None:
        self.lines: Counter[str] = Counter()
        self.lengths: dict[str, int] = {}  # of the files written
        self._directory, self._group = directory, group
        self._waiting: dict[str, list[bytes]] = {}

    def write(self, name: str, line: Mapping[str, object]) -> None:
        """One line for the output of that name, sorted by the person it is about."""
        self._put(name, line["patient"] if "patient" in line else _subject(line), line)

    def reject(self, reject: Reject) -> None:
        """One line of what could not be used, sorted by its place."""
        self._put(REJECTS, list(reject.place), reject.as_dict())

    def close(self) -> None:
        """Write what is left."""
        for name in list(self._waiting):
            self._flush(name)

    def _put(self, name: str, key: object, line: Mapping[str, object]) -> None:
        content = _key((key, orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)))
        waiting = self._waiting.setdefault(name, [])
        waiting += (len(content).to_bytes(LENGTH, "big"), content)
        self.lines[name] += 1
        if len(waiting) > MOST_WAITING:
            self._flush(name)

    def _flush(self, name: str) -> None:
        own, content = f"{name}.{self._group}", b"".join(self._waiting.pop(name))
        with (self._directory / own).open("ab") as file:
            file.write(content)
        self.lengths[own] = self.lengths.get(own, 0) + len(content)


MOST_WAITING = 2_000


class Judge:
    """Judges one group after the other. `overall`: as far as it is known; `drugs`: where the Medications are.

    `lengths`: of the files to which the lines of the last group were written.
    """

    def __init__(self, setting: Setting, first: First, overall: Overall, drugs: Path) -> None:
        self._setting, self._first, self._overall = setting, first, overall
        self._drugs = Lookup(drugs)
        self.lengths: dict[str, int] = {}

    @cached_property
    def _judging(self) -> Judging:
        return Judging(self._setting.catalog, self._setting.request, self._overall.spoiled)

    def move_to(self, place: Path) -> Judge:
        """From here on, buckets are read there, and lines written."""
        self._setting = replace(self._setting, place=place)
        return self

    @property
    def place(self) -> Path:
        """Where the buckets lie."""
        return self._setting.place

    def judge(self, group: Group) -> Part:
        """Read and judge one group."""
        intake = self._taken(group, self._drugs)
        population = intake.finish()
        written = Pieces(self._setting.place, group.name)
        judged = self._judging.everybody(population, intake.versions, written, Progress())
        return self._part(intake, judged, written)

    def read_drugs(self, group: Group) -> Part:
        """Read the Medications of a group, and keep them for all."""
        intake = self._taken(group, None)
        self._drugs.add(intake.population.medications)
        return self._part(intake, Judged(), Pieces(self._setting.place, group.name))

    def _part(self, intake: Intake, judged: Judged, written: Pieces) -> Part:
        for each in intake.tally.set_aside():
            written.reject(each)
        written.close()
        self.lengths = written.lengths
        known = intake.population
        return Part(judged, intake.tally.counts(), known.completeness, written.lines, bool(known.sized))

    def _taken(self, group: Group, drugs: Lookup | None) -> Intake:
        setting = self._setting
        completeness = setting.known.of_a_part()
        intake = Intake(
            setting.reading,
            setting.needs,
            setting.seen,
            setting.given.files,
            setting.request.claims,
            completeness=completeness,
            medications=drugs,
        )
        sizes: list[Later | Unsure] = []
        for each in sorted(map(unpack, parcels(setting.place, group.buckets)), key=_in_order):
            if isinstance(each, Later | Unsure):
                sizes.append(each)
            else:
                intake.take(met_in(each, self._first))
        for size in sizes:  # when all else is read, it is known whether anybody needs them
            needed = self._overall.sized if isinstance(size, Unsure) else intake.population.sized
            if needed:
                intake.take(met_in(size, self._first))
            else:
                intake.take(without_sizes(size))
        return intake


def joined_lines(directory: Path, name: str, groups: Sequence[str]) -> Iterator[bytes]:
    """The lines of all groups for one output, in order."""
    listed = (directory / f"{name}.{group}" for group in groups)
    return (line for _, line in merge(*(pieces(path) for path in listed if path.exists()), key=_sorted_by))


def pieces(path: Path) -> Iterator[tuple[Any, bytes]]:
    """The lines of a group for one output, each behind what it is sorted by."""
    return map(_read, frames(path))


def _in_order(parcel: Carried) -> tuple[int, int, int, int, int]:
    return parcel.stage, parcel.place.file, parcel.start, parcel.place.line, parcel.place.entry


def _sorted_by(piece: tuple[Any, bytes]) -> Any:
    return piece[0]


def _subject(line: Mapping[str, Any]) -> str:
    reference: str = (line.get("individual") or line["subject"])["reference"]
    return reference.removeprefix("Patient/")
