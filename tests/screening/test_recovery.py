"""What keeps a feed whole, with a FHIR server: STANDARDS 2.46 to 2.51. The sentence's number is in each test's name."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from service.ehr.subscription_forms import as_resource
from service.ehr.wanted import Wanted
from service.errors import EhrUnavailable
from service.screening import recovery, recovery_steps
from service.screening.recovery import is_due, look_after, recover, rescreen_all
from service.screening.recovery_steps import Care
from service.store import feeds
from service.store.counting import Gap
from service.store.engine import Store
from service.store.inbox import INBOX
from service.store.screenings import SCREENINGS
from tests.notifications.forms import Told
from tests.screening.tenants import HOOK, NOON, SECOND, Ward, lab, ward

GRACE = timedelta(seconds=30)
RECOVERED, RESCREEN = ("recovered",), ("rescreen",)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def at_work(store: Store) -> Iterator[Ward]:
    """A tenant whose Subscription `s1` stands on its EHR; nobody listens, so what it sends is lost."""
    with ward(store, replace(HOOK, trusted=False, heartbeat=10 * MINUTE)) as made:
        subscription = as_resource(Wanted("http://127.0.0.1:9/x", "http://topic"))
        made.ehr.seed({**subscription, "id": "s1", "status": "error"})
        feeds.observe(made.store, "north", "labs", NOON, server_id="s1", status="active")
        yield made


def happen(at_work: Ward, *identities: int) -> None:
    """Results come into the EHR, and are counted there; result n is of the patient pn."""
    at_work.ehr.change(*(lab(each, f"p{each}") for each in identities))


def hear(at_work: Ward, *numbers: int, count: int | None = None) -> None:
    """Of these events we are told, and work them off."""
    events = at_work.ehr.subscriptions.feed("s1").events
    listed = [(each, events[each - 1].focus, []) for each in numbers]
    at_work.tell(Told("event-notification", count or max(numbers, default=0), listed))
    at_work.work()


def care(at_work: Ward) -> list[Care]:
    return list(look_after(at_work.store, at_work.tenant, at_work.now, at_work.connection))


def missing(at_work: Ward) -> tuple[Gap, ...]:
    (feed,) = feeds.of_tenant(at_work.store, "north")
    return feed.position.missing


def with_gap(at_work: Ward) -> None:
    """Events 2 and 3 of four were lost; what was heard of is done."""
    happen(at_work, 1, 2, 3, 4)
    hear(at_work, 1)
    at_work.later(SECOND)
    hear(at_work, 4)
    assert set(at_work.asked()) == {"p1", "p4"}
    at_work.ehr.log.clear()


def test_2_46_a_gap_has_its_time_of_grace(at_work: Ward) -> None:
    with_gap(at_work)
    at_work.later(GRACE - SECOND)
    assert (is_due(at_work.store, at_work.tenant, at_work.now), care(at_work), at_work.reads()) == (False, [], [])
    hear(at_work, 2)
    hear(at_work, 3)
    at_work.later(MINUTE)
    assert (is_due(at_work.store, at_work.tenant, at_work.now), care(at_work)) == (False, [])
    assert set(at_work.asked()) == {"p2", "p3"}


def test_2_47_first_the_events_themselves_are_asked_for(at_work: Ward) -> None:
    with_gap(at_work)
    at_work.later(GRACE)
    assert is_due(at_work.store, at_work.tenant, at_work.now)
    assert care(at_work) == [Care("labs", "events", 2)]
    (asked,) = at_work.ehr.log.of("GET", r"\$events")
    assert asked.query == "eventsSinceNumber=2&eventsUntilNumber=3"
    assert at_work.asked() == {"p2": RECOVERED, "p3": RECOVERED}
    assert (missing(at_work), care(at_work)) == ((), [])


def test_2_47_what_was_recovered_and_comes_late_is_a_repetition(at_work: Ward) -> None:
    with_gap(at_work)
    at_work.later(GRACE)
    care(at_work)
    at_work.asked()
    hear(at_work, 2, 3, count=4)
    (feed,) = feeds.of_tenant(at_work.store, "north")
    assert (at_work.asked(), feed.position.last, feed.position.missing) == ({}, 4, ())
    assert feed.reconcile_since is None


def test_2_48_of_what_the_server_does_not_keep_any_more_all_changes_are_asked_for(at_work: Ward) -> None:
    with_gap(at_work)
    at_work.ehr.subscriptions.kept = 2
    at_work.later(GRACE)
    assert care(at_work) == [Care("labs", "query", 5)]
    assert set(at_work.asked()) == {"p1", "p2", "p3", "p4"}
    (feed,) = feeds.of_tenant(at_work.store, "north")
    assert (feed.position.missing, feed.queried, feed.reconcile_since) == ((), at_work.now, None)


def test_2_47_without_the_operation_all_changes_since_the_last_event_are_asked_for(at_work: Ward) -> None:
    at_work.ehr.has_events = False
    at_work.ehr.seed(lab(90, "old"))
    at_work.later(timedelta(hours=1))
    with_gap(at_work)
    at_work.later(GRACE)
    assert care(at_work) == [Care("labs", "query", 4)]
    assert set(at_work.asked()) == {"p1", "p2", "p3", "p4"}
    assert {each.path for each in at_work.ehr.log.of("GET", "_lastUpdated")} > {"/fhir/Observation"}


def test_2_47_at_last_everybody_is_screened_anew(at_work: Ward) -> None:
    at_work.ehr.has_events = False
    at_work.assessed("p9", "Observation/9")
    with_gap(at_work)
    at_work.ehr.fail(where="Condition", status=400, times=9)
    at_work.later(GRACE)
    (done,) = care(at_work)
    assert (done.how, done.reconciled) == ("rescreen", True)
    assert {"p9", "p1", "p2", "p3", "p4"} == set(at_work.asked())
    (feed,) = feeds.of_tenant(at_work.store, "north")
    assert (feed.position.missing, feed.queried, feed.reconcile_since) == ((), None, None)
    assert care(at_work) == []


def test_2_47_without_a_first_event_nobody_knows_since_when(at_work: Ward) -> None:
    at_work.ehr.has_events = False
    happen(at_work, 1, 2, 3)
    hear(at_work, 3)
    at_work.later(GRACE)
    (done,) = care(at_work)
    assert (done.how, done.reconciled) == ("rescreen", True)


def test_an_ehr_that_is_down_leaves_the_gap(at_work: Ward) -> None:
    with_gap(at_work)
    at_work.later(GRACE)
    at_work.ehr.fail(where="events", status=503, times=99)
    with pytest.raises(EhrUnavailable):
        care(at_work)
    assert missing(at_work)
    at_work.ehr.faults.clear()
    assert care(at_work) == [Care("labs", "events", 2)]


def test_events_that_were_lost_without_a_number_are_made_good_by_a_question(at_work: Ward) -> None:
    """The payload is `empty`: `$events` says that something happened, not what."""
    subscription = as_resource(Wanted("http://127.0.0.1:9/x", "http://topic", payload="empty"))
    at_work.ehr.seed({**subscription, "id": "s1", "status": "error"})
    with_gap(at_work)
    at_work.later(GRACE)
    assert care(at_work) == [Care("labs", "query", 4)]
    assert set(at_work.asked()) == {"p1", "p2", "p3", "p4"}


def test_a_lost_deletion_is_recovered(at_work: Ward) -> None:
    happen(at_work, 1)
    hear(at_work, 1)
    at_work.asked()
    at_work.assessed("p1", "Observation/1")
    at_work.ehr.remove("Observation", "1")
    happen(at_work, 3)
    hear(at_work, 3)
    at_work.asked()
    at_work.later(GRACE)
    assert care(at_work) == [Care("labs", "events", 1)]
    assert at_work.asked() == {"p1": RECOVERED}


def test_2_30_a_heartbeat_that_knows_of_more_leads_to_recovery(at_work: Ward) -> None:
    happen(at_work, 1, 2)
    hear(at_work, 1)
    at_work.asked()
    at_work.tell(Told("heartbeat", 2))
    at_work.work()
    at_work.later(GRACE)
    assert care(at_work) == [Care("labs", "events", 1)]
    assert set(at_work.asked()) == {"p2"}


def test_2_49_after_a_silence_the_status_is_asked_for(at_work: Ward) -> None:
    happen(at_work, 1, 2)
    hear(at_work, 1)
    at_work.asked()
    at_work.later(11 * MINUTE)
    assert care(at_work) == []
    at_work.later(SECOND)
    assert is_due(at_work.store, at_work.tenant, at_work.now)
    assert care(at_work) == [Care("labs", silent=True)]
    (feed,) = feeds.of_tenant(at_work.store, "north")
    assert (feed.status, feed.heard, feed.position.missing) == ("error", at_work.now, (Gap(2, 2, at_work.now),))
    at_work.later(GRACE)
    assert care(at_work) == [Care("labs", "events", 1)]


def test_2_49_a_server_without_the_operation_is_left_alone(at_work: Ward) -> None:
    happen(at_work, 1)
    hear(at_work, 1)
    at_work.ehr.fail(where="status", status=404, times=9)
    at_work.later(12 * MINUTE)
    assert care(at_work) == [Care("labs", silent=True)]


def _without_3(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer of `$events` that does not tell of the last event."""
    answer["entry"][0]["resource"]["parameter"].pop()
    return answer


def test_what_was_recovered_late_does_not_hide_what_is_still_missing(at_work: Ward) -> None:
    """The server still has event 2, but not 3, which happened long before 2 was recovered."""
    with_gap(at_work)
    at_work.later(timedelta(hours=5))
    at_work.ehr.fail(where=r"\$events", change=_without_3)
    assert care(at_work) == [Care("labs", "query", 5, silent=True)]
    assert set(at_work.asked()) == {"p1", "p2", "p3", "p4"}


def test_what_waited_long_in_the_inbox_does_not_hide_what_is_missing(at_work: Ward) -> None:
    """Event 1 came in time, but nobody worked it off for hours; 2 was lost meanwhile, and the server keeps nothing."""
    happen(at_work, 1, 2, 3)
    events = at_work.ehr.subscriptions.feed("s1").events
    at_work.tell(Told("event-notification", 1, [(1, events[0].focus, [])]))
    at_work.tell(Told("event-notification", 3, [(3, events[2].focus, [])]))
    at_work.later(timedelta(hours=5))
    at_work.work()
    at_work.asked()
    at_work.ehr.has_events = False
    (done,) = care(at_work)
    assert (done.how, set(at_work.asked())) == ("query", {"p1", "p2", "p3"})


def test_2_50_before_a_subscription_in_error_is_requested_again_all_is_recovered(at_work: Ward) -> None:
    happen(at_work, 1, 2, 3)
    hear(at_work, 1)
    at_work.asked()
    done = recover(at_work.store, at_work.tenant, "labs", at_work.now, at_work.connection)
    assert done == Care("labs", "events", 2)
    assert set(at_work.asked()) == {"p2", "p3"}


def test_2_50_a_subscription_without_a_counter_is_recovered_by_a_question(at_work: Ward) -> None:
    at_work.receive(lab(1), "PUT", "Observation/1")
    at_work.ehr.seed(lab(1))
    at_work.work()
    at_work.asked()
    happen(at_work, 5)
    at_work.ehr.fail(where="status", status=404, times=9)
    done = recover(at_work.store, at_work.tenant, "labs", at_work.now, at_work.connection)
    assert (done.how, set(at_work.asked())) == ("query", {"p1", "p5"})


def test_2_50_that_another_subscription_of_the_hook_was_heard_says_nothing(at_work: Ward) -> None:
    """Several send to one hook, without counters: results still come in while diagnoses do not."""
    at_work.ehr.change({"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/p8"}})
    feeds.observe(at_work.store, "north", "labs/Condition", at_work.now, server_id="s1", status="active")
    at_work.later(timedelta(hours=2))
    at_work.receive(lab(1), "PUT", "Observation/1")
    at_work.ehr.seed(lab(1))
    at_work.work()
    at_work.asked()
    at_work.ehr.fail(where="status", status=404, times=9)
    done = recover(at_work.store, at_work.tenant, "labs/Condition", at_work.now, at_work.connection)
    assert (done.how, set(at_work.asked())) == ("query", {"p1", "p8"})
    feeds.observe(at_work.store, "north", "labs/Encounter", at_work.now, server_id="s1", status="error")
    at_work.ehr.fail(where="status", status=404, times=9)
    unsure = recover(at_work.store, at_work.tenant, "labs/Encounter", at_work.now, at_work.connection)
    assert unsure.how == "rescreen"


def test_2_50_one_in_error_was_whole_until_it_was_last_seen_to_be_active(at_work: Ward) -> None:
    at_work.later(timedelta(hours=2))
    at_work.ehr.change(lab(1), {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/p8"}})
    feeds.observe(at_work.store, "north", "labs", at_work.now, server_id="s1", status="error")
    at_work.ehr.fail(where="status", status=404, times=9)
    at_work.ehr.log.clear()
    done = recover(at_work.store, at_work.tenant, "labs", at_work.now, at_work.connection, ("Condition",))
    assert (done.how, set(at_work.asked())) == ("query", {"p8"})
    (asked,) = at_work.ehr.log.of("GET", "_lastUpdated")
    since = NOON - at_work.tenant.pace.overlap
    assert asked.path == "/fhir/Condition" and since.strftime("%Y-%m-%dT%H") in asked.query


def test_recovering_what_is_not_there_does_nothing(at_work: Ward) -> None:
    assert recover(at_work.store, at_work.tenant, "other", NOON, at_work.connection) == Care("other")
    at_work.tenant = replace(at_work.tenant, hooks=())
    assert care(at_work) == []


def test_2_51_a_counter_that_began_anew_leads_to_everybody(at_work: Ward) -> None:
    at_work.assessed("p9", "Observation/9")
    happen(at_work, 1, 2)
    hear(at_work, 1, 2)
    at_work.asked()
    at_work.tell(Told("handshake", 0))
    at_work.work()
    assert is_due(at_work.store, at_work.tenant, at_work.now)
    (done,) = care(at_work)
    assert (done.reconciled, done.how) == (True, None)
    assert at_work.asked() == {"p1": RESCREEN, "p2": RESCREEN, "p9": RESCREEN}
    assert not is_due(at_work.store, at_work.tenant, at_work.now)


def test_everybody_is_more_than_one_page(at_work: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "PAGE", 2)
    monkeypatch.setattr(recovery_steps, "CHUNK", 2)
    for each in range(5):
        at_work.assessed(f"p{each}")
    assert rescreen_all(at_work.store, at_work.tenant, NOON, ["p0", "x", "y", "z"]) == 9
    assert set(at_work.asked()) == {"p0", "p1", "p2", "p3", "p4", "x", "y", "z"}


@pytest.mark.parametrize("step", ["arrived", "settled", "queried"])
def test_a_recovery_that_is_killed_at_any_step_is_done_again(
    at_work: Ward, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work.ehr.has_events = step == "arrived"
    with_gap(at_work)
    at_work.later(GRACE)

    def kill(*_: Any, **__: Any) -> datetime:
        raise KeyboardInterrupt

    monkeypatch.setattr(feeds, step, kill)
    with pytest.raises(KeyboardInterrupt):
        care(at_work)
    monkeypatch.undo()
    assert missing(at_work)
    care(at_work)
    assert {"p2", "p3"} <= set(at_work.asked()) and missing(at_work) == ()


def test_nothing_waits_that_nobody_asked_for(at_work: Ward) -> None:
    with_gap(at_work)
    at_work.later(GRACE)
    care(at_work)
    assert [each.dead for each in INBOX.counts(at_work.store).values()] == [0]
    assert SCREENINGS.counts(at_work.store)["north"].waiting == 2
