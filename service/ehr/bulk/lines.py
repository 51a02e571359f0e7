"""The lines of a file of an export, packed or not, and of which type the resource in a line is."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from io import SEEK_END, BufferedIOBase
from pathlib import Path

import orjson

GZIP = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"
PIECE = 1 << 16
TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}$")
KEY = b'"resourceType"'
STATED = re.compile(rb'"resourceType"\s*:\s*"([A-Z][A-Za-z]{1,63})"')


def is_packed(path: Path) -> bool:
    """Is the file itself gzip, whatever its name?"""
    with path.open("rb") as file:
        return file.read(2) == GZIP


def lines_of(path: Path) -> Iterator[bytes]:
    """The lines that are not blank, without their ends and marks. Raises OSError, EOFError, zlib.error."""
    with opened(path) as file:
        for number, line in enumerate(file):
            text = (line.removeprefix(BOM) if number == 0 else line).strip()
            if text:
                yield text


def opened(path: Path) -> BufferedIOBase:
    """The file, unpacked."""
    return gzip.open(path) if is_packed(path) else path.open("rb")


def ends_whole(line: bytes) -> bool:
    """Is a last line all that was written? With its end it is; without, if it is a whole JSON object."""
    if line.endswith((b"\n", b"\r")) or not line.strip():
        return True
    try:
        return isinstance(orjson.loads(line.strip().removeprefix(BOM)), dict)
    except orjson.JSONDecodeError:
        return False


def is_torn(path: Path) -> bool:
    """Does a file that is not packed end within a line?"""
    with path.open("rb") as file:
        start = end = file.seek(0, SEEK_END)
        found = -1
        while start and found < 0:
            start, before = max(start - PIECE, 0), start
            file.seek(start)
            found = file.read(before - start).rfind(b"\n")
        file.seek(start + found + 1)
        return end > 0 and not ends_whole(file.read())


def kind_of(line: bytes) -> str | None:
    """The type of the resource in a line; None where the line does not tell: it is broken, or no resource.

    Where the key stands once, it is the resource's own or the line has none of its own; only otherwise is it parsed.
    """
    if line.count(KEY) == 1 and (found := STATED.search(line)) is not None:
        return found[1].decode()
    try:
        content = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    kind = content.get("resourceType") if isinstance(content, dict) else None
    return kind if isinstance(kind, str) and TYPE.match(kind) else None
