"""Cutting files into shares, and what a share holds."""

from __future__ import annotations

from collections.abc import Iterator

from service.screening.buckets.sorting import Task
from service.screening.heard import Files
from service.screening.lines import BOM, LONGEST_LINE
from service.screening.sifting.blocks import WHOLE, Share
from service.screening.sifting.sieve import ALWAYS_READ
from service.screening.sources import InputFile

SMALLEST, LARGEST = 1 << 20, 1 << 25  # bytes that one process goes through at a time
SHARES = 32  # in about so many an input is cut, so that all processes end at about the same time
PARSED = 8  # of what is parsed line by line, a share is so many times smaller
AT_ONCE = 1 << 20  # bytes that are read at once


def length_of_shares(given: Files) -> int:
    """How long a share of this input is: however many processes go through it."""
    return min(max(sum(each.size for each in given.files) // SHARES, SMALLEST), LARGEST)


def shares_of(file: InputFile, length: int, *, sifted: bool) -> Iterator[Share]:
    """How a file is cut: in each stage in which it is cut at all, in the same way."""
    parsed = not sifted and file.type_hint in ALWAYS_READ and file.lines
    if file.gzipped or file.content is not None or file.resources is not None or not (sifted or parsed):
        yield WHOLE
        return
    if parsed:
        length = max(length // PARSED, min(length, SMALLEST))
    for start in range(0, max(file.size, 1), length):
        yield Share(start, start + length if start + length < file.size else None)


def content_of(given: Files, task: Task) -> bytes | None:
    """The lines of a share that are read one by one; None: a file is read from the disk, whole or in blocks."""
    file, share = given.files[task.number], task.share
    if share == WHOLE or file.type_hint not in ALWAYS_READ:
        return None
    with file.path.open("rb") as stream:
        if share.start:
            stream.seek(share.start - 1)
            while (rest := stream.readline(AT_ONCE)) and not rest.endswith(b"\n"):
                pass
        content = stream.read(-1 if share.end is None else max(share.end - stream.tell(), 0))
        if share.end is not None and content and not content.endswith(b"\n"):
            content += stream.readline(LONGEST_LINE + 1)
            if not content.endswith(b"\n"):
                content += b"\n"  # of a line that is too long, the beginning is enough to say so
    return content if share.start else content.removeprefix(BOM)
