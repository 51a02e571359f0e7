"""Going through a share of the input, everything that is met into the bucket it belongs to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from service.fhir.reading import Reading
from service.screening.buckets.ids import keep
from service.screening.buckets.parcels import pack, pack_unsure
from service.screening.buckets.routing import Routes, key_of
from service.screening.buckets.spool import MOST_OPEN, Spool
from service.screening.completeness import Completeness, Origin
from service.screening.contacts import ContactDays
from service.screening.heard import Files, Heard
from service.screening.lines import found_in
from service.screening.met import Found, Glimpses, Json, Lost, Sizes, Skipped, Spots, Stage
from service.screening.needless import Needless
from service.screening.needs import Needs
from service.screening.request import Progress, Request
from service.screening.salvage import merged_with
from service.screening.sifting.blocks import USUAL, WHOLE, Share, numbers_of
from service.screening.sifting.glimpse import Glimpse, sole_subject
from service.screening.sifting.ledger import Forced, Ledger
from service.screening.sifting.sieve import Sieve
from service.screening.sources import InputFile
from service.screening.walk import Walk

if TYPE_CHECKING:
    from service.catalog.load import Catalog

DRUGS = "drug"
MOST_REMEMBERED = 8_192
Ids = dict[str, tuple[list[str], list[int]]]  # by type, what went into buckets, and into which
Seen = dict[tuple[str, Origin, int], list[tuple[Glimpse, int]]]  # by type, origin and bucket


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
    bits: int = 0


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
    how many, by file and start of the share; `unsure`: there are body sizes of which it is not sure whose they are."""

    heard: Heard
    completeness: Completeness
    skipped: dict[str, int] = field(default_factory=dict)
    lost: list[Lost] = field(default_factory=list)
    links: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    lines: dict[tuple[int, int], int] = field(default_factory=dict)
    unsure: bool = False
    read: Read = field(default_factory=Read)


class Sorter:
    """Sorts one share after the other. `advance` is not told: shares are."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._sieve = Sieve(setting.needs, setting.reading, setting.seen, setting.request.claims, setting.forced)
        self._sieve.expect("Encounter", setting.awaited)
        self._needless = Needless(setting.needs, setting.reading, setting.seen, setting.request.claims)
        self.spool = Spool(setting.place, MOST_OPEN)
        self._bucket_of = lru_cache(MOST_REMEMBERED)(setting.routes.of)

    @property
    def place(self) -> Path:
        """Where the buckets lie."""
        return self._setting.place

    def move_to(self, place: Path) -> Sorter:
        """From here on, buckets are written there, and may be taken away between two shares."""
        self.spool.close()
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
            self._needless,
        )
        found.heard = walk.heard
        ids: Ids = defaultdict(lambda: ([], []))
        seen: Seen = defaultdict(list)
        for met in walk.through(task.number, task.stage, task.share):
            if isinstance(met, Found):
                self._put(met, task, ids, found)
            elif isinstance(met, Glimpses):
                for each in met.seen:
                    seen[met.type, met.origin, self._bucket_of(each[0].patient)].append(each)
            elif isinstance(met, Sizes):
                self._put_off(met, task, found)
            elif isinstance(met, Skipped):
                found.skipped[met.type] = found.skipped.get(met.type, 0) + met.lines
                if met.type in setting.needs.types:
                    found.completeness.meet(met.origin, met.type)
            elif isinstance(met, Lost):
                found.lost.append(met)
            else:
                assert not isinstance(met, Spots), "nobody asked to go back to them"
        for (type_name, origin, bucket), glimpses in seen.items():
            found.completeness.meet(origin, type_name)
            self.spool.put(str(bucket), pack(Glimpses(type_name, origin, glimpses), task.stage, task.share.start))
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

    def _put(self, met: Found, task: Task, ids: Ids, found: Sorted) -> None:
        """A resource, or what is none."""
        if (type_name := met.type_met(self._setting.needs.types)) is not None:
            found.completeness.meet(met.place.origin, type_name)
        bucket = self._bucket_of(key_of(met))
        drug = met.resource is not None and _is_drug(met.resource)
        self.spool.put(f"{DRUGS if drug else ''}{bucket}", pack(met, task.stage, task.share.start))
        if met.resource is not None:
            self._note(met, met.resource, bucket, ids, found)

    def _put_off(self, sizes: Sizes, task: Task, found: Sorted) -> None:
        """Body sizes."""
        found.completeness.meet(sizes.place.origin, sizes.type)
        whose: dict[int, list[tuple[int, bytes]]] = defaultdict(list)
        for number, raw in sizes.lines:
            patient = sole_subject(raw)
            if patient is not None:
                whose[self._bucket_of(patient)].append((number, raw))
                continue
            found.unsure = True
            place = sizes.place._replace(line=number)
            bucket = self._bucket_of(key_of(found_in(place, raw)))
            self.spool.put(str(bucket), pack_unsure(place, sizes.type, raw, task.stage, task.share.start))
        for bucket, lines in whose.items():
            self.spool.put(str(bucket), pack(sizes._replace(lines=lines), task.stage, task.share.start))

    def _note(self, met: Found, resource: Json, bucket: int, ids: Ids, found: Sorted) -> None:
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
