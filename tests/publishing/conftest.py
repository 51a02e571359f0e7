"""A FHIR server of its own for each test."""

from collections.abc import Iterator

import pytest

from tests.fhir_server.server import FhirServer


@pytest.fixture
def server() -> Iterator[FhirServer]:
    with FhirServer() as running:
        yield running
