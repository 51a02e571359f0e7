"""What the input consists of: files, by the directory they were exported to, and how complete that makes each type.

SEMANTICS §4: in a bulk export a type is complete if at least one `Type*.ndjson[.gz]` lies in that directory, its
numbering has no gap and its files are intact to the last byte; or the export's manifest asked for it, without an
error.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from os.path import commonpath
from pathlib import Path

from service.errors import InputError
from service.screening.completeness import ANY_TYPE
from service.screening.manifests import Manifest, manifest_in, together
from service.screening.naming import numbered_without_gap, type_of, unread

READ = re.compile(r"\.(ndjson|json)(\.gz)?$")
LARGEST_MANIFEST = 10_000_000
DELETED = (
    "its manifest tells of records that were deleted since an earlier export; screen one after the other with --state, "
    "or export everything"
)


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file: `lines` says whether each line is a resource (NDJSON) or the whole file is one (also a Bundle).

    `content`: its bytes, or `resources`: what they hold, where they were given in memory; then `path` is but a name,
    and nothing is read from a disk. `part`: the content is but some whole lines of it, without a byte order mark.
    """

    path: Path
    lines: bool
    type_hint: str | None
    label: str = ""  # how rejects name it: the file name, with its directory where there are several
    content: bytes | None = field(default=None, repr=False)  # a patient's data: in no message and no trace
    resources: tuple[dict[str, object], ...] | None = field(default=None, repr=False)
    part: bool = False

    @property
    def gzipped(self) -> bool:
        """Is it gzip-compressed, by its name?"""
        return self.path.suffix == ".gz"

    @property
    def size(self) -> int:
        """How many bytes there are to read, as they lie on the disk."""
        return self.path.stat().st_size if self.content is None else len(self.content)


@dataclass(frozen=True, slots=True)
class Source:
    """An input directory with the files to read from it, and what its manifest says (None: it has none).

    `unread`: what lies there besides, is named for a type, and is not read, with that type.
    """

    directory: Path
    files: tuple[InputFile, ...]
    whole: bool  # the directory itself was given, so what it lacks is really not there
    manifest: Manifest | None = None
    unread: Mapping[str, str] = field(default_factory=dict)


def find_sources(paths: Iterable[Path]) -> tuple[Source, ...]:
    """The sources behind the paths given: directories, files, or several of them, in whatever order.

    Raises InputError for a path that does not exist, or a directory without anything we read.
    """
    whole: dict[Path, list[str]] = {}
    chosen: dict[Path, set[Path]] = {}
    for path in paths:
        place = path.resolve()
        if place.is_dir():
            whole[place] = [each.name for each in place.iterdir()]
            chosen.setdefault(place, set()).update(_readable_in(place))
        elif place.is_file():
            if not READ.search(place.name):
                raise InputError(f"{path}: not a kind of file we read; give .ndjson, .ndjson.gz, .json or a directory")
            chosen.setdefault(place.parent, set()).add(place)
        else:
            raise InputError(f"{path}: no such file or directory; check the path of the export")
    manifests = {path: found for paths in chosen.values() for path in paths if (found := _manifest(path)) is not None}
    return arranged(chosen, whole, manifests)


def arranged(
    chosen: Mapping[Path, Iterable[Path]], whole: Mapping[Path, Iterable[str]], manifests: Mapping[Path, Manifest]
) -> tuple[Source, ...]:
    """Sources of these files, by directory, wherever they lie. `whole`: the directories that were given as such, with
    the names of all that lies there.

    Raises InputError if one tells of records that were deleted: among those of another, they would still count.
    """
    above = Path(commonpath(chosen)) if chosen else Path()
    found = tuple(_source(place, set(chosen[place]), whole.get(place), above, manifests) for place in sorted(chosen))
    for each in found if len(found) > 1 else ():
        if each.manifest is not None and each.manifest.deletes:
            raise InputError(f"{each.directory.name}: {DELETED}")
    return found


def given(content: bytes, label: str) -> Source:
    """A document (a resource or a Bundle) given in memory: it is read from there, and nothing lies beside it."""
    name = Path(label)
    return Source(name, (InputFile(name, lines=False, type_hint=None, label=label, content=content),), whole=False)


def _readable_in(directory: Path) -> list[Path]:
    found = [each for each in directory.iterdir() if each.is_file() and READ.search(each.name)]
    if not found:
        raise nothing_in(directory.name)
    return found


def nothing_in(directory: str) -> InputError:
    """Of a directory without anything we read."""
    return InputError(
        f"{directory}: no .ndjson, .ndjson.gz or .json file in this directory; give the export's own directory"
    )


def _source(
    directory: Path,
    paths: set[Path],
    names: Iterable[str] | None,
    above: Path,
    manifests: Mapping[Path, Manifest],
) -> Source:
    """`names`: all that lies there; None: single files were given."""
    own = {path.name: manifests[path] for path in paths & manifests.keys()}
    files = (_input_file(path, above) for path in paths - manifests.keys() if not _is_log(path))
    ordered = tuple(sorted(files, key=lambda file: file.label))
    besides = unread({*(names or ())} - {path.name for path in paths})
    labelled = {(directory / name).relative_to(above).as_posix(): kind for name, kind in besides.items()}
    return Source(directory, ordered, names is not None, together(own) if own else None, labelled)


def _input_file(path: Path, above: Path) -> InputFile:
    return InputFile(path, ".ndjson" in path.name, type_of(path.name), path.relative_to(above).as_posix())


def _is_log(path: Path) -> bool:
    """`log.ndjson` is a client's own log of an export, not data."""
    return path.name.split(".")[0] == "log"


def _manifest(path: Path) -> Manifest | None:
    """The Bulk Data manifest in this file, if it is one."""
    if path.suffix != ".json" or path.stat().st_size > LARGEST_MANIFEST:
        return None
    return manifest_in(path.read_bytes())


def complete_types(source: Source) -> frozenset[str]:
    """The types of which this directory holds everything, as far as names and manifest tell (not yet the lines)."""
    if not source.whole:
        return frozenset()
    by_type = _names_by_type(source)
    whole = {name for name, files in by_type.items() if numbered_without_gap(files)}
    manifest = source.manifest
    if manifest is None:
        return frozenset(whole) - {*source.unread.values()}
    if manifest.partial:
        return frozenset()
    if manifest.within is not None:
        whole &= manifest.within
    short = {name for name, count in manifest.files.items() if len(by_type.get(name, [])) < count}
    empty = {name for name in manifest.asked if name not in manifest.files and name not in by_type}
    return frozenset((whole - short) | empty) - manifest.filtered - {*source.unread.values()}


def types_meant(source: Source) -> frozenset[str]:
    """The types that it holds by the names of its files, or should hold by its manifest; ANY_TYPE where nobody can tell
    what that should be."""
    named, manifest = frozenset({*_names_by_type(source), *source.unread.values()}), source.manifest
    if manifest is None:
        return named
    unknown = {ANY_TYPE} if manifest.partial and not manifest.asked else frozenset[str]()
    return named | manifest.asked | manifest.filtered | manifest.files.keys() | unknown


def _names_by_type(source: Source) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for file in source.files:
        if file.lines and file.type_hint:
            found.setdefault(file.type_hint, []).append(file.path.name)
    return found


def total_bytes(sources: Iterable[Source]) -> int:
    """How many bytes there are to read, as they lie on disk: the length of the progress bar."""
    return sum(file.size for file in all_files(sources))


def all_files(sources: Iterable[Source]) -> Iterator[InputFile]:
    """Every file of every source."""
    for source in sources:
        yield from source.files
