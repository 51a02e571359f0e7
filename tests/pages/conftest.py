"""A database of the fastest kind: what differs between databases is shown in tests/store. And a demonstration."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import sqlite_template, sqlite_url, store
from tests.pages.shell.site import Demo, demonstration

__all__ = ["sqlite_template", "store"]


@pytest.fixture
def url(sqlite_template: Path, tmp_path: Path) -> str:
    """A new SQLite file with all tables."""
    return sqlite_url(sqlite_template, tmp_path)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One at work for all tests of a process: screening takes seconds. Who decides has patients of their own."""
    with demonstration(tmp_path_factory.mktemp("demo")) as running:
        yield running
