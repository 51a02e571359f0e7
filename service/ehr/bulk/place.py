"""Where an export lies until all of it is there: a hidden directory beside the one that is wanted. STANDARDS 3.29.

What was asked, and where the server said to wait, is written down before anything else; which files are whole, as soon
as they are. So whatever interrupts, the next run goes on.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

from service.ehr.bulk.manifest import Listed
from service.errors import UsageError

STATE, LOCK, KEPT = "export.state", "export.lock", ".kept"


@dataclass(frozen=True, slots=True)
class State:
    """An export that was begun: the question, where to wait, whether it was asked without what only narrows, and what
    came of it, when all of it was fetched."""

    question: str
    status_url: str
    plain: bool
    came: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that was fetched whole. `file`: its name, as it lies there; `lines`: those that are not blank; `strays`:
    of other types, set aside."""

    file: str
    lines: int
    strays: Mapping[str, int] = field(default_factory=dict)


def hidden(directory: Path) -> Path:
    """The place of an export that is to become this directory."""
    return directory.with_name(f".{directory.name}.export")


@dataclass(frozen=True, slots=True)
class Place:
    """The directory of one export under way."""

    path: Path

    @property
    def state(self) -> State | None:
        """How far it is; None: nothing was begun. Raises UsageError."""
        try:
            return State(**orjson.loads((self.path / STATE).read_bytes()))
        except FileNotFoundError:
            return None
        except (orjson.JSONDecodeError, TypeError):
            raise UsageError(f"{self.path / STATE}: it cannot be read; remove {self.path} to begin anew") from None

    def note(self, state: State) -> None:
        """Write down how far it is, at once or not at all."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = self.path / f"{STATE}.part"
        partial.write_bytes(orjson.dumps(asdict(state)))
        partial.replace(self.path / STATE)

    def clear(self) -> None:
        """Nothing of an earlier export stays: what the server gave for it is of another moment."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for each in self.path.iterdir():
            if each.is_dir():
                shutil.rmtree(each)
            elif each.name != LOCK:
                each.unlink()

    def forget(self) -> None:
        """The server knows of no such export any more: the next run asks anew."""
        (self.path / STATE).unlink()

    def keep(self, name: str, kept: Kept, listed: Listed, at: str) -> None:
        """Note that a file is whole."""
        noted = {**asdict(kept), "size": (self.path / kept.file).stat().st_size, "of": _of(listed, at)}
        partial = self.path / f"{name}{KEPT}.part"
        partial.write_bytes(orjson.dumps(noted))
        partial.replace(self.path / f"{name}{KEPT}")

    def kept(self, name: str, listed: Listed, at: str) -> Kept | None:
        """What an earlier run fetched whole, if it is that very file of that very export."""
        try:
            noted = orjson.loads((self.path / f"{name}{KEPT}").read_bytes())
            there = (self.path / noted["file"]).stat().st_size == noted["size"] and noted["of"] == _of(listed, at)
        except FileNotFoundError:
            return None
        return Kept(noted["file"], noted["lines"], noted["strays"]) if there else None

    def become(self, directory: Path) -> None:
        """Give it the name that is wanted, with what is of use alone in it."""
        for each in (*self.path.rglob("*.part"), *self.path.rglob("*.part.tag")):
            each.unlink()
        self.path.replace(directory)
        for pattern in (STATE, LOCK, f"*{KEPT}"):
            for each in directory.rglob(pattern):
                each.unlink()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other process works here meanwhile. Raises UsageError."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.path / LOCK).open("wb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UsageError(f"{self.path}: another process is fetching this export") from None
            yield


def _of(listed: Listed, at: str) -> list[object]:
    """What tells a file from another of the same name: servers may list them in another order the next time."""
    return [listed.mark, listed.kind, listed.count, at]
