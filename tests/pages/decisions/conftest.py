"""The fastest database, a FHIR server, and a patient who was screened."""

from collections.abc import Iterator

import pytest

from service.store.engine import Store
from tests.fhir_server import FhirServer
from tests.pages.conftest import sqlite_template, store, url
from tests.pages.decisions.world import Ward, ward

__all__ = ["sqlite_template", "store", "url"]


@pytest.fixture
def server() -> Iterator[FhirServer]:
    with FhirServer() as running:
        yield running


@pytest.fixture
def desk(store: Store, server: FhirServer) -> Ward:
    """Somebody whom nothing keeps out; E2 is for people to answer."""
    return ward(store, server)
