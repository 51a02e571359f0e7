"""What is met on the way through all input: resources, lines passed over or put off, and where reading failed."""

from collections.abc import Collection, Mapping
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from service.screening.completeness import Origin
from service.screening.salvage import is_one
from service.screening.sifting.glimpse import Glimpse
from service.twofold import Twofold, readings

Json = dict[str, object]
Whole = npt.NDArray[np.int64]
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
    """Where a resource stands: file (by number), line from 1, entry of a Bundle from 1 or 0, and of which origin."""

    file: int
    line: int
    entry: int
    origin: Origin


class Found(NamedTuple):
    """A resource where it stands, or (resource None) a line that is none, with its problem.

    With both, nobody can tell what the resource says. `raw`: the line, of an entry of a Bundle nothing. `written`: the
    resource as bytes with sorted keys, where they are at hand.
    """

    place: Place
    resource: Json | None
    problem: str = ""
    aliases: Mapping[str, str] = NO_ALIASES
    raw: bytes = b""
    written: bytes | None = None

    @property
    def identity(self) -> str:
        """Its id; empty if it has none."""
        identity = None if self.resource is None else self.resource.get("id")
        return identity.strip() if isinstance(identity, str) else ""

    def type_met(self, needed: Collection[str]) -> str | None:
        """Its type, if it is a resource of a type that is needed, and clear at least which one it is."""
        if self.resource is None or (self.problem and not is_one(self.resource)) or not self.identity:
            return None
        name = self.resource.get("resourceType")
        return name if isinstance(name, str) and name in needed else None


class Skipped(NamedTuple):
    """Lines of an origin that by their bytes no open study can need."""

    type: str
    origin: Origin
    lines: int = 1


class Glimpses(NamedTuple):
    """Lines that only show that persons were seen: glimpses, each with the number of its line's id."""

    type: str
    origin: Origin
    seen: list[tuple[Glimpse, int]]


class Lost(NamedTuple):
    """The rest of a file, of which nobody knows what it held."""

    place: Place
    problem: str


class Sizes(NamedTuple):
    """Lines of a block, by their numbers, that matter only if a dose of their patients goes by body size, whoever these
    are."""

    place: Place
    type: str
    lines: list[tuple[int, bytes]]


class Spots(NamedTuple):
    """Such lines, of a file that can be gone back to: their numbers, and where they begin and end in it."""

    place: Place
    type: str
    numbers: Whole
    starts: Whole
    ends: Whole


Met = Found | Skipped | Glimpses | Sizes | Spots | Lost


class Mixed(Exception):
    """Files that hold, among others, resources which have to be read before they are reached: they cannot be sifted."""

    def __init__(self, label: str) -> None:
        self.label = label
        super().__init__(label)


def stage_of(type_name: object) -> Stage:
    """In which stage a resource of this type is read."""
    return STAGES.get(type_name, Stage.MIDDLE) if isinstance(type_name, str) else Stage.MIDDLE


def of_several_types(resource: Json) -> bool:
    """Does it say twice which type it is of?"""
    return isinstance(resource, Twofold) and len(list(readings(resource, "resourceType"))) > 1


def stages_of(names: frozenset[str], own: str | None) -> frozenset[Stage]:
    """The stages in which a line may turn out to belong, by the types it names and the one it surely has."""
    if not names or "Bundle" in names:
        return EVERY_STAGE
    if len(names) == 1 and own is not None:
        return ONLY[STAGES.get(own, Stage.MIDDLE)]
    return frozenset(map(stage_of, names)) | (ONLY[Stage.MIDDLE] if own is None else frozenset())
