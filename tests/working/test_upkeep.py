"""The worker keeps Subscriptions alive, on servers that really call back: by topic (R4, R5) and by criteria."""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from service.catalog.content import profiles_dir
from service.ehr.connect import Server, connect
from service.screening.connections import Connections
from service.screening.subscribe import Seen
from service.screening.subscription_upkeep import asked_by_hand, look_at_all
from service.screening.subscriptions_needed import TOPIC
from service.screening.tenant import Hook, Target, Tenant
from service.screening.worker import Worker
from service.store import feeds, stops, upkeep
from service.store.engine import Store, open_store
from service.store.feeds import Feed
from tests.ehr.clock import Watch
from tests.ehr.receiver import Receiver
from tests.fhir_server import FhirServer
from tests.screening.world import encounter, haemoglobin, patient
from tests.working.world import NOON, Site, tenant

HOOK = Hook("labs", "n" * 20, secret="s3cret-of-the-feed")
PROFILE: dict[str, Any] = json.loads((profiles_dir() / "SubscriptionTopic-prescreening.json").read_text())
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Json = dict[str, Any]


@dataclass
class Place:
    """A tenant, its server, somebody who takes what that sends, and a worker."""

    store: Store
    server: FhirServer
    receiver: Receiver
    site: Site

    @property
    def tenant(self) -> Tenant:
        return self.site.tenant

    def subscribe(self) -> list[Seen]:
        """As `prescreen subscribe` does; a minute later the worker has seen that they are active."""
        source, clock = self.tenant.source, self.site.watch.clock
        assert source is not None
        address = self.receiver.endpoint.removesuffix("/hooks/x7f3")
        begun = asked_by_hand(self.store, self.tenant, source.base, address, clock)
        seen = list(look_at_all(self.store, self.tenant, begun, lambda: connect(source), clock))
        self.pass_by(minutes=1)
        return seen

    def pass_by(self, **time: float) -> None:
        """Some time later the worker does what is due, and whatever the server has to send is sent."""
        self.server.subscriptions.wait()
        self.site.step(**time)
        self.site.watch.passed += 1  # limits let some of it pass, too
        self.server.subscriptions.wait()
        self.site.step()  # those who were asked for are screened

    def there(self) -> list[Json]:
        return self.server.all("Subscription")

    def put(self, id: str, **changes: object) -> None:
        """Somebody changes it on the server."""
        self.server.storage.put("Subscription", id, {**self.server.storage.read("Subscription", id), **changes})

    def happens(self, *patients: str, told: bool = True) -> None:
        """Results of these people come into the EHR; untold, as if the Subscriptions were not there."""
        for each in patients:
            self.server.seed(patient(each), encounter(f"e-{each}", each))
            (self.server.change if told else self.server.seed)(haemoglobin(f"o-{each}", each))

    def screened(self, *among: str) -> set[str]:
        """Of these people, those who were screened."""
        return {each for each in among if self.site.standing(each) is not None}

    def feed(self, name: str = "labs") -> Feed:
        found = feeds.find(self.store, "north", name)
        assert found is not None
        return found

    def asked(self, method: str = "GET|PUT|POST", where: str = "/Subscription") -> list[str]:
        """What was asked of the server about Subscriptions since it was last forgotten."""
        return [f"{each.method} {each.path.partition('/fhir/')[2]}" for each in self.server.log.of(method, where)]


@pytest.fixture(params=["topic", "r5"])
def place(store: Store, request: pytest.FixtureRequest) -> Iterator[Place]:
    with _placed(store, request.param) as made:
        yield made


@pytest.fixture
def by_topic(store: Store) -> Iterator[Place]:
    with _placed(store, "topic") as made:
        yield made


@pytest.fixture
def by_criteria(store: Store) -> Iterator[Place]:
    with _placed(store, "criteria") as made:
        yield made


class _placed:  # noqa: N801 - used as a function
    def __init__(self, store: Store, form: str) -> None:
        self.watch = Watch(start=NOON)
        self.store, self.form = store, form
        self.server = FhirServer(release="5.0.0" if form == "r5" else "4.0.1", now=self.watch.now)
        self.receiver = Receiver()

    def __enter__(self) -> Place:
        self.server.__enter__()
        self.receiver.__enter__()
        if self.form != "criteria":
            self.server.load_topic(PROFILE)
        made = tenant(self.server, hooks=(HOOK,))
        return Place(self.store, self.server, self.receiver, Site(self.store, made, self.watch))

    def __exit__(self, *error: Any) -> None:
        self.receiver.__exit__(*error)
        self.server.__exit__(*error)


# ------------------------------------------------------------------------------------------------------- the usual way
def test_before_anybody_asked_for_them_nothing_is_done(by_topic: Place) -> None:
    by_topic.pass_by(hours=2)
    assert by_topic.there() == [] and by_topic.asked() == []


def test_what_stands_is_looked_at_every_hour_and_left_as_it_is(place: Place) -> None:
    place.subscribe()
    (made,) = place.there()
    place.server.log.clear()
    place.pass_by(minutes=50)
    assert place.asked() == []
    for _ in range(3):
        place.pass_by(hours=1)
    assert place.asked("GET", f"/Subscription/{made['id']}$") == [f"GET Subscription/{made['id']}"] * 3
    assert place.asked("PUT|POST", "/Subscription$") == [] and place.there() == [made]
    (kept,) = upkeep.every(place.store)
    assert kept.looked is not None and kept.problem is None
    assert kept.due is not None and kept.due - kept.looked == HOUR


def test_by_criteria_they_are_looked_at_one_by_one(by_criteria: Place) -> None:
    names = {each.feed for each in by_criteria.subscribe()}
    assert names == {"labs/Condition", "labs/Consent", "labs/Encounter", "labs/Observation/1", "labs/Patient"}
    before = by_criteria.there()
    by_criteria.server.log.clear()
    by_criteria.pass_by(hours=1)
    assert by_criteria.there() == before and by_criteria.asked("PUT|POST", "/Subscription$") == []


@pytest.mark.parametrize("form", ["topic", "r5", "criteria"])
def test_2_53_one_that_ends_soon_is_renewed(store: Store, form: str) -> None:
    with _placed(store, form) as place:
        place.subscribe()
        for each in place.there():
            place.put(each["id"], end=(place.site.watch.now() + 3 * DAY).isoformat())
        place.pass_by(hours=1)
        assert all("end" not in each and each["status"] == "active" for each in place.there())
        place.pass_by(minutes=1)
        assert all(
            each.error is None and each.status == "active" for each in feeds.of_tenant(store, "north") if each.wanted
        )


# ---------------------------------------------------------------------------------------------------- what went wrong
def test_2_50_one_in_error_is_recovered_before_it_is_requested_again(place: Place) -> None:
    place.subscribe()
    (made,) = place.there()
    place.server.subscriptions.break_down(made["id"])
    place.happens("a", "b")
    place.server.log.clear()
    place.pass_by(hours=1)
    assert place.screened("a", "b") == {"a", "b"}
    order = [each for each in place.asked() if "$events" in each or each.startswith("PUT")]
    assert order == [f"GET Subscription/{made['id']}/$events", f"PUT Subscription/{made['id']}"]
    assert place.there()[0]["status"] == "active"
    assert place.feed().reconcile_since is None


def test_2_50_by_criteria_what_changed_meanwhile_is_asked_for_and_of_its_type_alone(by_criteria: Place) -> None:
    by_criteria.happens("old")
    by_criteria.subscribe()
    by_criteria.pass_by(hours=1)
    (broken,) = (each for each in by_criteria.there() if each["criteria"].startswith("Observation?"))
    by_criteria.server.subscriptions.break_down(broken["id"])
    by_criteria.happens("a")
    by_criteria.server.log.clear()
    by_criteria.pass_by(hours=1)
    assert by_criteria.screened("a", "old") == {"a"}
    since = [each.path for each in by_criteria.server.log.of("GET", "_lastUpdated=ge")]
    assert set(since) == {"/fhir/Observation"}
    assert all(each["status"] == "active" for each in by_criteria.there())


def test_what_happens_before_it_is_active_again_is_found_a_minute_later(by_criteria: Place) -> None:
    by_criteria.subscribe()
    (broken,) = (each for each in by_criteria.there() if each["criteria"].startswith("Observation?"))
    by_criteria.server.subscriptions.break_down(broken["id"])
    by_criteria.server.subscriptions.going.clear()
    by_criteria.site.step(hours=1)
    assert by_criteria.server.storage.read("Subscription", broken["id"])["status"] == "requested"
    by_criteria.site.watch.passed += 15 * 60  # longer than clocks may differ
    by_criteria.happens("late")
    by_criteria.server.subscriptions.going.set()
    by_criteria.pass_by()
    by_criteria.pass_by()
    assert by_criteria.screened("late") == {"late"}


def test_a_recovery_that_fails_leaves_it_in_error_and_is_done_later(by_criteria: Place) -> None:
    by_criteria.subscribe()
    (broken,) = (each for each in by_criteria.there() if each["criteria"].startswith("Observation?"))
    by_criteria.server.subscriptions.break_down(broken["id"])
    by_criteria.happens("a")
    by_criteria.server.fail(where="_lastUpdated", status=503, times=50)
    by_criteria.pass_by(hours=1)
    assert by_criteria.server.storage.read("Subscription", broken["id"])["status"] == "error"
    assert by_criteria.screened("a") == set()
    (kept,) = upkeep.every(by_criteria.store)
    assert kept.problem is not None
    by_criteria.server.faults.clear()
    by_criteria.pass_by(minutes=5)
    assert by_criteria.server.storage.read("Subscription", broken["id"])["status"] == "active"
    assert by_criteria.screened("a") == {"a"}


def test_one_in_error_again_and_again_is_reported_and_not_asked_every_minute(by_topic: Place) -> None:
    by_topic.subscribe()
    (made,) = by_topic.there()
    by_topic.receiver.status = 500
    by_topic.server.subscriptions.break_down(made["id"])
    by_topic.pass_by(hours=1)
    by_topic.pass_by(minutes=1)
    error = by_topic.feed().error
    assert error is not None and "see whether the server reaches this service" in error
    by_topic.server.log.clear()
    by_topic.pass_by(minutes=30)
    assert by_topic.asked() == []
    by_topic.receiver.status = 200
    by_topic.pass_by(minutes=30)
    by_topic.pass_by(hours=1)
    assert (by_topic.there()[0]["status"], by_topic.feed().error) == ("active", None)


def test_one_that_somebody_switched_off_is_left_alone_and_reported_once(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.subscribe()
    (made,) = place.there()
    place.put(made["id"], status="off")
    place.happens("a")
    with caplog.at_level(logging.WARNING, logger="service"):
        for _ in range(3):
            place.pass_by(hours=1)
    assert place.there()[0]["status"] == "off" and place.asked("PUT") == []
    assert (place.feed().status, place.feed().error) == ("off", "somebody switched it off")
    told = [each.message for each in caplog.records if "switched it off" in each.message]
    assert told == ["a Subscription of tenant north (feed labs): somebody switched it off"]
    assert made["id"] not in caplog.text and HOOK.name not in caplog.text
    place.put(made["id"], status="active")
    place.pass_by(hours=1)
    assert place.feed().error is None and place.screened("a") == {"a"}  # of all that time


def test_one_that_the_server_changed_waits_for_a_person(place: Place) -> None:
    place.subscribe()
    (made,) = place.there()
    named = "topic" if "topic" in made else "criteria"
    place.put(made["id"], **{named: "https://else.example"}, status="error")
    place.pass_by(hours=1)
    assert place.asked("PUT") == []
    assert str(place.feed().error).startswith("it is in error, and the server changed it")


def test_one_that_somebody_deleted_is_made_anew_and_what_it_missed_is_asked_for(place: Place) -> None:
    place.happens("known")
    place.subscribe()
    place.happens("before")
    place.site.ask("known")
    place.pass_by(hours=1)
    (made,) = place.there()
    place.server.storage.delete("Subscription", made["id"])
    place.happens("a")
    place.pass_by(hours=1)
    (anew,) = place.there()
    assert anew["id"] != made["id"] and place.feed().server_id == anew["id"]
    place.pass_by(minutes=1)
    assert anew["endpoint" if "topic" in anew else "channel"] == made["endpoint" if "topic" in made else "channel"]
    assert place.screened("a") == {"a"} and place.feed().position.last == 0
    assert place.feed().reconcile_since is None  # its counter began anew, as it has to
    assert place.there()[0]["status"] == "active"


def test_a_new_study_changes_what_is_asked_for(by_criteria: Place) -> None:
    by_criteria.subscribe()
    (results,) = (each for each in by_criteria.there() if each["criteria"].startswith("Observation?"))
    by_criteria.put(results["id"], criteria="Observation?combo-code=http://loinc.org|of-another-study")
    by_criteria.pass_by(hours=1)
    by_criteria.pass_by(minutes=1)
    after = by_criteria.server.storage.read("Subscription", results["id"])
    assert (after["criteria"], after["status"]) == (results["criteria"], "active")
    assert by_criteria.feed("labs/Observation/1").server_id == results["id"]


def test_what_one_server_refuses_of_one_is_reported_and_the_others_are_kept(by_criteria: Place) -> None:
    by_criteria.subscribe()
    refused, broken = (
        by_criteria.feed("labs/Condition").server_id,
        by_criteria.feed("labs/Patient").server_id,
    )
    assert refused is not None and broken is not None
    by_criteria.server.subscriptions.break_down(broken)
    by_criteria.server.fail(method="GET", where=f"/Subscription/{refused}", status=403, times=9)
    by_criteria.pass_by(hours=1)
    assert by_criteria.feed("labs/Condition").error is not None
    assert by_criteria.server.storage.read("Subscription", broken)["status"] == "active"
    assert all(each["status"] != "off" for each in by_criteria.there())


# ------------------------------------------------------------------------------------------------- when it is not done
def test_an_outage_is_waited_for(by_topic: Place) -> None:
    by_topic.subscribe()
    fault = by_topic.server.fail(where="/Subscription/", status=503, times=1000)
    by_topic.pass_by(hours=1)
    (kept,) = upkeep.every(by_topic.store)
    assert kept.problem is not None and kept.due is not None
    assert kept.due - by_topic.site.watch.now() <= timedelta(minutes=5)
    assert fault.times < 1000
    by_topic.server.faults.clear()
    by_topic.pass_by(minutes=6)
    by_topic.pass_by(minutes=6)
    assert upkeep.every(by_topic.store)[0].problem is None


@pytest.mark.parametrize("how", ["stopped", "target"])
def test_while_writing_is_stopped_nothing_is_renewed_and_that_is_told(by_topic: Place, how: str) -> None:
    by_topic.subscribe()
    (made,) = by_topic.there()
    by_topic.put(made["id"], end=(by_topic.site.watch.now() + DAY).isoformat())
    if how == "stopped":
        stops.stop(by_topic.store, "north", NOON)
    else:
        stopped = replace(by_topic.tenant, target=Target(enabled=False))
        by_topic.site = Site(by_topic.store, stopped, by_topic.site.watch)
    by_topic.pass_by(hours=1)
    assert "end" in by_topic.there()[0] and by_topic.asked("PUT") == []
    assert by_topic.feed().error is not None
    if how == "stopped":
        stops.resume(by_topic.store, "north")
        by_topic.pass_by(hours=1)
        assert "end" not in by_topic.there()[0]


def test_those_that_were_asked_for_on_another_server_are_told_once(
    by_topic: Place, caplog: pytest.LogCaptureFixture
) -> None:
    by_topic.subscribe()
    with FhirServer(topics={TOPIC: {"Observation"}}) as other:
        assert by_topic.tenant.source is not None
        moved = replace(by_topic.tenant, source=replace(by_topic.tenant.source, base=other.base))
        site = Site(by_topic.store, moved, by_topic.site.watch)
        with caplog.at_level(logging.WARNING, logger="service"):
            site.step(hours=1)
            site.step(hours=1)
        assert other.all("Subscription") == []
    (kept,) = upkeep.every(by_topic.store)
    assert kept.problem is not None and "another server" in kept.problem
    assert len([each for each in caplog.records if "not kept alive" in each.message]) == 1


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda of: replace(of, pace=replace(of.pace, upkeep=None)), id="it is not wanted"),
        pytest.param(lambda of: replace(of, hooks=()), id="no hook"),
        pytest.param(lambda of: replace(of, source=None), id="no source"),
    ],
)
def test_where_it_is_not_wanted_it_is_not_done(by_topic: Place, change: Callable[[Tenant], Tenant]) -> None:
    by_topic.subscribe()
    by_topic.server.log.clear()
    by_topic.site = Site(by_topic.store, change(by_topic.tenant), by_topic.site.watch)
    by_topic.pass_by(days=2)
    assert by_topic.asked() == []


def test_as_often_as_is_set(by_topic: Place) -> None:
    slow = replace(by_topic.tenant, pace=replace(by_topic.tenant.pace, upkeep=6 * HOUR))
    by_topic.site = Site(by_topic.store, slow, by_topic.site.watch)
    by_topic.subscribe()
    by_topic.server.log.clear()
    by_topic.pass_by(hours=5)
    assert by_topic.asked() == []
    by_topic.pass_by(hours=1)
    assert by_topic.asked() != []


# ------------------------------------------------------------------------------------------------------ several workers
def test_of_several_workers_one_does_it(by_topic: Place, url: str) -> None:
    by_topic.subscribe()
    (made,) = by_topic.there()
    by_topic.server.log.clear()
    by_topic.server.fail(where=f"/Subscription/{made['id']}$", delay=0.2, times=1)
    by_topic.site.watch.passed += HOUR.total_seconds() + 1
    clock, stores = by_topic.site.watch.clock, [open_store(url) for _ in range(3)]
    workers = [Worker(each, [by_topic.tenant], clock=clock, connections=Connections(clock=clock)) for each in stores]
    threads = [threading.Thread(target=each.step) for each in workers]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    for each in stores:
        each.close()
    assert by_topic.asked("GET", f"/Subscription/{made['id']}$") == [f"GET Subscription/{made['id']}"]


def test_who_was_killed_is_succeeded(by_topic: Place) -> None:
    by_topic.subscribe()
    watch = by_topic.site.watch
    watch.passed += 3601
    begun = upkeep.begin(by_topic.store, "north", watch.now(), watch.now() + timedelta(minutes=10))
    assert begun is not None  # and nothing more is heard of that worker
    by_topic.server.log.clear()
    by_topic.pass_by(minutes=9)
    assert by_topic.asked() == []
    by_topic.pass_by(minutes=1)
    assert len(by_topic.asked("GET", r"/Subscription/[^/]+$")) == 1


def test_who_asks_by_hand_takes_over_from_a_worker(by_topic: Place, caplog: pytest.LogCaptureFixture) -> None:
    by_topic.subscribe()
    (made,) = by_topic.there()

    def meanwhile(resource: Json) -> Json:
        by_topic.site.watch.passed += 1
        asked_by_hand(
            by_topic.store, by_topic.tenant, by_topic.server.base, "https://new.example", by_topic.site.watch.clock
        )
        return resource

    by_topic.server.fail(method="GET", where=f"/Subscription/{made['id']}$", change=meanwhile, times=1)
    with caplog.at_level(logging.INFO, logger="service"):
        by_topic.site.step(hours=1, seconds=1)
    assert "are looked after by somebody else" in caplog.text
    (kept,) = upkeep.every(by_topic.store)
    assert kept.address == "https://new.example"
    assert kept.looked is not None and kept.looked - NOON < timedelta(minutes=2)


def test_another_tenant_is_not_touched(by_topic: Place) -> None:
    by_topic.subscribe()
    other = replace(by_topic.tenant, name="south", source=Server(by_topic.server.base))
    by_topic.server.log.clear()
    Site(by_topic.store, other, by_topic.site.watch).step(hours=1)
    assert by_topic.asked() == []
