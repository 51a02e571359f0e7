"""The FHIR server that every test here may ask for."""

from collections.abc import Iterator

import pytest

from tests.fhir_server import FhirServer


@pytest.fixture
def server() -> Iterator[FhirServer]:
    with FhirServer() as running:
        yield running
