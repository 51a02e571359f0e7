"""Journeys: real processes, a real FHIR server on loopback, a database that survives them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.fhir.adapt import SUPPORTED
from service.screening.subscriptions_needed import TOPIC
from tests.fhir_server import FhirServer
from tests.journeys.site import Site


@pytest.fixture
def server() -> Iterator[FhirServer]:
    """An EHR that has topics."""
    with FhirServer(topics={TOPIC: set(SUPPORTED) | {"Patient"}}) as running:
        yield running


@pytest.fixture
def site(tmp_path: Path, server: FhirServer, url: str) -> Iterator[Site]:
    """An installation whose tenant reads from that server and writes to it; all its processes end with the test."""
    installed = Site(tmp_path, server, url)
    yield installed
    installed.end()
