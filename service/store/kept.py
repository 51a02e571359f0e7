"""What a run of `screen` keeps for the next one: what was read of everybody, and how they were judged. One SQLite file.

It holds patients' data, so that nobody but its owner may read it. Each run is one transaction: if it ends before that
is done, everything is as before. Keys are bytes, as ids may hold characters that no text in a database can.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from zlib import compress, decompress

import orjson

from service.errors import StoreError, StoreUnavailable, UsageError

NAME = "kept.sqlite"
FORM = 1  # of the tables; another form is not read
AT_ONCE = 5_000
CACHE = 65_536  # KiB
PAGE = 16_384  # bytes: most of what is read fits several times
TABLES = """
CREATE TABLE said (name TEXT PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE files (number INTEGER PRIMARY KEY, label TEXT NOT NULL, type TEXT);
CREATE TABLE parcels (
    unit BLOB NOT NULL, number INTEGER NOT NULL, reference BLOB, generation INTEGER NOT NULL, content BLOB NOT NULL,
    PRIMARY KEY (unit, number)) WITHOUT ROWID;
CREATE TABLE links (name BLOB, other BLOB, reference BLOB, PRIMARY KEY (name, other, reference)) WITHOUT ROWID;
CREATE INDEX links_reference ON links (reference);
CREATE TABLE uses (reference BLOB, unit BLOB, PRIMARY KEY (reference, unit)) WITHOUT ROWID;
CREATE TABLE drugs (reference BLOB PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE groups (unit BLOB PRIMARY KEY, root BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE results (root BLOB PRIMARY KEY, due TEXT, about BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE lines (
    output TEXT, place BLOB, root BLOB, number INTEGER, content BLOB NOT NULL,
    PRIMARY KEY (output, place, root, number)) WITHOUT ROWID;
CREATE INDEX lines_root ON lines (root);
CREATE INDEX results_due ON results (due);
"""
NAMES = ("said", "files", "parcels", "links", "uses", "drugs", "groups", "results", "lines")
# Made when the first export is in: until then it would only be written again and again.
BY_REFERENCE = "CREATE INDEX IF NOT EXISTS parcels_reference ON parcels (reference) WHERE reference IS NOT NULL"
UNREADABLE = "the file in the directory of --state cannot be read; give a full export and another --state"
OTHER_FORM = "the file in the directory of --state is of another version; give a full export and another --state"
BUSY = "another run is using the directory of --state; wait for it"


class Parcel(NamedTuple):
    """Something that was read: whose it is, its record (`Type/id`; None: it cannot be told) and all of it."""

    unit: bytes
    reference: bytes | None
    content: bytes


class Line(NamedTuple):
    """A line of an output, and by what it is sorted there."""

    output: str
    place: bytes
    content: bytes


class Kept:
    """The file, open. Everything is done between `begin` and its end."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._waiting: list[tuple[object, ...]] = []
        self._number = self._one("SELECT max(number) FROM parcels") or 0

    def noted(self, name: str) -> Any:
        """What was said under that name; None: nothing."""
        found = self._one("SELECT content FROM said WHERE name = ?", name)
        return None if found is None else orjson.loads(found)

    def note(self, name: str, content: object) -> None:
        """Keep JSON under a name."""
        self._do("REPLACE INTO said VALUES (?, ?)", name, orjson.dumps(content))

    def clear(self) -> None:
        """Forget everything."""
        self._waiting.clear()
        self._do("DROP INDEX IF EXISTS parcels_reference")
        for name in NAMES:
            self._do(f"DELETE FROM {name}")
        self._number = 0

    def add_files(self, files: Iterable[tuple[int, str, str | None]]) -> None:
        """More files, by number, with label and type."""
        self._connection.executemany("INSERT INTO files VALUES (?, ?, ?)", files)

    def files(self) -> list[tuple[str, str | None]]:
        """All files, in the order of their numbers."""
        return list(self._connection.execute("SELECT label, type FROM files ORDER BY number"))

    def put(self, parcel: Parcel, generation: int) -> None:
        """One more thing that was read."""
        self._number += 1
        self._waiting.append((parcel.unit, self._number, parcel.reference, generation, parcel.content))
        if len(self._waiting) >= AT_ONCE:
            self.settle()

    def settle(self) -> None:
        """Write what waits in memory."""
        self._connection.executemany("INSERT INTO parcels VALUES (?, ?, ?, ?, ?)", self._waiting)
        self._waiting.clear()

    def all_in(self) -> None:
        """The first export is in."""
        self.settle()
        self._do(BY_REFERENCE)

    def replace(self, reference: bytes, before: int) -> list[bytes]:
        """Forget what generations before that one say under a reference; whose it was."""
        removing = "DELETE FROM parcels WHERE reference = ? AND generation < ? RETURNING unit"
        found = [row[0] for row in self._connection.execute(removing, (reference, before))]
        if found:
            self._do("DELETE FROM links WHERE reference = ?", reference)
        return found

    def remove_unit(self, unit: bytes) -> bool:
        """Forget all that is of one unit; was there anything?"""
        removing = "DELETE FROM parcels WHERE unit = ? RETURNING reference"
        found = [row[0] for row in self._connection.execute(removing, (unit,))]
        self._connection.executemany("DELETE FROM links WHERE reference = ?", [(each,) for each in found])
        return bool(found)

    def in_several(self) -> Iterator[tuple[bytes, list[bytes]]]:
        """References that are said of several units, with these."""
        asked = "SELECT reference FROM parcels WHERE reference IS NOT NULL GROUP BY reference HAVING count(*) > 1"
        for (reference,) in self._connection.execute(asked).fetchall():
            units = self._column("SELECT DISTINCT unit FROM parcels WHERE reference = ?", reference)
            if len(units) > 1:
                yield reference, units

    def link(self, name: bytes, other: bytes, reference: bytes) -> None:
        """Two units hang together, as that record says."""
        self._do("INSERT OR IGNORE INTO links VALUES (?, ?, ?)", name, other, reference)

    def links(self) -> list[tuple[bytes, bytes]]:
        """All units that hang together with another."""
        return list(self._connection.execute("SELECT DISTINCT name, other FROM links"))

    def use(self, reference: bytes, unit: bytes) -> None:
        """Something of that unit refers to a drug."""
        self._do("INSERT OR IGNORE INTO uses VALUES (?, ?)", reference, unit)

    def users(self, reference: bytes) -> list[bytes]:
        """The units of which something refers, or referred, to that drug."""
        return self._column("SELECT unit FROM uses WHERE reference = ?", reference)

    def set_drugs(self, reference: bytes, content: bytes | None) -> None:
        """What a drug is; None: nothing can be told of it."""
        self._do("DELETE FROM drugs WHERE reference = ?", reference)
        if content is not None:
            self._do("INSERT INTO drugs VALUES (?, ?)", reference, content)

    def drug(self, reference: bytes) -> bytes | None:
        """What a drug is."""
        found: bytes | None = self._one("SELECT content FROM drugs WHERE reference = ?", reference)
        return found

    def drugs(self) -> list[bytes]:
        """All drugs of which something is known."""
        return self._column("SELECT reference FROM drugs")

    def units(self, first: bytes, end: bytes | None = None) -> Iterator[bytes]:
        """Everybody of whom something was read, from that name on, and before the end."""
        asked = "SELECT DISTINCT unit FROM parcels WHERE unit >= ? AND (? IS NULL OR unit < ?) ORDER BY unit"
        return (row[0] for row in self._connection.execute(asked, (first, end, end)))

    def count_units(self) -> int:
        """How many that are."""
        return int(self._one("SELECT count(DISTINCT unit) FROM parcels"))

    def contents(self, units: Iterable[bytes]) -> list[bytes]:
        """All that was read of these."""
        return [each for unit in units for each in self._column("SELECT content FROM parcels WHERE unit = ?", unit)]

    def groups(self) -> dict[bytes, bytes]:
        """Of units that were judged together with others, by which name."""
        return dict(self._connection.execute("SELECT unit, root FROM groups"))

    def set_groups(self, groups: Mapping[bytes, bytes]) -> None:
        """How units are judged together from now on."""
        self._do("DELETE FROM groups")
        self._connection.executemany("INSERT INTO groups VALUES (?, ?)", groups.items())

    def about(self, root: bytes) -> bytes | None:
        """What was counted when it was judged."""
        found: bytes | None = self._one("SELECT about FROM results WHERE root = ?", root)
        return found

    def abouts(self) -> Iterator[bytes]:
        """The same, of all."""
        return (row[0] for row in self._connection.execute("SELECT about FROM results"))

    def due(self, until: str) -> list[bytes]:
        """What has to be judged again by that day."""
        return self._column("SELECT root FROM results WHERE due <= ?", until)

    def forget(self, root: bytes) -> None:
        """As if it had not been judged."""
        self._do("DELETE FROM results WHERE root = ?", root)
        self._do("DELETE FROM lines WHERE root = ?", root)

    def forget_judged(self) -> None:
        """As if nobody had been judged; what is of nobody stays."""
        self._do("DELETE FROM results WHERE root >= x'01'")
        self._do("DELETE FROM lines WHERE root NOT IN (SELECT root FROM results)")

    def judged(self, root: bytes, due: str | None, about: bytes, lines: Iterable[Line]) -> None:
        """What came out. To be forgotten before."""
        self._do("INSERT INTO results VALUES (?, ?, ?)", root, due, about)
        rows = ((each.output, each.place, root, number, compress(each.content, 1)) for number, each in enumerate(lines))
        self._connection.executemany("INSERT INTO lines VALUES (?, ?, ?, ?, ?)", rows)

    def lines(self, output: str) -> Iterator[bytes]:
        """The lines of an output, in order."""
        asked = "SELECT content FROM lines WHERE output = ? ORDER BY place, root, number"
        return (decompress(row[0]) for row in self._connection.execute(asked, (output,)))

    def _do(self, statement: str, *values: object) -> None:
        self._connection.execute(statement, values)

    def _one(self, statement: str, *values: object) -> Any:
        found = self._connection.execute(statement, values).fetchone()
        return None if found is None else found[0]

    def _column(self, statement: str, *values: object) -> list[bytes]:
        return [row[0] for row in self._connection.execute(statement, values)]


@contextmanager
def kept_in(directory: Path) -> Iterator[Kept]:
    """The file in that directory, new if there is none; what is done takes effect at the end, or not at all.

    Raises StoreError, or StoreUnavailable where another run has it.
    """
    connection = sqlite3.connect(_place(directory), isolation_level=None, timeout=1)
    try:
        _begin(connection)
        yield Kept(connection)
        connection.execute("COMMIT")
    except sqlite3.DatabaseError as problem:
        raise StoreError(f"the file in the directory of --state: {type(problem).__name__}; nothing was kept") from None
    finally:
        connection.close()  # what was not committed is undone


def _place(directory: Path) -> Path:
    """The file, which only its owner may read."""
    if directory.exists() and not directory.is_dir():
        raise UsageError(f"{directory.name} is a file; --state needs a directory")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / NAME
    if directory.stat().st_mode & 0o077:
        if not path.exists() and any(directory.iterdir()):
            raise UsageError(f"{directory.name}: others may read this directory; give --state a new one of its own")
        directory.chmod(0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    return path


def _begin(connection: sqlite3.Connection) -> None:
    try:
        connection.execute(f"PRAGMA page_size = {PAGE}")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute(f"PRAGMA cache_size = -{CACHE}")
        connection.execute("BEGIN IMMEDIATE")
        form = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.OperationalError:
        raise StoreUnavailable(BUSY) from None
    except sqlite3.DatabaseError:
        raise StoreError(UNREADABLE) from None
    if form not in (0, FORM):
        raise StoreError(OTHER_FORM)
    if form == 0:
        for statement in TABLES.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {FORM}")
