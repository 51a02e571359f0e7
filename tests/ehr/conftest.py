"""A server, a client for it, keys, and a clock that does not wait."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from service.ehr.client import FhirClient
from service.ehr.keys import SigningKey, load_key
from service.ehr.limits import Gate, Limits
from service.ehr.transport import new_session
from tests.ehr.clock import Watch
from tests.fhir_server import FhirServer


@pytest.fixture
def watch() -> Watch:
    return Watch(start=datetime.now(UTC))


@pytest.fixture
def server() -> Iterator[FhirServer]:
    with FhirServer() as running:
        yield running


@pytest.fixture
def client_of(watch: Watch) -> Callable[..., FhirClient]:
    """Makes a client: `client_of(base, limits=…, dialect=…, auth=…)`."""

    def made(base: str, limits: Limits | None = None, **more: Any) -> FhirClient:
        gate = Gate(limits or Limits(per_second=1000, burst=1000), watch.clock)
        return FhirClient(base, new_session(), gate=gate, clock=watch.clock, **more)

    return made


@pytest.fixture
def client(server: FhirServer, client_of: Callable[..., FhirClient]) -> FhirClient:
    return client_of(server.base)


@pytest.fixture(scope="session")
def rsa_key() -> SigningKey:
    return load_key(RSAKey.generate_key(2048).as_pem(private=True).decode(), "rsa-1")


@pytest.fixture(scope="session")
def ec_key() -> SigningKey:
    return load_key(ECKey.generate_key("P-384").as_pem(private=True).decode(), "ec-1")
