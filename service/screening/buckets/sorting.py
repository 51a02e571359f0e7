"""Going through a share of the input, everything that is met into the bucket it belongs to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from service.fhir.reading import Reading
from service.screening.buckets.ids import BITS, keep
from service.screening.buckets.parcels import pack
from service.screening.buckets.routing import Routes, key_of
from service.screening.buckets.spool import Spool
from service.screening.completeness import Completeness
from service.screening.contacts import ContactDays
from service.screening.heard import Files, Heard
from service.screening.met import Found, Glimpsed, Glimpses, Json, Lost, Sizes, Skipped, Spots, Stage
from service.screening.needs import Needs
from service.screening.request import Progress, Request
from service.screening.salvage import merged_with
from service.screening.sifting.blocks import USUAL, WHOLE, Share, numbers_of
from service.screening.sifting.ledger import Forced, Ledger
from service.screening.sifting.sieve import Sieve
from service.screening.sources import InputFile
from service.screening.walk import Walk

if TYPE_CHECKING:
    from service.catalog.load import Catalog

DRUGS = "drug"


class Task(NamedTuple):
    """A share of a file, in one stage."""

    number: int
    stage: Stage
    share: Share


@dataclass(frozen=True)
class Setting:
    """What all processes of a run have in common. `known`: types that the origins hold completely, as names tell;
    `bits`: numbers of ids are parted by so many of their first."""

    catalog: Catalog
    request: Request
    needs: Needs
    seen: ContactDays
    reading: Reading
    given: Files
    known: Completeness
    mixed: frozenset[str]
    forced: Forced
    routes: Routes
    awaited: frozenset[str]
    place: Path
    bits: int = BITS


class Read(Progress):
    """Counts what was gone through, for the process that tells of it."""

    def __init__(self) -> None:
        self.lines = self.size = 0

    def reading(self, file: InputFile, lines: int, size: int) -> None:
        """More lines, and bytes."""
        self.lines += lines
        self.size += size


@dataclass
class Sorted:
    """What a share told, besides what went into buckets. `links`: of Patients, with whom they may be merged; `lines`:
    how many, by file and start of the share."""

    heard: Heard
    completeness: Completeness
    skipped: dict[str, int] = field(default_factory=dict)
    lost: list[Lost] = field(default_factory=list)
    links: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    lines: dict[tuple[int, int], int] = field(default_factory=dict)
    read: Read = field(default_factory=Read)


class Sorter:
    """Sorts one share after the other. `advance` is not told: shares are."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._sieve = Sieve(setting.needs, setting.reading, setting.seen, setting.request.claims, setting.forced)
        self._sieve.expect("Encounter", setting.awaited)
        self.spool = Spool(setting.place)

    @property
    def place(self) -> Path:
        """Where the buckets lie."""
        return self._setting.place

    def move_to(self, place: Path) -> Sorter:
        """From here on, buckets are written there."""
        self._setting, self.spool = replace(self._setting, place=place), Spool(place)
        return self

    def sort(self, task: Task, content: bytes | None = None) -> Sorted:
        """`content`: what the share holds, where it need not be read from a disk; of a whole file, as it lies there.
        Raises Mixed."""
        setting = self._setting
        given = setting.given if content is None else _with(setting.given, task, content)
        self._sieve.ledger = Ledger()
        found = Sorted(Heard(), Completeness())
        for origin, types in setting.known.complete.items():
            found.completeness.open(origin, types)
        walk = Walk(
            given,
            found.completeness,
            setting.needs.types,
            setting.catalog.site.bundles_complete,
            found.read.reading,
            self._sieve,
            setting.mixed,
        )
        found.heard = walk.heard
        ids: dict[str, tuple[list[str], list[int]]] = defaultdict(lambda: ([], []))
        for met in walk.through(task.number, task.stage, task.share):
            if isinstance(met, Skipped):
                found.skipped[met.type] = found.skipped.get(met.type, 0) + met.lines
                if met.type in setting.needs.types:
                    found.completeness.meet(met.origin, met.type)
            elif isinstance(met, Lost):
                found.lost.append(met)
            elif not isinstance(
                met, Sizes | Spots | Glimpses
            ):  # which are told together only where nobody asks whose they are
                if not isinstance(met, Found):
                    found.completeness.meet(met.origin if isinstance(met, Glimpsed) else met.place.origin, met.type)
                elif (type_name := met.type_met(setting.needs.types)) is not None:
                    found.completeness.meet(met.place.origin, type_name)
                drug = isinstance(met, Found) and met.resource is not None and _is_drug(met.resource)
                bucket = setting.routes.of(key_of(met))
                self.spool.put(f"{DRUGS if drug else ''}{bucket}", pack(met, task.stage, task.share.start))
                if isinstance(met, Found) and met.resource is not None:
                    self._note(met, met.resource, bucket, ids, found)
        self.spool.flush()
        self._sieve.ledger.settle()
        placed = {
            name: (numbers_of(map(_short, written)), np.array(buckets, dtype=np.uint16))
            for name, (written, buckets) in ids.items()
        }
        keep(self.spool, self._sieve.ledger, placed, setting.bits)
        if task.share != WHOLE:
            found.lines[task.number, task.share.start] = walk.lines if content is None else content.count(b"\n")
        return found

    def _note(
        self, met: Found, resource: Json, bucket: int, ids: Mapping[str, tuple[list[str], list[int]]], found: Sorted
    ) -> None:
        type_name, identity = resource.get("resourceType"), resource.get("id")
        if not isinstance(type_name, str) or not isinstance(identity, str):
            return
        if type_name in self._setting.needs.types and type_name != "Medication":
            names, buckets = ids[type_name]
            names.append(identity.strip())
            buckets.append(bucket)
        if type_name == "Patient" and (others := merged_with(resource, met.aliases)):
            found.links.append((identity.strip(), frozenset(others)))


def _with(given: Files, task: Task, content: bytes) -> Files:
    files = list(given.files)
    files[task.number] = replace(files[task.number], content=content, part=task.share != WHOLE)
    return given._replace(files=tuple(files))


def _short(identity: str) -> str:
    """Ids longer than FHIR allows have no number of their own."""
    written = identity.encode("utf-8", "surrogatepass")
    return identity if len(written) < USUAL else blake2b(written, digest_size=16).hexdigest()


def _is_drug(resource: Json) -> bool:
    return resource.get("resourceType") == "Medication"
