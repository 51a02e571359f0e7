"""What is met on the way through all input: resources, lines passed over, and where reading failed."""

from collections.abc import Mapping
from enum import IntEnum
from typing import NamedTuple

from service.screening.sifting.glimpse import Glimpse

Json = dict[str, object]
NO_ALIASES: Mapping[str, str] = {}


class Stage(IntEnum):
    """When a resource is read: what others refer to first."""

    FIRST = 0
    MIDDLE = 1
    LAST = 2


STAGES = {"Patient": Stage.FIRST, "Medication": Stage.FIRST, "Encounter": Stage.LAST}
EVERY_STAGE = frozenset(Stage)
# Shared sets: one is made per line otherwise.
ONLY = {stage: frozenset((stage,)) for stage in Stage}


class Place(NamedTuple):
    """Where a resource stands: file (by number), line from 1, entry of a Bundle from 1 or 0, and in which source."""

    file: int
    line: int
    entry: int
    source: int


class Found(NamedTuple):
    """A resource where it stands, or (resource None) a line that is none, with its problem.

    With both, nobody can tell what the resource says. `written`: it as bytes with sorted keys, where they are at hand.
    """

    place: Place
    resource: Json | None
    problem: str = ""
    aliases: Mapping[str, str] = NO_ALIASES
    raw: bytes = b""
    written: bytes | None = None


class Skipped(NamedTuple):
    """Lines of a source that by their bytes no open study can need."""

    type: str
    source: int
    lines: int = 1


class Glimpsed(NamedTuple):
    """A line of a source that only shows that a person was seen."""

    type: str
    source: int
    glimpse: Glimpse


class Lost(NamedTuple):
    """The rest of a file, of which nobody knows what it held."""

    place: Place
    problem: str


Met = Found | Skipped | Glimpsed | Lost


class Mixed(Exception):
    """Files that hold, among others, resources which have to be read before they are reached: they cannot be sifted."""

    def __init__(self, label: str) -> None:
        self.label = label
        super().__init__(label)


def stage_of(type_name: object) -> Stage:
    """In which stage a resource of this type is read."""
    return STAGES.get(type_name, Stage.MIDDLE) if isinstance(type_name, str) else Stage.MIDDLE


def stages_of(names: frozenset[str], own: str | None) -> frozenset[Stage]:
    """The stages in which a line may turn out to belong, by the types it names and the one it surely has."""
    if not names or "Bundle" in names:
        return EVERY_STAGE
    if len(names) == 1 and own is not None:
        return ONLY[STAGES.get(own, Stage.MIDDLE)]
    return frozenset(map(stage_of, names)) | (ONLY[Stage.MIDDLE] if own is None else frozenset())
