"""Nightly exports in a directory: each in a directory of its own, and taken only when all of it is there.

With a Bulk Data manifest an export is whole when every file that it promises lies beside it. Without one, it is taken
for whole when none of its files has changed for a while.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import orjson

from service.errors import InputError
from service.screening.manifests import MANIFEST_KEYS
from service.screening.sources import Source, complete_types, find_sources

UNFINISHED = (".part", ".partial", ".tmp", ".filepart", ".crdownload")


@dataclass(frozen=True, slots=True)
class Export:
    """An export: `made` is when its data were current, as the manifest says, else when its last file was written.

    `waits` says why it is not taken yet, or never; None: it is whole.
    """

    name: str
    directory: Path
    made: datetime
    waits: str | None


def exports(directory: Path, now: datetime, quiet: timedelta) -> tuple[Export, ...]:
    """The exports in this directory, the oldest first; hidden directories are none. Raises InputError if it is none."""
    if not directory.is_dir():
        raise InputError(f"{directory}: no such directory; give the one in which a directory for each export appears")
    found = [_export(each, now, quiet) for each in directory.iterdir() if each.is_dir() and each.name[0] != "."]
    return tuple(sorted((each for each in found if each is not None), key=lambda each: (each.made, each.name)))


def _export(directory: Path, now: datetime, quiet: timedelta) -> Export | None:
    """What stands in this directory; None if there is nothing that we read."""
    files = [each for each in directory.iterdir() if each.is_file()]
    try:
        (source,) = find_sources([directory])
        written = max(datetime.fromtimestamp(each.stat().st_mtime, now.tzinfo) for each in files)
    except (InputError, FileNotFoundError):
        return None  # empty as yet, or just being moved away
    made = next(_transaction_times(directory), None) or written
    return Export(directory.name, directory, made, _waits(source, files, now - written < quiet))


def _waits(source: Source, files: list[Path], recent: bool) -> str | None:
    if any(each.suffix in UNFINISHED for each in files):
        return "a file is still being written"
    if source.manifest is None:
        if recent:
            return "its files have changed lately, and no manifest says what it consists of"
    elif source.manifest.partial:
        return "its manifest reports errors, goes on in another, or holds only what changed: it is not everybody"
    elif lacking := lacking_in(source):
        return f"files of {', '.join(lacking)} that its manifest promises are not there"
    if "Patient" not in complete_types(source):
        return "the Patients are not complete"
    return None


def lacking_in(source: Source) -> list[str]:
    """Types of which there are fewer files than the manifest promises."""
    assert source.manifest is not None, "only a manifest promises"
    there = [each.type_hint for each in source.files if each.lines]
    return sorted(name for name, count in source.manifest.files.items() if there.count(name) < count)


def unread_in_words(source: Source) -> str:
    """Of what lies there, is named for a type and is not read."""
    return f"{', '.join(source.unread)} cannot be read, and may hold records that would not come again"


def _transaction_times(directory: Path) -> Iterator[datetime]:
    """What the manifests say, if they can be read."""
    for path in manifests(directory):
        yield datetime.fromisoformat(str(content_of(path)["transactionTime"]))


def manifests(directory: Path) -> Iterator[Path]:
    """The manifests in a directory that say when the data were current."""
    for path in sorted(directory.glob("*.json")):
        try:
            content = content_of(path)
            if content.keys() >= MANIFEST_KEYS and datetime.fromisoformat(str(content["transactionTime"])).tzinfo:
                yield path
        except ValueError:
            continue  # no JSON, or no instant


def content_of(path: Path) -> dict[str, object]:
    """The JSON object in a file; empty if it is none. Raises ValueError for no JSON."""
    content = orjson.loads(path.read_bytes())
    return content if isinstance(content, dict) else {}
