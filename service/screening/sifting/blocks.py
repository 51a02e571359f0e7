"""NDJSON in blocks of whole lines: where each line stands, whether it begins as its file promises, and its id's number.

What one million lines need is done for a block of them at once, in numpy, as a loop of Python would cost more than
parsing.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from service.screening.lines import BOM, LONGEST_LINE, Broken, damage, open_file
from service.screening.sources import InputFile

SIZE = 1 << 20
CAPITAL = np.uint8(32)  # the bit by which small letters and capitals differ
NEWLINE, RETURN, BLANK, QUOTE, LETTER, BACKSLASH, BRACE = 10, 13, 32, 34, 65, 92, 125
PLAIN = np.uint8(94)  # characters of ASCII that stand next to one another; outside of it there are more blanks
WINDOW = 72  # of an id, with its closing quote; FHIR allows 64 characters
USUAL = 40  # enough for a UUID
MARGIN = 1024  # so that what is looked at from the last line's start on is there, too
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
    """Whole lines of a file, there until the next block is asked for. `first`: the number of its first line, from 1.
    `starts`, `ends`: of each line in `room`, without its newline; behind the last one there is room for a WINDOW more.
    `place`: where the room begins in the file, if one can go back there.
    """

    room: bytearray
    size: int
    first: int
    starts: Positions
    ends: Positions
    place: int | None = None

    def lines(self, chosen: Positions) -> Iterator[tuple[int, bytes]]:
        """Some lines, each with its number in the file, and without its newline."""
        view = memoryview(self.room)
        numbers = (chosen + self.first).tolist()
        for number, start, end in zip(numbers, self.starts[chosen].tolist(), self.ends[chosen].tolist(), strict=True):
            yield number, bytes(view[start:end])

    def some(self, chosen: Positions) -> Block:
        """Some lines in a block of their own, whose numbers and places are lost."""
        return block_of(b"".join(line + b"\n" for _, line in self.lines(chosen)))

    @property
    def content(self) -> memoryview:
        """All lines."""
        return memoryview(self.room)[: self.size]

    @contextmanager
    def without(self, lines: Flags, keys: Iterable[int]) -> Iterator[None]:
        """For a while, the keys that begin so many bytes into these lines have another name."""
        written = np.frombuffer(self.room, np.uint8)
        starts = self.starts[lines]
        letters = np.concatenate([starts + (key + 1) for key in keys])
        written[letters] ^= CAPITAL
        try:
            yield
        finally:
            written[letters] ^= CAPITAL


def block_of(lines: bytes) -> Block:
    """Whole lines that are at hand, each with its newline, in a block of their own."""
    room = bytearray(lines + bytes(MARGIN))
    return Block(room, len(lines), 1, *_bounds(room, len(lines), 0))


@dataclass(frozen=True, slots=True)
class Headed:
    """Which lines of a block begin with a prefix that ends where the id begins, and end with a brace; and the number of
    each one's id (0 elsewhere)."""

    sure: Flags
    ids: Hashes


def read_blocks(file: InputFile, share: Share = WHOLE) -> Iterator[Block | Broken]:
    """The file in blocks, or a share of it, its lines numbered from 1. What is wrong with it comes last. Of a file that
    is but a part in memory, that part is the share.

    Raises TooLong.
    """
    number = 1
    try:
        with open_file(file) as stream:
            for place, room, size in _shared(stream, WHOLE if file.part else share):
                marked = number == 1 and not share.start and not file.part and room.startswith(BOM)
                starts, ends = _bounds(room, size, len(BOM) if marked else 0)
                block = Block(room, size, number, starts, ends, None if file.gzipped else place)
                number += len(block.starts)
                yield block
    except (EOFError, OSError, zlib.error) as error:
        yield Broken(number, damage(error))


def _shared(stream: BinaryIO, share: Share) -> Iterator[tuple[int, bytearray, int]]:
    """Whole lines and where they stand, those alone that begin in the share: one that began before it belongs to the
    share before."""
    place = share.start
    if place:
        stream.seek(place - 1)
        while (rest := stream.readline(SIZE)) and not rest.endswith(b"\n"):
            pass
        place = stream.tell()
    for room, size in _whole_lines(stream):
        if share.end is None or place + size <= share.end:
            yield place, room, size
            place += size
            continue
        if place >= share.end:
            return
        cut = room.find(b"\n", share.end - 1 - place, size) + 1  # behind the last line that begins in time
        yield place, room, cut or size
        return


def _whole_lines(stream: BinaryIO) -> Iterator[tuple[bytearray, int]]:
    """The same room again and again, filled with whole lines up to a size. Where reading fails, first all that came
    before."""
    room = bytearray(SIZE + MARGIN)
    begun = 0  # bytes of a line of which the end is still to come
    while True:
        filled, problem = _fill(stream, room, begun)
        over = problem is not None or filled < len(room) - MARGIN
        cut = room.rfind(b"\n", 0, filled) + 1
        size = filled if over and problem is None else cut
        if over:
            room[filled:] = bytes(len(room) - filled)
        if size:
            yield room, size
        if problem is not None:
            raise problem
        if over:
            return
        begun = filled - cut
        if begun > LONGEST_LINE:
            raise TooLong
        larger = bytearray(2 * len(room)) if 2 * begun > len(room) - MARGIN else room
        larger[:begun] = room[cut:filled]
        room = larger


def _fill(stream: BinaryIO, room: bytearray, begun: int) -> tuple[int, Exception | None]:
    """Read behind what was begun as much as there is, and room for; up to where there is something now."""
    view, end = memoryview(room), len(room) - MARGIN
    try:
        while begun < end and (count := stream.readinto1(view[begun:end])):  # type: ignore[attr-defined]
            begun += count
    except (EOFError, OSError, zlib.error) as error:
        return begun, error
    return begun, None


def _bounds(room: bytearray, size: int, first: int) -> tuple[Positions, Positions]:
    """Where the lines begin and end."""
    ends = _newlines(room, size)
    if room[size - 1] != NEWLINE:
        ends = np.append(ends, size)
    starts = np.empty_like(ends)
    starts[0] = first
    starts[1:] = ends[:-1] + 1
    return starts, ends


def _newlines(room: bytearray, size: int) -> Positions:
    """Where they stand: looked for in eight bytes at a time, as most hold none."""
    found = np.frombuffer(room, np.uint8, -(-size // 8) * 8) == NEWLINE
    found[size:] = False
    eights = np.flatnonzero(found.view(np.uint64) != 0)
    rows, columns = found.reshape(-1, 8)[eights].nonzero()
    ends: Positions = eights[rows] * 8 + columns
    return ends


def headed(block: Block, prefix: bytes) -> Headed:
    """Which lines begin with `prefix` and an id in plain characters, and are closed."""
    written, starts, ends = np.frombuffer(block.room, np.uint8), block.starts, block.ends
    last = written[ends - 1]
    if (last == RETURN).any():
        last = np.where(last == RETURN, written[ends - 2], last)
    begun = _begun(block.room, starts, prefix)
    whole, ids = _numbered(_bytes_at(block.room, starts + len(prefix), USUAL))
    if not whole.all():  # longer ids than usual, or none
        whole, ids = _numbered(_bytes_at(block.room, starts + len(prefix), WINDOW))
    sure = (last == BRACE) & begun & whole
    ids[~sure] = 0
    return Headed(sure, ids)


def _begun(room: bytearray, starts: Positions, prefix: bytes) -> Flags:
    """What begins so; all of it, mostly, which is told by comparing it at once."""
    found = _at(room, starts, f"V{len(prefix)}")
    if found.tobytes() == prefix * len(starts):
        return np.ones(len(starts), np.bool_)
    begun: Flags = found.view(f"S{len(prefix)}") == prefix
    return begun


def _at(room: bytearray, starts: Positions, kind: str) -> npt.NDArray[Any]:
    """What stands from each of the starts on, of a kind of numpy."""
    count = len(room) - np.dtype(kind).itemsize + 1
    return np.ndarray((count,), kind, room, 0, (1,))[starts]


def _bytes_at(room: bytearray, starts: Positions, length: int) -> npt.NDArray[np.uint8]:
    """The bytes from each of the starts on: one row each."""
    return _at(room, starts, f"V{length}").view(np.uint8).reshape(-1, length)


def _numbered(windows: npt.NDArray[np.uint8]) -> tuple[Flags, Hashes]:
    """Whether each window begins with an id of plain characters and a quote, and a number that tells ids apart.

    Two ids may share a number, though hardly ever: then a line is read that need not be.
    """
    common = bytes(windows[0]).find(b'"') if len(windows) else 0
    if common > 0 and (windows[:, common] == QUOTE).all() and not _odd_before(windows, common):
        whole = np.ones(len(windows), np.bool_)  # as one program writes them: all of one length
        windows[:, common:] = 0
    else:
        length = (windows == QUOTE).argmax(axis=1)
        rows = np.arange(len(windows))
        whole = _plain(windows[rows, 0]) & (windows[rows, length] == QUOTE) & (length > 0)
        whole &= _plain(windows[rows, length - 1])
        windows[np.arange(windows.shape[1]) >= length[:, None]] = 0  # what follows upon an id says nothing about it
        whole &= ~(windows == BACKSLASH).any(axis=1)
    words = windows.view(np.uint64)
    mixed = words @ FACTORS[: words.shape[1]]
    return whole, mixed ^ (mixed >> np.uint64(29))


def _odd_before(windows: npt.NDArray[np.uint8], end: int) -> bool:
    """Do the first bytes hold any that ids do not (blanks, quotes, backslashes)? All are looked at: that is faster."""
    begun = windows.copy()
    begun[:, end:] = LETTER
    return bool(not _plain(begun).all() or (begun == QUOTE).any() or (begun == BACKSLASH).any())


def _plain(letters: npt.NDArray[np.uint8]) -> Flags:
    """Which of them are letters, digits and signs of ASCII: neither blanks, nor a part of what may be one."""
    plain: Flags = letters - np.uint8(BLANK + 1) < PLAIN
    return plain


def numbers_of(ids: Iterable[str]) -> Hashes:
    """The numbers of these ids, as `headed` gives them; of ids that it takes for plain."""
    rows = [each.encode() for each in ids]
    rows = [each + b'"' for each in rows if len(each) < WINDOW]
    windows = np.frombuffer(b"".join(each.ljust(WINDOW, b"\0") for each in rows), np.uint8).reshape(-1, WINDOW)
    return _numbered(windows.copy())[1]
