"""Deliveries: committed as they came, repetitions known, nothing that is new taken for one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from service.store import inbox
from service.store.engine import Store
from service.store.inbox import INBOX
from service.store.queues import Counts
from tests.store.world import LEASE, NOON, SECOND, delivery


def claim(store: Store) -> tuple[inbox.ClaimedDelivery, ...]:
    return INBOX.claim(store, NOON, LEASE, 100)


@pytest.mark.parametrize(
    "given",
    [
        delivery(),
        delivery(body=bytes(range(256)) * 9, path="Observation/1", method="PUT", headers={"X-Deleted": "Patient/ä"}),
        delivery(body=b"", once=False),
    ],
)
def test_a_delivery_is_kept_as_it_came(store: Store, given: inbox.Delivery) -> None:
    receipt = inbox.deliver(store, given)
    (claimed,) = claim(store)
    assert (claimed.lease.id, claimed.delivery.body, claimed.delivery.path) == (receipt.id, given.body, given.path)
    kept = given if given.once else delivery(body=b"", once=False, digest="")
    assert claimed.delivery == kept


def test_a_repetition_is_known(store: Store) -> None:
    first, second = inbox.deliver(store, delivery()), inbox.deliver(store, delivery(received=NOON + SECOND))
    assert (first.duplicate, second.duplicate, second.id) == (False, True, first.id)
    assert len(claim(store)) == 1


@pytest.mark.parametrize("other", [{"tenant": "south"}, {"subscription": "drugs"}, {"digest": "other"}])
def test_another_delivery_is_no_repetition(store: Store, other: dict[str, str]) -> None:
    inbox.deliver(store, delivery())
    assert not inbox.deliver(store, delivery(**other)).duplicate
    assert len(claim(store)) == 2


def test_an_event_with_a_number_is_known_even_when_it_was_worked_off(store: Store) -> None:
    inbox.deliver(store, delivery())
    (claimed,) = claim(store)
    assert inbox.deliver(store, delivery()).duplicate
    inbox.done(store, claimed.lease, NOON)
    assert inbox.deliver(store, delivery()).duplicate
    assert claim(store) == ()


def test_an_event_without_a_number_is_a_new_one_once_the_first_was_begun(store: Store) -> None:
    empty = delivery(once=False, body=b"")
    assert [inbox.deliver(store, empty).duplicate for _ in range(3)] == [False, True, True]
    (first,) = claim(store)
    assert [inbox.deliver(store, empty).duplicate for _ in range(2)] == [False, True]
    inbox.done(store, first.lease, NOON)
    (second,) = claim(store)
    inbox.done(store, second.lease, NOON)
    assert not inbox.deliver(store, empty).duplicate


def test_what_was_worked_off_holds_no_content_any_more(store: Store) -> None:
    inbox.deliver(store, delivery(path="Patient/1", headers={"a": "b"}))
    (claimed,) = claim(store)
    inbox.done(store, claimed.lease, NOON)
    with store.reading() as connection:
        row = connection.exec_driver_sql("SELECT path, headers, body, digest FROM deliveries").one()
    assert tuple(row) == (None, None, None, "digest")
    assert INBOX.counts(store) == {"north": Counts(done=1)}


def test_a_dead_letter_keeps_its_content(store: Store) -> None:
    inbox.deliver(store, delivery())
    (claimed,) = claim(store)
    INBOX.failed(store, claimed.lease, "structure", None)
    assert [each.subscription for each in INBOX.dead(store)] == ["labs"]
    assert INBOX.retry(store, claimed.lease.id, NOON)
    (again,) = claim(store)
    assert again.delivery == claimed.delivery


def test_dead_letters_are_listed_up_to_a_number(store: Store) -> None:
    for number in range(3):
        inbox.deliver(store, delivery(digest=str(number)))
    ids = [each.lease.id for each in claim(store)]
    for each in INBOX.claim(store, NOON + LEASE, LEASE, 100):
        INBOX.failed(store, each.lease, "structure", None)
    assert [each.id for each in INBOX.dead(store)] == ids
    assert [each.id for each in INBOX.dead(store, 2)] == ids[:2]


def test_a_retry_of_another_id_does_nothing(store: Store) -> None:
    assert not INBOX.retry(store, 4711, NOON)


def test_deliveries_that_come_at_once_are_all_kept_and_repetitions_known(store: Store) -> None:
    given = [delivery(digest=str(number % 25), received=NOON + timedelta(microseconds=number)) for number in range(100)]
    with ThreadPoolExecutor(8) as threads:
        receipts = list(threads.map(lambda each: inbox.deliver(store, each), given))
    assert sum(not each.duplicate for each in receipts) == 25
    claimed = INBOX.claim(store, NOON + SECOND, LEASE, 1000)
    assert sorted(int(each.delivery.digest) for each in claimed) == list(range(25))
