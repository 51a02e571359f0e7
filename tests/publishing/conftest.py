"""The databases, and a FHIR server of its own for each test."""

from collections.abc import Iterator

import pytest

from tests.databases import empty_url, postgres, postgres_url, sqlite_template, store, url
from tests.fhir_server.server import FhirServer

__all__ = ["empty_url", "postgres", "postgres_url", "sqlite_template", "store", "url"]


@pytest.fixture
def server() -> Iterator[FhirServer]:
    with FhirServer() as running:
        yield running
