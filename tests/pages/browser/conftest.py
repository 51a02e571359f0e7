"""A demonstration for each test: what one person decides is not to be seen by another test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browsers import chromium
from tests.pages.shell.site import Demo, demonstration

__all__ = ["chromium"]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    with demonstration(tmp_path) as running:
        yield running
