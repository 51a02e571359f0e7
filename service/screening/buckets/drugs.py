"""The Medication resources of the input, kept on disk: each is looked up by the records that refer to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import orjson

MOST_REMEMBERED = 10_000


class Drugs(Mapping[str, Mapping[str, object]]):
    """By `Medication/id`. Made once, then read by several processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._look_up = lru_cache(MOST_REMEMBERED)(self._find)

    def __reduce__(self) -> tuple[type[Drugs], tuple[Path]]:
        return Drugs, (self._path,)

    def add(self, found: Mapping[str, Mapping[str, object]]) -> None:
        """More of them."""
        with sqlite3.connect(self._path) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS drug (reference TEXT PRIMARY KEY, content BLOB NOT NULL)")
            rows = ((reference, orjson.dumps(each)) for reference, each in found.items())
            connection.executemany("INSERT INTO drug VALUES (?, ?)", rows)
        connection.close()

    def __getitem__(self, reference: str) -> Mapping[str, object]:
        found = self._look_up(reference)
        if found is None:
            raise KeyError(reference)
        return found

    def __iter__(self) -> Iterator[str]:
        return (row[0] for row in self._open().execute("SELECT reference FROM drug ORDER BY reference"))

    def __len__(self) -> int:
        return int(self._open().execute("SELECT count(*) FROM drug").fetchone()[0])

    def _find(self, reference: str) -> Mapping[str, object] | None:
        row = self._open().execute("SELECT content FROM drug WHERE reference = ?", (reference,)).fetchone()
        return None if row is None else orjson.loads(row[0])

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)
        return self._connection
