"""Lines and documents of an input file, each with where it stands, and the ways a file can be broken."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

import orjson

from service.screening.sources import InputFile

LONGEST_LINE = 64 * 1024 * 1024
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Line:
    """One resource as it was read: its parsed object, or, if `problem` says why not, only its first bytes."""

    file: InputFile
    number: int
    raw: bytes
    resource: dict[str, object] | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """A file that ends early or cannot be decompressed: whatever came before it counts, its type is incomplete."""

    file: InputFile
    number: int
    problem: str


def read_lines(file: InputFile) -> Iterator[Line | Broken]:
    """Every non-blank line of an NDJSON file; memory is bounded by one line, and a line by LONGEST_LINE.

    Tolerates a byte order mark, CRLF, blank lines. A last line without a newline counts if it is a whole object.
    """
    number = 0
    try:
        with _open(file) as stream:
            for number, raw in enumerate(_bounded(stream), 1):
                line = raw.removeprefix(BOM) if number == 1 else raw
                if line.strip():
                    yield parse_line(file, number, line)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        yield Broken(file, number + 1, "the gzip data ends early or is damaged")
    except OSError as error:
        yield Broken(file, number + 1, f"the file cannot be read ({error.strerror or 'input error'})")


def parse_line(file: InputFile, number: int, raw: bytes) -> Line:
    """Parse one line; anything but a JSON object is a problem, said without quoting it."""
    if len(raw) > LONGEST_LINE:
        return Line(file, number, raw[:4096], problem=f"the line is longer than {LONGEST_LINE // 2**20} MiB")
    try:
        content = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return Line(file, number, raw, problem=f"not JSON at column {error.colno}")
    if not isinstance(content, dict):
        return Line(file, number, raw, problem=f"a resource is a JSON object, this is {_json_type(content)}")
    return Line(file, number, raw, content)


def read_document(file: InputFile) -> Line | Broken:
    """A whole .json file: one resource or one Bundle."""
    try:
        with _open(file) as stream:
            raw = stream.read()
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return Broken(file, 1, "the gzip data ends early or is damaged")
    if not raw.strip():
        return Broken(file, 1, "the file is empty")
    try:
        content = orjson.loads(raw.removeprefix(BOM))
    except orjson.JSONDecodeError as error:
        return Broken(file, error.lineno, f"not JSON at line {error.lineno}, column {error.colno}")
    if not isinstance(content, dict):
        return Broken(file, 1, f"a resource or Bundle is a JSON object, this is {_json_type(content)}")
    return Line(file, 1, b"", content)


def _open(file: InputFile) -> BinaryIO:
    return cast(BinaryIO, gzip.open(file.path, "rb")) if file.gzipped else file.path.open("rb")


def _bounded(stream: BinaryIO) -> Iterator[bytes]:
    """Lines of the stream, cut just above LONGEST_LINE; the rest of a longer line is passed over."""
    while raw := stream.readline(LONGEST_LINE + 1):
        if len(raw) > LONGEST_LINE and not raw.endswith(b"\n"):
            while (rest := stream.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
        yield raw


def _json_type(content: object) -> str:
    names = {list: "an array", str: "a string", bool: "a boolean", int: "a number", float: "a number"}
    return names.get(type(content), "null")
