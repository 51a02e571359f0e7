"""The files of an input, and what they tell besides their lines: of each, and of all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from service.errors import UnreadableResource
from service.fhir.references import reference_key
from service.screening.completeness import Completeness, Origin
from service.screening.met import Json, Stage
from service.screening.sources import InputFile, Source, complete_types as complete_in_directory

DATED = tuple(
    f"{stem}{kind}" for stem in ("onset", "abatement") for kind in ("DateTime", "Age", "Period", "Range", "String")
)


class Files(NamedTuple):
    """All files of some sources, and of which origin each is."""

    files: tuple[InputFile, ...]
    origins: tuple[Origin, ...]


def files_of(sources: Iterable[Source], completeness: Completeness) -> Files:
    """The files; what each directory holds completely, as far as names tell, is noted."""
    files: list[InputFile] = []
    origins: list[Origin] = []
    for number, source in enumerate(sources):
        completeness.open((number,), complete_in_directory(source))
        for kind in source.unread.values():
            completeness.meet((number,), kind)
        files += source.files
        origins += [(number,)] * len(source.files)
    return Files(tuple(files), tuple(origins))


@dataclass
class Heard:
    """What files told besides their lines, by number: the later stages in which they have lines, the types they name,
    which ones break off; and the visits that a diagnosis without onset may wait for."""

    stages: dict[int, set[Stage]] = field(default_factory=lambda: defaultdict(set))
    named: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    broken: set[int] = field(default_factory=set)
    awaited: set[str] = field(default_factory=set)

    def add(self, other: Heard) -> None:
        """What was heard in another part of the same input."""
        for number, stages in other.stages.items():
            self.stages[number] |= stages
        for number, names in other.named.items():
            self.named[number] |= names
        self.broken |= other.broken
        self.awaited |= other.awaited

    def conclude(self, given: Files, completeness: Completeness) -> None:
        """When all was gone through: what breaks off has lost something of every type in it; and a file that holds
        lines, but none of the type it is named for, says nothing about that type."""
        for number, (file, origin) in enumerate(zip(given.files, given.origins, strict=True)):
            hint, named = file.type_hint, self.named.get(number, set())
            if number in self.broken:
                completeness.spoil(origin, named | {hint} if hint else ())
            if hint is not None and named and hint not in named:
                completeness.spoil(origin, {hint})


def awaited_by(condition: Json, aliases: Mapping[str, str]) -> str | None:
    """The id of the visit by whose days a diagnosis without any of its own may go."""
    if "encounter" not in condition or any(map(condition.get, DATED)):
        return None
    try:
        key = reference_key(condition["encounter"], "Condition.encounter", aliases) or ""
    except UnreadableResource:
        return None
    return key.removeprefix("Encounter/") if key.startswith("Encounter/") else None
