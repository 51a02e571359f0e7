"""No token, no id of a patient and none of their data in logs, messages, tracebacks or representations."""

import logging
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from service.ehr.backend_auth import BackendAuth, Registration
from service.ehr.client import FhirClient
from service.ehr.exchange import Ask
from service.ehr.keys import SigningKey, public_keys
from service.ehr.limits import Limits
from service.ehr.transport import new_session
from service.errors import EhrError
from tests.ehr.clock import Watch
from tests.ehr.records import observation, outcome, subject
from tests.fhir_server import Client, FhirServer

PERSON = "mrn-4711"
WORDS = "Mrs. Secret"


@pytest.fixture
def guarded(rsa_key: SigningKey, watch: Watch) -> Iterator[FhirServer]:
    with FhirServer(clients=(Client("prescreen", public_keys([rsa_key])),), now=watch.now) as running:
        running.seed({"resourceType": "Patient", "id": PERSON, "name": [{"text": WORDS}]})
        running.seed(*(observation(f"{PERSON}-{number}", person=PERSON) for number in range(5)))
        running.log.clear()
        yield running


@pytest.fixture
def client(guarded: FhirServer, watch: Watch, rsa_key: SigningKey, client_of: Callable[..., FhirClient]) -> FhirClient:
    types = {"Observation": "rs", "Patient": "rs", "ResearchSubject": "cruds"}
    auth = BackendAuth(guarded.base, Registration("prescreen", rsa_key, types), new_session(), clock=watch.clock)
    return client_of(guarded.base, Limits(tries=2, per_second=1000, burst=1000, read_timeout=0.3), auth=auth)


def told(guarded: FhirServer, caplog: pytest.LogCaptureFixture, *texts: str) -> list[str]:
    """What was told of tokens, assertions, ids and data."""
    everything = "\n".join((*texts, *(record.getMessage() for record in caplog.records), caplog.text))
    secrets = [*guarded.smart.tokens, PERSON, WORDS, "eyJ", "Bearer", "client_assertion"]
    return [each for each in secrets if each in everything]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 400},
        {"status": 401},
        {"status": 403},
        {"status": 404},
        {"status": 429, "headers": {"Retry-After": "1"}},
        {"status": 500},
        {"status": 302, "headers": {"Location": f"https://evil.example/{PERSON}"}},
        {"status": 200, "body": f'{{"resourceType": "{WORDS}'},
        {"status": 200, "body": f'{{"resourceType": "{WORDS}"}}'},
        {"drop": True},
        {"cut": True},
        {"delay": 0.6},
    ],
    ids=str,
)
def test_whatever_goes_wrong_nothing_personal_is_told(
    guarded: FhirServer, client: FhirClient, caplog: pytest.LogCaptureFixture, fault: dict[str, Any]
) -> None:
    caplog.set_level(logging.DEBUG)
    body = str(outcome("processing")).replace("'", '"')
    client.search("Observation", {"patient": PERSON})
    guarded.fail(where="/fhir/(Patient|Observation|ResearchSubject)", times=99, **{"body": body, **fault})
    texts = []
    for ask in (
        lambda: client.read("Patient", PERSON),
        lambda: client.update({**subject(), "id": PERSON}, "1"),
        lambda: client.create_once(subject(), "urn:mrn", PERSON),
    ):
        with pytest.raises(EhrError) as refused:
            ask()
        texts += [str(refused.value), repr(refused.value), *traceback.format_exception(refused.value)]
    if fault.get("status") != 401:
        result = client.search("Observation", {"patient": PERSON}, partial=True)
        assert not result.complete
        texts += [repr(result), str(result.problem)]
    assert told(guarded, caplog, *texts) == []


def test_a_server_that_is_not_there_is_not_told_of_in_detail(
    guarded: FhirServer, client_of: Callable[..., FhirClient], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(EhrError) as refused:
        client_of("http://127.0.0.1:9/fhir").read("Patient", PERSON)
    assert told(guarded, caplog, *traceback.format_exception(refused.value)) == []


def test_what_goes_well_is_not_told_either(
    guarded: FhirServer, client: FhirClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    result = client.search("Observation", {"patient": PERSON})
    written = client.create(subject(PERSON))
    ask = Ask("GET", f"{client.base}/Patient/{PERSON}", {"Authorization": "Bearer x"}, WORDS.encode())
    assert result.complete
    assert told(guarded, caplog, repr(result), repr(written), repr(ask), repr(client)) == []


def test_a_token_and_a_key_do_not_show_themselves(client: FhirClient, rsa_key: SigningKey) -> None:
    auth = client._auth
    assert isinstance(auth, BackendAuth)
    token = auth.token()
    shown = repr(auth) + repr(auth.__dict__) + repr(rsa_key)
    assert token not in shown and "PRIVATE" not in shown
