"""From the set-up of a server to a client of it."""

import pytest

from service.ehr.backend_auth import Registration
from service.ehr.connect import Server, connect
from service.ehr.keys import SigningKey, public_keys
from service.errors import UsageError
from tests.ehr.records import observation
from tests.fhir_server import Client, FhirServer


def test_a_server_without_tokens(server: FhirServer) -> None:
    server.software = "HAPI FHIR Server"
    found = connect(Server(server.base))
    assert (found.client.dialect.name, found.features.release, found.not_granted) == ("hapi", "R4", ())


def test_a_server_with_tokens_that_grants_less(rsa_key: SigningKey) -> None:
    registered = Client("prescreen", public_keys([rsa_key]))
    with FhirServer(clients=(registered,)) as guarded:
        guarded.seed(observation("1"))
        guarded.smart.grants = lambda asked: "system/Observation.rs"
        types = {"Observation": "rs", "Condition": "rs"}
        found = connect(Server(guarded.base, Registration("prescreen", rsa_key, types), dialect="oracle"))
        assert (found.client.dialect.name, found.not_granted) == ("oracle", ("Condition",))
        assert found.client.search("Observation", {"patient": "p1"}).complete


def test_an_unknown_dialect_is_told_before_anything_is_sent(server: FhirServer) -> None:
    with pytest.raises(UsageError, match="no dialect"):
        connect(Server(server.base, dialect="cernr"))
    assert len(server.log) == 0
