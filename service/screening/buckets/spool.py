"""Buckets on disk: files to which several processes append, each its own, and which are read when all is written."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

LENGTH = 4
TAKEN = "taken-"
MOST_OPEN = 200  # files of one process, where it may keep them open
BUFFERED = 1 << 23  # bytes in memory, of all buckets together


class Spool:
    """Appends to the buckets of a directory. `most`: so many of its files stay open, until it is closed; to open one
    takes longer than to write a little to it."""

    def __init__(self, directory: Path, most: int = 0) -> None:
        self._directory, self._most = directory, most
        self._open: dict[str, BinaryIO] = {}
        self._writer = f"{os.getpid()}x{token_hex(4)}"  # nobody else's, also when the process is long gone
        self.lengths: dict[str, int] = {}  # of the files written
        self._waiting: dict[str, list[bytes]] = defaultdict(list)
        self._size = 0

    def put(self, bucket: str, content: bytes) -> None:
        """One more parcel."""
        self._waiting[bucket] += (len(content).to_bytes(LENGTH, "big"), content)
        self._size += len(content)
        if self._size > BUFFERED:
            self.flush()

    def flush(self) -> None:
        """Write what waits in memory."""
        for bucket, parts in self._waiting.items():
            self.append(bucket, b"".join(parts))
        self._waiting.clear()
        self._size = 0

    def append(self, name: str, content: bytes) -> None:
        """To a file of that name, which this one alone writes to."""
        own = f"{name}.{self._writer}"
        file = self._open.get(own)
        if file is None:
            file = self._open[own] = (self._directory / own).open("ab")
        file.write(content)
        file.flush()
        if len(self._open) > self._most:
            self.close()
        self.lengths[own] = self.lengths.get(own, 0) + len(content)

    def close(self) -> None:
        """Close its files; what is put afterwards is appended to them."""
        for file in self._open.values():
            file.close()
        self._open.clear()


def files(directory: Path, buckets: Iterable[str]) -> list[Path]:
    """Those of these buckets, by whichever process they were written."""
    wanted = frozenset(buckets)
    return sorted(path for path in directory.iterdir() if path.name.partition(".")[0] in wanted)


def sizes_of(directory: Path) -> Counter[str]:
    """How many bytes were put into each bucket."""
    found: Counter[str] = Counter()
    for path in directory.iterdir():
        found[path.name.partition(".")[0]] += path.stat().st_size
    return found


def parcels(directory: Path, buckets: Iterable[str]) -> Iterator[bytes]:
    """All that was put into these buckets, by whichever process."""
    for path in files(directory, buckets):
        yield from frames(path)


def take_out(directory: Path, buckets: Iterable[str]) -> Iterator[bytes]:
    """All that was put into these buckets, which are empty then: it may be put elsewhere, or back."""
    found = files(directory, buckets)
    for path in found:
        path.rename(path.with_name(f"{TAKEN}{path.name}"))
    for path in (path.with_name(f"{TAKEN}{path.name}") for path in found):
        yield from frames(path)
        path.unlink()


def frames(path: Path) -> Iterator[bytes]:
    """What was written to a file, piece by piece."""
    with path.open("rb") as file:
        while length := file.read(LENGTH):
            yield file.read(int.from_bytes(length, "big"))
