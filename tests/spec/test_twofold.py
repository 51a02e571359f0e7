"""A key that stands twice in one JSON object is found wherever it is, and nothing else is taken for one."""

import json

import orjson
import pytest
from hypothesis import given, strategies as st

from service.twofold import Twofold, decode, encode, is_twofold, is_twofold_beside_resources, readings

TWOFOLD = {
    "two values": b'{"a":1,"a":2}',
    "the same value twice": b'{"a":1,"a":1}',
    "three times": b'{"a":1,"a":2,"a":3}',
    "far apart": b'{"a":1,"b":{"c":[1,2,3]},"a":2}',
    "deep inside": b'{"a":[{"b":{"c":[[{"d":1,"d":2}]]}}]}',
    "inside the value that parsers drop": b'{"a":{"b":1,"b":2},"a":3}',
    "spelt with an escape": b'{"status":1,"st\\u0061tus":2}',
    "both spelt with escapes": b'{"\\u0061":1,"\\u0061":2}',
    "an escaped colon makes up for the one that is lost": b'{"a":"x","a":"\\u003a"}',
    "the same with a capital letter": b'{"a":"x","a":"\\u003A"}',
    "a number that grows when it is written again": b'{"a":1e5,"a":1e15}',
    "an empty key": b'{"":1,"":2}',
    "a key with a colon": b'{"a:b":1,"a:b":2}',
    "null the second time": b'{"a":1,"a":null}',
    "blanks and line ends": b'{ "a" : 1 ,\n "a" : 2 }',
    "beyond what can be written again": b"[" * 600 + b'{"a":1,"a":2}' + b"]" * 600,
}
PLAIN = {
    "nothing": b"{}",
    "the same key in other objects": b'{"a":{"a":1},"b":[{"a":1},{"a":2}]}',
    "keys that differ by case": b'{"a":1,"A":2}',
    "keys that differ by how the letter is composed": '{"\u00e9":1,"e\u0301":2}'.encode(),
    "colons in texts": b'{"a":"b:c","d":"{\\"a\\":1,\\"a\\":2}"}',
    "an escaped colon": b'{"a":"\\u003a","b":"\\u003A"}',
    "an escape that only looks like a colon": b'{"a":"\\\\u003a"}',
    "other escapes": b'{"a":"\\u00e9\\n\\/","\\u0061b":1}',
    "a long number": b'{"a":123456789012345678901234567890,"b":"\\u003a"}',
}


@pytest.mark.parametrize("raw", TWOFOLD.values(), ids=TWOFOLD)
def test_a_key_that_stands_twice_is_found(raw: bytes) -> None:
    found = decode(raw)
    assert found.twofold and is_twofold(found.content)


@pytest.mark.parametrize("raw", PLAIN.values(), ids=PLAIN)
def test_nothing_else_is_taken_for_one(raw: bytes) -> None:
    found = decode(raw)
    assert (found.twofold, is_twofold(found.content)) == (False, False)
    assert found.content == orjson.loads(raw)


@pytest.mark.parametrize("raw", [b"", b"{", b"[1,]", b'{"a":NaN}', b"\xff", b'{"a":1,"a":}', b"[" * 2000])
def test_what_is_no_json_stays_none(raw: bytes) -> None:
    with pytest.raises(orjson.JSONDecodeError):
        decode(raw)


def test_what_is_nested_so_deeply_that_nobody_can_look_again_is_refused() -> None:
    with pytest.raises(orjson.JSONDecodeError, match="nested too deeply"):
        decode(b"[" * 1000 + b'{"a":1,"a":2}' + b"]" * 1000)


def test_the_bytes_with_sorted_keys_are_those_of_the_content() -> None:
    assert decode(b'{"b":1,\n"a":[2]}').written == b'{"a":[2],"b":1}'


@pytest.mark.parametrize("raw", TWOFOLD.values(), ids=TWOFOLD)
def test_what_is_written_again_says_as_much(raw: bytes) -> None:
    content = decode(raw).content
    if decode(raw).written is not None:
        assert decode(encode(content)).content == content
        assert decode(encode(content)).twofold


READINGS: dict[str, tuple[bytes, tuple[str, ...], list[object]]] = {
    "one": (b'{"a":{"b":1}}', ("a", "b"), [1]),
    "none": (b'{"a":{"b":1}}', ("a", "c"), []),
    "null is none": (b'{"a":null}', ("a",), []),
    "not an object": (b'{"a":[1]}', ("a", "b"), []),
    "two": (b'{"a":1,"a":2}', ("a",), [1, 2]),
    "the other key is no reading": (b'{"a":1,"a":2,"b":3}', ("b",), [3]),
    "two of two": (b'{"a":{"b":1,"b":2},"a":{"b":3}}', ("a", "b"), [1, 2, 3]),
}


@pytest.mark.parametrize(("raw", "path", "expected"), READINGS.values(), ids=READINGS)
def test_every_reading_counts(raw: bytes, path: tuple[str, ...], expected: list[object]) -> None:
    assert list(readings(decode(raw).content, *path)) == expected


BESIDE = {
    b'{"type":"searchset","type":"searchset","entry":[]}': True,
    b'{"entry":[],"entry":[]}': True,
    b'{"link":[{"relation":"next","url":"a","url":"b"}]}': True,
    b'{"entry":[{"resource":{},"resource":{}}]}': True,
    b'{"entry":[{"search":{"mode":"match","mode":"outcome"},"resource":{}}]}': True,
    b'{"entry":{"a":1,"a":2}}': True,
    b'{"entry":[{"resource":{"id":"1","id":"2"}}]}': False,
    b'{"entry":[1,{"resource":{"a":{"b":1,"b":2}}}]}': False,
}


@pytest.mark.parametrize(("raw", "expected"), BESIDE.items())
def test_a_bundle_is_unclear_where_it_says_itself_something_twice(raw: bytes, expected: bool) -> None:
    content = decode(raw).content
    assert isinstance(content, dict)
    assert is_twofold_beside_resources(content) is expected


KEYS = st.sampled_from(["a", "b", "status", "é", "a:b", '"', "\\", ":", "\\u003a", ""])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | KEYS,
    lambda inner: st.lists(inner, max_size=3) | st.lists(st.tuples(KEYS, inner), max_size=4).map(tuple),
    max_leaves=12,
)


def _json(draw: st.DrawFn, value: object) -> str:
    """A tuple is an object, its keys as often as they stand in it; texts are written in several ways."""
    if isinstance(value, tuple):
        return "{" + ",".join(f"{_json(draw, key)}:{_json(draw, inner)}" for key, inner in value) + "}"
    if isinstance(value, list):
        return "[" + " , ".join(_json(draw, each) for each in value) + "]"
    if isinstance(value, str) and draw(st.booleans()):
        return '"' + "".join(f"\\u{ord(each):04{draw(st.sampled_from('xX'))}}" for each in value) + '"'
    return json.dumps(value, ensure_ascii=draw(st.booleans()))


def _repeats(value: object) -> bool:
    inner = [each for _, each in value] if isinstance(value, tuple) else value if isinstance(value, list) else []
    own = isinstance(value, tuple) and len({key for key, _ in value}) < len(value)
    return own or any(_repeats(each) for each in inner)


@given(st.data(), VALUES)
def test_it_is_found_in_any_json_and_only_there(data: st.DataObject, value: object) -> None:
    raw = data.draw(st.composite(lambda draw: _json(draw, value))()).encode()
    found = decode(raw)
    assert found.twofold is _repeats(value)
    assert found.content == orjson.loads(raw)
    assert decode(encode(found.content)).twofold is found.twofold


def test_a_twofold_shows_as_a_dict_what_parsers_show() -> None:
    content = decode(b'{"a":1,"a":2}').content
    assert isinstance(content, Twofold)
    assert (content, content.pairs) == ({"a": 2}, (("a", 1), ("a", 2)))
