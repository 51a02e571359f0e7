"""The outbox: for each study and patient the newest content, each written to the end or followed by the next."""

import pytest

from service.errors import LeaseLost
from service.store import outbox
from service.store.engine import Store
from service.store.leases import State
from service.store.outbox import OUTBOX, ClaimedWrite
from tests.store.world import LEASE, NOON, SECOND


def put(store: Store, digest: str, patient: str = "a", seconds: int = 0) -> bool:
    return outbox.put(store, "north", "study", patient, digest, {"is": digest}, NOON + seconds * SECOND)


def claim(store: Store, seconds: int = 0) -> tuple[ClaimedWrite, ...]:
    return OUTBOX.claim(store, NOON + seconds * SECOND, LEASE, 100)


def test_the_newest_content_takes_the_place_of_one_that_waits(store: Store) -> None:
    assert put(store, "1") and put(store, "2")
    (claimed,) = claim(store)
    assert (claimed.tenant, claimed.study, claimed.patient) == ("north", "study", "a")
    assert (claimed.digest, claimed.content) == ("2", {"is": "2"})


def test_the_same_content_is_put_once(store: Store) -> None:
    assert [put(store, "1"), put(store, "1", seconds=-9)] == [True, False]
    assert claim(store, -1) == ()
    assert len(claim(store)) == 1


def test_what_is_being_written_is_not_written_again(store: Store) -> None:
    put(store, "1")
    (claimed,) = claim(store)
    assert not put(store, "1")
    assert not outbox.done(store, claimed.lease)
    assert claim(store, 9999) == ()


def test_a_newer_content_follows_the_one_being_written(store: Store) -> None:
    put(store, "1")
    (first,) = claim(store)
    assert put(store, "2")
    assert claim(store) == ()
    assert outbox.done(store, first.lease)
    (second,) = claim(store)
    assert second.content == {"is": "2"}
    with pytest.raises(LeaseLost):
        outbox.done(store, first.lease)
    assert not outbox.done(store, second.lease)


def test_a_content_that_returns_to_what_it_was_is_written(store: Store) -> None:
    put(store, "1")
    (first,) = claim(store)
    put(store, "2")
    put(store, "1")
    outbox.done(store, first.lease)
    assert [each.digest for each in claim(store)] == ["1"]


def test_after_a_killed_writer_the_newest_is_written(store: Store) -> None:
    put(store, "1")
    claim(store)
    put(store, "2")
    assert [each.digest for each in claim(store, 300)] == ["2"]


def test_what_was_given_up_is_replaced(store: Store) -> None:
    put(store, "1")
    (claimed,) = claim(store)
    assert OUTBOX.failed(store, claimed.lease, "forbidden", None) is State.DEAD
    assert [(each.study, each.patient) for each in OUTBOX.dead(store)] == [("study", "a")]
    assert put(store, "1", seconds=10)
    assert OUTBOX.dead(store) == ()
    assert [each.lease.tries for each in claim(store, 10)] == [1]


def test_what_waits_can_be_taken_back(store: Store) -> None:
    put(store, "1")
    assert outbox.withdraw(store, "north", "study", "a")
    assert not outbox.withdraw(store, "north", "study", "a")
    assert claim(store) == ()


def test_what_is_being_written_cannot_be_taken_back(store: Store) -> None:
    put(store, "1")
    (claimed,) = claim(store)
    assert not outbox.withdraw(store, "north", "study", "a")
    assert not outbox.done(store, claimed.lease)


def test_it_is_told_whether_anything_is_to_be_written(store: Store) -> None:
    def wanted() -> bool:
        return outbox.is_wanted(store, "north", "study", "a")

    assert not wanted()
    outbox.put(store, "north", "study", "a", "digest", {}, NOON)
    assert wanted() and not outbox.is_wanted(store, "south", "study", "a")
    (claimed,) = OUTBOX.claim(store, NOON, LEASE, 1)
    assert wanted()
    OUTBOX.failed(store, claimed.lease, "refused", None)
    assert wanted()
    OUTBOX.retry(store, claimed.lease.id, NOON)
    (claimed,) = OUTBOX.claim(store, NOON, LEASE, 1)
    outbox.done(store, claimed.lease)
    assert not wanted()


def test_what_waits_is_shown_page_by_page_without_being_claimed(store: Store) -> None:
    for study, patient in [("s2", "a"), ("s1", "a"), ("s1", "b"), ("s1", "given up")]:
        outbox.put(store, "north", study, patient, f"{study} {patient}", {"of": patient}, NOON)
    outbox.put(store, "south", "s1", "a", "digest", {}, NOON)
    (*_, last) = OUTBOX.claim(store, NOON, LEASE, 4, tenants=["north"])
    OUTBOX.failed(store, last.lease, "refused", None)
    first = outbox.waiting(store, "north", 2)
    assert [(each.patient, each.study) for each in first] == [("a", "s1"), ("a", "s2")]
    (second,) = outbox.waiting(store, "north", 2, ("a", "s2"))
    assert (second.patient, second.digest, second.content) == ("b", "s1 b", {"of": "b"})
    assert len(OUTBOX.claim(store, NOON + LEASE, LEASE, 9, tenants=["north"])) == 3
