"""One request and its answer, against a real server that misbehaves, and against answers made by hand. STANDARDS 8D."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
import requests
import responses

from service.ehr.client import FhirClient
from service.ehr.clock import Clock
from service.ehr.exchange import Ask, Exchange
from service.ehr.limits import Gate, Limits
from service.ehr.scopes import Reach
from service.ehr.transport import new_session
from service.errors import (
    EhrError,
    EhrRefused,
    EhrUnavailable,
    NotPermitted,
    ResourceGone,
    UnusableAnswer,
    VersionConflict,
    WritesStopped,
)
from tests.ehr.clock import Watch
from tests.ehr.records import outcome, patient, subject
from tests.fhir_server import FhirServer

BASE = "https://ehr.example/fhir"
Made = Callable[..., FhirClient]


class OneToken:
    """An Auth that counts how often its token was refused."""

    def __init__(self) -> None:
        self.given = 0

    def token(self) -> str:
        return f"token-{self.given}"

    def reject(self, token: str) -> None:
        self.given += 1

    def reach(self, kind: str, letters: str) -> Reach:
        return Reach.ALL


@pytest.mark.parametrize(
    ("status", "error"),
    [
        pytest.param(400, EhrRefused, id="8.30 400"),
        pytest.param(401, NotPermitted, id="8.30 401"),
        pytest.param(403, NotPermitted, id="8.30 403"),
        pytest.param(404, ResourceGone, id="8.30 404"),
        pytest.param(409, VersionConflict, id="8.30 409"),
        pytest.param(410, ResourceGone, id="8.30 410"),
        pytest.param(412, VersionConflict, id="8.30 412"),
        pytest.param(422, EhrRefused, id="8.30 422"),
        pytest.param(501, EhrRefused, id="8.30 501"),
    ],
)
def test_a_refusal_is_not_repeated(server: FhirServer, client: FhirClient, status: int, error: type[EhrError]) -> None:
    server.fail(status=status, times=9, body='{"resourceType":"OperationOutcome","issue":[{"code":"invalid"}]}')
    with pytest.raises(error) as refused:
        client.read("Patient", "p1")
    assert (refused.value.status, refused.value.codes, len(server.log)) == (status, ("invalid",), 1)


@pytest.mark.parametrize("status", [pytest.param(each, id=f"8.30 {each}") for each in (408, 429, 500, 502, 503, 504)])
def test_a_failure_is_repeated_with_pauses(server: FhirServer, client: FhirClient, watch: Watch, status: int) -> None:
    server.seed(patient())
    server.fail(status=status, times=3)
    assert client.read("Patient", "p1")["id"] == "p1"
    assert watch.slept == [0.5, 1.0, 2.0]


def test_8_30_a_failure_that_stays_is_unavailable_after_the_last_try(server: FhirServer, client: FhirClient) -> None:
    server.fail(status=503, times=99)
    with pytest.raises(EhrUnavailable) as refused:
        client.read("Patient", "p1")
    assert (refused.value.status, len(server.log)) == (503, 4)


def test_8_30_an_issue_that_will_pass_is_repeated(server: FhirServer, client: FhirClient) -> None:
    server.seed(patient())
    server.fail(status=422, body='{"resourceType":"OperationOutcome","issue":[{"code":"throttled"}]}')
    assert client.read("Patient", "p1")["id"] == "p1"


@pytest.mark.parametrize(
    ("header", "slept"),
    [
        pytest.param("7", [7.0], id="8.30 seconds"),
        pytest.param("1782820800000", [45.0], id="8.30 an absurd time is capped"),
        pytest.param("later", [0.5], id="8.30 nonsense"),
    ],
)
def test_8_30_retry_after_is_honoured(
    server: FhirServer, client_of: Made, watch: Watch, header: str, slept: list[float]
) -> None:
    server.seed(patient())
    server.fail(status=429, headers={"Retry-After": header})
    client_of(server.base, Limits(most_retry_after=45)).read("Patient", "p1")
    assert watch.slept == slept


def test_8_30_retry_after_as_a_date(watch: Watch) -> None:
    made = FhirClient(BASE, new_session(), gate=Gate(clock=watch.clock), clock=Watch().clock)
    with responses.RequestsMock() as answers:
        answers.get(f"{BASE}/Patient/p1", status=503, headers={"Retry-After": "Tue, 30 Jun 2026 12:00:09 GMT"})
        answers.get(f"{BASE}/Patient/p1", json=patient())
        made.read("Patient", "p1")
    assert watch.passed == pytest.approx(9)  # the pause holds for all who use this server


def test_8_30_a_wait_that_is_too_long_is_left_to_the_caller(
    server: FhirServer, client: FhirClient, watch: Watch
) -> None:
    server.fail(status=503, headers={"Retry-After": "200"})
    with pytest.raises(EhrUnavailable) as refused:
        client.read("Patient", "p1")
    assert (refused.value.retry_after, watch.slept) == (200.0, [])


@pytest.mark.parametrize("fault", [{"drop": True}, {"cut": True}], ids=["dropped", "broken off"])
def test_a_lost_answer_is_asked_for_again(server: FhirServer, client: FhirClient, fault: dict[str, Any]) -> None:
    server.seed(patient())
    server.fail(**fault)
    assert client.read("Patient", "p1")["id"] == "p1"


def test_a_server_that_is_not_there_is_unavailable(client_of: Made) -> None:
    with pytest.raises(EhrUnavailable, match="GET Patient: the connection failed"):
        client_of("http://127.0.0.1:9/fhir").read("Patient", "p1")


def test_a_certificate_that_is_not_accepted_is_named(client_of: Made) -> None:
    with responses.RequestsMock() as answers:
        for _ in range(4):
            answers.get(f"{BASE}/Patient/p1", body=requests.exceptions.SSLError("the address and all"))
        with pytest.raises(EhrUnavailable, match="GET Patient: the server's certificate is not accepted"):
            client_of(BASE).read("Patient", "p1")


def test_a_server_that_is_too_slow_is_unavailable(server: FhirServer, client_of: Made) -> None:
    server.seed(patient())
    server.fail(delay=0.5, times=2)
    with pytest.raises(EhrUnavailable, match="did not answer in time"):
        client_of(server.base, Limits(read_timeout=0.1, tries=2)).read("Patient", "p1")


def test_an_answer_that_never_ends_is_unavailable() -> None:
    ticks = count(0, 6)  # each look at the clock is six seconds after the one before
    clock = Clock(seconds=lambda: float(next(ticks)), sleep=lambda seconds: None)
    made = FhirClient(BASE, new_session(), gate=Gate(Limits(tries=1, answer_deadline=10), clock), clock=clock)
    with responses.RequestsMock() as answers:
        answers.get(f"{BASE}/Patient/p1", body=b" " * 200_000, content_type="application/fhir+json")
        with pytest.raises(EhrUnavailable, match="in time"):
            made.read("Patient", "p1")


def test_an_answer_that_is_too_long_is_not_read(server: FhirServer, client_of: Made) -> None:
    server.seed({**patient(), "name": [{"text": "x" * 5000}]})
    with pytest.raises(UnusableAnswer, match="longer"):
        client_of(server.base, Limits(most_bytes=1000)).read("Patient", "p1")


@pytest.mark.parametrize(
    ("body", "content_type", "words"),
    [
        pytest.param('{"resourceType": "Pat', "application/fhir+json", "broken JSON", id="8.29 truncated"),
        pytest.param("<html>", "text/html", "not declared as JSON", id="8.29 a gateway's page"),
        pytest.param("<html>", "application/json", "broken JSON", id="8.29 a page that claims to be JSON"),
        pytest.param("[]", "application/json", "no JSON object", id="8.29 a list"),
        pytest.param("", "application/json", "no Patient", id="8.29 nothing"),
        pytest.param('{"resourceType": "Group"}', "application/json", "no Patient", id="8.29 another type"),
        pytest.param('{"resourceType": "Patient", "id": "p2"}', "application/json", "another", id="another resource"),
    ],
)
def test_an_answer_that_is_not_fhir_is_unusable(
    server: FhirServer, client: FhirClient, body: str, content_type: str, words: str
) -> None:
    server.fail(status=200, body=body, content_type=content_type)
    with pytest.raises(UnusableAnswer, match=words):
        client.read("Patient", "p1")


@pytest.mark.parametrize("name", ["application/fhir+json; charset=utf-8", "application/json", "application/json+fhir"])
def test_8_35_other_names_of_json_are_read(server: FhirServer, client: FhirClient, name: str) -> None:
    server.fail(status=200, body='\ufeff{"resourceType": "Patient", "id": "p1"}', content_type=name)
    assert client.read("Patient", "p1")["id"] == "p1"
    assert server.log.of()[0].headers["accept"].startswith("application/fhir+json")


def test_8_29_a_page_of_html_for_an_error_is_an_error_without_codes(server: FhirServer, client: FhirClient) -> None:
    server.fail(status=400, body="<html>", content_type="text/html")
    with pytest.raises(EhrRefused) as refused:
        client.read("Patient", "p1")
    assert refused.value.codes == ()


def test_8_30_a_token_that_is_refused_is_replaced_once(server: FhirServer, client_of: Made) -> None:
    server.seed(patient())
    server.fail(status=401)
    auth = OneToken()
    assert client_of(server.base, auth=auth).read("Patient", "p1")["id"] == "p1"
    assert [each.headers["authorization"] for each in server.log.of()] == ["Bearer token-0", "Bearer token-1"]
    server.fail(status=401, times=5)
    with pytest.raises(NotPermitted):
        client_of(server.base, auth=auth).read("Patient", "p1")
    assert len(server.log) == 4


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_3_70_a_redirection_to_another_host_is_not_followed(client_of: Made, status: int) -> None:
    with responses.RequestsMock() as answers:
        answers.get(f"{BASE}/Patient/p1", status=status, headers={"Location": "https://evil.example/fhir/Patient/p1"})
        with pytest.raises(UnusableAnswer, match="another host"):
            client_of(BASE, auth=OneToken()).read("Patient", "p1")
        assert len(answers.calls) == 1


@pytest.mark.parametrize(
    "host", ["evil.example\\@ehr.example", "evil.example%5c@ehr.example", "ehr.example\\.evil.example"]
)
def test_3_70_a_redirection_that_programs_read_differently_is_not_followed(client_of: Made, host: str) -> None:
    """What compares hosts takes the one behind the @, what sends takes the one before the backslash."""
    with responses.RequestsMock() as answers:
        answers.get(f"{BASE}/Patient/p1", status=307, headers={"Location": f"https://{host}/fhir/Patient/p1"})
        with pytest.raises(UnusableAnswer, match="another host"):
            client_of(BASE, auth=OneToken()).read("Patient", "p1")
        assert len(answers.calls) == 1


@pytest.mark.parametrize(
    "elsewhere",
    ["https://files.example/x", "http://localhost:9/x", "https://ehr.example:8443/x", "https://sub.ehr.example/x"],
)
def test_3_44_a_file_elsewhere_is_fetched_without_the_token(watch: Watch, elsewhere: str) -> None:
    exchange = Exchange(BASE, new_session(), OneToken(), Gate(clock=watch.clock), watch.clock)
    with responses.RequestsMock() as answers:
        answers.get(f"{BASE}/file", status=307, headers={"Location": elsewhere})
        answers.get(elsewhere, body=b"{}")
        assert exchange.send(Ask("GET", f"{BASE}/file", elsewhere=True)).body == b"{}"
        assert [each.request.headers.get("Authorization") for each in answers.calls] == ["Bearer token-0", None]


def test_3_44_the_token_does_not_come_back_when_the_way_leads_back(watch: Watch) -> None:
    exchange = Exchange(BASE, new_session(), OneToken(), Gate(clock=watch.clock), watch.clock)
    with responses.RequestsMock() as answers:
        answers.get(f"{BASE}/file", status=307, headers={"Location": "https://other.example/x"})
        answers.get("https://other.example/x", status=307, headers={"Location": f"{BASE}/y"})
        answers.get(f"{BASE}/y", body=b"{}")
        exchange.send(Ask("GET", f"{BASE}/file", elsewhere=True))
        assert [each.request.headers.get("Authorization") for each in answers.calls] == ["Bearer token-0", None, None]


def test_3_70_no_other_host_is_ever_given_the_token(watch: Watch) -> None:
    exchange = Exchange(BASE, new_session(), OneToken(), Gate(clock=watch.clock), watch.clock)
    with responses.RequestsMock() as answers:
        answers.get("https://other.example/fhir/Patient", body=b"{}")
        exchange.send(Ask("GET", "https://other.example/fhir/Patient"))
        assert "Authorization" not in answers.calls[0].request.headers


def test_a_redirection_on_the_same_host_keeps_the_token(client_of: Made) -> None:
    with responses.RequestsMock() as answers:
        answers.get(f"{BASE}/Patient/p1", status=307, headers={"Location": "/r4/Patient/p1"})
        answers.get("https://ehr.example/r4/Patient/p1", json=patient())
        client_of(BASE, auth=OneToken()).read("Patient", "p1")
        assert answers.calls[1].request.headers["Authorization"] == "Bearer token-0"


def test_redirections_in_a_circle_end(client_of: Made) -> None:
    with responses.RequestsMock() as answers:
        answers.get(f"{BASE}/Patient/p1", status=302, headers={"Location": f"{BASE}/Patient/p1"})
        with pytest.raises(UnusableAnswer, match="circle"):
            client_of(BASE).read("Patient", "p1")


def test_a_write_is_never_redirected(client_of: Made) -> None:
    with responses.RequestsMock() as answers:
        answers.post(f"{BASE}/ResearchSubject", status=307, headers={"Location": f"{BASE}/other"})
        with pytest.raises(UnusableAnswer, match="not followed"):
            client_of(BASE).create(subject())


def test_the_circuit_leaves_a_failing_server_alone(server: FhirServer, client_of: Made, watch: Watch) -> None:
    server.seed(patient())
    server.fail(status=500, times=5)
    made = client_of(server.base, Limits(tries=3, failures_to_open=5, stay_open=30))
    for _ in range(2):
        with pytest.raises(EhrUnavailable):
            made.read("Patient", "p1")
    assert len(server.log) == 5  # three tries, two more, and then it is open
    assert watch.slept == [0.5, 1.0, 0.5]  # nobody waits for what will not be asked
    with pytest.raises(EhrUnavailable, match="left alone"):
        made.read("Patient", "p1")
    assert len(server.log) == 5
    watch.passed += 30
    assert made.read("Patient", "p1")["id"] == "p1"


def test_refusals_do_not_open_the_circuit(server: FhirServer, client_of: Made) -> None:
    made = client_of(server.base, Limits(failures_to_open=2))
    for _ in range(5):
        with pytest.raises(ResourceGone):
            made.read("Patient", "nobody")
    assert len(server.log) == 5


def test_8_38_nothing_is_sent_while_writing_is_switched_off(server: FhirServer, client_of: Made) -> None:
    made = client_of(server.base, may_write=lambda: False)
    for write in (
        lambda: made.create(subject()),
        lambda: made.create_once(subject(), "s", "v"),
        lambda: made.update({**subject(), "id": "x"}, "1"),
        lambda: made.delete("ResearchSubject", "x"),
        lambda: made.transaction({"resourceType": "Bundle", "type": "transaction"}),
    ):
        with pytest.raises(WritesStopped):
            write()
    assert len(server.log) == 0


def test_a_write_is_not_repeated_once_writing_was_switched_off(server: FhirServer, client_of: Made) -> None:
    made = client_of(server.base, may_write=lambda: len(server.log) == 0)
    server.fail(method="PUT", status=503)
    with pytest.raises(WritesStopped):
        made.update({**subject(), "id": "x"}, None)
    assert len(server.log) == 1 and server.all("ResearchSubject") == []


def test_no_cookie_and_no_password_of_a_netrc_file_is_sent(
    server: FhirServer, client_of: Made, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.seed(patient())
    made = client_of(server.base, auth=OneToken())
    server.fail(status=200, body='{"resourceType":"Patient","id":"p1"}', headers={"Set-Cookie": "a=b"})
    for _ in range(2):
        made.read("Patient", "p1")
    assert {each.headers["authorization"] for each in server.log.of()} == {"Bearer token-0"}
    assert not any("cookie" in each.headers for each in server.log.of())


def test_outcomes_never_carry_the_servers_words() -> None:
    with responses.RequestsMock() as answers:
        answers.get(f"{BASE}/Patient/p1", status=422, json=outcome("made-up-by-the-server"))
        with pytest.raises(EhrRefused) as refused:
            FhirClient(BASE, new_session()).read("Patient", "p1")
    assert str(refused.value) == "GET Patient: HTTP 422 (unknown)"
