"""From a notification to the patients to screen, with a FHIR server: STANDARDS 2A, 2C and 2D.

The number of the sentence stands in the name of each test.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from service.errors import EhrUnavailable, LeaseLost, NotPermitted, StoreUnavailable
from service.screening import receive
from service.screening.receive import Processed, process
from service.store import feeds
from service.store.engine import Store
from service.store.inbox import INBOX, ClaimedDelivery
from service.store.queues import Counts
from service.store.screenings import SCREENINGS
from tests.notifications.forms import FORMS, Told
from tests.screening.tenants import HOOK, LEASE, NOON, SECOND, Ward, lab, status_of, told, ward

EVENT = ("event",)


@pytest.fixture
def at_work(store: Store) -> Iterator[Ward]:
    with ward(store, replace(HOOK, trusted=False)) as made:
        yield made


@pytest.fixture
def trusting(store: Store) -> Iterator[Ward]:
    with ward(store, HOOK) as made:
        yield made


@pytest.mark.parametrize("release", FORMS)
def test_2_33_and_2_40_the_focus_is_read_and_tells_whose_it_is(at_work: Ward, release: str) -> None:
    at_work.ehr.seed(lab(1, "p7"))
    at_work.receive(FORMS[release](told(1)))
    assert at_work.work() == [Processed("event-notification", screenings=1)]
    assert at_work.asked() == {"p7": EVENT}
    assert at_work.reads() == ["Observation/1"]


def test_2_36_several_events_of_one_bundle_are_all_worked_off(at_work: Ward) -> None:
    at_work.ehr.seed(lab(1, "p1"), lab(2, "p2"), lab(3, "p1"))
    at_work.tell(told(1, 2, 3))
    assert [each.screenings for each in at_work.work()] == [2]
    assert at_work.asked() == {"p1": EVENT, "p2": EVENT}


@pytest.mark.parametrize("kind", ["handshake", "heartbeat", "query-status"])
def test_2_29_and_2_31_nobody_is_screened_for_what_is_no_event(at_work: Ward, kind: str) -> None:
    at_work.tell(Told(kind, 0))
    assert [each.kind for each in at_work.work()] == [kind]
    (feed,) = feeds.of_tenant(at_work.store, "north")
    assert (feed.heard, feed.status, feed.position.last, feed.position.missing) == (NOON, "active", 0, ())
    assert (at_work.asked(), at_work.reads()) == ({}, [])


def test_2_28_an_unknown_type_of_notification_does_nothing(at_work: Ward) -> None:
    at_work.tell(Told("party", 9, [(9, "Observation/1", [])]))
    assert at_work.work() == [Processed("unknown")]
    assert (at_work.asked(), at_work.reads()) == ({}, [])


def test_2_32_and_2_4_what_says_nothing_leads_to_a_question(at_work: Ward) -> None:
    at_work.ehr.seed(lab(1, "p1"), {"resourceType": "Patient", "id": "p2"})
    at_work.receive(None)
    assert [each.screenings for each in at_work.work()] == [2]
    assert at_work.asked() == {"p1": EVENT, "p2": EVENT}
    (feed,) = feeds.of_tenant(at_work.store, "north")
    assert (feed.queried, feed.reconcile_since) == (NOON, None)
    assert all(
        "_lastUpdated=ge2026-06-29T12%3A00%3A00" in each.query.replace(":", "%3A") for each in _searches(at_work)
    )
    at_work.later(timedelta(hours=1))
    at_work.receive(None)
    at_work.work()
    asked = [each.query.replace(":", "%3A") for each in _searches(at_work)]
    assert any("_lastUpdated=ge2026-06-30T11%3A50%3A00" in each for each in asked), asked


def _searches(at_work: Ward) -> list[object]:
    return list(at_work.ehr.log.of("GET", "_lastUpdated"))


def test_2_43_many_that_say_nothing_lead_to_one_question(at_work: Ward) -> None:
    feeds.observe(at_work.store, "north", "labs", NOON, server_id="s1", status="active")
    for number in range(1, 6):
        at_work.tell(Told("event-notification", number, [(number, None, [])]))
    at_work.receive(None)
    at_work.receive(None, method="PUT")
    at_work.work()
    asked = [each.path for each in at_work.ehr.log.of("GET", "_lastUpdated")]
    assert len(asked) == len(set(asked)) > 1


def test_2_43_a_burst_about_one_patient_is_one_screening_later(at_work: Ward) -> None:
    at_work.ehr.seed(*(lab(each) for each in range(1, 21)))
    for number in range(1, 21):
        at_work.tell(told(number))
    assert len(at_work.work()) == 20
    assert SCREENINGS.counts(at_work.store)["north"] == Counts(waiting=1, oldest=NOON + SECOND / 4)


def test_2_43_a_burst_is_waited_for_but_not_for_ever(at_work: Ward) -> None:
    at_work.ehr.seed(*(lab(each) for each in range(1, 17)))
    for number in range(1, 17):
        assert SCREENINGS.claim(at_work.store, at_work.now, LEASE, 10) == ()
        at_work.tell(told(number))
        at_work.work()
        waiting = SCREENINGS.counts(at_work.store)["north"].oldest
        assert waiting == min(at_work.now + SECOND / 4, NOON + 2 * SECOND)
        at_work.later(SECOND / 8)
    assert len(SCREENINGS.claim(at_work.store, at_work.now, LEASE, 10)) == 1


@pytest.mark.parametrize("kept", [True, False], ids=["with the resource", "without it"])
def test_2_34_and_2_44_what_a_trusted_sender_carries_tells_whose_it_is(trusting: Ward, kept: bool) -> None:
    trusting.ehr.seed(lab(1, "p1"))
    trusting.tell(told(1, resources=[lab(1, "p1")] if kept else []))
    trusting.work()
    assert trusting.asked() == {"p1": EVENT}
    assert trusting.reads() == ([] if kept else ["Observation/1"])


def test_2_44_without_trust_what_is_carried_is_read_again(at_work: Ward) -> None:
    at_work.ehr.seed(lab(1, "p2"))
    at_work.tell(told(1, resources=[lab(1, "forged")]))
    at_work.work()
    assert at_work.asked() == {"p2": EVENT}


def test_2_44_there_is_no_trust_without_a_secret(store: Store) -> None:
    with ward(store, replace(HOOK, secret=None)) as open_to_all:
        open_to_all.ehr.seed(lab(1, "p2"))
        open_to_all.tell(told(1, resources=[lab(1, "forged")]))
        open_to_all.work()
        assert open_to_all.asked() == {"p2": EVENT}


def test_2_35_additional_context_is_not_taken_for_the_patient(at_work: Ward) -> None:
    at_work.ehr.seed(lab(1, "p1"))
    at_work.tell(Told("event-notification", 1, [(1, "Observation/1", ["Patient/p9"])]))
    at_work.work()
    assert at_work.asked() == {"p1": EVENT}


def test_2_37_the_method_of_an_entry_is_a_hint_only(trusting: Ward) -> None:
    body = FORMS["R4"](told(1, resources=[lab(1, "p1")]))
    body["entry"][1]["request"]["method"] = "DELETE"
    trusting.receive(body)
    trusting.work()
    assert trusting.asked() == {"p1": EVENT}


def test_2_38_what_stands_on_another_server_is_never_asked_for(at_work: Ward) -> None:
    body = FORMS["R4"](told(1))
    part = next(each for each in status_of(body)["parameter"] if each["name"] == "notification-event")["part"]
    part[1]["valueReference"]["reference"] = "https://elsewhere.example/fhir/Observation/1"
    at_work.receive(body)
    assert at_work.work() == [Processed("event-notification", foreign=1)]
    assert (at_work.asked(), at_work.reads()) == ({}, [])


@pytest.mark.parametrize("status", [404, 410])
def test_2_39_who_rests_on_what_is_gone_is_screened(at_work: Ward, status: int) -> None:
    at_work.assessed("p1", "Observation/1", "Observation/2")
    at_work.assessed("p2", "Observation/11")
    at_work.ehr.fail(where="Observation/1", status=status, times=9)
    at_work.tell(told(1))
    at_work.work()
    assert at_work.asked() == {"p1": EVENT}


@pytest.mark.parametrize(
    ("method", "path", "body", "deleted"),
    [("DELETE", "Observation/2", None, ""), ("POST", "", {}, "Observation/2")],
    ids=["hapi", "medplum"],
)
def test_2_6_who_rests_on_what_was_deleted_is_screened(
    at_work: Ward, method: str, path: str, body: object, deleted: str
) -> None:
    at_work.assessed("p1", "Observation/2")
    at_work.receive(body, method, path, **({"deleted": deleted} if deleted else {}))
    assert at_work.work() == [Processed("deleted", screenings=1)]
    assert (at_work.asked(), at_work.reads()) == ({"p1": EVENT}, [])


def test_2_6_a_deleted_patient_is_looked_at(at_work: Ward) -> None:
    at_work.receive(None, "DELETE", "Patient/p3")
    at_work.work()
    assert at_work.asked() == {"p3": EVENT}


@pytest.mark.parametrize("path", ["", "Observation/1"])
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_2_5_and_2_10_a_resource_is_believed_as_far_as_it_says_whose_it_is(
    trusting: Ward, method: str, path: str
) -> None:
    trusting.receive(lab(1, "p1", meta={"versionId": "1"}), method, path)
    trusting.work()
    assert (trusting.asked(), trusting.reads()) == ({"p1": EVENT}, [])


def test_2_5_a_path_alone_is_enough(at_work: Ward) -> None:
    at_work.ehr.seed(lab(1, "p1"))
    at_work.receive(None, "PUT", "Observation/1")
    at_work.work()
    assert at_work.asked() == {"p1": EVENT}


def test_2_11_a_bundle_of_several_resources_is_taken_apart(trusting: Ward) -> None:
    entries = [{"resource": lab(each, f"p{each}")} for each in (1, 2)]
    trusting.receive({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    trusting.work()
    assert trusting.asked() == {"p1": EVENT, "p2": EVENT}


def test_what_no_open_study_needs_is_not_read(at_work: Ward) -> None:
    at_work.tell(Told("event-notification", 1, [(1, "DocumentReference/1", [])]))
    assert at_work.work() == [Processed("event-notification", unneeded=1)]
    assert at_work.reads() == []


def test_2_45_an_event_that_came_before_is_not_worked_off_again(at_work: Ward) -> None:
    at_work.ehr.seed(lab(1, "p1"), lab(2, "p2"))
    at_work.tell(told(1))
    at_work.work()
    at_work.asked()
    at_work.tell(told(1, 2))
    assert at_work.work() == [Processed("event-notification", screenings=1, repeated=1)]
    assert at_work.asked() == {"p2": EVENT}
    assert at_work.reads() == ["Observation/1", "Observation/2"]


def test_2_45_an_event_that_may_be_another_of_the_same_number_is_worked_off(at_work: Ward) -> None:
    """The server says that it counted less than we heard: the notification is late, or the count began anew."""
    at_work.ehr.seed(lab(1, "p1"), lab(2, "p2"))
    at_work.tell(told(1, 2))
    at_work.work()
    at_work.asked()
    at_work.tell(told(1, count=1))
    assert at_work.work() == [Processed("event-notification", screenings=1, repeated=1)]
    assert at_work.asked() == {"p1": EVENT}


def test_2_45_the_same_content_is_kept_once_while_it_waits(at_work: Ward) -> None:
    for _ in range(3):
        at_work.tell(told(1))
        at_work.receive(None)
    assert INBOX.counts(at_work.store)["north"].waiting == 2


def test_2_45_the_same_version_of_a_resource_is_kept_once_for_good(trusting: Ward) -> None:
    version = {"versionId": "1", "lastUpdated": "2026-06-30T12:00:00Z"}
    for _ in range(2):
        trusting.receive(lab(1, "p1", meta=version))
        trusting.work()
    assert INBOX.counts(trusting.store)["north"] == Counts(done=1)
    trusting.receive(lab(1, "p1", meta={**version, "versionId": "2"}))
    assert INBOX.counts(trusting.store)["north"].waiting == 1


def test_two_events_of_one_number_both_count(at_work: Ward) -> None:
    at_work.ehr.seed(lab(1, "p1"), lab(2, "p2"))
    at_work.tell(Told("event-notification", 1, [(1, "Observation/1", []), (1, "Observation/2", [])]))
    assert at_work.work() == [Processed("event-notification", screenings=2)]
    assert at_work.asked() == {"p1": EVENT, "p2": EVENT}


@pytest.mark.parametrize(
    "second",
    [told(1, count=1, subscription="s1"), Told("heartbeat", 0), Told("handshake", 0)],
    ids=["at 1 again", "backwards", "a new handshake"],
)
def test_2_51_a_counter_that_begins_anew_leads_to_a_reconciliation(at_work: Ward, second: Told) -> None:
    at_work.ehr.seed(*(lab(each, f"p{each}") for each in (1, 2, 3)))
    at_work.tell(Told("event-notification", 3, [(each, f"Observation/{each}", []) for each in (1, 2, 3)]))
    at_work.work()
    if second.events:
        second = replace(second, events=[(1, "Observation/3", [])])
    at_work.tell(second)
    assert [each.restarted for each in at_work.work()] == [True]
    (feed,) = feeds.of_tenant(at_work.store, "north")
    assert feed.reconcile_since == NOON


def test_2_52_every_subscription_has_its_own_counter(at_work: Ward) -> None:
    at_work.ehr.seed(lab(1), lab(2))
    at_work.tell(told(1, subscription="s1"))
    at_work.tell(told(1, subscription="s2"))
    at_work.tell(told(2, subscription="s1"))
    at_work.work()
    positions = {each.subscription: each.position for each in feeds.of_tenant(at_work.store, "north")}
    assert {name: (each.last, each.missing) for name, each in positions.items()} == {
        "labs/s1": (2, ()),
        "labs/s2": (1, ()),
    }


def test_2_52_a_subscription_whose_id_is_known_has_the_feed_of_its_hook(at_work: Ward) -> None:
    feeds.observe(at_work.store, "north", "labs", NOON, server_id="s1", status="active")
    at_work.ehr.seed(lab(1))
    at_work.tell(told(1, subscription="s1"))
    at_work.work()
    assert [each.subscription for each in feeds.of_tenant(at_work.store, "north")] == ["labs"]


def test_2_9_and_2_54_what_was_not_finished_is_done_again_with_the_same_result(at_work: Ward) -> None:
    """The process ends after the EHR was asked, or after all was done but before the commit."""
    at_work.ehr.seed(lab(1, "p1"))
    at_work.tell(told(1))
    (first,) = INBOX.claim(at_work.store, NOON, LEASE, 1)
    with pytest.raises(KeyboardInterrupt):
        _interrupted(at_work, first)
    at_work.later(LEASE)
    assert at_work.work() == [Processed("event-notification", screenings=1)]
    assert at_work.asked() == {"p1": EVENT}
    with pytest.raises(LeaseLost):
        process(at_work.store, at_work.tenant, first, at_work.now, at_work.connection)
    assert at_work.asked() == {}


def _interrupted(at_work: Ward, claimed: ClaimedDelivery) -> None:
    with at_work.store.transaction() as whole:
        process(whole, at_work.tenant, claimed, NOON, at_work.connection)
        raise KeyboardInterrupt


def test_two_workers_that_count_at_once_do_not_lose_an_event(at_work: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another worker began the count anew after this one had looked: what it took for repeated is fresh."""
    at_work.ehr.seed(lab(1, "p1"))
    at_work.tell(told(1))
    (claimed,) = INBOX.claim(at_work.store, NOON, LEASE, 1)
    monkeypatch.setattr(receive, "_fresh", lambda *_: ())
    with pytest.raises(StoreUnavailable, match="changed meanwhile"):
        process(at_work.store, at_work.tenant, claimed, NOON, at_work.connection)
    monkeypatch.undo()
    process(at_work.store, at_work.tenant, claimed, NOON, at_work.connection)
    assert at_work.asked() == {"p1": EVENT}


@pytest.mark.parametrize(("status", "error"), [(503, EhrUnavailable), (403, NotPermitted)])
def test_where_the_ehr_does_not_let_us_the_delivery_stays(at_work: Ward, status: int, error: type[Exception]) -> None:
    at_work.ehr.seed(lab(1, "p1"))
    at_work.tell(told(1))
    at_work.ehr.fail(where="Observation/1", status=status, times=99)
    with pytest.raises(error):
        at_work.work()
    at_work.ehr.faults.clear()
    at_work.later(LEASE)
    at_work.work()
    assert at_work.asked() == {"p1": EVENT}


def test_an_answer_that_is_not_whole_leads_to_a_reconciliation(at_work: Ward) -> None:
    at_work.ehr.seed(lab(1, "p1"))
    at_work.ehr.fail(where="Condition", status=400)
    at_work.receive(None)
    at_work.work()
    (feed,) = feeds.of_tenant(at_work.store, "north")
    assert (feed.queried, feed.reconcile_since, at_work.asked()) == (None, NOON, {"p1": EVENT})


def test_without_an_ehr_a_delivery_is_set_aside_with_the_reason(at_work: Ward) -> None:
    at_work.tell(told(1))
    (claimed,) = INBOX.claim(at_work.store, NOON, LEASE, 1)
    with pytest.raises(EhrUnavailable):
        process(at_work.store, at_work.tenant, claimed, NOON, None)
    done = process(at_work.store, replace(at_work.tenant, source=None), claimed, NOON, None)
    assert done.error == "no-source"
    assert [each.error for each in INBOX.dead(at_work.store)] == ["no-source"]


def test_without_an_ehr_a_heartbeat_is_heard(at_work: Ward) -> None:
    at_work.tell(Told("heartbeat", 0))
    (claimed,) = INBOX.claim(at_work.store, NOON, LEASE, 1)
    assert process(at_work.store, at_work.tenant, claimed, NOON, None) == Processed("heartbeat")


def test_a_hook_that_is_no_more_sets_its_deliveries_aside(at_work: Ward) -> None:
    at_work.tell(told(1))
    at_work.tenant = replace(at_work.tenant, hooks=())
    assert [each.error for each in at_work.work()] == ["no-hook"]
