"""A FHIR server, and a patient who was screened."""

from collections.abc import Iterator

import pytest

from service.store.engine import Store
from tests.fhir_server import FhirServer
from tests.pages.decisions.world import Ward, ward


@pytest.fixture
def server() -> Iterator[FhirServer]:
    with FhirServer() as running:
        yield running


@pytest.fixture
def desk(store: Store, server: FhirServer) -> Ward:
    """Somebody whom nothing keeps out; E2 is for people to answer."""
    return ward(store, server)
