"""Databases of each kind, on which every test here runs, and processes beside it."""

from pathlib import Path

import pytest

from tests.databases import KINDS, database
from tests.store.processes import start

__all__ = ["start"]


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with empty tables, of each kind in turn."""
    return database(request.param, request, tmp_path)
