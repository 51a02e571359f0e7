"""Screenings: one for each patient however many ask for it, and none that came too early to see the news."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from service.errors import InvalidValue, LeaseLost
from service.store import screenings
from service.store.engine import Store
from service.store.leases import State
from service.store.screenings import SCREENINGS, ClaimedScreening
from tests.store.world import LEASE, NOON, SECOND


def ask(store: Store, patient: str = "a", reason: str = "event", seconds: int = 0) -> bool:
    return screenings.request(store, "north", patient, reason, NOON + seconds * SECOND)


def claim(store: Store, seconds: int = 0) -> tuple[ClaimedScreening, ...]:
    return SCREENINGS.claim(store, NOON + seconds * SECOND, LEASE, 1000)


def test_a_burst_of_two_hundred_requests_is_one_screening(store: Store) -> None:
    with ThreadPoolExecutor(8) as threads:
        new = list(threads.map(lambda number: ask(store, seconds=number), range(200)))
    assert sum(new) == 1
    (claimed,) = claim(store)  # the earliest of all the times
    assert (claimed.tenant, claimed.patient, claimed.reasons) == ("north", "a", ("event",))
    assert not screenings.done(store, claimed.lease)
    assert claim(store, 9999) == ()


def test_patients_and_tenants_are_kept_apart(store: Store) -> None:
    assert ask(store, "a") and ask(store, "b")
    assert screenings.request(store, "south", "a", "event", NOON)
    assert [(each.tenant, each.patient) for each in claim(store)] == [("north", "a"), ("north", "b"), ("south", "a")]


def test_the_earliest_time_counts(store: Store) -> None:
    ask(store, seconds=20)
    ask(store, seconds=10)
    ask(store, seconds=30)
    assert claim(store, 9) == ()
    assert len(claim(store, 10)) == 1


def gather(store: Store, due: int, until: int) -> None:
    """One of a burst of events."""
    screenings.request(store, "north", "a", "event", NOON + due * SECOND, NOON + until * SECOND)


def test_a_burst_puts_its_screening_off_for_a_while(store: Store) -> None:
    for second in range(4):
        gather(store, second + 10, second + 12)
    assert claim(store, 11) == ()
    assert len(claim(store, 12)) == 1  # the `until` of the first


def test_what_is_asked_for_sooner_than_a_burst_ends_is_not_put_off(store: Store) -> None:
    gather(store, 10, 20)
    ask(store, seconds=5)
    gather(store, 15, 25)
    assert len(claim(store, 5)) == 1


def test_a_burst_does_not_wait_for_what_is_due_later(store: Store) -> None:
    ask(store, seconds=3600)
    gather(store, 10, 20)
    gather(store, 15, 25)
    assert claim(store, 14) == ()
    assert len(claim(store, 15)) == 1


def test_a_burst_during_a_screening_leads_to_one_more(store: Store) -> None:
    ask(store)
    (claimed,) = claim(store)
    for second in range(4):
        gather(store, second + 10, second + 12)
    assert screenings.done(store, claimed.lease)
    assert claim(store, 9) == ()
    assert len(claim(store, 10)) == 1


def test_the_next_time_is_that_of_what_is_not_due_yet(store: Store) -> None:
    assert SCREENINGS.next_due(store, NOON) is None
    ask(store, "a", seconds=0)
    ask(store, "b", seconds=7)
    ask(store, "c", seconds=9)
    assert SCREENINGS.next_due(store, NOON) == NOON + 7 * SECOND


def test_the_reasons_are_gathered(store: Store) -> None:
    for reason in ("next-change", "event", "event", "vent", "next-change"):
        ask(store, reason=reason)
    assert [each.reasons for each in claim(store)] == [("event", "next-change", "vent")]


@pytest.mark.parametrize("reason", ["", "a,b"])
def test_a_reason_that_could_not_be_told_from_others_is_refused(store: Store, reason: str) -> None:
    with pytest.raises(InvalidValue):
        ask(store, reason=reason)


def test_what_comes_during_a_screening_is_done_afterwards(store: Store) -> None:
    ask(store, reason="first")
    (first,) = claim(store)
    assert not ask(store, reason="second", seconds=20)
    ask(store, reason="third", seconds=10)
    ask(store, reason="third", seconds=30)
    assert claim(store, 60) == ()
    assert screenings.done(store, first.lease)
    assert claim(store, 9) == ()
    (second,) = claim(store, 10)
    assert (second.reasons, second.lease.tries) == (("second", "third"), 1)
    assert not screenings.done(store, second.lease)


def test_the_screening_before_cannot_end_the_one_after(store: Store) -> None:
    ask(store)
    (first,) = claim(store)
    ask(store)
    screenings.done(store, first.lease)
    (second,) = claim(store)
    with pytest.raises(LeaseLost):
        screenings.done(store, first.lease)
    assert second.lease.id == first.lease.id


def test_a_screening_begun_after_a_killed_one_answers_all(store: Store) -> None:
    ask(store, reason="first")
    claim(store)
    ask(store, reason="second", seconds=10)
    (again,) = claim(store, 300)
    assert again.reasons == ("first", "second")
    assert again.lease.tries == 1  # the request that came has its own tries
    assert not screenings.done(store, again.lease)


def test_a_request_that_came_meanwhile_keeps_the_work_alive(store: Store) -> None:
    ask(store, reason="first")
    (claimed,) = claim(store)
    ask(store, reason="second", seconds=10)
    assert SCREENINGS.failed(store, claimed.lease, "not-found", None) is State.WAITING
    assert SCREENINGS.dead(store) == ()
    assert claim(store, 9) == ()
    assert [(each.reasons, each.lease.tries) for each in claim(store, 10)] == [(("first", "second"), 1)]


def test_a_request_does_not_shorten_the_wait_after_a_failure(store: Store) -> None:
    ask(store)
    (claimed,) = claim(store)
    SCREENINGS.failed(store, claimed.lease, "timeout", NOON + 60 * SECOND)
    ask(store, reason="second", seconds=1)
    assert claim(store, 59) == ()
    (again,) = claim(store, 60)
    assert again.lease.tries == 1  # all the tries for what is new


def test_a_request_revives_what_was_given_up(store: Store) -> None:
    ask(store, reason="first")
    (claimed,) = claim(store)
    SCREENINGS.failed(store, claimed.lease, "not-found", None)
    assert [(each.patient, each.error) for each in SCREENINGS.dead(store)] == [("a", "not-found")]
    ask(store, reason="second", seconds=10)
    assert SCREENINGS.dead(store) == ()
    (again,) = claim(store, 10)
    assert (again.reasons, again.lease.tries) == (("first", "second"), 1)


def test_a_postponed_screening_keeps_what_asked_for_it_meanwhile(store: Store) -> None:
    screenings.request(store, "north", "a", "event", NOON)
    (claimed,) = SCREENINGS.claim(store, NOON, LEASE, 1)
    screenings.request(store, "north", "a", "time", NOON)
    SCREENINGS.postponed(store, claimed.lease, NOON + SECOND)
    assert SCREENINGS.claim(store, NOON, LEASE, 1) == ()
    (again,) = SCREENINGS.claim(store, NOON + SECOND, LEASE, 1)
    assert (again.reasons, again.lease.tries) == (("event", "time"), 1)
    assert not screenings.done(store, again.lease)
