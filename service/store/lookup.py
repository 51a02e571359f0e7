"""A table on disk for the time of one run: JSON content by its key, made once and then read by several processes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from errno import ENOSPC
from functools import lru_cache
from pathlib import Path

import orjson

MOST_REMEMBERED = 10_000
FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE})
Content = Mapping[str, object]


class Lookup(Mapping[str, Content]):
    """Content by key. It can be given to another process, which opens the file anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._look_up = lru_cache(MOST_REMEMBERED)(self._find)

    def __reduce__(self) -> tuple[type[Lookup], tuple[Path]]:
        return Lookup, (self._path,)

    def add(self, found: Mapping[str, Content]) -> None:
        """More of it, under new keys. Raises OSError where there is no room."""
        try:
            self._add(found)
        except sqlite3.OperationalError as problem:
            if problem.sqlite_errorcode not in FULL:
                raise
            raise OSError(ENOSPC, "no room for a table on disk") from None

    def _add(self, found: Mapping[str, Content]) -> None:
        with closing(sqlite3.connect(self._path)) as connection, connection:
            connection.execute("PRAGMA synchronous = OFF")  # after a power cut, it is made anew
            connection.execute("CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, content BLOB NOT NULL)")
            connection.executemany("INSERT INTO kept VALUES (?, ?)", ((key, orjson.dumps(found[key])) for key in found))

    def __getitem__(self, key: str) -> Content:
        found = self._look_up(key)
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return (row[0] for row in self._open().execute("SELECT key FROM kept ORDER BY key"))

    def __len__(self) -> int:
        return int(self._open().execute("SELECT count(*) FROM kept").fetchone()[0])

    def _find(self, key: str) -> Content | None:
        row = self._open().execute("SELECT content FROM kept WHERE key = ?", (key,)).fetchone()
        return None if row is None else orjson.loads(row[0])

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)
        return self._connection
