"""Going through all input, in three stages, so that whatever others refer to has been read before them.

First patients and medications, then everything else, visits last: then the order of files and lines changes nothing,
and of the visits only those are kept that a diagnosis waits for. A line is parsed only in the stages that its bytes
allow, and a file is read again only for the stages in which it has lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from service.screening.answered import answered, is_lacking
from service.screening.bundles import entries_within, is_bundle
from service.screening.completeness import Completeness, Origin
from service.screening.heard import Files, Heard, awaited_by
from service.screening.kinds import KNOWN, READABLE
from service.screening.lines import TORN, Broken, Raw, found_in, is_torn, parse, read_raw
from service.screening.met import (
    Found,
    Glimpses,
    Json,
    Lost,
    Met,
    Mixed,
    Place,
    Sizes,
    Skipped,
    Spots,
    Stage,
    of_several_types,
    stage_of,
    stages_of,
)
from service.screening.needless import Needless
from service.screening.salvage import framed, is_of_no_use, names_in, own_type
from service.screening.sifting.blocks import WHOLE, Block, Share, TooLong, read_blocks
from service.screening.sifting.glimpse import glimpse_of
from service.screening.sifting.sieve import Picked, Sieve
from service.screening.sifting.torn import parted
from service.screening.sources import InputFile
from service.twofold import TWICE, is_twofold, looked_at

EVERY = 512  # lines between two reports of progress


class Walk:
    """All files. `needed`: the types worth parsing. `sieve`: passes over lines of files that are named for a type,
    except of the files `mixed` (labels); None: every line is looked at."""

    def __init__(
        self,
        given: Files,
        completeness: Completeness,
        needed: frozenset[str],
        bundles_complete: bool,
        advance: Callable[[InputFile, int, int], None],
        sieve: Sieve | None = None,
        mixed: frozenset[str] = frozenset(),
        needless: Needless | None = None,
    ) -> None:
        self.files, self._origins = given.files, given.origins
        self.heard = Heard()
        self._given, self._completeness = given, completeness
        self._sieve, self._needed, self._needless = sieve, needed | {"Bundle"}, needless
        self._bundles_complete = bundles_complete
        self._advance = advance
        self._failed: set[tuple[int, int, int]] = set()
        self._going_back = False
        self.lines = self._start = 0  # of the share that was gone through last; and where it starts
        self._sifted = frozenset(
            number for number, file in enumerate(self.files) if file.label not in mixed and self._can_sift(file)
        )

    def everything(self, *, going_back: bool = False) -> Iterator[Met]:
        """Every line of every file exactly once, stage by stage. `going_back`: of body sizes only where they stand,
        if one can go back there.

        Raises Mixed, Recurring: then it has to be gone through again, with those files or lines read whole.
        """
        self._going_back = going_back
        for stage in Stage:
            if self._sieve is not None:
                self._sieve.expect("Encounter", self.heard.awaited)
            for number in range(len(self.files)):
                if self.is_due(number, stage):
                    yield from self.through(number, stage)
        self.heard.conclude(self._given, self._completeness)
        if self._sieve is not None:
            self._sieve.ledger.check()

    def is_sifted(self, number: int, stage: Stage) -> bool:
        """Are the lines of this file picked by their bytes, in this stage?"""
        return number in self._sifted and stage is stage_of(self.files[number].type_hint)

    def is_due(self, number: int, stage: Stage) -> bool:
        """Has this file lines in this stage, as far as is known?"""
        whole = stage is Stage.FIRST and number not in self._sifted
        return whole or stage in self.heard.stages.get(number, ()) or self.is_sifted(number, stage)

    def through(self, number: int, stage: Stage, share: Share = WHOLE) -> Iterator[Met]:
        """The lines of a file that belong to this stage; of a sifted one, perhaps a share of them, with the number of
        each line counted from there. Raises Mixed."""
        self._start = share.start
        if self.is_sifted(number, stage):
            met = self._blocks(number, stage, share)
        else:
            met = self._file(number, stage)
        if self._sieve is None:
            yield from met
            return
        for each in met:
            if isinstance(each, Found):
                if each.resource is None and self._needless is not None:
                    each = self._needless.identified(each)
                if each.resource is not None:
                    self._note(each, each.resource, self._sieve)
            yield each

    def _note(self, found: Found, resource: Json, sieve: Sieve) -> None:
        """What has to be known of a resource before all is read: its id, and the visit it may wait for."""
        type_name, identity = resource.get("resourceType"), resource.get("id")
        if isinstance(type_name, str) and isinstance(identity, str) and type_name in self._needed:
            sieve.ledger.was_read(type_name, identity.strip())
        if type_name == "Condition" and (visit := awaited_by(resource, found.aliases)):
            self.heard.awaited.add(visit)

    def _can_sift(self, file: InputFile) -> bool:
        return self._sieve is not None and file.lines and file.resources is None and self._sieve.sifts(file.type_hint)

    def _blocks(self, number: int, stage: Stage, share: Share) -> Iterator[Met]:
        """A file named for a type: of its lines only those that may be needed."""
        file, sieve = self.files[number], self._sieve
        hint, place = file.type_hint, Place(number, 0, 0, self._origins[number])
        assert sieve is not None and hint is not None, "only such files are sifted"
        try:
            for block in read_blocks(file, share):
                if isinstance(block, Broken):
                    yield self._lost(block, place._replace(line=block.number))
                    continue
                self.lines = block.first + len(block.starts) - 1
                whole, torn = parted(block)
                if len(whole.starts):
                    yield from self._block(whole, sieve, hint, place, stage)
                if torn is not None:
                    yield from self._other(torn, place._replace(line=torn.number), stage)
                self._advance(file, len(block.starts), 0 if file.gzipped else len(block.content))
            if file.gzipped:
                self._advance(file, 0, file.size)
        except TooLong:
            raise Mixed(file.label) from None

    def _block(self, block: Block, sieve: Sieve, hint: str, place: Place, stage: Stage) -> Iterator[Met]:
        picked = sieve.pick(hint, block)
        if picked.passed_over:
            self.heard.named[place.file].add(hint)
            yield Skipped(hint, place.origin, picked.passed_over)
        yield from self._put_off(block, picked, sieve, hint, place)
        yield from self._glimpsed(block, picked, sieve, hint, place)
        chosen, blank = picked.read.nonzero()[0], 0
        for (number, line), sure in zip(block.lines(chosen), picked.sure[chosen].tolist(), strict=True):
            here = Place(place.file, number, 0, place.origin)
            if sure and is_of_no_use(hint, line, self._needed):
                self.heard.named[place.file].add(hint)
                yield Skipped(hint, place.origin)
            elif sure:
                self.heard.named[place.file].add(hint)
                yield found_in(here, line)
            elif line.strip():
                yield from self._other(Raw(here.line, line), here, stage)
            else:
                blank += 1
        self.heard.lines[place.file] += len(block.starts) - blank

    def _put_off(self, block: Block, picked: Picked, sieve: Sieve, hint: str, place: Place) -> Iterator[Sizes | Spots]:
        """Body sizes."""
        sizes = picked.sizes.nonzero()[0]
        if len(sizes):
            if self._going_back and block.place is not None:
                starts, ends = block.starts[sizes] + block.place, block.ends[sizes] + block.place
                yield Spots(place, hint, sizes + block.first, starts, ends)
            else:
                yield Sizes(place, hint, list(block.lines(sizes)))
            self.heard.named[place.file].add(hint)
            sieve.ledger.put_off[hint].append(picked.ids[picked.sizes])

    def _glimpsed(self, block: Block, picked: Picked, sieve: Sieve, hint: str, place: Place) -> Iterator[Glimpses]:
        """The lines of which a glimpse is enough; of the others, `picked` says that they are to be read."""
        chosen = picked.glimpsed.nonzero()[0]
        if not len(chosen):
            return
        glimpses = [glimpse_of(line, sieve.zone) for _, line in block.lines(chosen)]
        unclear = chosen[[each is None for each in glimpses]]
        picked.read[unclear] = True
        picked.glimpsed[unclear] = False
        ids = picked.ids[picked.glimpsed]
        seen = Glimpses(hint, place.origin, list(zip(filter(None, glimpses), ids.tolist(), strict=True)))
        if seen.seen:
            self.heard.named[place.file].add(hint)
            sieve.ledger.glimpsed[hint].append(ids)
            yield seen

    def _other(self, raw: Raw, place: Place, stage: Stage) -> Iterator[Met]:
        """A line that does not begin as one of the file's type would: it may be of another."""
        names = names_in(raw.content)
        own = own_type(raw.content, names) if names else None
        stages = stages_of(names, own)
        if min(stages) < stage:
            raise Mixed(self.files[place.file].label)
        self.heard.stages[place.file] |= stages - {stage}
        self.heard.name(place.file, names, own)
        yield from self._line(raw, place, stage)

    def _file(self, number: int, stage: Stage) -> Iterator[Met]:
        file, origin = self.files[number], self._origins[number]
        if file.resources is not None:
            yield from self._parsed(file.resources, Place(number, 0, 0, origin), stage)
            return
        lines = size = told = 0
        for raw in read_raw(file):
            if isinstance(raw, Raw):
                yield from self._line(raw, Place(number, raw.number, 0, origin), stage)
                self.heard.lines[number] += stage is Stage.FIRST
                lines, size = lines + 1, size + len(raw.content)
                if lines == EVERY and stage is Stage.FIRST and not file.gzipped:
                    self._advance(file, lines, size)
                    lines, size, told = 0, 0, told + size
            elif stage is Stage.FIRST:
                yield self._lost(raw, Place(number, raw.number, 0, origin))
        if stage is Stage.FIRST:
            self._advance(file, lines, file.size - told)

    def _parsed(self, resources: Iterable[Json], place: Place, stage: Stage) -> Iterator[Found]:
        """Resources that somebody has parsed before."""
        for line, resource in enumerate(resources, 1):
            type_name = resource.get("resourceType")
            own = stage_of(type_name)
            if stage is Stage.FIRST:
                self.heard.stages[place.file].add(own)
                self.heard.named[place.file].add(str(type_name))
            if stage is own:
                _, written, twofold = looked_at(resource)
                yield Found(place._replace(line=line), resource, TWICE if twofold else "", written=written)

    def _lost(self, broken: Broken, place: Place) -> Lost:
        self.heard.broken.add(place.file)
        return Lost(place, broken.problem)

    def _line(self, raw: Raw, place: Place, stage: Stage) -> Iterator[Met]:
        names = names_in(raw.content)
        own = own_type(raw.content, names) if names else None
        stages = stages_of(names, own)
        if stage is Stage.FIRST:
            self.heard.stages[place.file] |= stages
            self.heard.name(place.file, names, own)
        if stage not in stages:
            return
        torn = is_torn(raw)
        if torn:
            self.heard.broken.add(place.file)
        elif own in KNOWN and names.isdisjoint(self._needed) and not raw.cut and framed(raw.content):
            if stage is stage_of(own):
                yield Skipped(own, place.origin)
            return
        resource, problem, written, twofold = parse(raw)
        if resource is None:
            if stage is min(stages):
                self.heard.name(place.file, names, own_type(raw.content, names))
                yield Found(place, None, TORN if torn else problem, raw=raw.content)
        elif is_bundle(resource) and not of_several_types(resource):
            yield from self._bundle(resource, place, stage, twofold)
        elif stage is (min(stages) if of_several_types(resource) else stage_of(resource.get("resourceType"))):
            if not names and isinstance(resource.get("resourceType"), str):  # only parsing shows it, behind an escape
                self.heard.named[place.file].add(str(resource["resourceType"]))
            yield Found(place, resource, TWICE if twofold else "", raw=raw.content, written=written)

    def _bundle(self, bundle: Json, place: Place, stage: Stage, twofold: bool) -> Iterator[Found]:
        """Its entries, and those of Bundles in it; each Bundle is an origin of its own.

        `twofold`: a key stands twice somewhere in it.
        """
        if is_lacking(bundle):  # what it lacks may be of anybody in it, also in the Bundles within it
            self._failed.add((place.file, self._start, place.line))
        for number, (path, inner, known, entry) in enumerate(entries_within(bundle, (), twofold), 1):
            here = place._replace(entry=number, origin=self._origin_of_bundle(place, path, inner))
            if entry.resource is None:
                if entry.problem is not None and stage is Stage.MIDDLE:
                    yield Found(here, None, entry.problem)
            elif stage is stage_of(entry.resource.get("resourceType")):
                unclear = twofold and is_twofold(entry.resource)
                yield Found(here, entry.resource, entry.problem or (TWICE if unclear else ""), aliases=known)

    def _origin_of_bundle(self, place: Place, path: tuple[int, ...], bundle: Json) -> Origin:
        own = place.file, self._start, place.line
        origin = (*own, *path)
        if origin not in self._completeness.complete:
            given = self._bundles_complete and own not in self._failed
            whole = answered(bundle, READABLE, given)
            self._completeness.open(origin, whole.types, people=whole.people)
        return origin
