"""The same id twice: the latest version wins, a tie is a contradiction. SEMANTICS §5.

One small entry per resource read is remembered (about 150 bytes), never the resource: enough to recognise another
version of it, and to take back what an earlier one said. The order in which versions arrive changes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import Enum
from functools import lru_cache
from hashlib import blake2b
from struct import Struct
from typing import Any, NamedTuple

import orjson

from service.errors import UnreadableResource
from service.screening.tally import DISPOSITIONS
from service.twofold import TOO_DEEP, encode

NOBODY = 0xFFFFFFFF
NO_DAYS = (0, 0)
UNSTATED = -1
HIGHEST_VERSION = 2**31 - 1
DIGEST = 12
MOST_REMEMBERED = 4096
ENTRY = Struct(f">{DIGEST}sqiIQIBIIII")


class Arrival(Enum):
    """How a resource relates to what was read under its id before."""

    NEW = "new"
    REPEATED = "repeated"  # the very same content
    NEWER = "newer"  # replaces what was read
    OLDER = "older"  # what was read stays
    CONTRADICTS = "contradicts"  # nothing tells which one is right


class Seen(NamedTuple):
    """What is remembered of one version: when it was written, where it stands, and what was made of it.

    `updated` in microseconds since 1970 and `version` are UNSTATED if absent. `person` is a number, NOBODY for none;
    `first` and `last` are the days of contact it gave (ordinals, 0 for none); `codes` what coverage counted it as.
    """

    digest: bytes
    updated: int
    version: int
    file: int = 0
    line: int = 0
    entry: int = 0
    disposition: int = 0
    person: int = NOBODY
    first: int = 0
    last: int = 0
    codes: int = 0

    @property
    def token(self) -> str:
        """Which version this is."""
        return self.digest.hex() if self.version == UNSTATED else f"{self.version}@{self.updated}"

    def beats(self, other: "Seen") -> bool:
        """Is this surely the later version? By `meta.lastUpdated`, then `versionId`; what is absent tells nothing."""
        if self.updated != other.updated:
            return UNSTATED not in (self.updated, other.updated) and self.updated > other.updated
        return UNSTATED not in (self.version, other.version) and self.version > other.version


class Made(NamedTuple):
    """What was made of a resource: its disposition, the numbers of its person and codes, its days of contact."""

    disposition: str
    person: int = NOBODY
    days: tuple[int, int] = NO_DAYS
    codes: int = 0


def remembered(seen: Seen, made: Made) -> Seen:
    """A version with what was made of it."""
    number = DISPOSITIONS.index(made.disposition)
    digest, updated, version, file, line, entry, *_ = seen  # copying it part by part takes half as long as _replace
    return Seen(digest, updated, version, file, line, entry, number, made.person, *made.days, made.codes)


class Versions:
    """Remembers what was read under each `Type/id`: the one version that stands, or those in contradiction."""

    def __init__(self) -> None:
        self._standing: dict[bytes, bytes] = {}
        self._tied: dict[bytes, tuple[Seen, ...]] = {}
        self._last = "", b""

    def __len__(self) -> int:
        return len(self._standing)

    def arrive(self, reference: str, new: Seen) -> tuple[Arrival, tuple[Seen, ...]]:
        """How a resource relates to earlier ones of its id, and which of those it replaces or contradicts.

        If it stands (NEW, NEWER) or contradicts, `settle` must follow.
        """
        key = self._key(reference)
        packed = self._standing.get(key)
        if packed is None:
            return Arrival.NEW, ()
        standing = self._tied.get(key) or (Seen(*ENTRY.unpack(packed)),)
        if any(new.digest == each.digest for each in standing):
            return Arrival.REPEATED, ()
        if any(each.beats(new) for each in standing):
            return Arrival.OLDER, ()
        if all(new.beats(each) for each in standing):
            return Arrival.NEWER, standing
        return Arrival.CONTRADICTS, standing

    def counted(self) -> Iterator[tuple[int, int]]:
        """Of each resource that stands, and of which one version does: its person and what coverage counted it as."""
        for key, packed in self._standing.items():
            if key not in self._tied:
                seen = Seen(*ENTRY.unpack(packed))
                yield seen.person, seen.codes

    def token(self, reference: str) -> str | None:
        """Which version stands, in characters that are the same for the same version; None: none does, or several.

        `versionId` with `meta.lastUpdated` where the record says a numbered one, else a digest of all of its content.
        """
        packed = self._standing.get(_key(reference))
        return None if packed is None or _key(reference) in self._tied else Seen(*ENTRY.unpack(packed)).token

    def settle(self, reference: str, standing: Iterable[Seen]) -> None:
        """These versions of it stand now: one, or several that contradict each other."""
        key, kept = self._key(reference), tuple(standing)
        self._standing[key] = ENTRY.pack(*kept[0])
        if len(kept) > 1:
            self._tied[key] = kept
        else:
            self._tied.pop(key, None)

    def tied(self, reference: str) -> tuple[Seen, ...]:
        """Those in contradiction."""
        return self._tied.get(_key(reference), ())

    def _key(self, reference: str) -> bytes:
        """What arrives is settled next, mostly."""
        if self._last[0] is not reference:
            self._last = reference, _key(reference)
        return self._last[1]


def read_versions(line: Mapping[str, Any], versions: Versions) -> dict[str, str]:
    """Which version was read of each record that a line names, by `Type/id`."""
    named = {each["record"] for each in line.get("corrections", ())}
    for finding in line["findings"]:
        named |= {each["reference"] for each in finding["evidence"]}
        named |= set((finding["computed"] or {}).get("records", ()))
    found = ((each, versions.token(each)) for each in sorted(named))
    return {each: token for each, token in found if token is not None}


def stamp(
    resource: Mapping[str, object],
    written: bytes | None = None,
    *,
    unclear: bool = False,
    place: tuple[int, int, int] = (0, 0, 0),
) -> Seen:
    """What recognises and dates this version of a resource. The order of keys and blanks do not matter.

    `written`: the resource as bytes with sorted keys, where they are at hand. `unclear`: nobody can tell what it says
    (a key stands twice in it), so that its date tells nothing either. `place`: its file, line and entry. Raises
    UnreadableResource for one nested so deeply that it cannot be written again.
    """
    try:
        content = encode(resource) if unclear else written or orjson.dumps(resource, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        raise UnreadableResource(TOO_DEEP, str(resource.get("resourceType"))) from None
    digest = blake2b(content, digest_size=DIGEST).digest()
    meta = resource.get("meta")
    if unclear or not isinstance(meta, dict):
        return Seen(digest, UNSTATED, UNSTATED, *place)
    updated = meta.get("lastUpdated")
    instant = _instant(updated) if isinstance(updated, str) else UNSTATED
    return Seen(digest, instant, _number(meta.get("versionId")), *place)


def _key(reference: str) -> bytes:
    return blake2b(reference.encode("utf-8", "surrogatepass"), digest_size=DIGEST).digest()


@lru_cache(MOST_REMEMBERED)  # what was loaded together was often written at once
def _instant(written: str) -> int:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return UNSTATED
    if moment.tzinfo is None or moment.year < 1970:
        return UNSTATED
    return round(moment.timestamp() * 1_000_000)


def _number(written: object) -> int:
    number = (
        int(written)
        if isinstance(written, str) and written.isascii() and written.isdigit() and len(written) < 11
        else -1
    )
    return number if 0 <= number <= HIGHEST_VERSION else UNSTATED
