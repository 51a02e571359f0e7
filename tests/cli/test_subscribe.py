"""subscribe: what the open studies need stands on a server that really has Subscriptions."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from service.catalog.content import profiles_dir
from service.fhir.adapt import SUPPORTED
from service.screening.subscriptions_needed import TOPIC
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
def receiver() -> Iterator[Receiver]:
    """Somebody who takes notifications."""
    with Receiver() as listening:
        yield listening


@pytest.fixture
def at(receiver: Receiver) -> str:
    """Where that is."""
    return receiver.endpoint.removesuffix("/hooks/x7f3")


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
    assert {"Patient?", "Encounter?", "Consent?", "MedicationRequest?"} <= made.keys() and "Medication?" not in made
    assert all("payload" not in each["channel"] for each in made.values())  # nothing is believed, so nothing is sent
    whole = {f"labs/{each[:-1]}" for each in made if each.endswith("?")}
    names = {each.subscription for each in feeds.of_tenant(store, "north")}
    assert whole <= names and len(names) == len(made)
    assert subscribe()[0] == 0
    assert len(standing(server)) == len(made)


def test_what_no_open_study_needs_any_more_is_switched_off(
    server: FhirServer, subscribe: Prescreen, store: Store, settings: dict[str, Any]
) -> None:
    server.subscriptions.topics = {}
    subscribe()
    settings["tenants"]["north"]["hooks"]["labs"] |= {"kinds": ["Observation"], "narrowed": []}
    save(settings)
    out = subscribe()[1]
    on = [each["criteria"] for each in standing(server) if each["status"] != "off"]
    assert on == ["Observation?"] and out.count("switched off, as no open study needs it") == len(standing(server)) - 1
    assert [each.subscription for each in feeds.of_tenant(store, "north")] == ["labs"]


# -------------------------------------------------------------------------------------------------------- code groups
LOINC = "http://loinc.org"


def observations(server: FhirServer) -> dict[str, dict[str, Any]]:
    """Those that are on and about results, by the names that the store gives them."""
    on = {each["id"]: each for each in standing(server) if each["status"] != "off"}
    return {id: each for id, each in on.items() if each["criteria"].startswith("Observation?")}


def named(store: Store) -> dict[str, str]:
    return {each.subscription: str(each.server_id) for each in feeds.of_tenant(store, "north")}


def codes(resource: dict[str, Any]) -> set[str]:
    return set(resource["criteria"].partition("?combo-code=")[2].split(","))


def test_results_are_asked_for_by_the_codes_of_the_studies(
    server: FhirServer, subscribe: Prescreen, store: Store, settings: dict[str, Any], receiver: Receiver
) -> None:
    server.subscriptions.topics = {}
    assert subscribe()[0] == 0
    made = observations(server)
    assert len(made) > 1 and all(len(each["criteria"]) <= 1000 for each in made.values())
    groups = [codes(each) for each in made.values()]
    assert f"{LOINC}|29463-7" in set().union(*groups)  # body weight
    assert sum(map(len, groups)) == len(set().union(*groups))
    assert {name: id for name, id in named(store).items() if id in made} == {
        f"labs/Observation/{number}": id for number, id in enumerate(made, 1)
    }
    server.change(observation("1", code="29463-7"))
    server.subscriptions.wait()
    assert len(receiver.received) == 1
    server.change(observation("2", code="99999-9"), {**observation("3"), "code": {"text": "Weight"}})
    server.subscriptions.wait()
    assert len(receiver.received) == 1  # these are found when everybody's turn comes


def test_a_server_without_search_by_components_is_asked_by_code(
    server: FhirServer, subscribe: Prescreen, store: Store, settings: dict[str, Any]
) -> None:
    server.subscriptions.topics, server.without = {}, {"Observation.?combo-code"}
    subscribe()
    assert observations(server)
    assert all(each["criteria"].startswith("Observation?code=") for each in observations(server).values())


@pytest.mark.parametrize("lacking", [{"Observation.?combo-code", "Observation.?code"}, set()])
def test_without_codes_there_is_one_for_the_type(
    server: FhirServer, subscribe: Prescreen, store: Store, settings: dict[str, Any], lacking: set[str]
) -> None:
    server.subscriptions.topics, server.without = {}, lacking
    if not lacking:
        settings["tenants"]["north"]["hooks"]["labs"]["narrowed"] = []
        save(settings)
    subscribe()
    assert [each["criteria"] for each in observations(server).values()] == ["Observation?"]


def test_diagnoses_are_never_narrowed_as_their_codes_begin_alike_or_are_written_in_two_ways(
    server: FhirServer, subscribe: Prescreen, store: Store, settings: dict[str, Any]
) -> None:
    server.subscriptions.topics = {}
    settings["tenants"]["north"]["hooks"]["labs"]["narrowed"] = ["Condition", "Observation"]
    save(settings)
    subscribe()
    assert [each["criteria"] for each in standing(server) if each["criteria"].startswith("Condition")] == ["Condition?"]


def test_other_codes_change_what_stands_and_keep_its_name(
    server: FhirServer, subscribe: Prescreen, store: Store, settings: dict[str, Any]
) -> None:
    """As if an earlier version of the studies had asked for one code alone, in two groups too many."""
    server.subscriptions.topics = {}
    subscribe()
    before, names = observations(server), named(store)
    first = names["labs/Observation/1"]
    old = {**before[first], "criteria": "Observation?combo-code=http://loinc.org|1-1"}
    server.storage.put("Subscription", first, old)
    last = f"labs/Observation/{len(before) + 1}"
    server.storage.put("Subscription", "one-more", {**old, "id": "one-more", "status": "active"})
    feeds.want(store, "north", last, old)
    feeds.observe(store, "north", last, datetime.now(UTC), server_id="one-more", status="active")
    status, out, _ = subscribe()
    assert status == 0 and "labs/Observation/1: Subscription/" in out and "change (it asks for something else)" in out
    assert "Subscription/one-more: switched off, as no open study needs it" in out
    assert named(store) == names
    after = observations(server)
    assert {id: each["criteria"] for id, each in after.items()} == {id: each["criteria"] for id, each in before.items()}


def test_one_in_error_when_the_studies_change_is_recovered_and_changed(
    server: FhirServer, subscribe: Prescreen, store: Store, settings: dict[str, Any]
) -> None:
    """It is we who want something else now; had the server changed it, a person would have to look."""
    server.subscriptions.topics = {}
    subscribe()
    first = named(store)["labs/Observation/1"]
    wanted = observations(server)[first]["criteria"]
    for ours in (True, False):
        other = {
            **server.storage.read("Subscription", first),
            "criteria": "Observation?combo-code=http://loinc.org|1-1",
        }
        server.storage.put("Subscription", first, {**other, "status": "error"})
        if ours:
            feed = feeds.find(store, "north", "labs/Observation/1")
            assert feed is not None and feed.wanted is not None
            feeds.want(store, "north", "labs/Observation/1", {**feed.wanted, "criteria": other["criteria"]})
        status, out, _ = subscribe()
        assert (status, "recover (it is in error)" in out, "the server changed it" in out) == (1 - ours, ours, not ours)
        assert (server.storage.read("Subscription", first)["criteria"] == wanted) is ours


def test_a_hook_that_names_one_subscription_cannot_have_several(
    server: FhirServer, subscribe: Prescreen, store: Store, settings: dict[str, Any]
) -> None:
    server.subscriptions.topics = {}
    settings["tenants"]["north"]["hooks"]["labs"]["subscription"] = "mine"
    save(settings)
    status, _, said = subscribe()
    assert status == 2 and "the hook labs names one subscription" in said and standing(server) == []


# ----------------------------------------------------------------------------------------------------------------- R5
@pytest.fixture
def r5() -> Iterator[FhirServer]:
    with FhirServer(release="5.0.0") as running:
        yield running


def topic_of_profiles() -> dict[str, Any]:
    return json.loads((profiles_dir() / "SubscriptionTopic-prescreening.json").read_text())  # type: ignore[no-any-return]


def test_2_57_on_r5_there_is_one_for_each_hook(
    r5: FhirServer, subscribe: Prescreen, store: Store, settings: dict[str, Any], at: str
) -> None:
    r5.load_topic(topic_of_profiles())
    settings["tenants"]["north"]["source"]["base"] = r5.base
    save(settings)
    assert subscribe()[0] == 0
    r5.subscriptions.wait()
    (made,) = standing(r5)
    assert (made["topic"], made["content"], made["heartbeatPeriod"]) == (TOPIC, "id-only", 600)
    assert (made["endpoint"], made["status"]) == (f"{at}/hooks/{NAME}", "active")
    assert made["parameter"] == [{"name": "X-Prescreen-Secret", "value": SECRET}]
    feed = feeds.find(store, "north", "labs")
    assert feed is not None and NAME not in json.dumps(feed.wanted) and SECRET not in json.dumps(feed.wanted)
    assert ": keep (it stands); now active" in subscribe()[1]
    r5.subscriptions.break_down(made["id"])
    r5.change(patient("p1"), observation("1"))
    assert ": recover (it is in error)" in subscribe()[1]
    claimed = SCREENINGS.claim(store, datetime.now(UTC), timedelta(minutes=1), 9)
    assert [each.patient for each in claimed] == ["p1"]


def test_2_57_without_our_topic_it_is_said_which_there_are(
    r5: FhirServer, subscribe: Prescreen, store: Store, settings: dict[str, Any]
) -> None:
    settings["tenants"]["north"]["source"]["base"] = r5.base
    save(settings)
    status, _, said = subscribe()
    assert status == 2 and "it lists: none that we may see" in said and "SubscriptionTopic-prescreening.json" in said
    r5.load_topic({**topic_of_profiles(), "id": "theirs", "url": "https://theirs.example/topic"})
    status, _, said = subscribe()
    assert status == 2 and "it lists: https://theirs.example/topic." in said and "`topic` of the hook labs" in said
    settings["tenants"]["north"]["hooks"]["labs"]["topic"] = "https://theirs.example/topic"
    save(settings)
    assert subscribe()[0] == 0
    assert [each["topic"] for each in standing(r5)] == ["https://theirs.example/topic"]


def test_a_topic_that_is_set_is_asked_for_without_looking_for_it(
    server: FhirServer, subscribe: Prescreen, store: Store, settings: dict[str, Any]
) -> None:
    """Servers of R4 may have topics that they list nowhere; one that they do not have is refused, and told."""
    settings["tenants"]["north"]["hooks"]["labs"]["topic"] = "https://theirs.example/topic"
    save(settings)
    status, out, _ = subscribe()
    assert (status, standing(server)) == (1, []) and "labs: refused (" in out
    server.subscriptions.topics = {"https://theirs.example/topic": {"Observation"}}
    assert subscribe()[0] == 0
    assert standing(server)[0]["criteria"] == "https://theirs.example/topic"


def test_what_the_server_refuses_of_one_leaves_the_others(
    server: FhirServer, subscribe: Prescreen, store: Store, settings: dict[str, Any]
) -> None:
    """And nothing is switched off, as it is not known what stands."""
    server.subscriptions.topics = {}
    subscribe()
    count = len(standing(server))
    lost = named(store)["labs/Encounter"]
    server.storage.put("Subscription", "stray", {**server.storage.read("Subscription", lost), "id": "stray"})
    server.fail(method="GET", where=f"/Subscription/{lost}", status=400)
    status, out, _ = subscribe()
    assert status == 1 and out.count("keep (it stands)") == count - 1 and "labs/Encounter: refused (" in out
    assert all(each["status"] != "off" for each in standing(server))


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
    server: FhirServer,
    subscribe: Prescreen,
    prescreen: Prescreen,
    store: Store,
    settings: dict[str, Any],
    at: str,
    has_events: bool,
) -> None:
    """Whoever is concerned is to be screened; where the server cannot list what was missed, that is everybody.

    The server makes it active only after the command has ended.
    """
    subscribe()
    (made,) = standing(server)
    server.subscriptions.break_down(made["id"])
    server.change(patient("p1"), observation("1"))
    server.has_events = has_events
    server.subscriptions.going.clear()
    assert ": recover (it is in error); now requested" in prescreen("subscribe", "--at", at)[1]
    server.subscriptions.going.set()
    server.subscriptions.wait()
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
    status, out, _ = prescreen(*words)
    assert status == 1 and "demo: refused (" in out and "Subscription" in out
    (feed,) = feeds.of_tenant(store, "demo")
    assert feed.error is not None and feed.error in out


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
