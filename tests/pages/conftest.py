"""A database of the fastest kind, unless a test says ON_BOTH; and a demonstration."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import database, postgres, postgres_url, sqlite_template, store
from tests.pages.shell.site import Demo, demonstration

__all__ = ["postgres", "postgres_url", "sqlite_template", "store"]


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new database with all tables: a SQLite file, or what ON_BOTH says."""
    return database(getattr(request, "param", "sqlite"), request, tmp_path)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One at work for all tests of a process: screening takes seconds. Who decides has patients of their own."""
    with demonstration(tmp_path_factory.mktemp("demo")) as running:
        yield running
