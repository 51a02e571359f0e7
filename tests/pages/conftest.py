"""A demonstration."""

from collections.abc import Iterator

import pytest

from tests.pages.shell.site import Demo, demonstration


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One at work for all tests of a process: screening takes seconds. Who decides has patients of their own."""
    with demonstration(tmp_path_factory.mktemp("demo")) as running:
        yield running
