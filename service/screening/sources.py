"""What the input consists of: files, grouped by the directory they were exported to, and how complete that makes each type.

SEMANTICS §4: in a bulk export a type is complete if at least one `Type*.ndjson[.gz]` lies in that directory, its numbering
has no gap and its files are intact to the last byte; or the export's manifest asked for it, without an error.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from service.errors import InputError

NAME = re.compile(r"^(?P<type>[A-Z][A-Za-z]+)(?P<rest>.*?)\.(?P<suffix>ndjson|json)(?P<gz>\.gz)?$")
NUMBER = re.compile(r"(\d+)(?!.*\d)")
MANIFEST_KEYS = {"transactionTime", "output"}


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file: `lines` says whether each line is a resource (NDJSON) or the whole file is one (a resource or Bundle)."""

    path: Path
    lines: bool
    type_hint: str | None

    @property
    def gzipped(self) -> bool:
        """Is it gzip-compressed, by its name?"""
        return self.path.suffix == ".gz"


@dataclass(frozen=True, slots=True)
class Source:
    """An input directory with the files to read from it, and what its manifest says (None: it has none)."""

    directory: Path
    files: tuple[InputFile, ...]
    whole: bool  # the directory itself was given, so what it lacks is really not there
    manifest: "Manifest | None" = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """A Bulk Data manifest: the types asked for (None: all), how many files each should have, whether errors were reported."""

    asked: frozenset[str] | None
    files: Mapping[str, int]
    errors: bool


def find_sources(paths: Iterable[Path]) -> tuple[Source, ...]:
    """The sources behind the paths given: directories, files, or several of them.

    Raises InputError for a path that does not exist, or a directory without anything we read.
    """
    whole: dict[Path, bool] = {}
    chosen: dict[Path, set[Path]] = {}
    for path in paths:
        if path.is_dir():
            found = sorted(each for each in path.iterdir() if each.is_file() and NAME_OR_JSON.search(each.name))
            if not found:
                raise InputError(f"{path.name}: no .ndjson, .ndjson.gz or .json file in this directory; give the export's own directory")
            whole[path] = True
            chosen.setdefault(path, set()).update(found)
        elif path.is_file():
            if not NAME_OR_JSON.search(path.name):
                raise InputError(f"{path.name}: not a kind of file we read; give .ndjson, .ndjson.gz, .json or a directory")
            chosen.setdefault(path.parent, set()).add(path)
        else:
            raise InputError(f"{path}: no such file or directory; check the path of the export")
    return tuple(_source(directory, chosen[directory], whole.get(directory, False)) for directory in sorted(chosen))


NAME_OR_JSON = re.compile(r"\.(ndjson|json)(\.gz)?$")


def _source(directory: Path, paths: set[Path], whole: bool) -> Source:
    manifest, manifest_path = _manifest(paths)
    files = (_input_file(path) for path in paths if path != manifest_path and not _is_log(path))
    return Source(directory, tuple(sorted(files, key=_reading_order)), whole, manifest)


def _input_file(path: Path) -> InputFile:
    named = NAME.match(path.name)
    return InputFile(path, ".ndjson" in path.name, named["type"] if named else None)


def _is_log(path: Path) -> bool:
    """`log.ndjson` is a client's own log of an export, not data."""
    return path.name.split(".")[0] == "log"


FIRST = ("Patient", "Medication")


def _reading_order(file: InputFile) -> tuple[int, str, str]:
    """Patients first, then medications that others refer to, encounters last: then one pass is enough."""
    hint = file.type_hint or ""
    early = next((rank for rank, name in enumerate(FIRST) if hint == name), len(FIRST))
    return (len(FIRST) + 1 if hint == "Encounter" else early), hint, file.path.name


def _manifest(paths: set[Path]) -> tuple[Manifest | None, Path | None]:
    for path in sorted(paths):
        if path.suffix != ".json" or path.stat().st_size > 10_000_000:
            continue
        try:
            content = orjson.loads(path.read_bytes())
        except orjson.JSONDecodeError:
            continue
        if isinstance(content, dict) and content.keys() >= MANIFEST_KEYS:
            return _read_manifest(content), path
    return None, None


def _read_manifest(content: Mapping[str, object]) -> Manifest:
    request = content.get("request")
    types = re.search(r"[?&]_type=([^&]+)", request) if isinstance(request, str) else None
    asked = frozenset(re.split(r",|%2C", types[1])) if types else None
    counts: dict[str, int] = {}
    output = content.get("output")
    for item in output if isinstance(output, list) else []:
        if isinstance(item, dict) and isinstance(item.get("type"), str):
            counts[item["type"]] = counts.get(item["type"], 0) + 1
    errors = bool(content.get("error") or content.get("outcome"))
    return Manifest(asked, counts, errors)


def complete_types(source: Source) -> frozenset[str]:
    """The types of which this directory holds everything, as far as names and manifest tell (not yet the bytes)."""
    if not source.whole:
        return frozenset()
    by_type: dict[str, list[str]] = {}
    for file in source.files:
        if file.lines and file.type_hint:
            by_type.setdefault(file.type_hint, []).append(file.path.name)
    whole = {name for name, files in by_type.items() if _numbered_without_gap(files)}
    manifest = source.manifest
    if manifest is None:
        return frozenset(whole)
    if manifest.errors:
        return frozenset()
    short = {name for name, count in manifest.files.items() if len(by_type.get(name, [])) < count}
    empty = {name for name in manifest.asked or () if name not in manifest.files and name not in by_type}
    return frozenset((whole - short) | empty)


def _numbered_without_gap(names: list[str]) -> bool:
    """`X.ndjson`, or `X.000.ndjson, X.001.ndjson` … counted from 0 or 1 without a hole."""
    numbers = sorted(int(found[1]) for found in (NUMBER.search(name.split(".ndjson")[0]) for name in names) if found)
    if not numbers:
        return True
    return numbers[0] in (0, 1) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def total_bytes(sources: Iterable[Source]) -> int:
    """How many bytes there are to read, as they lie on disk: the length of the progress bar."""
    return sum(file.path.stat().st_size for file in all_files(sources))


def all_files(sources: Iterable[Source]) -> Iterator[InputFile]:
    """Every file of every source."""
    for source in sources:
        yield from source.files
