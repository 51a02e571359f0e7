"""A database of the fastest kind: what differs between databases is shown in tests/store."""

from pathlib import Path

import pytest

from tests.databases import sqlite_template, sqlite_url, store

__all__ = ["sqlite_template", "store"]


@pytest.fixture
def url(sqlite_template: Path, tmp_path: Path) -> str:
    """A new SQLite file with all tables."""
    return sqlite_url(sqlite_template, tmp_path)
