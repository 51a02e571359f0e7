"""Screening in buckets: the shares of the input are sorted, then the buckets are judged, by whichever engine.

What one share cannot know is found out between the stages: which records are of one person, which visits are waited
for, which types are complete. Where it turns out too late, everything is gone through again, as in memory.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from service.fhir.reading import Reading
from service.screening.buckets.engine import Due, Engine
from service.screening.buckets.journal import Workplace
from service.screening.buckets.judge import First, Group, Judge, Overall, Part, Pieces
from service.screening.buckets.routing import Routes, joined
from service.screening.buckets.sorting import Setting, Sorted, Task
from service.screening.completeness import Completeness
from service.screening.contacts import contacts_that_count
from service.screening.heard import Heard, files_of
from service.screening.intake import Intake
from service.screening.judging import Judged
from service.screening.met import Lost, Mixed, Stage
from service.screening.needs import Needs
from service.screening.request import Progress, Request
from service.screening.sifting.ledger import Forced, Recurring
from service.screening.sifting.sieve import Sieve
from service.screening.tally import Counts
from service.screening.walk import Walk
from service.store.lookup import Lookup

if TYPE_CHECKING:
    from service.catalog.load import Catalog

W = TypeVar("W")
REST, DRUG_FILE = "rest", "drugs"


class Screened(NamedTuple):
    """What came out, besides the lines written."""

    counts: Counts
    completeness: Completeness
    judged: Judged


def screen_in_buckets(
    outputs: W, catalog: Catalog, request: Request, progress: Progress, engine: Engine[W], work: Workplace
) -> Screened:
    """Screen, every line to the outputs. `work`: where buckets may lie for as long as it takes."""
    with work:
        place, (mixed, forced) = work.last((frozenset[str](), Forced()))
        while True:
            try:
                found = _Sorting(_setting(catalog, request, engine, place, mixed, forced), progress, engine)
                with engine.at_work(found.setting):
                    return _judged(found.all(), found, outputs, progress, engine)
            except Mixed as problem:
                mixed |= {problem.label}
            except Recurring as problem:
                forced = problem.added_to(forced)
            place = work.again((mixed, forced))


def _setting(
    catalog: Catalog, request: Request, engine: Engine[Any], place: Path, mixed: frozenset[str], forced: Forced
) -> Setting:
    completeness = Completeness()
    return Setting(
        catalog=catalog,
        request=request,
        needs=Needs(request.studies, catalog.terminology),
        seen=contacts_that_count(request.studies, catalog.policy, request.at),
        reading=Reading(zone=catalog.site.zone, units=catalog.units, drugs=catalog.drugs),
        given=files_of(request.sources, completeness),
        known=completeness,
        mixed=mixed,
        forced=forced,
        routes=Routes(engine.buckets, {}),
        awaited=frozenset(),
        place=place,
        bits=engine.bits,
    )


@dataclass
class _Sorting:
    """One way through the input, and what the shares told."""

    setting: Setting
    progress: Progress
    engine: Engine[Any]
    heard: Heard = field(default_factory=Heard)
    lines: dict[tuple[int, int], int] = field(default_factory=dict)
    links: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    lost: list[tuple[Task, Lost]] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    wandering: list[tuple[int, int]] = field(default_factory=list)
    unsure: bool = False

    def __post_init__(self) -> None:
        setting = self.setting
        self._sieve = Sieve(setting.needs, setting.reading, setting.seen)
        for file in setting.given.files:
            if self._sieve.sifts(file.type_hint):
                self._sieve.prepare(file.type_hint)

    def all(self) -> Setting:
        """All of it; the setting, with what is known by then. Raises Mixed, Recurring."""
        for stage in Stage:
            for task, found in self.engine.sort(self.setting, stage, list(self._due(stage))):
                self._add(task, found)
            if stage is Stage.FIRST:
                self._bring_together()
            self.setting = replace(self.setting, awaited=frozenset(self.heard.awaited))
        self.wandering = self.engine.wandering(self.setting)
        self.heard.conclude(self.setting.given, self.setting.known)
        return self.setting

    def first(self) -> First:
        """How many lines of a file come before each share."""
        found: dict[tuple[int, int], int] = {}
        before: Counter[int] = Counter()
        for number, start in sorted(self.lines):
            found[number, start] = before[number]
            before[number] += self.lines[number, start]
        return found

    def _due(self, stage: Stage) -> Iterator[Due]:
        setting = self.setting
        types = setting.needs.types
        walk = Walk(setting.given, setting.known, types, False, self.progress.reading, self._sieve, setting.mixed)
        walk.heard = self.heard
        for number in range(len(setting.given.files)):
            sifted = walk.is_sifted(number, stage)
            if sifted or walk.is_due(number, stage):
                yield Due(number, sifted)

    def _add(self, task: Task, found: Sorted) -> None:
        self.heard.add(found.heard)
        self.setting.known.add(found.completeness)
        self.lines |= found.lines
        self.links += found.links
        self.unsure |= found.unsure
        self.lost += [(task, each) for each in found.lost]
        self.skipped.update(found.skipped)
        self.progress.reading(self.setting.given.files[task.number], found.read.lines, found.read.size)

    def _bring_together(self) -> None:
        """Put Patients that may be merged into one bucket; all that is about them will follow."""
        together = joined(self.links)
        routes, before = Routes(self.engine.buckets, together), self.setting.routes
        leaving = frozenset(before.of(name) for name in together if before.of(name) != routes.of(name))
        if leaving:
            self.engine.rearrange(self.setting, routes, leaving)
        self.setting = replace(self.setting, routes=routes)


def _judged(setting: Setting, found: _Sorting, outputs: W, progress: Progress, engine: Engine[W]) -> Screened:
    """Judge all buckets, with what is so for everybody: that is known when all are read, and they are judged again
    where it was not known before."""
    first = found.first()
    drugs = [Group(name, (name,)) for name in engine.drugs(setting)]
    shared = [_rest(setting, found, first), *_read_drugs(setting, first, drugs)]
    groups = _groups(engine.buckets, found.wandering)
    overall = Overall()
    while True:
        parts: list[Part] = []
        people = 0
        for done, part in enumerate(engine.judge(setting, first, overall, groups), 1):
            if not (parts or overall != Overall()):  # while others judge the next groups
                engine.check(setting)
            parts.append(part)
            people += part.judged.read
            progress.screening(done, len(groups), people)
        result = _together(setting, shared + parts)
        spoiled = result.completeness.spoiled(setting.request.accepted_rejects)
        told = Overall(spoiled, found.unsure and any(part.sized for part in parts))
        if told == overall:
            break
        overall = told
    engine.write(setting, outputs, [REST, *(each.name for each in drugs)])
    return result


def _together(setting: Setting, parts: list[Part]) -> Screened:
    counts, judged = Counts(), Judged()
    completeness = setting.known.of_a_part()
    for part in parts:
        counts.add(part.counts)
        judged.add(part.judged)
        completeness.unplaced += part.completeness.unplaced
        completeness.unplaced_lines += part.completeness.unplaced_lines
    return Screened(counts, completeness, judged)


def _rest(setting: Setting, found: _Sorting, first: First) -> Part:
    """What went into no bucket: the lines passed over, and what is lost."""
    intake = Intake(setting.reading, setting.needs, setting.seen, setting.given.files)
    for name, lines in sorted(found.skipped.items()):
        intake.tally.count(name, "not_needed", lines)
    for task, lost in found.lost:
        before = first.get((task.number, task.share.start), 0)
        intake.take(Lost(lost.place._replace(line=lost.place.line + before), lost.problem))
    pieces = Pieces(setting.place, REST)
    for each in intake.tally.set_aside():
        pieces.reject(each)
    pieces.close()
    return Part(Judged(), intake.tally.counts(), Completeness(), pieces.lines)


def _read_drugs(setting: Setting, first: First, groups: list[Group]) -> Iterator[Part]:
    Lookup(setting.place / DRUG_FILE).add({})
    judge = Judge(setting, first, Overall(), setting.place / DRUG_FILE)
    yield from map(judge.read_drugs, groups)


def _groups(count: int, pairs: list[tuple[int, int]]) -> list[Group]:
    """All buckets, those together that hold versions of the same resource."""
    together = joined((str(one), (str(two),)) for one, two in pairs)
    found: dict[str, list[str]] = defaultdict(list)
    for bucket in map(str, range(count)):
        found[together.get(bucket, bucket)].append(bucket)
    return [Group(f"bucket{name}", tuple(buckets)) for name, buckets in found.items()]
