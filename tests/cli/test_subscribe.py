"""subscribe: what the open studies need stands on a server that really has Subscriptions."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from service.fhir.adapt import SUPPORTED
from service.screening.subscribe import TOPIC
from service.store import feeds
from service.store.engine import Store
from service.store.screenings import SCREENINGS
from tests.cli.conftest import Prescreen
from tests.ehr.receiver import Receiver
from tests.ehr.records import observation, patient
from tests.fhir_server import FhirServer

NAME, SECRET = "n" * 20, "s3cret-of-the-feed"


@pytest.fixture
def server() -> Iterator[FhirServer]:
    with FhirServer(topics={TOPIC: set(SUPPORTED) | {"Patient"}}) as running:
        yield running


@pytest.fixture
def settings(place: Path, server: FhirServer, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A settings file with a tenant `north` whose source is that server; changes are written by `save`."""
    monkeypatch.setenv("PRESCREEN_CONFIG", "settings.json")
    monkeypatch.setenv("PRESCREEN_ENV", "production")
    monkeypatch.setenv("PRESCREEN_SECRET_NAME", NAME)
    monkeypatch.setenv("PRESCREEN_SECRET_LABS", SECRET)
    hook = {"name_env": "PRESCREEN_SECRET_NAME", "secret_env": "PRESCREEN_SECRET_LABS", "heartbeat_seconds": 600}
    tenant = {"studies": ["igg4-rd-sirolimus"], "source": {"base": server.base}, "hooks": {"labs": hook}}
    content = {"public_url": "https://prescreen.example", "tenants": {"north": tenant}}
    save(content)
    return content


@pytest.fixture
def at() -> Iterator[str]:
    """Where somebody takes notifications."""
    with Receiver() as receiver:
        yield receiver.endpoint.removesuffix("/hooks/x7f3")


@pytest.fixture
def subscribe(prescreen: Prescreen, store: Store, settings: dict[str, Any], at: str, server: FhirServer) -> Prescreen:
    """The command for that tenant, and then whatever the server has to send is sent."""

    def give(*words: str) -> tuple[int, str, str]:
        said = prescreen("subscribe", "--at", at, *words)
        server.subscriptions.wait()
        return said

    return give


def save(content: dict[str, Any]) -> None:
    Path("settings.json").write_text(json.dumps(content))


def standing(server: FhirServer) -> list[dict[str, Any]]:
    return server.all("Subscription")


def test_by_topic_there_is_one_for_each_hook(
    server: FhirServer, subscribe: Prescreen, store: Store, settings: dict[str, Any], at: str
) -> None:
    status, out, complaint = subscribe()
    (made,) = standing(server)
    assert (status, complaint) == (0, "") and out.startswith(f"labs: Subscription/{made['id']}: create (there is none")
    assert made["criteria"] == TOPIC
    assert made["channel"]["endpoint"] == f"{at}/hooks/{NAME}"
    assert made["channel"]["header"] == [f"X-Prescreen-Secret: {SECRET}"]
    assert made["channel"]["_payload"]["extension"][0]["valueCode"] == "id-only"
    assert NAME not in out and SECRET not in out
    feed = feeds.find(store, "north", "labs")
    assert feed is not None and feed.server_id == made["id"]
    assert NAME not in json.dumps(feed.wanted) and SECRET not in json.dumps(feed.wanted)


def test_given_again_it_changes_nothing(
    server: FhirServer, subscribe: Prescreen, store: Store, settings: dict[str, Any]
) -> None:
    subscribe()
    before = standing(server)
    status, out, _ = subscribe()
    assert status == 0 and standing(server) == before
    assert ": keep (it stands); now active" in out


def test_without_our_topic_there_is_one_for_each_type(
    server: FhirServer, subscribe: Prescreen, store: Store, settings: dict[str, Any]
) -> None:
    server.subscriptions.topics = {}
    assert subscribe()[0] == 0
    made = {each["criteria"]: each for each in standing(server)}
    assert {"Patient?", "Observation?", "Consent?", "MedicationRequest?"} <= made.keys() and "Medication?" not in made
    assert all("payload" not in each["channel"] for each in made.values())  # nothing is believed, so nothing is sent
    assert {each.subscription for each in feeds.of_tenant(store, "north")} == {f"labs/{each[:-1]}" for each in made}
    assert subscribe()[0] == 0
    assert len(standing(server)) == len(made)


def test_what_no_open_study_needs_any_more_is_switched_off(
    server: FhirServer, subscribe: Prescreen, store: Store, settings: dict[str, Any]
) -> None:
    server.subscriptions.topics = {}
    subscribe()
    settings["tenants"]["north"]["hooks"]["labs"]["kinds"] = ["Observation"]
    save(settings)
    out = subscribe()[1]
    on = [each["criteria"] for each in standing(server) if each["status"] != "off"]
    assert on == ["Observation?"] and out.count("switched off, as no open study needs it") == len(standing(server)) - 1
    assert [each.subscription for each in feeds.of_tenant(store, "north")] == ["labs"]


def test_a_dry_run_prints_them_without_secrets_and_sends_nothing(
    server: FhirServer, prescreen: Prescreen, store: Store, settings: dict[str, Any]
) -> None:
    status, out, _ = prescreen("subscribe", "--dry-run")
    assert status == 0 and standing(server) == []
    shown = json.loads(out)
    assert (shown["criteria"], shown["status"]) == (TOPIC, "requested")
    assert shown["channel"]["endpoint"] == "https://prescreen.example/hooks/…"
    assert NAME not in out and SECRET not in out


def test_one_that_ends_soon_is_renewed(
    server: FhirServer, subscribe: Prescreen, store: Store, settings: dict[str, Any]
) -> None:
    subscribe()
    (made,) = standing(server)
    soon = datetime.now(UTC) + timedelta(days=2)
    server.storage.put("Subscription", made["id"], {**made, "status": "active", "end": soon.isoformat()})
    assert ": renew (it ends soon)" in subscribe()[1]
    assert "end" not in standing(server)[0]


@pytest.mark.parametrize("has_events", [True, False])
def test_one_in_error_is_recovered_before_it_is_requested_again(
    server: FhirServer, subscribe: Prescreen, store: Store, settings: dict[str, Any], has_events: bool
) -> None:
    """Whoever is concerned is to be screened; where the server cannot list what was missed, that is everybody."""
    subscribe()
    (made,) = standing(server)
    server.subscriptions.break_down(made["id"])
    server.change(patient("p1"), observation("1"))
    server.has_events = has_events
    assert ": recover (it is in error)" in subscribe()[1]
    claimed = SCREENINGS.claim(store, datetime.now(UTC), timedelta(minutes=1), 9)
    assert [(each.patient, each.reasons) for each in claimed] == ([("p1", ("recovered",))] if has_events else [])
    feed = feeds.find(store, "north", "labs")
    assert feed is not None and (feed.reconcile_since is None) is has_events
    assert standing(server)[0]["status"] == "active"


def test_one_that_somebody_switched_off_stays_off_and_is_told(
    server: FhirServer, subscribe: Prescreen, store: Store, settings: dict[str, Any]
) -> None:
    subscribe()
    (made,) = standing(server)
    server.storage.put("Subscription", made["id"], {**made, "status": "off"})
    status, out, _ = subscribe()
    assert status == 1 and "review (somebody switched it off); now off" in out
    assert standing(server)[0]["status"] == "off"


def test_in_development_the_tenant_demo_subscribes_to_any_server(
    server: FhirServer, prescreen: Prescreen, store: Store, at: str
) -> None:
    assert prescreen("subscribe", "--server", server.base, "--at", at)[0] != 2
    assert standing(server)[0]["channel"]["endpoint"] == f"{at}/hooks/demo"


def test_one_whose_notifications_fail_is_told(server: FhirServer, prescreen: Prescreen, store: Store) -> None:
    words = ("subscribe", "--server", server.base, "--at", "http://127.0.0.1:9")
    prescreen(*words)
    server.subscriptions.wait()
    server.subscriptions.break_down(standing(server)[0]["id"])
    server.fail(method="PUT", where="Subscription", status=422)
    status, _, complaint = prescreen(*words)
    assert status != 0 and "Subscription" in complaint


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ((), "has no source"),
        (("--server", "BASE"), "public_url"),
        (("--server", "nowhere", "--at", "http://127.0.0.1:9"), "http"),
    ],
)
def test_what_is_lacking_is_said(
    server: FhirServer, prescreen: Prescreen, store: Store, words: tuple[str, ...], complaint: str
) -> None:
    status, _, said = prescreen("subscribe", *(server.base if each == "BASE" else each for each in words))
    assert status == 2 and complaint in said


def test_a_server_without_subscriptions_is_told(
    server: FhirServer, subscribe: Prescreen, store: Store, settings: dict[str, Any]
) -> None:
    server.without = {"Subscription"}
    status, _, said = subscribe()
    assert status == 2 and "subscriptions are switched off: the server does not declare" in said


def test_no_token_goes_to_another_server(
    server: FhirServer, subscribe: Prescreen, store: Store, settings: dict[str, Any]
) -> None:
    """The tenant has no source registered there, so nothing is authenticated: the request carries no token."""
    with FhirServer(topics={TOPIC: {"Observation"}}) as other:
        assert subscribe("--server", other.base)[0] == 0
        assert standing(server) == [] and len(standing(other)) == 1
        assert all("authorization" not in {name.lower() for name in each.headers} for each in other.log.of())
