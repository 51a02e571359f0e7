"""Fetching one file of an export: streamed to the disk, gone on with where it broke off, counted. STANDARDS 3D.

What tells the file from another one (its ETag) lies beside the part that came, so that a later run goes on with it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import orjson

from service.ehr.addresses import is_protected, same_origin
from service.ehr.bulk.lines import BOM, ends_whole, is_packed, is_torn, opened
from service.ehr.bulk.manifest import Listed
from service.ehr.exchange import Ask, Exchange
from service.errors import EhrRefused, NotPermitted, UnusableAnswer

ACCEPT = "application/fhir+ndjson, application/ndjson;q=0.9, application/octet-stream;q=0.5"
PARTIAL, BAD_REQUEST = 206, 400
PIECE = 1 << 20
TORN = "a file of the export: its last line is cut off"


class Misfit(UnusableAnswer):
    """What came is not the file that was promised: nobody goes on with it."""


@dataclass
class Fetched:
    """A file as it grows. `lines`: those that are not blank; `size`: bytes. `of`: what tells it from others."""

    path: Path
    file: BinaryIO
    progress: Callable[[int], None]
    of: str
    size: int = 0
    lines: int = 0
    validator: str | None = None
    blank: bool = True  # is the line that has begun blank so far?

    @property
    def note(self) -> Path:
        """Where the validator is written down."""
        return self.path.with_name(f"{self.path.name}.tag")

    def go_on(self) -> None:
        """Take up what an earlier run left, if it can be told that it is of the same file.

        But for its last byte: a server is never asked for what comes after the end of a file.
        """
        try:
            noted = orjson.loads(self.note.read_bytes())
        except (FileNotFoundError, orjson.JSONDecodeError):
            noted = {}
        if noted.get("of") == self.of:
            self.file.truncate(max(self.path.stat().st_size - 1, 0))
            while piece := self.file.read(PIECE):
                self._count(piece)
            self.validator = noted["validator"]

    def headers(self) -> Mapping[str, str]:
        """From the start: packed; from where it broke off: only if it is the same file still, and as it lies there."""
        if self.size and self.validator is not None:
            where = {"Range": f"bytes={self.size}-", "If-Range": self.validator}
            return {"Accept": ACCEPT, "Accept-Encoding": "identity", **where}
        return {"Accept": ACCEPT, "Accept-Encoding": "gzip"}

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """The rest of it, or all of it anew."""
        if status == PARTIAL and not headers.get("content-range", "").startswith(f"bytes {self.size}-"):
            raise UnusableAnswer("a file of the export: the server sent another part than the one asked for")
        if status != PARTIAL:
            self.file.seek(0)
            self.file.truncate()
            self.size, self.lines, self.blank = 0, 0, True
        packed = headers.get("content-encoding", "identity").lower() not in ("", "identity")
        tag = headers.get("etag", "")
        self.validator = tag if tag and not tag.startswith("W/") and not packed else None
        self.note.write_bytes(orjson.dumps({"of": self.of if self.validator else None, "validator": self.validator}))

    def again(self) -> None:
        """What came is not to be gone on with: it is asked for from the start."""
        self.size, self.validator = 0, None

    def take(self, piece: bytes) -> None:
        """Write it, and count."""
        self.file.write(piece)
        self._count(piece)
        self.progress(len(piece))

    def _count(self, piece: bytes) -> None:
        text = piece.removeprefix(BOM) if self.size == 0 else piece
        self.size += len(piece)
        first, *others = text.split(b"\n")
        self.blank = self.blank and not first.strip()
        for each in others:
            self.lines += not self.blank
            self.blank = not each.strip()

    @property
    def counted(self) -> int:
        """The lines; the last one may lack its end."""
        return self.lines + (not self.blank)


def fetch(
    exchange: Exchange, listed: Listed, into: Path, progress: Callable[[int], None], *, needs_token: bool
) -> tuple[str, int]:
    """Fetch a file; returns its name and how many lines it has. What has that name is whole. Raises EhrError.

    `needs_token`: of the manifest. A host that is not the server's gets the token only if the manifest says so, and
    where it then refuses, it is asked once more without.
    """
    if not is_protected(listed.url):
        raise UnusableAnswer("a file of the export: its address is not protected, so nothing is asked there")
    partial = into.with_name(f"{into.name}.part")
    partial.touch()
    try:
        with partial.open("r+b") as file:
            fetched = Fetched(partial, file, progress, listed.mark or listed.url)
            fetched.go_on()
            lines, name = _whole(exchange, listed, fetched, into.name, needs_token=needs_token)
        if listed.count is not None and listed.count != lines:
            raise Misfit(f"a file of the export: the manifest promises {listed.count} lines, and {lines} came")
    except Misfit:
        partial.unlink()
        fetched.note.unlink(missing_ok=True)
        raise
    partial.replace(into.with_name(name))  # before the note goes: without it the next run could not go on from here
    fetched.note.unlink(missing_ok=True)
    return name, lines


def _whole(exchange: Exchange, listed: Listed, fetched: Fetched, name: str, *, needs_token: bool) -> tuple[int, str]:
    """How many lines came, and under which name they are kept. What is cut off is asked for once more, from the start:
    where the server named no length, nothing else tells it. Raises EhrError."""
    for last in (False, True):
        _by_right(exchange, listed, fetched, needs_token=needs_token)
        fetched.file.flush()
        try:
            if is_packed(fetched.path):
                return _unpacked_lines(fetched.path), f"{name}.gz"
            if is_torn(fetched.path):
                raise Misfit(TORN)
        except Misfit:
            if last:
                raise
            fetched.again()
        else:
            return fetched.counted, name
    raise AssertionError("the last time returns or raises")


def _by_right(exchange: Exchange, listed: Listed, fetched: Fetched, *, needs_token: bool) -> None:
    """With the token or without, as the manifest says; with it refused elsewhere, once more without."""
    try:
        _ask(exchange, listed, fetched, bearer=needs_token)
    except EhrRefused as problem:
        foreign = not same_origin(listed.url, exchange.base)
        signed = isinstance(problem, NotPermitted) or problem.status == BAD_REQUEST
        if not (needs_token and foreign and signed):
            raise
        _ask(exchange, listed, fetched, bearer=False)


def _unpacked_lines(path: Path) -> int:
    """The lines of a gzip file that are not blank. Raises Misfit for one that is cut off."""
    lines = 0
    try:
        with opened(path) as file:
            for line in file:
                lines += bool(line.strip().removeprefix(BOM))
                last = line
    except (EOFError, OSError, zlib.error) as error:
        raise Misfit("a file of the export: it is no whole gzip file") from error
    if lines and not ends_whole(last):
        raise Misfit(TORN)
    return lines


def _ask(exchange: Exchange, listed: Listed, fetched: Fetched, *, bearer: bool) -> None:
    answer = exchange.send(Ask("GET", listed.url, elsewhere=True, bearer=bearer, into=fetched))
    if answer.status not in (200, PARTIAL):
        raise UnusableAnswer(f"a file of the export: HTTP {answer.status} is no file")
