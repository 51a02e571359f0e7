"""Subscriptions on a server that really calls back. STANDARDS 2B-2D."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.ehr.client import FhirClient
from service.ehr.dialects import DIALECTS
from service.ehr.subscribing import ensure, find, missed_events, reported_status, switch_off
from service.ehr.subscriptions import Step
from service.ehr.wanted import Wanted
from service.errors import EhrRefused, EhrUnavailable, ResourceGone, UnusableAnswer, VersionConflict
from tests.ehr.receiver import Receiver
from tests.ehr.records import observation, patient
from tests.fhir_server import FhirServer

NOW = datetime(2026, 6, 30, tzinfo=UTC)
TOPIC = "https://example.org/topic"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as listening:
        yield listening


@pytest.fixture(autouse=True)
def topic(server: FhirServer) -> None:
    server.subscriptions.topics = {TOPIC: {"Observation", "Condition"}}


def unneeded(id: str) -> None:
    raise AssertionError("nothing has to be recovered")


def made(client: FhirClient, receiver: Receiver, server: FhirServer, **more: Any) -> str:
    """The id of a Subscription that was created and has become active."""
    want = Wanted(**{"endpoint": receiver.endpoint, "criteria": TOPIC, "secret": "s3cret", **more})
    created = ensure(client, want, None, NOW, unneeded)
    server.subscriptions.wait()
    assert (created.step, created.differences) == (Step.CREATE, ())
    assert server.storage.read("Subscription", created.id)["status"] == "active"
    return created.id


def test_2_29_a_handshake_and_then_events_with_the_secret(
    server: FhirServer, client: FhirClient, receiver: Receiver
) -> None:
    made(client, receiver, server)
    server.change(observation("1"), patient(), observation("2"))
    server.subscriptions.wait()
    assert [each.kind for each in receiver.received] == ["handshake", "event-notification", "event-notification"]
    assert [each.numbers for each in receiver.received] == [[], ["1"], ["2"]]  # 2.27, 2.31
    assert {each.headers["x-prescreen-secret"] for each in receiver.received} == {"s3cret"}


@pytest.mark.parametrize("payload", ["empty", "id-only", "full-resource"])
def test_2_14_payloads(server: FhirServer, client: FhirClient, receiver: Receiver, payload: str) -> None:
    made(client, receiver, server, payload=payload)
    server.change(observation("1"))
    server.subscriptions.wait()
    entries = receiver.received[1].json["entry"][1:]
    assert [("resource" in each, each["fullUrl"]) for each in entries] == {
        "empty": [],
        "id-only": [(False, f"{server.base}/Observation/1")],
        "full-resource": [(True, f"{server.base}/Observation/1")],
    }[payload]


def test_2_16_r4b_gets_its_own_status(server: FhirServer, client: FhirClient, receiver: Receiver) -> None:
    made(client, receiver, server, release="R4B")
    server.change(observation("1"))
    server.subscriptions.wait()
    status = receiver.received[1].json["entry"][0]["resource"]
    assert (status["resourceType"], status["notificationEvent"][0]["eventNumber"]) == ("SubscriptionStatus", "1")


def test_2_12_conditions_narrow_the_topic(server: FhirServer, client: FhirClient, receiver: Receiver) -> None:
    made(client, receiver, server, narrowed=("Observation?patient=p1",))
    server.change(observation("1"), observation("2", person="p2"))
    server.subscriptions.wait()
    assert [each.kind for each in receiver.received] == ["handshake", "event-notification"]


@pytest.mark.parametrize(
    ("style", "payload", "paths"),
    [
        ("hapi", "empty", [("POST", "", b"")]),
        ("hapi", "full-resource", [("PUT", "/Observation/1", None), ("DELETE", "/Observation/1", b"")]),
        ("medplum", "full-resource", [("POST", "", None), ("POST", "", b"{}")]),
        ("medplum", "empty", [("POST", "", None), ("POST", "", b"{}")]),
    ],
)
def test_2_5_a_subscription_by_criteria_calls_as_products_do(
    server: FhirServer, client: FhirClient, receiver: Receiver, style: str, payload: str, paths: list[Any]
) -> None:
    server.subscriptions.style = style
    server.subscriptions.activates = style != "medplum"
    client = client.speaking(DIALECTS[style])
    criteria = "Observation?code=http://loinc.org|1751-7"
    made(client, receiver, server, by_topic=False, criteria=criteria, payload=payload)
    server.change(observation("1"), observation("2", code="other"))
    server.remove("Observation", "1")
    server.subscriptions.wait()
    found = [(each.method, each.path.removeprefix("/hooks/x7f3"), each.body) for each in receiver.received]
    assert [each[:2] for each in found] == [each[:2] for each in paths]
    assert [body for *_, body in found if body in (b"", b"{}")] == [body for *_, body in paths if body is not None]


def test_where_nobody_makes_a_subscription_active_the_client_does(
    server: FhirServer, client: FhirClient, receiver: Receiver
) -> None:
    """Medplum sends nothing of one that is requested, and leaves it so, as one that was made too early."""
    server.subscriptions.activates = False
    want = Wanted(endpoint=receiver.endpoint, criteria="Observation?", by_topic=False, payload="empty")
    waiting = ensure(client, want, None, NOW, unneeded)
    assert (waiting.step, waiting.status) == (Step.CREATE, "requested")
    client = client.speaking(DIALECTS["medplum"])
    missed: list[str] = []
    found = ensure(client, want, waiting.id, NOW, missed.append)
    assert (found.id, found.status, missed) == (waiting.id, "active", [waiting.id])
    assert ensure(client, want, waiting.id, NOW, unneeded).step is Step.KEEP
    server.change(observation("1"))
    server.subscriptions.wait()
    assert len(receiver.received) == 1


def test_it_is_never_there_twice(server: FhirServer, client: FhirClient, receiver: Receiver) -> None:
    first = made(client, receiver, server)
    want = Wanted(endpoint=receiver.endpoint, criteria=TOPIC, secret="s3cret")
    for known in (None, first, "lost"):
        again = ensure(client, want, known, NOW, unneeded)
        assert (again.id, again.step) == (first, Step.KEEP)
    assert len(server.all("Subscription")) == 1


def test_8_31_a_lost_answer_to_a_creation_leaves_one(
    server: FhirServer, client: FhirClient, receiver: Receiver
) -> None:
    server.fail(method="POST", where="/Subscription$", swallow=True)
    want = Wanted(endpoint=receiver.endpoint, criteria=TOPIC)
    with pytest.raises(EhrUnavailable):
        ensure(client, want, None, NOW, unneeded)
    server.subscriptions.wait()
    assert ensure(client, want, None, NOW, unneeded).step is Step.KEEP
    assert len(server.all("Subscription")) == 1


def test_several_that_send_to_us_are_a_conflict(server: FhirServer, client: FhirClient, receiver: Receiver) -> None:
    made(client, receiver, server)
    there = server.all("Subscription")[0]
    server.seed({**there, "id": "double"})
    with pytest.raises(VersionConflict, match="2 send to the same endpoint"):
        find(client, Wanted(endpoint=receiver.endpoint, criteria=TOPIC), None)


def test_a_search_that_is_not_whole_creates_nothing(server: FhirServer, client: FhirClient, receiver: Receiver) -> None:
    server.fail(where="/Subscription", status=403)
    with pytest.raises(UnusableAnswer, match="cannot be told"):
        ensure(client, Wanted(endpoint=receiver.endpoint, criteria=TOPIC), None, NOW, unneeded)
    assert server.all("Subscription") == []


def test_2_50_missed_events_are_recovered_before_it_is_requested_again(
    server: FhirServer, client: FhirClient, receiver: Receiver
) -> None:
    id = made(client, receiver, server)
    receiver.status = 500
    server.change(observation("1"))
    server.subscriptions.wait()
    server.change(observation("2"))
    receiver.status = 200
    statuses: list[str] = []

    def recover(missed: str) -> None:
        statuses.append(server.storage.read("Subscription", missed)["status"])
        entries = missed_events(client, missed, 1)["entry"]
        assert isinstance(entries, list)
        statuses.extend(each["fullUrl"].rpartition("/")[2] for each in entries[1:])

    want = Wanted(endpoint=receiver.endpoint, criteria=TOPIC, secret="s3cret")
    after = ensure(client, want, id, NOW, recover)
    server.subscriptions.wait()
    assert (after.step, statuses) == (Step.RECOVER, ["error", "1", "2"])
    assert [each.kind for each in receiver.received][-1] == "handshake"
    assert ensure(client, want, id, NOW, unneeded).status == "active"


def test_2_50_a_recovery_that_fails_leaves_it_in_error(
    server: FhirServer, client: FhirClient, receiver: Receiver
) -> None:
    id = made(client, receiver, server)
    server.subscriptions.break_down(id)

    def fails(missed: str) -> None:
        raise EhrUnavailable("not now")

    want = Wanted(endpoint=receiver.endpoint, criteria=TOPIC, secret="s3cret")
    with pytest.raises(EhrUnavailable, match="not now"):
        ensure(client, want, id, NOW, fails)
    assert server.storage.read("Subscription", id)["status"] == "error"


def test_2_20_one_that_the_server_adjusted_waits_for_a_person(
    server: FhirServer, client: FhirClient, receiver: Receiver
) -> None:
    id = made(client, receiver, server)
    there = server.storage.read("Subscription", id)
    server.seed({**there, "status": "error", "criteria": "https://else.example"})
    want = Wanted(endpoint=receiver.endpoint, criteria=TOPIC, secret="s3cret")
    before = len(server.log.of("PUT"))
    after = ensure(client, want, id, NOW, unneeded)
    assert (after.step, [each.element for each in after.differences]) == (Step.REVIEW, ["criteria"])
    assert len(server.log.of("PUT")) == before


def test_2_53_one_that_ends_soon_is_renewed(server: FhirServer, client: FhirClient, receiver: Receiver) -> None:
    id = made(client, receiver, server, end=NOW + timedelta(days=3))
    want = Wanted(endpoint=receiver.endpoint, criteria=TOPIC, secret="s3cret", end=NOW + timedelta(days=60))
    after = ensure(client, want, id, NOW, unneeded)
    assert (after.step, after.end) == (Step.RENEW, NOW + timedelta(days=60))


def test_2_19_what_no_longer_asks_for_what_is_wanted_is_changed(
    server: FhirServer, client: FhirClient, receiver: Receiver
) -> None:
    other = "https://example.org/other"
    server.subscriptions.topics[other] = {"Observation"}
    id = made(client, receiver, server)
    after = ensure(client, Wanted(endpoint=receiver.endpoint, criteria=other), id, NOW, unneeded)
    assert (after.id, after.step, after.differences) == (id, Step.CHANGE, ())
    assert server.storage.read("Subscription", id)["criteria"] == other


def test_2_19_what_the_server_made_of_it_is_reported(
    server: FhirServer, client: FhirClient, receiver: Receiver
) -> None:
    def without_heartbeat(resource: Any) -> Any:
        resource["channel"].pop("extension", None)
        return resource

    server.fail(method="GET", where="/Subscription/", change=without_heartbeat)
    want = Wanted(endpoint=receiver.endpoint, criteria=TOPIC, heartbeat=60)
    assert [each.element for each in ensure(client, want, None, NOW, unneeded).differences] == ["channel.heartbeat"]


def test_2_48_the_server_may_know_fewer_events_than_are_asked_for(
    server: FhirServer, client: FhirClient, receiver: Receiver
) -> None:
    id = made(client, receiver, server)
    server.subscriptions.lost, server.subscriptions.kept = 5, 2
    server.change(*(observation(str(number)) for number in range(1, 6)))
    entries = missed_events(client, id, 1, 4)["entry"]
    assert isinstance(entries, list)
    parts = [each["part"] for each in entries[0]["resource"]["parameter"] if each["name"] == "notification-event"]
    assert [part[0]["valueString"] for part in parts] == ["4"]


def test_2_47_a_server_without_events_says_so(server: FhirServer, client: FhirClient, receiver: Receiver) -> None:
    id = made(client, receiver, server)
    server.has_events = False
    with pytest.raises(ResourceGone):
        missed_events(client, id, 1)
    server.fail(where="events", status=400)
    with pytest.raises(EhrRefused):
        missed_events(client, id, 1)
    server.fail(where="events", status=200, body='{"resourceType": "OperationOutcome"}')
    with pytest.raises(UnusableAnswer):
        missed_events(client, id, 1)


def test_2_49_the_status_is_a_searchset(server: FhirServer, client: FhirClient, receiver: Receiver) -> None:
    id = made(client, receiver, server)
    server.change(observation("1"))
    (status,) = reported_status(client, id)
    assert {"name": "events-since-subscription-start", "valueString": "1"} in status["parameter"]  # type: ignore[operator]
    server.fail(where="status", status=200, body='{"resourceType": "Bundle", "type": "history"}')
    with pytest.raises(UnusableAnswer):
        reported_status(client, id)


def test_2_30_a_heartbeat_tells_the_counter(server: FhirServer, client: FhirClient, receiver: Receiver) -> None:
    id = made(client, receiver, server)
    server.subscriptions.lost = 1
    server.change(observation("1"))
    server.subscriptions.heartbeat(id)
    server.subscriptions.wait()
    assert receiver.received[-1].kind == "heartbeat"
    assert {"name": "events-since-subscription-start", "valueString": "1"} in receiver.received[-1].parameters


def test_2_2_one_may_be_switched_off_and_then_says_nothing(
    server: FhirServer, client: FhirClient, receiver: Receiver
) -> None:
    id = made(client, receiver, server)
    switch_off(client, id)
    switch_off(client, "gone")
    server.change(observation("1"))
    server.subscriptions.wait()
    assert [each.kind for each in receiver.received] == ["handshake"]
    want = Wanted(endpoint=receiver.endpoint, criteria=TOPIC, secret="s3cret")
    assert ensure(client, want, id, NOW, unneeded).step is Step.REVIEW


def test_2_8_an_answer_with_a_body_is_an_error_to_the_sender(
    server: FhirServer, client: FhirClient, receiver: Receiver
) -> None:
    receiver.answer = b"{}"
    want = Wanted(endpoint=receiver.endpoint, criteria=TOPIC)
    created = ensure(client, want, None, NOW, unneeded)
    server.subscriptions.wait()
    assert server.storage.read("Subscription", created.id)["status"] == "error"
