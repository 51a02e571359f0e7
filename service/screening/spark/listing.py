"""Which files there are, as Spark sees them: in any file system that it can read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from service.errors import InputError
from service.screening.manifests import Manifest, manifest_in
from service.screening.sources import LARGEST_MANIFEST, READ, Source, arranged, nothing_in
from service.screening.spark.session import errors

PATTERN = re.compile(r"([{}\[\]*?\\])")
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(//)?")
MARK = "transactionTime"  # every manifest says when it was made


class Stored(NamedTuple):
    """A file: how Spark is asked for it, by which number its lines are known, how many bytes it has."""

    path: str
    number: int
    size: int


class Listed(NamedTuple):
    """Sources, and of each file (by its path) where it is stored."""

    sources: tuple[Source, ...]
    stored: Mapping[Path, Stored]


def find(spark: Any, given: Iterable[str]) -> Listed:
    """The sources behind these directories and files. Raises InputError."""
    whole: dict[Path, set[str]] = {}
    chosen: dict[Path, set[Path]] = {}
    stored: dict[Path, Stored] = {}
    for text in given:
        text = str(Path(text).resolve()) if Path(text).exists() else text
        seen = _seen(spark, text)
        directory = directory_of(seen, text)
        if directory not in seen:
            whole[directory] = {path.relative_to(directory).parts[0] for path in seen if directory in path.parents}
        found = {path: each for path, each in seen.items() if directory in (path, path.parent)}
        found = {path: each for path, each in found.items() if READ.search(path.name)}
        if not found:
            raise nothing_in(directory.name)
        chosen.setdefault(directory.parent if directory in seen else directory, set()).update(found)
        stored |= found
    if len({each.number for each in stored.values() if each.size}) < sum(bool(each.size) for each in stored.values()):
        raise InputError("two files cannot be told apart; give them to separate runs")  # a chance of one in 10^14
    return Listed(arranged(chosen, whole, dict(_manifests(spark, stored))), stored)


def directory_of(seen: Iterable[Path], text: str) -> Path:
    """The file, or the directory, that was meant: what lies in directories within it was seen, too."""
    start = SCHEME.match(text)
    meant = tuple(each for each in (text[start.end() :] if start else text).split("/") if each not in ("", "."))
    found = [each for path in seen for each in (path, path.parent) if meant and each.parts[-len(meant) :] == meant]
    if not found:
        raise nothing_in(meant[-1] if meant else text)
    return min(found, key=lambda each: len(each.parts))


def documents(spark: Any, files: Iterable[Stored]) -> Any:
    """A frame of whole files."""
    return spark.read.format("binaryFile").option("recursiveFileLookup", "true").load(paths(files))


def paths(files: Iterable[Stored]) -> list[str]:
    """As Spark takes them: none of their characters stands for others."""
    return [PATTERN.sub(r"\\\1", each.path) for each in files]


def _seen(spark: Any, text: str) -> dict[Path, Stored]:
    """All files there, empty ones and those of directories within, too."""
    functions = import_module("pyspark.sql.functions")
    try:
        frame = spark.read.format("binaryFile").option("recursiveFileLookup", "true").load(PATTERN.sub(r"\\\1", text))
        urls = frame.inputFiles()
        place = "_metadata.file_path"
        rows = frame.select("path", "length", place, functions.xxhash64(place).alias("number")).collect()
    except errors() as problem:
        raise _unreadable(text, problem) from None
    found = {path_of(url): Stored(url, 0, 0) for url in urls}
    if not found:
        raise nothing_in(text.rstrip("/").rpartition("/")[2])
    return found | {path_of(row.file_path): Stored(row.path, row.number, row.length) for row in rows}


def _unreadable(text: str, problem: Exception) -> InputError:
    if "PATH_NOT_FOUND" in str(problem):
        return InputError(f"{text}: no such file or directory; check the path of the export")
    return InputError(
        f"{text}: Spark cannot read it; check the path, the right to read it, and that Spark has the connector of that "
        "file system"
    )


def path_of(url: str) -> Path:
    """What a file is called by us, wherever it is."""
    parts = urlsplit(url)
    path = unquote(parts.path)
    return Path(path) if parts.scheme in ("", "file") else Path(f"{parts.scheme}:/{parts.netloc}{path}")


def _manifests(spark: Any, stored: Mapping[Path, Stored]) -> Iterator[tuple[Path, Manifest]]:
    """Only what may be a manifest is brought here."""
    small = [each for path, each in stored.items() if path.suffix == ".json" and 0 < each.size <= LARGEST_MANIFEST]
    if not small:
        return
    text = import_module("pyspark.sql.functions").col("content").cast("string")
    frame = documents(spark, small).filter(text.contains(MARK) | text.contains("\\u"))
    for row in frame.select("_metadata.file_path", "content").collect():
        manifest = manifest_in(bytes(row.content))
        if manifest is not None:
            yield path_of(row.file_path), manifest
