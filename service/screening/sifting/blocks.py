"""NDJSON in blocks of whole lines: where each line stands, whether it begins as its file promises, and its id's number.

What one million lines need is done for a block of them at once, in numpy, as a loop of Python would cost more than
parsing.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from service.screening.lines import BOM, LONGEST_LINE, Broken, damage, open_file
from service.screening.sources import InputFile

SIZE = 1 << 19
NEWLINE, RETURN, BLANK, QUOTE, BACKSLASH, BRACE = 10, 13, 32, 34, 92, 125
WINDOW = 72  # of an id, with its closing quote; FHIR allows 64 characters
USUAL = 40  # enough for a UUID
# Odd numbers by which the eight-byte words of an id are multiplied.
FACTORS = np.random.default_rng(20261127).integers(1, 2**63, WINDOW // 8, dtype=np.uint64) * np.uint64(2) + np.uint64(1)

Positions = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]


class Share(NamedTuple):
    """The lines of a plain file that begin at `start` or later and before `end` (None: all the rest)."""

    start: int = 0
    end: int | None = None


WHOLE = Share()


class TooLong(Exception):
    """A line longer than we read at once: the file has to be read line by line."""


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines of a file. `first`: the number of its first line, from 1. `starts`, `ends`: of each line, without its
    newline."""

    content: bytes
    first: int
    starts: Positions
    ends: Positions

    def line(self, index: int) -> bytes:
        """One line, without its newline."""
        return self.content[self.starts[index] : self.ends[index]]


@dataclass(frozen=True, slots=True)
class Headed:
    """Which lines of a block begin with a prefix that ends where the id begins, and end with a brace; and the number of
    each one's id (0 elsewhere)."""

    sure: Flags
    ids: Hashes


def read_blocks(file: InputFile, share: Share = WHOLE) -> Iterator[Block | Broken]:
    """The file in blocks, or a share of it, its lines numbered from 1. What is wrong with it comes last.

    Raises TooLong.
    """
    number = 1
    try:
        with open_file(file) as stream:
            for content in _shared(stream, share):
                block = _block(content.removeprefix(BOM) if number == 1 and not share.start else content, number)
                number += len(block.starts)
                yield block
    except (EOFError, OSError, zlib.error) as error:
        yield Broken(number, damage(error))


def _shared(stream: BinaryIO, share: Share) -> Iterator[bytes]:
    """Whole lines, those alone that begin in the share: one that began before it belongs to the share before."""
    place = share.start
    if place:
        stream.seek(place - 1)
        while (rest := stream.readline(SIZE)) and not rest.endswith(b"\n"):
            pass
        place = stream.tell()
    for content in _whole_lines(stream):
        if share.end is None or place + len(content) <= share.end:
            place += len(content)
            yield content
            continue
        if place >= share.end:
            return
        cut = content.find(b"\n", share.end - 1 - place) + 1  # behind the last line that begins in time
        yield content[:cut] if cut else content
        return


def _whole_lines(stream: BinaryIO) -> Iterator[bytes]:
    rest = b""
    for content in _pieces(stream):
        content = rest + content
        cut = content.rfind(b"\n") + 1
        if cut:
            yield content[:cut]
        rest = content[cut:]
        if len(rest) > LONGEST_LINE:
            raise TooLong
    if rest:
        yield rest


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    """About SIZE bytes at a time; where reading fails, first all that came before."""
    parts: list[bytes] = []
    problem: Exception | None = None
    while problem is None:
        try:
            content = stream.read1(SIZE)  # type: ignore[attr-defined]  # as all files opened here can
        except (EOFError, OSError, zlib.error) as error:
            problem, content = error, b""
        if content:
            parts.append(content)
        if parts and (not content or sum(map(len, parts)) >= SIZE):
            yield parts[0] if len(parts) == 1 else b"".join(parts)
            parts = []
        if not content and problem is None:
            return
    raise problem


def _block(content: bytes, number: int) -> Block:
    ends = np.flatnonzero(np.frombuffer(content, np.uint8) == NEWLINE).astype(np.int64)
    if not content.endswith(b"\n"):
        ends = np.append(ends, len(content))
    starts = np.empty_like(ends)
    starts[0] = 0
    starts[1:] = ends[:-1] + 1
    return Block(content, number, starts, ends)


def headed(block: Block, prefix: bytes) -> Headed:
    """Which lines begin with `prefix` and an id in plain characters, and are closed."""
    reach = len(prefix) + WINDOW
    inner = int(np.searchsorted(block.starts, len(block.content) - reach, side="right"))
    if inner == len(block.starts):
        return _headed(block.content, block.starts, block.ends, prefix)
    first = int(block.starts[inner])  # the last lines are too near the end to be looked at without more room
    rest = block.content[first:] + bytes(reach)
    last = _headed(rest, block.starts[inner:] - first, block.ends[inner:] - first, prefix)
    if inner == 0:
        return last
    most = _headed(block.content, block.starts[:inner], block.ends[:inner], prefix)
    return Headed(np.concatenate((most.sure, last.sure)), np.concatenate((most.ids, last.ids)))


def _headed(content: bytes, starts: Positions, ends: Positions, prefix: bytes) -> Headed:
    written = np.frombuffer(content, np.uint8)
    last = written[ends - 1]
    if (last == RETURN).any():
        last = np.where(last == RETURN, written[ends - 2], last)
    begun = (_at(written, starts, len(prefix)) == np.frombuffer(prefix, np.uint8)).all(axis=1)
    whole, ids = _numbered(_at(written, starts + len(prefix), USUAL))
    if not whole.all():  # longer ids than usual, or none
        whole, ids = _numbered(_at(written, starts + len(prefix), WINDOW))
    sure = (last == BRACE) & begun & whole
    ids[~sure] = 0
    return Headed(sure, ids)


def _at(written: npt.NDArray[np.uint8], starts: Positions, length: int) -> npt.NDArray[np.uint8]:
    """The bytes from each of the starts on: one row each."""
    return np.lib.stride_tricks.sliding_window_view(written, length)[starts]


def _numbered(windows: npt.NDArray[np.uint8]) -> tuple[Flags, Hashes]:
    """Whether each window begins with an id of plain characters and a quote, and a number that tells ids apart.

    Two ids may share a number, though hardly ever: then a line is read that need not be.
    """
    length = (windows == QUOTE).argmax(axis=1)
    rows = np.arange(len(windows))
    whole = (windows[rows, 0] > BLANK) & (windows[rows, length] == QUOTE) & (length > 0)
    whole &= (windows[rows, length - 1] > BLANK) & ~(windows == BACKSLASH).any(axis=1)
    common = int(length[0]) if len(length) else 0
    if (length == common).all():
        windows[:, common:] = 0
    else:
        windows[np.arange(windows.shape[1]) >= length[:, None]] = 0
    words = windows.view(np.uint64)
    mixed = words[:, 0] * FACTORS[0]
    for index in range(1, words.shape[1]):
        mixed += words[:, index] * FACTORS[index]
    return whole, mixed ^ (mixed >> np.uint64(29))


def numbers_of(ids: Iterable[str]) -> Hashes:
    """The numbers of these ids, as `headed` gives them; of ids that it takes for plain."""
    rows = [each.encode() for each in ids]
    rows = [each + b'"' for each in rows if len(each) < WINDOW]
    windows = np.frombuffer(b"".join(each.ljust(WINDOW, b"\0") for each in rows), np.uint8).reshape(-1, WINDOW)
    return _numbered(windows.copy())[1]
