"""An EHR, and a desk at which calls are answered from a small catalog."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.store.engine import Store, open_store
from tests.cds.world import Desk, Sample, written_sample
from tests.databases import sqlite_url
from tests.fhir_server import FhirServer


@pytest.fixture
def plain(sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    """A database in a file, where it does not matter which."""
    opened = open_store(sqlite_url(sqlite_template, tmp_path))
    yield opened
    opened.close()


@pytest.fixture
def desk(plain: Store) -> Desk:
    return Desk(plain)


@pytest.fixture
def server() -> Iterator[FhirServer]:
    with FhirServer() as running:
        yield running


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """The invented population, in which every story and every oddity occurs."""
    return written_sample(tmp_path_factory.mktemp("sample") / "export")
