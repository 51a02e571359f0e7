"""Blocks of lines: whatever their sizes, together they are the lines of the file, each once and whole."""

import gzip
import re
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from service.screening.lines import Broken
from service.screening.sifting import blocks
from service.screening.sifting.blocks import TooLong, headed, numbers_of, read_blocks
from service.screening.sources import InputFile

BOM = b"\xef\xbb\xbf"
PREFIX = b'{"id":"'
ids = st.text("abcdef0123456789-", min_size=1, max_size=70)
written = st.one_of(
    st.binary(max_size=200).map(lambda each: each.replace(b"\n", b"")),
    st.builds(lambda each: PREFIX + each.encode() + b'"}', ids),
    st.builds(lambda each: PREFIX + each.encode() + b'","x":1}\r', ids),
)


def read(content: bytes) -> tuple[list[tuple[int, bytes]], list[str], list[bool]]:
    """The lines with their numbers, what was wrong, and which lines begin as they should."""
    file = InputFile(Path("x.ndjson"), True, "Observation", content=content)
    found, problems, sure = list[tuple[int, bytes]](), list[str](), list[bool]()
    for block in read_blocks(file):
        if isinstance(block, Broken):
            problems.append(block.problem)
            continue
        before = bytes(block.room)
        flags = headed(block, PREFIX)
        with block.without(flags.sure, [1]):
            assert not flags.sure.any() or bytes(block.room) != before
        assert bytes(block.room) == before
        found += block.lines(np.arange(len(block.starts)))
        sure += flags.sure.tolist()
    return found, problems, sure


@settings(max_examples=150)
@given(st.lists(written, max_size=30), st.booleans(), st.booleans(), st.integers(20, 400))
def test_blocks_are_the_lines_of_the_file(lines: list[bytes], marked: bool, ended: bool, size: int) -> None:
    content = b"\n".join(lines) + (b"\n" if ended and lines else b"")
    expected = (content[:-1] if content.endswith(b"\n") else content).split(b"\n") if content or marked else []
    with patch.object(blocks, "SIZE", size):
        found, problems, sure = read((BOM if marked else b"") + content)
    assert [line for _, line in found] == expected
    assert [number for number, _ in found] == list(range(1, len(expected) + 1))
    assert problems == []
    plain = re.compile(re.escape(PREFIX) + rb'[^\x00-\x20"\\][^"\\]*".*\}\r?', re.DOTALL)
    assert all(plain.fullmatch(line) for line, each in zip(expected, sure, strict=True) if each)
    if b"\\" not in content:  # one that follows closely makes a line unsure, which is read, then
        assert all(sure[n] for n, line in enumerate(expected) if re.fullmatch(rb'\{"id":"[a-f0-9-]+"\}', line))


@given(st.lists(ids, max_size=20))
def test_ids_have_the_same_numbers_in_lines_as_alone(known: list[str]) -> None:
    content = b"".join(PREFIX + each.encode() + b'"}\n' for each in known)
    file = InputFile(Path("x.ndjson"), True, "Observation", content=content)
    for block in read_blocks(file):
        assert not isinstance(block, Broken)
        assert np.array_equal(headed(block, PREFIX).ids, numbers_of(known))


def test_a_line_that_is_too_long_is_not_held() -> None:
    with patch.object(blocks, "SIZE", 64), patch.object(blocks, "LONGEST_LINE", 5_000):
        assert len(read(b"a" * 4_000 + b"\n")[0]) == 1
        with pytest.raises(TooLong):
            read(b"a" * 50_000)


def test_what_was_read_before_a_file_breaks_off_counts(tmp_path: Path) -> None:
    lines = [str(each**9).encode() for each in range(20_000)]
    (tmp_path / "x.ndjson.gz").write_bytes(gzip.compress(b"\n".join(lines))[:-4000])
    file = InputFile(tmp_path / "x.ndjson.gz", True, "Observation")
    found = []
    with patch.object(blocks, "SIZE", 4_096):
        for block in read_blocks(file):
            if isinstance(block, Broken):
                found.append("broken")
            else:
                found += [line for _, line in block.lines(np.arange(len(block.starts)))]
    assert found.pop() == "broken"
    assert found == lines[: len(found)]
    assert len(found) > 10_000
