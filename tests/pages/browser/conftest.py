"""One demonstration at work for the tests of a module, each of which has patients of its own."""

from collections.abc import Iterator

import pytest

from tests.pages.shell.site import Demo, demonstration


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demonstration(tmp_path_factory.mktemp("demo"), working=True) as running:
        yield running
