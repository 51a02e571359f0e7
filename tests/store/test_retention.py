"""Forgetting: of one patient nothing at all is left, of everybody else all is; old things go, needed ones stay."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from service.store import assessments, audit, feeds, inbox, outbox, published, retention, screenings
from service.store.counting import Event
from service.store.engine import Store
from service.store.inbox import INBOX
from service.store.retention import Forgotten, Keep
from service.store.screenings import SCREENINGS
from service.store.tables import metadata
from tests.store.test_published import OURS
from tests.store.world import DAY, LEASE, NOON, delivery

GONE, STAYS = "goner-4711", "goner-47112"  # one id begins like the other
LONG = timedelta(days=10_000)


def about(store: Store, patient: str, tenant: str = "north") -> None:
    """One row of every kind about a patient, and several of the history."""
    line = {"patient": patient}
    for digest in ("old facts", "new facts"):
        assessments.add(store, tenant, "study", "1", patient, digest, DAY, line, None, NOON)
    screenings.request(store, tenant, patient, "event", NOON)
    outbox.put(store, tenant, "study", patient, "digest", {"individual": f"Patient/{patient}"}, NOON)
    published.record(store, replace(OURS, tenant=tenant, patient=patient))
    audit.append(store, audit.Entry(NOON, tenant, "somebody", "looked", "study", patient, {"findings": 3}))
    body = f'{{"subject":{{"reference":"Patient/{patient}"}}}}'.encode()
    inbox.deliver(store, delivery(tenant=tenant, digest=f"of {patient}", body=body))


def everything(store: Store) -> str:
    """All rows of all tables, as text."""
    with store.reading() as connection:
        rows = [row for table in metadata.sorted_tables for row in connection.execute(table.select())]
    return "\n".join(map(repr, rows))


def count(store: Store) -> dict[str, int]:
    with store.reading() as connection:
        tables = metadata.sorted_tables
        return {each.name: len(connection.execute(each.select()).all()) for each in tables}


def test_nothing_of_a_patient_is_left_and_all_of_the_others(store: Store) -> None:
    about(store, STAYS)
    about(store, GONE, tenant="south")
    kept = everything(store)
    about(store, GONE)
    gone = retention.delete_patient(store, "north", GONE)
    assert gone == Forgotten(deliveries=1, screenings=1, assessments=2, current=1, outbox=1, published=1, audit=1)
    assert gone.total == 8
    assert everything(store) == kept
    assert retention.delete_patient(store, "north", GONE) == Forgotten()


def test_nothing_is_left_in_the_files_of_sqlite(store: Store, tmp_path: Path) -> None:
    if not store.on_sqlite:
        pytest.skip("the files of PostgreSQL are up to its administrator")
    about(store, GONE)
    written = [path for path in tmp_path.iterdir() if GONE.encode() in path.read_bytes()]
    assert written
    retention.delete_patient(store, "north", GONE)
    assert [path.name for path in tmp_path.iterdir() if GONE.encode() in path.read_bytes()] == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"Patient/{GONE}", b""),
        ("", f'{{"reference":"https://ehr.example/fhir/Patient/{GONE}/_history/2"}}'.encode()),
        ("", f'{{"reference":"Patient\\/{GONE}"}}'.encode()),
        ("", f'{{"reference":"Patient/\\u0067{GONE[1:]}"}}'.encode()),
        ("", f'{{"fullUrl":"urn:uuid:{GONE}"}}'.encode()),
        ("", f'{{"resourceType": "Patient", "active": true, "id" : "{GONE}"}}'.encode()),
    ],
)
def test_a_notification_that_names_the_patient_goes(store: Store, path: str, body: bytes) -> None:
    inbox.deliver(store, delivery(path=path, body=body))
    assert retention.delete_patient(store, "north", GONE).deliveries == 1


@pytest.mark.parametrize(
    "body",
    [
        f'{{"reference":"Patient/{STAYS}"}}'.encode(),
        f'{{"resourceType":"Patient","id":"{STAYS}"}}'.encode(),
        f'{{"resourceType":"Observation","id":"{GONE}"}}'.encode(),
        b"\xff\xfe",
    ],
)
def test_a_notification_that_does_not_stays(store: Store, body: bytes) -> None:
    inbox.deliver(store, delivery(body=body))
    assert retention.delete_patient(store, "north", GONE).deliveries == 0


def test_the_work_on_a_deleted_patient_comes_to_nothing(store: Store) -> None:
    about(store, GONE)
    (claimed,) = SCREENINGS.claim(store, NOON, LEASE, 9)
    retention.delete_patient(store, "north", GONE)
    with pytest.raises(Exception, match="lease"), store.transaction() as whole:
        _finish(whole, claimed)
    assert assessments.latest(store, "north", "study", GONE) is None


def _finish(store: Store, claimed: screenings.ClaimedScreening) -> None:
    line = {"patient": claimed.patient}
    assessments.add(store, "north", "study", "1", claimed.patient, "later facts", DAY, line, None, NOON)
    screenings.done(store, claimed.lease)


def _worked_off(store: Store) -> None:
    inbox.deliver(store, delivery())
    (claimed,) = INBOX.claim(store, NOON, LEASE, 9)
    inbox.done(store, claimed.lease, NOON)


def _given_up(store: Store) -> None:
    inbox.deliver(store, delivery())
    (claimed,) = INBOX.claim(store, NOON, LEASE, 9)
    INBOX.failed(store, claimed.lease, "structure", None)


def _superseded(store: Store) -> None:
    for digest, at in (("old", NOON), ("new", NOON + LONG)):
        assessments.add(store, "north", "study", "1", "a", digest, DAY, {}, None, at)


def _looked(store: Store) -> None:
    audit.append(store, audit.Entry(NOON, "north", "somebody", "looked"))


@pytest.mark.parametrize(
    ("make", "kept_for", "gone"),
    [
        (_worked_off, "deliveries", Forgotten(deliveries=1)),
        (_given_up, "deliveries", Forgotten(deliveries=1)),
        (_superseded, "superseded", Forgotten(assessments=1)),
        (_looked, "audit", Forgotten(audit=1)),
        (lambda store: feeds.arrived(store, "north", "labs", [Event(1, "a")], NOON), "events", Forgotten(events=1)),
    ],
)
def test_what_is_old_enough_goes(store: Store, make: Callable[[Store], object], kept_for: str, gone: Forgotten) -> None:
    make(store)
    keep = Keep(LONG, LONG, LONG, LONG, LONG)
    shorter = replace(keep, **{kept_for: timedelta(days=30)})
    day = timedelta(days=1)
    assert retention.purge(store, NOON + 31 * day, keep) == Forgotten()
    assert retention.purge(store, NOON + 30 * day, shorter) == Forgotten()
    assert retention.purge(store, NOON + 31 * day, shorter) == gone


def test_an_assessment_that_nobody_confirmed_for_long_goes_with_its_resource(store: Store) -> None:
    about(store, "a")
    keep = Keep(unconfirmed=timedelta(days=30))
    gone = retention.purge(store, NOON + timedelta(days=31), keep)
    assert (gone.current, gone.published, gone.assessments) == (1, 1, 0)  # of these the history is kept longer
    assert retention.purge(store, NOON + timedelta(days=400), keep).assessments == 2


def test_what_holds_and_is_confirmed_stays_however_old(store: Store) -> None:
    about(store, "a")
    later = NOON + timedelta(days=5000)
    assessments.add(store, "north", "study", "1", "a", "new facts", DAY, {"patient": "a"}, None, later)
    retention.purge(store, later + timedelta(days=1), Keep())
    found = assessments.latest(store, "north", "study", "a")
    assert found is not None and found.stored.made == NOON
    assert len(assessments.history(store, "north", "study", "a")) == 1  # the one that was superseded is gone
    assert published.find(store, "north", "study", "a") is not None


def test_work_that_waits_is_not_forgotten(store: Store) -> None:
    about(store, "a")
    (claimed,) = INBOX.claim(store, NOON, LEASE, 1)
    inbox.deliver(store, delivery(digest="another"))
    retention.purge(store, NOON + LONG, Keep())
    left = count(store)
    assert (left["deliveries"], left["screenings"], left["outbox"]) == (2, 1, 1)
    inbox.done(store, claimed.lease, NOON)


def test_an_event_whose_number_was_forgotten_leads_to_a_reconciliation(store: Store) -> None:
    feeds.arrived(store, "north", "labs", [Event(1, "a"), Event(4, "d")], NOON)
    feeds.settled(store, "north", "labs", 2)
    retention.purge(store, NOON + LONG, Keep())
    assert [(gap.first, gap.settled) for gap in feeds.settled(store, "north", "labs", 0).gaps] == [(3, False)]
    assert feeds.arrived(store, "north", "labs", [Event(1, "a")], NOON).restarted
