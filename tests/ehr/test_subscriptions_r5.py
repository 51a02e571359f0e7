"""Subscriptions of R5: as FHIR has them, and on a server that really calls back. STANDARDS 2.56 to 2.58."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.subscription import Subscription

from service.catalog.content import profiles_dir
from service.ehr.client import FhirClient
from service.ehr.subscribing import ensure, missed_events, offered_topics, reported_status
from service.ehr.subscription_forms import as_resource, changed, shown
from service.ehr.subscriptions import Step, decide, differences
from service.ehr.wanted import Wanted
from service.errors import EhrRefused
from service.fhir.notifications import Arrival, Kind, read_notification
from tests.contracts.official import official
from tests.ehr.receiver import Receiver
from tests.ehr.records import observation, patient
from tests.fhir_server import FhirServer

NOW = datetime(2026, 6, 30, tzinfo=UTC)
WEEK = timedelta(days=7)
HOOK = "https://us.example/hooks/x7f3"
TOPIC: dict[str, Any] = json.loads((profiles_dir() / "SubscriptionTopic-prescreening.json").read_text())
URL: str = TOPIC["url"]
ENCOUNTER = "http://hl7.org/fhir/StructureDefinition/Encounter"


def wanted(**more: Any) -> Wanted:
    return Wanted(**{"endpoint": HOOK, "criteria": URL, "secret": "s3cret", "release": "R5", **more})


def full() -> Wanted:
    narrowed = ("Encounter.patient=Patient/1", "status:not=cancelled", "Observation?category=laboratory")
    return wanted(narrowed=narrowed, heartbeat=60, timeout=10, most_events=5, end=NOW + WEEK)


def standing(want: Wanted | None = None, **more: Any) -> dict[str, Any]:
    return {**as_resource(want or wanted()), "id": "1", "status": "active", **more}


# ----------------------------------------------------------------------------------------------------- as FHIR has it
def test_2_57_every_element_of_its_own() -> None:
    made = as_resource(full())
    assert made == {
        "resourceType": "Subscription",
        "name": "fhir-prescreen",
        "status": "requested",
        "reason": "Pre-screening of clinical trials",
        "topic": URL,
        "end": "2026-07-07T00:00:00+00:00",
        "filterBy": [
            {"resourceType": ENCOUNTER, "filterParameter": "patient", "value": "Patient/1"},
            {"filterParameter": "status", "modifier": "not", "value": "cancelled"},
            {
                "resourceType": "http://hl7.org/fhir/StructureDefinition/Observation",
                "filterParameter": "category",
                "value": "laboratory",
            },
        ],
        "channelType": {
            "system": "http://terminology.hl7.org/CodeSystem/subscription-channel-type",
            "code": "rest-hook",
        },
        "endpoint": HOOK,
        "parameter": [{"name": "X-Prescreen-Secret", "value": "s3cret"}],
        "heartbeatPeriod": 60,
        "timeout": 10,
        "contentType": "application/fhir+json",
        "content": "id-only",
        "maxCount": 5,
    }


@pytest.mark.parametrize("want", [full(), wanted(), wanted(secret=None, payload="empty")])
def test_2_57_fhir_resources_accepts_it(want: Wanted) -> None:
    made = as_resource(want)
    assert json.loads(Subscription.model_validate(made).model_dump_json())["topic"] == URL
    with pytest.raises(ValueError, match="channel"):
        Subscription.model_validate({**made, "channel": {}})  # so that a form of R4 would be seen


@pytest.mark.shared
def test_2_57_the_official_schema_accepts_it(shared: Path) -> None:
    validator = official(shared / "data/definitions/r5", "Subscription")
    assert [error.message for error in validator.iter_errors(as_resource(full()))] == []
    assert list(validator.iter_errors({**as_resource(full()), "criteria": "Observation?"}))


def test_nothing_secret_is_shown() -> None:
    told = json.dumps(shown(full()))
    assert "s3cret" not in told and "x7f3" not in told and "https://us.example/hooks/" in told


@pytest.mark.parametrize(
    ("change", "elements", "grave"),
    [
        pytest.param({}, [], False, id="as asked"),
        pytest.param({"topic": "https://example.org/other"}, ["topic"], True, id="another topic"),
        pytest.param({"endpoint": "https://else.example"}, ["endpoint"], True, id="elsewhere"),
        pytest.param({"channelType": {"code": "email"}}, ["endpoint"], True, id="another channel"),
        pytest.param({"channelType": {"code": "rest-hook"}}, [], False, id="a channel without its system"),
        pytest.param({"filterBy": None}, ["filterBy"], False, id="conditions dropped"),
        pytest.param(
            {"filterBy": [{"filterParameter": "code", "value": "a"}, {"filterParameter": "status", "value": "final"}]},
            ["filterBy"],
            True,
            id="a condition added",
        ),
        pytest.param(
            {"filterBy": [{"resourceType": "Observation", "filterParameter": "code", "value": "a"}]},
            ["filterBy", "filterBy"],
            True,
            id="a condition of one type",
        ),
        pytest.param(
            {"filterBy": [{"filterParameter": "code", "value": "a", "comparator": "ge"}]},
            ["filterBy", "filterBy"],
            True,
            id="a condition that compares",
        ),
        pytest.param({"content": "empty"}, ["content"], False, id="a smaller payload"),
        pytest.param({"content": None}, ["content"], False, id="no payload"),
        pytest.param({"heartbeatPeriod": 3600}, ["heartbeat"], False, id="another heartbeat"),
        pytest.param({"parameter": None}, [], False, id="a secret that is not shown back"),
        pytest.param({"end": "2026-12-31T00:00:00Z"}, ["end"], False, id="the server sets an end"),
        pytest.param({"meta": {"versionId": "7"}, "contact": []}, [], False, id="what the server adds"),
    ],
)
def test_2_19_what_the_server_made_of_it(change: dict[str, Any], elements: list[str], grave: bool) -> None:
    want = wanted(narrowed=("code=a",), heartbeat=60)
    actual = {name: value for name, value in {**standing(want), **change}.items() if value is not None}
    found = differences(want, actual)
    assert [each.element for each in found] == elements and any(each.grave for each in found) is grave
    if grave:
        assert decide(want, {**actual, "status": "error"}, NOW, WEEK).step is Step.REVIEW


def test_a_change_keeps_what_the_server_knows_besides() -> None:
    actual = standing(full(), contact=[{"value": "x"}], meta={"versionId": "3"}, managingEntity={"display": "y"})
    made = changed(actual, wanted())
    assert (made["contact"], made["meta"], made["managingEntity"]) == (
        [{"value": "x"}],
        {"versionId": "3"},
        {"display": "y"},
    )
    assert "end" not in made and "filterBy" not in made and "channel" not in made
    Subscription.model_validate({**made, "contact": []})


# ------------------------------------------------------------------------------------------------------- on a server
@pytest.fixture
def server() -> Iterator[FhirServer]:
    with FhirServer(release="5.0.0") as running:
        running.load_topic(TOPIC)
        yield running


@pytest.fixture
def client(server: FhirServer, client_of: Callable[..., FhirClient]) -> FhirClient:
    return client_of(server.base)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as listening:
        yield listening


def unneeded(id: str) -> None:
    raise AssertionError("nothing has to be recovered")


def made(client: FhirClient, receiver: Receiver, server: FhirServer, **more: Any) -> str:
    created = ensure(client, wanted(endpoint=receiver.endpoint, **more), None, NOW, unneeded)
    server.subscriptions.wait()
    assert (created.step, created.differences) == (Step.CREATE, ())
    assert server.storage.read("Subscription", created.id)["status"] == "active"
    return created.id


def test_2_58_its_topics_are_resources(server: FhirServer, client: FhirClient) -> None:
    server.seed({**TOPIC, "id": "old", "url": "https://example.org/old", "status": "retired"})
    features = client.capabilities()
    assert (features.release, features.topics, offered_topics(client, features)) == ("R5", frozenset(), {URL})
    server.fail(where="/SubscriptionTopic", status=403)
    assert offered_topics(client, features) == frozenset()


def test_2_57_a_handshake_and_then_events_with_the_secret(
    server: FhirServer, client: FhirClient, receiver: Receiver
) -> None:
    id = made(client, receiver, server)
    server.change(observation("1"), patient())
    server.subscriptions.wait()
    read = [read_notification(Arrival(each.method, each.json), (server.base,)) for each in receiver.received]
    assert [each.json["type"] for each in receiver.received] == ["subscription-notification"] * 3
    assert [each.kind for each in read] == [Kind.HANDSHAKE, Kind.EVENT, Kind.EVENT]
    assert [each.problems for each in read] == [(), (), ()]
    assert {each.subscription for each in read} == {id}
    assert [(event.number, event.focus) for each in read for event in each.events] == [
        (1, "Observation/1"),
        (2, "Patient/p1"),
    ]
    assert {each.headers["x-prescreen-secret"] for each in receiver.received} == {"s3cret"}


def test_2_57_conditions_narrow_the_topic(server: FhirServer, client: FhirClient, receiver: Receiver) -> None:
    made(client, receiver, server, narrowed=("Observation.patient=p1",))
    server.change(observation("1"), observation("2", person="p2"))
    server.subscriptions.wait()
    assert len(receiver.received) == 2


def test_it_is_never_there_twice(server: FhirServer, client: FhirClient, receiver: Receiver) -> None:
    first = made(client, receiver, server)
    for known in (None, first, "lost"):
        again = ensure(client, wanted(endpoint=receiver.endpoint), known, NOW, unneeded)
        assert (again.id, again.step) == (first, Step.KEEP)
    assert len(server.all("Subscription")) == 1


def test_2_53_one_that_ends_soon_is_renewed(server: FhirServer, client: FhirClient, receiver: Receiver) -> None:
    id = made(client, receiver, server, end=NOW + timedelta(days=3))
    after = ensure(client, wanted(endpoint=receiver.endpoint, end=NOW + 9 * WEEK), id, NOW, unneeded)
    assert (after.step, after.end) == (Step.RENEW, NOW + 9 * WEEK)


def test_2_50_one_in_error_is_recovered_by_its_events(
    server: FhirServer, client: FhirClient, receiver: Receiver
) -> None:
    id = made(client, receiver, server)
    receiver.status = 500
    server.change(observation("1"))
    server.subscriptions.wait()
    receiver.status = 200
    told: list[object] = []

    def recover(missed: str) -> None:
        found = read_notification(Arrival("POST", missed_events(client, missed, 1)), (server.base,))
        told.extend([found.kind, *(each.focus for each in found.events)])
        (status,) = reported_status(client, missed)
        told.append(status["eventsSinceSubscriptionStart"])

    after = ensure(client, wanted(endpoint=receiver.endpoint), id, NOW, recover)
    server.subscriptions.wait()
    assert (after.step, told) == (Step.RECOVER, [Kind.QUERY_EVENT, "Observation/1", "1"])
    assert ensure(client, wanted(endpoint=receiver.endpoint), id, NOW, unneeded).status == "active"


def test_a_server_of_r5_takes_no_subscription_of_r4(server: FhirServer, client: FhirClient, receiver: Receiver) -> None:
    with pytest.raises(EhrRefused):
        ensure(client, wanted(endpoint=receiver.endpoint, release="R4B"), None, NOW, unneeded)
    assert server.all("Subscription") == []
