"""Going through all input, in three stages, so that whatever others refer to has been read before them.

First patients and medications, then everything else, visits last: then the order of files and lines changes nothing,
and of the visits only those are kept that a diagnosis waits for. A line is parsed only in the stages that its bytes
allow, and a file is read again only for the stages in which it has lines.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from service.screening.bundles import DEEPEST, Entry, aliases, complete_types, entries, failed, is_bundle
from service.screening.kinds import KNOWN, READABLE
from service.screening.lines import Broken, Raw, parse, read_raw
from service.screening.met import (
    NO_ALIASES,
    Found,
    Glimpsed,
    Json,
    Lost,
    Met,
    Mixed,
    Place,
    Skipped,
    Stage,
    stage_of,
    stages_of,
)
from service.screening.people import Population
from service.screening.salvage import framed, names_in, own_type
from service.screening.sifting.blocks import Block, TooLong, read_blocks
from service.screening.sifting.glimpse import glimpse_of
from service.screening.sifting.sieve import Picked, Sieve
from service.screening.sources import InputFile, Source, complete_types as complete_in_directory
from service.twofold import TWICE, Twofold, is_twofold, is_twofold_beside_resources, looked_at, readings

EVERY = 512  # lines between two reports of progress


class Walk:
    """All files of all sources. `needed`: the types worth parsing. `sieve`: passes over lines of files that are named
    for a type, except of the files `mixed` (labels); None: every line is looked at."""

    def __init__(
        self,
        sources: Iterable[Source],
        population: Population,
        needed: frozenset[str],
        bundles_complete: bool,
        advance: Callable[[InputFile, int], None],
        sieve: Sieve | None = None,
        mixed: frozenset[str] = frozenset(),
    ) -> None:
        self._sieve, self._mixed = sieve, mixed
        self._population = population
        self._needed = needed | {"Bundle"}
        self._bundles_complete = bundles_complete
        self._advance = advance
        self._bundles: dict[tuple[int, int, tuple[int, ...]], int] = {}
        self._failed: set[tuple[int, int]] = set()
        self.files: list[InputFile] = []
        self._source_of: list[int] = []
        for source in sources:
            number = population.open_source(complete_in_directory(source))
            self.files += source.files
            self._source_of += [number] * len(source.files)
        self._stages: list[set[Stage]] = [set() for _ in self.files]
        self._named: list[set[str]] = [set() for _ in self.files]

    def everything(self) -> Iterator[Met]:
        """Every line of every file exactly once, stage by stage.

        Raises Mixed, Recurring: then it has to be gone through again, with those files or lines read whole.
        """
        sifted = frozenset(number for number, file in enumerate(self.files) if self._can_sift(file))
        for stage in Stage:
            for number, file in enumerate(self.files):
                own = stage_of(file.type_hint)
                if number in sifted and (stage is own or (stage is Stage.LAST and self._weighs(file))):
                    yield from self._sifted(number, stage)
                if stage in self._stages[number] or (stage is Stage.FIRST and number not in sifted):
                    yield from self._file(number, stage)
                if stage is (own if number in sifted else Stage.FIRST):
                    self._check_name(number)
        if self._sieve is not None:
            self._sieve.check()

    def _can_sift(self, file: InputFile) -> bool:
        hint = file.type_hint
        stored = file.lines and file.content is None and file.resources is None
        return self._sieve is not None and stored and file.label not in self._mixed and self._sieve.sifts(hint)

    def _weighs(self, file: InputFile) -> bool:
        """Does it hold body sizes that somebody's dose goes by?"""
        return self._sieve is not None and self._sieve.put_off(file.type_hint) and bool(self._population.sized)

    def _sifted(self, number: int, stage: Stage) -> Iterator[Met]:
        """A file named for a type: of its lines only those that may be needed."""
        file, source, sieve = self.files[number], self._source_of[number], self._sieve
        hint = file.type_hint
        assert sieve is not None and hint is not None, "only such files are sifted"
        sieve.expect(hint, self._awaited(hint))
        try:
            for block in read_blocks(file):
                if isinstance(block, Broken):
                    if stage is stage_of(hint):  # a second time through, it is known
                        yield self._lost(block, Place(number, block.number, 0, source))
                    continue
                yield from self._block(block, sieve, hint, Place(number, 0, 0, source), stage)
                self._advance(file, block.first)
        except TooLong:
            raise Mixed(file.label) from None

    def _block(self, block: Block, sieve: Sieve, hint: str, place: Place, stage: Stage) -> Iterator[Met]:
        if stage is stage_of(hint):
            picked = sieve.pick(hint, block)
        else:
            picked = sieve.pick_sizes(hint, block, self._population.sized)
        if picked.passed_over:
            self._named[place.file].add(hint)
            yield Skipped(hint, place.source, picked.passed_over)
        yield from self._glimpsed(block, picked, sieve, hint, place)
        for index in picked.read.nonzero()[0].tolist():
            line = block.line(index)
            here = place._replace(line=block.first + index)
            if picked.sure[index]:
                self._named[place.file].add(hint)
                resource, problem, written, twofold = parse(Raw(here.line, line))
                problem = problem or (TWICE if twofold else "")
                yield Found(here, resource, problem, raw=b"" if resource else line, written=written)
            elif line.strip():
                yield from self._other(Raw(here.line, line), here, stage)

    def _glimpsed(self, block: Block, picked: Picked, sieve: Sieve, hint: str, place: Place) -> Iterator[Glimpsed]:
        """The lines of which a glimpse is enough; of the others, `picked` says that they are to be read."""
        for index in picked.glimpsed.nonzero()[0].tolist():
            glimpse = glimpse_of(block.line(index), sieve.zone)
            if glimpse is None:
                picked.read[index] = True
            else:
                self._named[place.file].add(hint)
                sieve.was_glimpsed(hint, picked.ids[index])
                yield Glimpsed(hint, place.source, glimpse)

    def _awaited(self, hint: str) -> Iterator[str]:
        """Ids of a type to which what was read refers."""
        return (each.partition("/")[2] for each in (self._population.awaited if hint == "Encounter" else ()))

    def _other(self, raw: Raw, place: Place, stage: Stage) -> Iterator[Met]:
        """A line that does not begin as one of the file's type would: it may be of another."""
        names = names_in(raw.content)
        stages = stages_of(names, own_type(raw.content, names) if names else None)
        if min(stages) < stage:
            raise Mixed(self.files[place.file].label)
        self._stages[place.file] |= stages - {stage}
        self._named[place.file] |= names
        yield from self._line(raw, place, stage)

    def _file(self, number: int, stage: Stage) -> Iterator[Met]:
        file, source = self.files[number], self._source_of[number]
        if file.resources is not None:
            yield from self._parsed(file.resources, Place(number, 0, 0, source), stage)
            return
        for raw in read_raw(file):
            if isinstance(raw, Raw):
                yield from self._line(raw, Place(number, raw.number, 0, source), stage)
                if raw.number % EVERY == 1 and stage is not Stage.FIRST:
                    self._advance(file, raw.number)
            elif stage is Stage.FIRST:
                yield self._lost(raw, Place(number, raw.number, 0, source))

    def _parsed(self, resources: Iterable[Json], place: Place, stage: Stage) -> Iterator[Found]:
        """Resources that somebody has parsed before."""
        for line, resource in enumerate(resources, 1):
            type_name = resource.get("resourceType")
            own = stage_of(type_name)
            if stage is Stage.FIRST:
                self._stages[place.file].add(own)
                self._named[place.file].add(str(type_name))
            if stage is own:
                _, written, twofold = looked_at(resource)
                yield Found(place._replace(line=line), resource, TWICE if twofold else "", written=written)

    def _lost(self, broken: Broken, place: Place) -> Lost:
        hint = self.files[place.file].type_hint
        self._population.spoil(place.source, self._named[place.file] | {hint} if hint else ())
        return Lost(place, broken.problem)

    def _check_name(self, number: int) -> None:
        """A file that holds lines, but none of the type it is named for, says nothing about that type."""
        hint, named = self.files[number].type_hint, self._named[number]
        if hint is not None and named and hint not in named:
            self._population.spoil(self._source_of[number], {hint})

    def _line(self, raw: Raw, place: Place, stage: Stage) -> Iterator[Met]:
        names = names_in(raw.content)
        own = own_type(raw.content, names) if names else None
        stages = stages_of(names, own)
        if stage is Stage.FIRST:
            self._stages[place.file] |= stages
            self._named[place.file] |= names
        if stage not in stages:
            return
        if own in KNOWN and names.isdisjoint(self._needed) and not raw.cut and framed(raw.content):
            if stage is stage_of(own):
                yield Skipped(own, place.source)
            return
        resource, problem, written, twofold = parse(raw)
        if resource is None:
            if stage is min(stages):
                yield Found(place, None, problem, raw=raw.content)
        elif is_bundle(resource):
            yield from self._bundle(resource, place, stage, twofold)
        elif stage is (min(stages) if _of_several_types(resource) else stage_of(resource.get("resourceType"))):
            yield Found(place, resource, TWICE if twofold else "", written=written)

    def _bundle(self, bundle: Json, place: Place, stage: Stage, twofold: bool) -> Iterator[Found]:
        """Its entries, and those of Bundles in it; each Bundle is a source of its own.

        `twofold`: a key stands twice somewhere in it.
        """
        if failed(bundle):  # what it lacks may be of anybody in it, also in the Bundles within it
            self._failed.add((place.file, place.line))
        for number, (path, inner, known, entry) in enumerate(_entries_within(bundle, (), twofold), 1):
            here = place._replace(entry=number, source=self._source_of_bundle(place, path, inner))
            if entry.resource is None:
                if entry.problem is not None and stage is Stage.MIDDLE:
                    yield Found(here, None, entry.problem)
            elif stage is stage_of(entry.resource.get("resourceType")):
                unclear = twofold and is_twofold(entry.resource)
                yield Found(here, entry.resource, entry.problem or (TWICE if unclear else ""), aliases=known)

    def _source_of_bundle(self, place: Place, path: tuple[int, ...], bundle: Json) -> int:
        key = place.file, place.line, path
        known = self._bundles.get(key)
        if known is None:
            given = self._bundles_complete and key[:2] not in self._failed
            types = complete_types(bundle, READABLE, given)
            known = self._bundles[key] = self._population.open_source(types)
        return known


Within = tuple[tuple[int, ...], Json, Mapping[str, str], Entry]


def _of_several_types(resource: Json) -> bool:
    return isinstance(resource, Twofold) and len(list(readings(resource, "resourceType"))) > 1


def _entries_within(bundle: Json, path: tuple[int, ...], twofold: bool) -> Iterator[Within]:
    """(path to the Bundle, the Bundle, its aliases, entry) for every entry; a nested Bundle's stand in its place."""
    if twofold and is_twofold_beside_resources(bundle):
        yield path, bundle, NO_ALIASES, Entry(1, None, TWICE)
        return
    known = aliases(bundle)
    for entry in entries(bundle):
        if entry.resource is None or not is_bundle(entry.resource):
            yield path, bundle, known, entry
        elif len(path) >= DEEPEST:
            yield path, bundle, known, Entry(entry.number, None, "Bundles nested too deeply")
        else:
            yield from _entries_within(entry.resource, (*path, entry.number), twofold)
