"""What of a run is done, so that a run that was interrupted goes on from there.

Each task that ended leaves a note with its result, and with how long the files are that it wrote to: what stands behind
that was written by a task that did not end, and is cut off. The notes are written by the process that did the task,
before it begins another.
"""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from types import NoneType, TracebackType
from typing import Any, TypeVar

from service import __version__
from service.errors import PrescreenError, UsageError
from service.screening.request import Request
from service.screening.sources import Source, complete_types

NOTES, OWN, BEGUN = "notes", ".screening", "begun"
CHANGING, CHANGED = "changing", "changed"
T = TypeVar("T")


class Journal:
    """The notes of one way through the input, in its directory."""

    def __init__(self, place: Path) -> None:
        self._place, self._notes = place, place / NOTES

    def begin(self) -> None:
        """Leave of an earlier run only what the tasks wrote that ended."""
        self._notes.mkdir(exist_ok=True)
        lengths: dict[str, int] = {}
        for note in self._notes.iterdir():
            if note.suffix == ".note":
                for name, length in pickle.loads(note.read_bytes())[1].items():
                    lengths[name] = max(length, lengths.get(name, 0))
        for path in (each for each in self._place.iterdir() if each.is_file()):
            if path.name == BEGUN:
                continue
            if path.name in lengths:
                os.truncate(path, min(lengths[path.name], path.stat().st_size))
            else:
                path.unlink()

    def keep(self, name: str, result: object, lengths: Mapping[str, int]) -> None:
        """A task ended. `lengths`: of the files that it wrote to."""
        note = self._notes / f"{name}.note"
        partial = note.with_suffix(".partial")
        partial.write_bytes(pickle.dumps((result, dict(lengths))))
        partial.replace(note)

    def change(self) -> None:
        """Files are changed from here on that ended tasks wrote to: until that is kept, nobody can go on."""
        (self._notes / CHANGING).touch()

    def changed(self, lengths: Mapping[str, int], gone: Iterable[str]) -> None:
        """They are changed, and some are `gone`."""
        self.keep(CHANGED, sorted(gone), lengths)
        (self._notes / CHANGING).unlink()

    def torn(self) -> bool:
        """Was it interrupted while files were changed, or is not all there that the notes tell of, as after a power
        cut? What lacks would be taken for not being in the input."""
        if (self._notes / CHANGING).exists():
            return True
        try:
            gone = frozenset(name for names in self.kept(CHANGED) for name in names)
            listed = [pickle.loads(note.read_bytes())[1] for note in self._notes.glob("*.note")]
        except (EOFError, pickle.UnpicklingError):
            return True
        written = ((self._place / name, length) for each in listed for name, length in each.items() if name not in gone)
        return any(not path.exists() or path.stat().st_size < length for path, length in written)

    def kept(self, name: str) -> list[Any]:
        """The result of a task, if it ended."""
        note = self._notes / f"{name}.note"
        return [pickle.loads(note.read_bytes())[0]] if note.exists() else []


class Workplace:
    """The directory beside the results in which a run lies.

    `key`: what has to be the same for a run to go on with what an earlier one left; None: it leaves nothing. What
    refused the input would refuse it again, so that nothing is left then either.
    """

    def __init__(self, beside: Path, key: str | None) -> None:
        self._directory = beside / OWN
        self._key = key
        self._heeding: Any = None

    def __enter__(self) -> Workplace:
        note = self._directory / "run"
        if self._key is None or not self._ours() or not note.exists() or note.read_text() != self._key:
            self._remove()
            try:
                self._directory.mkdir(mode=0o700, parents=True)
            except FileExistsError:
                raise UsageError(
                    f"{self._directory} cannot be removed, and is needed here; remove it, or choose another --out"
                ) from None
            note.write_text(self._key or "")
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if self._key is None or kind is None or issubclass(kind, PrescreenError):
            self._remove()

    def last(self, first: T) -> tuple[Path, T]:
        """The way through the input begun last, and what it has to heed; if none can be gone on with, a new one."""
        for place in sorted(self._ways(), key=lambda each: int(each.name), reverse=True):
            if (place / BEGUN).exists() and not Journal(place).torn():
                return place, pickle.loads((place / BEGUN).read_bytes())
        return self.again(first), first

    def again(self, heeding: object) -> Path:
        """Begin another way through the input; what earlier ones left is removed."""
        earlier = self._ways()
        place = self._directory / str(max((int(each.name) for each in earlier), default=0) + 1)
        place.mkdir()
        partial = place / f"{BEGUN}.partial"
        partial.write_bytes(pickle.dumps(heeding))
        partial.replace(place / BEGUN)
        for each in earlier:
            shutil.rmtree(each)
        return place

    def _ours(self) -> bool:
        """Could nobody else have put anything there? What lies there is believed."""
        if not self._directory.is_dir() or self._directory.is_symlink():
            return False
        seen = self._directory.stat()
        return seen.st_uid == os.getuid() and not seen.st_mode & 0o077

    def _ways(self) -> list[Path]:
        return [each for each in self._directory.iterdir() if each.is_dir()]

    def _remove(self) -> None:
        shutil.rmtree(self._directory, ignore_errors=True)


def run_key(request: Request, content: Iterable[Path], more: object) -> str:
    """What a run depends on: what is asked for, the files as they lie there, what makes their types complete, and all
    files below `content`."""
    told = sha256(repr((__version__, more, request.at, request.release, request.every_subject)).encode())
    told.update(repr(request.with_signal).encode())
    told.update(repr((request.accepted_rejects, request.formats, sorted(each.id for each in request.studies))).encode())
    for source in request.sources:
        complete = sorted(complete_types(source))
        told.update(repr((_said(source), complete, source.whole, sorted(source.unread))).encode())
        for file in source.files:
            seen = file.path.stat()
            told.update(repr((str(file.path), seen.st_size, seen.st_mtime_ns)).encode())
    for directory in content:
        for path in sorted(each for each in directory.rglob("*") if each.is_file()):
            told.update(repr((str(path), sha256(path.read_bytes()).hexdigest())).encode())
    return told.hexdigest()


def _said(source: Source) -> list[object]:
    """All that its manifest says, in an order that is the same in every process."""
    told = {} if source.manifest is None else asdict(source.manifest)
    listed = (each.items() if isinstance(each, dict) else each for each in told.values())
    return [each if isinstance(each, (str, bool, NoneType)) else sorted(each) for each in listed]
