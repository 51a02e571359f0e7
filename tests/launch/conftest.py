"""An EHR with one patient whose chart is simple, a database, and a browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.store.engine import Store, open_store
from tests.databases import sqlite_url
from tests.launch.world import Browser, application, launchable
from tests.screening.world import encounter, haemoglobin, patient
from tests.smart_server import SmartEhr

NAMED = {
    "name": [{"use": "official", "family": "Muster", "given": ["Eva"]}],
    "identifier": [{"type": {"coding": [{"code": "MR"}]}, "value": "MRN-4711"}],
}


@pytest.fixture
def ehr() -> Iterator[SmartEhr]:
    with SmartEhr() as running:
        running.seed(patient(**NAMED), encounter(), haemoglobin())
        yield running


@pytest.fixture
def kept(sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    """A database of one kind, where its kind does not matter."""
    opened = open_store(sqlite_url(sqlite_template, tmp_path))
    yield opened
    opened.close()


@pytest.fixture
def browser(ehr: SmartEhr, kept: Store) -> Browser:
    """A browser; this service is a public client of the EHR."""
    return Browser(application(kept, launchable(ehr)), ehr)
