"""Screening in buckets by one process, with a clock at each step."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import process_time
from typing import TypeVar

import orjson

from service.catalog.load import Catalog
from service.screening.buckets.engine import Due
from service.screening.buckets.ids import KINDS, PLACED, PLACES
from service.screening.buckets.judge import First, Group, Part
from service.screening.buckets.means import Means
from service.screening.buckets.processes import Processes
from service.screening.buckets.sorting import Setting, Sorted, Task
from service.screening.met import Stage
from service.screening.outputs import Outputs
from service.screening.population import screen
from service.screening.request import Progress, Request
from service.screening.sources import find_sources

STUDY = "igg4-rd-sirolimus"
BUCKETS = 16
STEPS = ("sorting", "looking", "judging", "writing", "parsing")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Steps:
    """Of one export: people, lines and bytes in it, how many lines were used; processor seconds of each step; bytes
    between the steps, and of the results. `looking`: through ids; `writing`: putting results together; `parsing`: by
    orjson alone, to compare with."""

    people: int
    lines: int
    bytes: int
    used: int
    sorting: float
    looking: float
    judging: float
    writing: float
    parsing: float
    parcels: int
    ids: int
    results: int


def fastest(rounds: Sequence[Steps]) -> Steps:
    """Each step as in the round that was fastest at it: other work of the machine can only make it slower."""
    values = {name: getattr(rounds[0], name) for name in Steps.__slots__}
    return Steps(**values | {name: min(getattr(each, name) for each in rounds) for name in STEPS})


class Clocked(Processes):
    """By one process, with the processor seconds of each step, and the bytes between sorting and judging.

    Ids are in 2 parts: with more, what is measured on a small export is how long it takes to open files.
    """

    bits = 1

    def __init__(self) -> None:
        super().__init__(Means(1, BUCKETS))
        self.seconds: Counter[str] = Counter()  # type: ignore[assignment]
        self.parcels = self.ids = 0

    def sort(self, setting: Setting, stage: Stage, due: Sequence[Due]) -> Iterator[tuple[Task, Sorted]]:
        """As Engine."""
        yield from self._clocked("sorting", super().sort(setting, stage, due))

    def check(self, setting: Setting) -> list[tuple[int, int]]:
        """As Engine."""
        self.parcels, self.ids = sizes(setting.place)
        return next(self._clocked("looking", (super(Clocked, self).check(setting) for _ in "1")))

    def judge(self, setting: Setting, first: First, spoiled: frozenset[str], groups: Sequence[Group]) -> Iterator[Part]:
        """As Engine."""
        yield from self._clocked("judging", super().judge(setting, first, spoiled, groups))

    def write(self, setting: Setting, outputs: Outputs, others: Sequence[str]) -> None:
        """As Engine."""
        next(self._clocked("writing", (super(Clocked, self).write(setting, outputs, others) for _ in "1")))

    def _clocked(self, step: str, work: Iterable[T]) -> Iterator[T]:
        """What the work yields; the time between is somebody else's."""
        going = iter(work)
        while True:
            begun = process_time()
            try:
                each = next(going)
            except StopIteration:
                return
            finally:
                self.seconds[step] += process_time() - begun
            yield each


def sizes(place: Path) -> tuple[int, int]:
    """Bytes of parcels, and of ids, in the files of a directory."""
    ids = tuple(f"{each}-" for each in (*KINDS, PLACED, PLACES))
    found: Counter[bool] = Counter()
    for path in place.iterdir():
        if path.is_file():
            found[path.name.startswith(ids)] += path.stat().st_size
    return found[False], found[True]


def measured(catalog: Catalog, export: Path, day: date, out: Path) -> dict[str, float]:
    """All of Steps but what is known of the export."""
    clock = Clocked()
    request = Request(find_sources([export]), (catalog.studies[STUDY],), day)
    summary = screen(catalog, request, out, Progress(), clock)
    read = summary["input"]
    assert isinstance(read, dict), "it is an object"
    results = sum(path.stat().st_size for path in out.iterdir() if path.is_file())
    told = {step: clock.seconds[step] for step in STEPS} | {"parsing": _parsed(export)}
    return told | {"used": read["used"], "parcels": clock.parcels, "ids": clock.ids, "results": results}


def _parsed(export: Path) -> float:
    begun = process_time()
    for path in export.glob("*.ndjson"):
        with path.open("rb") as file:
            for line in file:
                orjson.loads(line)
    return process_time() - begun
