"""The databases and the FHIR server that every test here may ask for."""

from collections.abc import Iterator

import pytest

from tests.databases import postgres, postgres_url, sqlite_template, store, url
from tests.fhir_server import FhirServer

__all__ = ["postgres", "postgres_url", "sqlite_template", "store", "url"]


@pytest.fixture
def server() -> Iterator[FhirServer]:
    with FhirServer() as running:
        yield running
