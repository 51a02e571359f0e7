"""What is met on the way through the input, as bytes: to be read in another process, or later.

A line is carried as it stands and parsed again; the entry of a Bundle is written anew, every key as often as it was.
"""

from collections.abc import Iterator, Mapping

import msgspec
import orjson

from service.screening.lines import Raw, found_in, parse
from service.screening.met import NO_ALIASES, Found, Glimpses, Place, Sizes, Skipped, Stage
from service.screening.sifting.glimpse import Glimpse
from service.twofold import encode


class Parcel(msgspec.Struct, array_like=True, tag_field="kind", frozen=True):
    """`start`: from which byte of the file on its lines are counted."""

    stage: int
    place: Place
    start: int


class Line(Parcel, frozen=True, tag="line"):
    """A line with a resource, or without one; `problem` as it was found."""

    raw: bytes
    problem: str
    parsed: bool


class Entry(Parcel, frozen=True, tag="entry"):
    """An entry of a Bundle, with what references in it stand for."""

    raw: bytes
    problem: str
    aliases: dict[str, str]


class Seen(Parcel, frozen=True, tag="seen"):
    """Records that only show that persons were seen."""

    type: str
    glimpses: list[Glimpse]


class Later(Parcel, frozen=True, tag="later"):
    """Lines that matter only if a dose of their patients goes by body size; `lines` are packed, as mostly none does."""

    type: str
    count: int
    lines: bytes


class Unsure(Parcel, frozen=True, tag="unsure"):
    """Such a line of which it is not sure whose it is: it matters as soon as the dose of anybody goes by body size."""

    type: str
    raw: bytes


TOO_DEEP_TO_WRITE = 300  # orjson writes 254 levels, and parses 1024
Carried = Line | Entry | Seen | Later | Unsure
NOWHERE = Place(0, 0, 0, ())
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder[Carried](Carried).decode
_lines = msgspec.msgpack.Decoder(list[tuple[int, bytes]]).decode


def pack(met: Found | Glimpses | Sizes, stage: Stage, start: int) -> bytes:
    """It as bytes."""
    if isinstance(met, Glimpses):
        return _encode(Seen(stage, NOWHERE._replace(origin=met.origin), 0, met.type, [each for each, _ in met.seen]))
    if isinstance(met, Sizes):
        return _encode(Later(stage, met.place, start, met.type, len(met.lines), _encode(met.lines)))
    if met.raw or met.resource is None:
        return _encode(Line(stage, met.place, start, met.raw, met.problem, met.resource is not None))
    aliases = {each: met.aliases[each] for each in texts_in(met.resource) if each in met.aliases} if met.aliases else {}
    return _encode(Entry(stage, met.place, start, _written(met.resource), met.problem, aliases))


def pack_unsure(place: Place, type_name: str, raw: bytes, stage: Stage, start: int) -> bytes:
    """A body size of somebody, as bytes."""
    return _encode(Unsure(stage, place, start, type_name, raw))


def unpack(written: bytes) -> Carried:
    """The parcel that these bytes are."""
    found: Carried = _decode(written)
    return found


def met_in(parcel: Carried, first: Mapping[tuple[int, int], int]) -> Found | Glimpses | Sizes:
    """What was packed. `first`: by file and start, how many lines come before."""
    place = parcel.place
    if isinstance(parcel, Seen):
        return Glimpses(parcel.type, place.origin, [(each, 0) for each in parcel.glimpses])
    before = first[place.file, parcel.start] if parcel.start else 0
    place = place._replace(line=place.line + before)
    if isinstance(parcel, Later):
        return Sizes(place, parcel.type, [(number + before, raw) for number, raw in _lines(parcel.lines)])
    if isinstance(parcel, Unsure):
        return found_in(place, parcel.raw)
    if isinstance(parcel, Line) and not parcel.parsed:
        return Found(place, None, parcel.problem, raw=parcel.raw)
    resource, _, written, _ = parse(Raw(place.line, parcel.raw))
    if isinstance(parcel, Line):
        return Found(place, resource, parcel.problem, raw=parcel.raw, written=written)
    return Found(place, resource, parcel.problem, parcel.aliases or NO_ALIASES)


def without_sizes(parcel: Later | Unsure) -> Skipped:
    """What is left of body sizes that nobody needs."""
    return Skipped(parcel.type, parcel.place.origin, parcel.count if isinstance(parcel, Later) else 1)


def _written(resource: Mapping[str, object]) -> bytes:
    """What is too deeply nested to be written will be set aside for that: what tells whose it is stands on top."""
    try:
        return encode(resource)
    except orjson.JSONEncodeError:
        top = {name: resource[name] for name in ("resourceType", "id", "subject", "patient") if name in resource}
        deep = b"[" * TOO_DEEP_TO_WRITE + b"]" * TOO_DEEP_TO_WRITE
        return orjson.dumps(top)[:-1] + b',"_":' + deep + b"}"


def texts_in(value: object) -> Iterator[str]:
    """All texts that stand anywhere in JSON."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
