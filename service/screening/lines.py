"""Lines and documents of an input file, each with where it stands, and the ways a file can be broken."""

import gzip
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO, NamedTuple, cast

import orjson

from service.screening.met import NO_ALIASES, Found, Place
from service.screening.salvage import SHOWN
from service.screening.sources import InputFile
from service.twofold import TWICE, decode

LONGEST_LINE = 64 * 1024 * 1024
LARGEST_DOCUMENT = 1024 * 1024 * 1024  # a Bundle is parsed whole
BOM = b"\xef\xbb\xbf"
TOO_LONG = "longer than this service reads at once"
TORN = "the file ends in the middle of this line"


class Raw(NamedTuple):
    """A line, or a whole document (`lines` False), as it stands.

    `cut`: it is longer than we read, this is its beginning. `ended` False: the file ends with it, without a newline.
    """

    number: int
    content: bytes
    cut: bool = False
    ended: bool = True


class Broken(NamedTuple):
    """A file that ends early or cannot be read: whatever came before it counts, its type is incomplete."""

    number: int
    problem: str


class Parsed(NamedTuple):
    """The resource of a line, or what is wrong with it, said without quoting it.

    `written`: the resource as bytes with sorted keys, if it can be written. `twofold`: a key stands twice in it.
    """

    resource: dict[str, object] | None
    problem: str = ""
    written: bytes | None = None
    twofold: bool = False


def read_raw(file: InputFile) -> Iterator[Raw | Broken]:
    """Every non-blank line of an NDJSON file, or a whole .json file; memory is bounded by one line, or document.

    Tolerates a byte order mark, CRLF, blank lines. A last line without a newline counts if it is a whole object
    (`is_torn`).
    """
    number = 0
    try:
        with open_file(file) as stream:
            for number, raw in enumerate(_bounded(stream) if file.lines else _whole(stream), 1):
                line = raw.content.removesuffix(b"\n") if file.lines else raw.content
                if number == 1 and not file.part:
                    line = line.removeprefix(BOM)
                if line.strip():
                    yield Raw(number, line, raw.cut, raw.ended)
                elif not file.lines:
                    yield Broken(number, "the file is empty")
    except (EOFError, OSError, zlib.error) as error:
        yield Broken(number + 1, damage(error))


def damage(error: Exception) -> str:
    """What is wrong with a file, by the error that reading it raised."""
    if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile):
        return f"the file cannot be read ({error.strerror or 'input error'})"
    return "the gzip data ends early or is damaged"


def parse(raw: Raw) -> Parsed:
    """Parse it; anything but a JSON object is a problem."""
    if raw.cut:
        return Parsed(None, TOO_LONG)
    try:
        content, written, twofold = decode(raw.content)
    except orjson.JSONDecodeError as error:
        return Parsed(
            None,
            f"not JSON at line {error.lineno}, column {error.colno}"
            if error.lineno > 1
            else f"not JSON at column {error.colno}",
        )
    if not isinstance(content, dict):
        return Parsed(None, f"a resource is a JSON object, this is {_json_type(content)}")
    return Parsed(content, written=written, twofold=twofold)


def is_torn(raw: Raw) -> bool:
    """Does the file end in the middle of this line, so that it lacks whatever stood behind it, too?"""
    return not raw.ended and bool(raw.content.strip()) and parse(raw).resource is None


def found_in(place: Place, line: bytes) -> Found:
    """What a line holds that stands there."""
    try:
        content, written, twofold = decode(line)
    except orjson.JSONDecodeError:
        content = None
    if isinstance(content, dict):
        return Found(place, content, TWICE if twofold else "", NO_ALIASES, line, written)
    return Found(place, None, parse(Raw(place.line, line)).problem, NO_ALIASES, line)


def open_file(file: InputFile) -> BinaryIO:
    """Its bytes, unpacked."""
    if file.content is not None:
        content = BytesIO(file.content)
        return cast(BinaryIO, gzip.GzipFile(fileobj=content)) if file.gzipped else content
    return cast(BinaryIO, gzip.open(file.path, "rb")) if file.gzipped else file.path.open("rb")


def _bounded(stream: BinaryIO) -> Iterator[Raw]:
    """Lines of the stream; of one longer than LONGEST_LINE only the beginning, the rest is passed over."""
    while raw := stream.readline(LONGEST_LINE + 1):
        ended = raw.endswith(b"\n")
        cut = len(raw) > LONGEST_LINE and not ended
        if cut:
            raw = raw[:SHOWN]
            while not ended and (rest := stream.readline(SHOWN)):
                ended = rest.endswith(b"\n")
        yield Raw(0, raw, cut, ended)


def _whole(stream: BinaryIO) -> Iterator[Raw]:
    raw = stream.read(LARGEST_DOCUMENT + 1)
    cut = len(raw) > LARGEST_DOCUMENT
    yield Raw(1, raw[:SHOWN] if cut else raw, cut)


def _json_type(content: object) -> str:
    names = {list: "an array", str: "a string", bool: "a boolean", int: "a number", float: "a number"}
    return names.get(type(content), "null")
