"""db migrate, inbox, patient forget."""

from datetime import timedelta

import pytest

from service.store import assessments, audit, feeds, inbox, outbox, screenings, troubles, upkeep
from service.store.counting import Event
from service.store.engine import Store
from service.store.inbox import INBOX, Delivery
from service.store.outbox import OUTBOX
from service.store.screenings import SCREENINGS
from tests.cli.conftest import NOW, Prescreen

LEASE = timedelta(minutes=5)


def delivery(body: bytes = b"{}", digest: str = "d") -> Delivery:
    return Delivery("demo", "labs", digest, False, "POST", "", {}, body, NOW)


def test_the_tables_are_made_once(prescreen: Prescreen) -> None:
    assert prescreen("db", "migrate") == (0, "The tables are now those of this version.\n", "")
    assert prescreen("db", "migrate")[1] == "The tables are those of this version already.\n"


@pytest.mark.parametrize("words", [("inbox", "list"), ("patient", "forget", "p")])
def test_without_tables_a_command_says_what_to_do(prescreen: Prescreen, words: tuple[str, ...]) -> None:
    status, out, complaint = prescreen(*words)
    assert (status, out) == (1, "") and "prescreen db migrate" in complaint


def test_nothing_is_kept_at_first(prescreen: Prescreen, store: Store) -> None:
    assert prescreen("inbox", "list") == (0, "No work was ever kept here.\n", "")


def give_up(store: Store) -> None:
    """One piece of work of each kind that was given up."""
    inbox.deliver(store, delivery())
    (claimed,) = INBOX.claim(store, NOW, LEASE, 1)
    INBOX.failed(store, claimed.lease, "no-source", None)
    screenings.request(store, "demo", "p1", "event", NOW)
    (screening,) = SCREENINGS.claim(store, NOW, LEASE, 1)
    SCREENINGS.failed(store, screening.lease, "forbidden", None)
    outbox.put(store, "demo", "study", "p1", "digest", {"a": 1}, NOW)
    (write,) = OUTBOX.claim(store, NOW, LEASE, 1)
    OUTBOX.failed(store, write.lease, "conflict", None)


def test_what_was_given_up_is_listed_and_tried_again(prescreen: Prescreen, store: Store) -> None:
    give_up(store)
    _, listed, _ = prescreen("inbox", "list")
    assert "delivery-1: given up after 1 tries, no-source (demo, subscription labs)" in listed
    assert "screening-1: given up after 1 tries, forbidden (demo, patient p1)" in listed
    assert "write-1: given up after 1 tries, conflict (demo, study study, patient p1)" in listed
    assert prescreen("inbox", "retry", "delivery-1", "write-1") == (0, "2 to be tried again.\n", "")
    assert INBOX.claim(store, NOW + timedelta(days=999), LEASE, 1)
    status, out, complaint = prescreen("inbox", "retry", "delivery-1")
    assert (status, out) == (2, "0 to be tried again.\n") and "delivery-1" in complaint
    assert prescreen("inbox", "retry", "all")[1] == "1 to be tried again.\n"
    assert SCREENINGS.dead(store) == ()
    assert [each.action for each in audit.entries(store, "*", 10)] == ["retried", "retried"]


@pytest.mark.parametrize("what", ["delivery", "patient-1", "delivery-x", "delivery-²"])
def test_what_is_no_piece_of_work_is_refused(prescreen: Prescreen, store: Store, what: str) -> None:
    status, _, complaint = prescreen("inbox", "retry", what)
    assert status == 2 and "no piece of work" in complaint


def test_a_subscription_is_listed_with_its_counter_gaps_and_error(prescreen: Prescreen, store: Store) -> None:
    feeds.observe(store, "demo", "labs", NOW, server_id="7", status="error", error="its notifications do not come here")
    feeds.arrived(store, "demo", "labs", [Event(1, "a"), Event(4, "b")], NOW)
    feeds.reconcile(store, "demo", "labs", NOW)
    _, listed, _ = prescreen("inbox", "list")
    assert (
        "demo: subscription labs: status error, last event 4, 2 missing, heard 2026-06-30T12:00:00+00:00, "
        "error its notifications do not come here, to be reconciled since 2026-06-30T12:00:00+00:00" in listed
    )


def test_whose_subscriptions_are_kept_alive_is_listed(prescreen: Prescreen, store: Store) -> None:
    later = NOW + timedelta(hours=1)
    begun = upkeep.take(store, "demo", "https://ehr.example/fhir", "https://us.example", NOW)
    assert "demo: subscriptions: looked after never, next 2026-06-30T12:00:00+00:00\n" in prescreen("inbox", "list")[1]
    upkeep.end(store, begun, NOW, later, "GET Subscription: HTTP 503")
    assert (
        "demo: subscriptions: looked after 2026-06-30T12:00:00+00:00, next 2026-06-30T13:00:00+00:00, "
        "not kept alive: GET Subscription: HTTP 503\n" in prescreen("inbox", "list")[1]
    )


def test_what_is_out_of_reach_or_not_loaded_is_listed(prescreen: Prescreen, store: Store) -> None:
    troubles.whole_place(store, "demo", "source", "http-503", NOW)
    troubles.whole_place(store, "demo", "source", "http-503", NOW + timedelta(hours=1))
    troubles.types_of(store, "demo", "export", {"Condition": "not-loaded"}, NOW)
    _, listed, _ = prescreen("inbox", "list")
    assert "demo: source: out of reach (http-503) since 2026-06-30T12:00:00+00:00, last 2026-06-30T13:00:00" in listed
    assert "demo: export: Condition is lacking (not-loaded) since 2026-06-30T12:00:00+00:00" in listed


def test_only_what_is_of_the_tenant_is_listed(prescreen: Prescreen, store: Store) -> None:
    """That of one that is not set up any more, too."""
    give_up(store)
    troubles.whole_place(store, "demo", "source", "http-503", NOW)
    upkeep.take(store, "demo", "https://ehr.example/fhir", "https://us.example", NOW)
    screenings.request(store, "gone", "p1", "event", NOW)
    (line,) = prescreen("inbox", "list", "--tenant", "gone")[1].splitlines()
    assert line.startswith("gone: screening: 1 waiting, ")
    assert "gone" not in prescreen("inbox", "list", "--tenant", "demo")[1]


@pytest.mark.parametrize("words", [("inbox", "list"), ("cards",)])
def test_a_tenant_that_there_is_not_is_refused(prescreen: Prescreen, store: Store, words: tuple[str, ...]) -> None:
    status, out, complaint = prescreen(*words, "--tenant", "south")
    assert (status, out) == (2, "") and "there is no tenant 'south'; there are: demo" in complaint
    assert prescreen(*words, "--tenant", "demo")[0] == 0


def test_a_patient_is_forgotten(prescreen: Prescreen, store: Store) -> None:
    for patient in ("p1", "p2"):
        assessments.add(store, "demo", "s", "1", patient, "d", NOW.date(), {"a": 1}, None, NOW)
    assert prescreen("patient", "forget", "Patient/p1")[1] == "Deleted: 1 of assessments, 1 of current.\n"
    assert assessments.patients(store, "demo", 10) == ("p2",)
    (entry,) = audit.entries(store, "demo", 10)
    assert (entry.action, entry.patient, entry.detail) == ("patient-forgotten", None, {"rows": 2})
    assert prescreen("patient", "forget", "p1")[1] == "Deleted: nothing, as nothing was kept.\n"


def test_where_a_notification_goes_with_a_patient_its_feeds_are_reconciled(prescreen: Prescreen, store: Store) -> None:
    feeds.heard(store, "demo", "labs", NOW)
    inbox.deliver(store, delivery(b'{"subject": {"reference": "Patient/p1"}}'))
    assert "1 of deliveries" in prescreen("patient", "forget", "p1")[1]
    found = feeds.find(store, "demo", "labs")
    assert found is not None and found.reconcile_since is not None


def test_an_unknown_tenant_is_refused(prescreen: Prescreen, store: Store) -> None:
    status, _, complaint = prescreen("patient", "forget", "p1", "--tenant", "north")
    assert status == 2 and "there is no tenant 'north'; there are: demo" in complaint
