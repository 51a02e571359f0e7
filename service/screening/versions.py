"""The same id twice: the latest version wins, a tie is a contradiction. SEMANTICS §5.

One small entry per resource read is remembered (a digest and a stamp), never the resource.
"""

from collections.abc import Mapping
from enum import Enum
from hashlib import blake2b
from typing import NamedTuple

import orjson


class Arrival(Enum):
    """How a resource relates to what was read under its id before."""

    NEW = "new"
    REPEATED = "repeated"  # the very same content
    NEWER = "newer"  # replaces what was read
    OLDER = "older"  # what was read stays
    CONTRADICTS = "contradicts"  # nothing tells which one is right


class _Seen(NamedTuple):
    digest: bytes
    stamp: tuple[str, int]
    contradicted: bool


class Versions:
    """Remembers what was read under each `Type/id`."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}

    def arrive(self, reference: str, resource: Mapping[str, object]) -> Arrival:
        """Note a resource, and say how it relates to an earlier one of that id."""
        content = orjson.dumps(resource, option=orjson.OPT_SORT_KEYS)
        entry = _Seen(blake2b(content, digest_size=8).digest(), _stamp(resource), False)
        known = self._seen.get(reference)
        if known is None:
            self._seen[reference] = entry
            return Arrival.NEW
        if known.digest == entry.digest:
            return Arrival.REPEATED
        if entry.stamp > known.stamp:
            self._seen[reference] = entry
            return Arrival.NEWER
        if entry.stamp < known.stamp:
            return Arrival.OLDER
        self._seen[reference] = known._replace(contradicted=True)
        return Arrival.CONTRADICTS

    def __len__(self) -> int:
        return len(self._seen)


def _stamp(resource: Mapping[str, object]) -> tuple[str, int]:
    """(`meta.lastUpdated`, `meta.versionId` as a number), empty and -1 where they are absent."""
    meta = resource.get("meta")
    if not isinstance(meta, dict):
        return "", -1
    updated, version = meta.get("lastUpdated"), meta.get("versionId")
    number = int(version) if isinstance(version, str) and version.isdigit() and len(version) < 10 else -1
    return updated if isinstance(updated, str) else "", number
