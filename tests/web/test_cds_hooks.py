"""CDS Hooks over HTTP: addresses, statuses, and what an error says. STANDARDS §1, by number."""

import json
import logging
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.app import app_of
from service.ehr.cds_clients import CdsClient
from service.ehr.clock import Clock
from service.fhir.cds.call import Hook
from service.screening.cds import orders as order_module
from service.screening.cds.services import CHART as CHART_SERVICE, ORDERS
from service.settings import Mode, Settings
from service.settings.cds_clients import CdsCallers
from service.settings.file import TenantSettings
from service.store import cards
from service.store.engine import Store
from tests.cds.schemas import DISCOVERY, RESPONSE, empties, violations
from tests.cds.world import CHART, LENT, NOON, TOKEN, Desk, Json, outcome, prefetched, request
from tests.screening.world import patient
from tests.web.test_development import ELSEWHERE

BASE = "/cds-services"
CLOCK = Clock(now=lambda: NOON)
SECRETS = ("Secret", TOKEN, "1970-05-05", "hush")


def client_of(store: Store, mode: Mode = Mode.DEVELOPMENT, **more: Any) -> FlaskClient:
    desk = Desk(store)
    settings = replace(Settings(mode=mode), **more)
    return app_of(desk.content, settings, (desk.tenant,), store, clock=CLOCK).test_client()


@pytest.fixture
def client(store: Store) -> FlaskClient:
    return client_of(store)


def whole(store: Store, hook: Hook = Hook.PATIENT_VIEW, **more: Any) -> Json:
    return request(hook, prefetch=prefetched(Desk(store).tenant, CHART), **more)


def post(client: FlaskClient, content: object, to: str = CHART_SERVICE.id, **options: Any) -> Any:
    data = content if isinstance(content, bytes) else json.dumps(content)
    return client.post(f"{BASE}/{to}", data=data, **{"content_type": "application/json", **options})


def refused(answer: Any, status: int) -> list[str]:
    """What the answer says of its refusal; it is an OperationOutcome without a word of what was sent (1.44, 1.90)."""
    assert (answer.status_code, answer.mimetype) == (status, "application/fhir+json")
    assert not any(each in answer.text for each in SECRETS)
    return [each["diagnostics"] for each in answer.get_json()["issue"]]


def test_1_1_discovery(client: FlaskClient) -> None:
    answer = client.get(BASE)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert violations(DISCOVERY, answer.get_json()) == [] and len(answer.get_json()["services"]) == 4


@pytest.mark.parametrize("hook", [Hook.PATIENT_VIEW, Hook.ENCOUNTER_START])
def test_1_46_a_card(client: FlaskClient, store: Store, hook: Hook) -> None:
    answer = post(client, whole(store, hook))
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert violations(RESPONSE, answer.get_json()) == [] and empties(answer.get_json()) == []
    assert len(answer.get_json()["cards"]) == 1


def test_1_46_nothing_to_say(client: FlaskClient, store: Store) -> None:
    answer = post(client, request(prefetch=prefetched(Desk(store).tenant, (patient(),))))
    assert (answer.status_code, answer.get_json()) == (200, {"cards": []})
    answer = post(client, whole(store, Hook.ORDER_SIGN), ORDERS.id)
    assert (answer.status_code, answer.get_json()) == (200, {"cards": []})


def test_1_10_an_unknown_service_is_not_found(client: FlaskClient, store: Store) -> None:
    refused(post(client, whole(store), "nothing"), 404)
    refused(post(client, {"feedback": []}, "nothing/feedback"), 404)


@pytest.mark.parametrize(("hook", "to"), [(Hook.ORDER_SIGN, CHART_SERVICE.id), (Hook.PATIENT_VIEW, ORDERS.id)])
def test_1_10_another_hook_is_refused(client: FlaskClient, store: Store, hook: Hook, to: str) -> None:
    (told,) = refused(post(client, whole(store, hook), to), 400)
    assert told.startswith("hook has to be one of")


def test_1_9_everything_that_lacks_is_named(client: FlaskClient) -> None:
    told = refused(post(client, {"hook": "patient-view", "context": {"patientId": "hush hush"}}), 400)
    assert [each.split(" ")[0] for each in told] == ["hookInstance", "context.patientId", "context.userId"]


@pytest.mark.parametrize("content", [b"", b"hush", b"[]", b'{"context": "hush"}', b"\xff"])
def test_what_is_no_call_is_refused(client: FlaskClient, content: bytes) -> None:
    assert len(refused(post(client, content), 400)) == 1


def test_1_15_a_token_for_another_patient(client: FlaskClient, store: Store) -> None:
    lent = {"fhirServer": "https://ehr.example/fhir", "fhirAuthorization": {**LENT, "patient": "hush"}}
    (told,) = refused(post(client, {**whole(store), **lent}), 400)
    assert "another patient" in told


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/fhir+json", ""]
)
def test_another_type_of_content_is_refused(client: FlaskClient, store: Store, content_type: str) -> None:
    refused(post(client, whole(store), content_type=content_type), 415)
    feedback = {"feedback": [{"card": "x", "outcome": "overridden", "outcomeTimestamp": "2026-06-30T12:00:00Z"}]}
    refused(post(client, feedback, f"{CHART_SERVICE.id}/feedback", content_type=content_type), 415)


def test_1_20_what_is_too_large_is_refused(store: Store) -> None:
    small = client_of(store, largest_request=2_000_000)
    refused(post(small, {**whole(store), "extension": "x" * 2_000_000}), 413)
    assert post(small, {**whole(store), "extension": "x" * 1_900_000}).status_code == 200
    many = {"feedback": [{"card": "x" * 100}] * 10_000}
    refused(post(small, many, f"{CHART_SERVICE.id}/feedback"), 413)


NOTHING_CAME: list[tuple[Json | None, list[str]]] = [
    (None, ["patient"]),
    ({"patient": patient()}, ["condition", "consent", "encounter", "observation"]),
    ({"patient": patient(), "condition": outcome(), "observation": "hush"}, ["condition", "observation"]),
]


@pytest.mark.parametrize(("prefetch", "keys"), NOTHING_CAME)
def test_1_42_and_1_44_where_nothing_can_be_told(client: FlaskClient, prefetch: Json | None, keys: list[str]) -> None:
    (told,) = refused(post(client, request(prefetch=prefetch)), 412)
    assert all(each in told for each in keys)


def test_1_43_where_something_can(client: FlaskClient, store: Store) -> None:
    body = whole(store)
    body["prefetch"]["condition"] = outcome()
    answer = post(client, body)
    unread = answer.get_json()["extension"]["org.fhir-prescreen"]["notWhollyRead"]
    assert (answer.status_code, [each["type"] for each in unread]) == (200, ["Condition"])
    assert not any(each in json.dumps(unread) for each in SECRETS)


def test_1_90_an_error_of_ours_says_nothing(
    client: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("Mrs. Secret, born 1970-05-05")

    monkeypatch.setattr(order_module, "draft_orders", broken)
    caplog.set_level(logging.DEBUG)
    (told,) = refused(post(client, whole(store, Hook.ORDER_SIGN), ORDERS.id), 500)
    assert "something went wrong here" in told and "Traceback" not in told
    assert not any(each in caplog.text for each in SECRETS)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_other_methods_are_refused(client: FlaskClient, method: str) -> None:
    refused(client.open(f"{BASE}/{CHART_SERVICE.id}", method=method), 405)


def test_1_14_why_a_token_is_not_used_is_logged(
    client: FlaskClient, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """Even where nothing has to be asked; without a word of it."""
    lent = {"fhirServer": "https://ehr.example/fhir", "fhirAuthorization": {"access_token": TOKEN}}
    assert post(client, {**whole(store), **lent}).status_code == 200
    assert "fhirAuthorization lacks token_type, scope, subject, expires_in, and is not used" in caplog.text
    assert not any(each in caplog.text for each in SECRETS)


# --------------------------------------------------------------------------------------------------------- feedback
def item(card: str, **more: Any) -> Json:
    return {"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-06-30T12:00:00Z", **more}


def test_1_68_to_1_72_feedback(client: FlaskClient, store: Store) -> None:
    (card,) = post(client, whole(store)).get_json()["cards"]
    reason = {"reason": card["overrideReasons"][0], "userComment": "Mrs. Secret"}
    to = f"{CHART_SERVICE.id}/feedback"
    sent = {"feedback": [item(card["uuid"], overrideReason=reason), item("unknown")]}
    for _ in range(2):  # 1.70
        answer = post(client, sent, to)
        assert (answer.status_code, answer.data) == (200, b"")
    assert [each.reason for each in cards.answered(store, "north", "p")] == ["patient-ineligible"] * 2
    assert cards.unknown_responses(store, "north") == 2
    assert post(client, whole(store)).get_json() == {"cards": []}


def test_what_is_malformed_is_named_and_the_rest_is_kept(client: FlaskClient, store: Store) -> None:
    (card,) = post(client, whole(store)).get_json()["cards"]
    sent = {"feedback": [{"card": "hush"}, item(card["uuid"]), "hush"]}
    told = refused(post(client, sent, f"{CHART_SERVICE.id}/feedback"), 400)
    assert {each.split(":")[0] for each in told} == {"feedback[0]", "feedback[2]"}
    assert len(cards.answered(store, "north", "p")) == 1


@pytest.mark.parametrize("content", [b"", b"hush", b"{}", b'{"feedback": []}', b'{"feedback": "hush"}'])
def test_what_is_no_feedback_is_refused(client: FlaskClient, content: bytes) -> None:
    refused(post(client, content, f"{CHART_SERVICE.id}/feedback"), 400)


def test_1_74_a_comment_is_not_logged(client: FlaskClient, store: Store, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sent = {"feedback": [item("unknown", overrideReason={"userComment": "Mrs. Secret"}), {"card": "hush"}]}
    post(client, sent, f"{CHART_SERVICE.id}/feedback")
    assert not any(each in caplog.text for each in SECRETS)


# -------------------------------------------------------------------------------------------------- who may ask at all
ADDRESSES = [("GET", BASE), ("POST", f"{BASE}/{CHART_SERVICE.id}"), ("POST", f"{BASE}/{CHART_SERVICE.id}/feedback")]


@pytest.mark.parametrize(("method", "address"), [*ADDRESSES, ("POST", f"{BASE}/nothing")])
def test_1_7_and_1_73_without_a_token_nobody_is_told_anything(store: Store, method: str, address: str) -> None:
    us = CdsClient("north", "https://ehr.example", ("https://us.example",), keys="https://ehr.example/jwks")
    tenants = (TenantSettings("north", "settings.yaml", cds=CdsCallers((us,))),)
    production = client_of(store, Mode.PRODUCTION, tenants=tenants)
    for headers in ({}, {"Authorization": "Bearer hush"}):
        answer = production.open(address, method=method, data="hush", headers=headers)
        assert refused(answer, 401) == ["not trusted"]


@pytest.mark.parametrize(("method", "address"), ADDRESSES)
def test_in_development_no_other_machine_asks(client: FlaskClient, method: str, address: str) -> None:
    assert client.open(address, method=method, environ_overrides=ELSEWHERE).status_code == 403
    for header in ("Origin", "X-Forwarded-For"):
        assert client.open(address, method=method, headers={header: "https://evil.example"}).status_code == 403


def test_a_tenant_without_cards_has_no_services(store: Store) -> None:
    tenant = replace(Desk(store).tenant, cards=None)
    app = app_of(tenant.catalog, Settings(mode=Mode.DEVELOPMENT), (tenant,), store)
    assert app.test_client().get(BASE).status_code == 404
