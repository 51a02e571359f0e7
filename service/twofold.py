"""JSON in which a key stands twice in one object: read as fast as any other, and never taken for one of its readings.

RFC 8259 §4 leaves open what `{"status": "final", "status": "cancelled"}` says, and parsers keep the last value without
a word. Such an object is read as a `Twofold`, which remembers all that was written.

How it is found: the parsed content is written again and the colons are counted. A colon inside a string is in both; a
key that was dropped took its colon with it; nothing else can make the two numbers differ but the escape `\\u003a`,
which stands for a colon and is none in the bytes. So equal numbers and no such escape prove that nothing was dropped,
at the price of one more write and two counts (both at the speed of memory). Only otherwise is the text parsed again,
slowly, by a parser that shows every key.
"""

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import orjson

TWICE = "a key stands twice in one object, so that nobody can tell what it says"
TOO_DEEP = "nested too deeply"
COLON = b":"
SORTED_AND_PLAIN = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_SUBCLASS
ESCAPED = b"\\u003"  # \u003a and \u003A, and a few that cost a second look in vain


class Twofold(dict[str, object]):
    """An object in which a key stands twice. As a dict it holds the last values; `pairs` is all that was written."""

    pairs: tuple[tuple[str, object], ...] = ()


class Decoded(NamedTuple):
    """What was read.

    `written`: the same content as bytes with sorted keys, None if it is nested too deeply to be written.
    `twofold`: some object in it is a Twofold.
    """

    content: object
    written: bytes | None
    twofold: bool


def decode(raw: bytes) -> Decoded:
    """Parse JSON. Raises orjson.JSONDecodeError (a ValueError) for what is none, or is nested beyond all reason."""
    content: object = orjson.loads(raw)
    try:
        written = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        written = None
    if written is not None and raw.count(COLON) == written.count(COLON) and ESCAPED not in raw:
        return Decoded(content, written, False)
    found: list[Twofold] = []
    shown = _second_look(raw, found)
    return Decoded(shown, written, True) if found else Decoded(content, written, False)


def looked_at(content: object) -> Decoded:
    """What was parsed before, with what `decode` tells of it. A Twofold is not written, as it has no one reading."""
    try:
        return Decoded(content, orjson.dumps(content, option=SORTED_AND_PLAIN), False)
    except orjson.JSONEncodeError:
        return Decoded(content, None, is_twofold(content))


def is_twofold(value: object) -> bool:
    """Does a key stand twice anywhere in this?"""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Twofold):
            return True
        waiting += each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
    return False


def is_twofold_beside_resources(bundle: Mapping[str, object]) -> bool:
    """Does a key stand twice in a Bundle itself, so that nobody can tell which resources it holds?"""
    listed = bundle.get("entry")
    entries = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    around = [value for each in entries for key, value in each.items() if key != "resource"]
    own = [value for key, value in bundle.items() if key != "entry" or not isinstance(listed, list)]
    return any(isinstance(each, Twofold) for each in (bundle, *entries)) or is_twofold([own, around])


def encode(value: object) -> bytes:
    """As JSON, every key as often as it was written. Raises orjson.JSONEncodeError for what is nested too deeply."""
    return orjson.dumps(value, default=_as_written, option=orjson.OPT_PASSTHROUGH_SUBCLASS)


def readings(value: object, *path: str) -> Iterator[object]:
    """Every value that stands at this path of keys: one at most, unless a key on the way stands twice."""
    if not path:
        yield value
    elif isinstance(value, Mapping):
        pairs = value.pairs if isinstance(value, Twofold) else ((path[0], value.get(path[0])),)
        for key, inner in pairs:
            if key == path[0] and inner is not None:
                yield from readings(inner, *path[1:])


def _second_look(raw: bytes, found: list[Twofold]) -> object:
    """Parse it again, collecting the objects in which a key stands twice. Numbers become what they were before."""

    def made(pairs: list[tuple[str, object]]) -> dict[str, object]:
        plain = dict(pairs)
        if len(plain) == len(pairs):
            return plain
        twofold = Twofold(plain)
        twofold.pairs = tuple(pairs)
        found.append(twofold)
        return twofold

    try:
        return json.loads(raw, object_pairs_hook=made, parse_int=orjson.loads)
    except RecursionError:
        raise orjson.JSONDecodeError(TOO_DEEP, "", 0) from None


def _as_written(value: object) -> orjson.Fragment:
    if not isinstance(value, Twofold):
        raise TypeError(type(value).__name__)
    pairs = (orjson.dumps(key) + COLON + encode(inner) for key, inner in value.pairs)
    return orjson.Fragment(b"{" + b",".join(pairs) + b"}")
