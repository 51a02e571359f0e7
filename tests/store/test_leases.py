"""What holds for work of every kind: it is claimed by one, comes back, is tried so often, and is never lost."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from service.errors import InvalidValue, LeaseLost
from service.store.engine import Store
from service.store.leases import EXPIRED, State
from service.store.queues import Counts
from tests.store.world import KINDS, LEASE, NOON, SECOND, Kind


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


def test_nothing_is_there_to_claim(store: Store, kind: Kind) -> None:
    assert kind.claim(store, NOON) == []


def test_what_is_not_due_waits(store: Store, kind: Kind) -> None:
    kind.ask(store, "north", "a", NOON)
    assert kind.claim(store, NOON - SECOND) == []
    assert kind.names(kind.claim(store, NOON)) == ["a"]


def test_what_is_due_longest_comes_first(store: Store, kind: Kind) -> None:
    for name, seconds in (("c", 3), ("a", 1), ("b", 2)):
        kind.ask(store, "north", name, NOON + seconds * SECOND)
    later = NOON + 9 * SECOND
    assert [kind.names(kind.claim(store, later, most=1)) for _ in range(4)] == [["a"], ["b"], ["c"], []]


def test_what_is_claimed_is_nobody_elses(store: Store, kind: Kind) -> None:
    kind.ask(store, "north", "a", NOON)
    (claimed,) = kind.claim(store, NOON)
    assert (claimed.lease.tries, claimed.lease.until) == (1, NOON + LEASE)
    assert kind.claim(store, NOON + LEASE - SECOND) == []


def test_a_lease_that_ran_out_gives_the_work_back(store: Store, kind: Kind) -> None:
    kind.ask(store, "north", "a", NOON)
    kind.claim(store, NOON)
    (again,) = kind.claim(store, NOON + LEASE)
    assert (kind.names([again]), again.lease.tries) == (["a"], 2)


def test_what_is_done_does_not_come_back(store: Store, kind: Kind) -> None:
    kind.ask(store, "north", "a", NOON)
    (claimed,) = kind.claim(store, NOON)
    kind.done(store, claimed.lease, NOON)
    assert kind.claim(store, NOON + timedelta(days=999)) == []


def test_a_worker_that_was_too_slow_ends_nothing(store: Store, kind: Kind) -> None:
    kind.ask(store, "north", "a", NOON)
    (slow,) = kind.claim(store, NOON)
    (quick,) = kind.claim(store, NOON + LEASE)
    for end in (
        lambda: kind.done(store, slow.lease, NOON),
        lambda: kind.queue.failed(store, slow.lease, "timeout", NOON),
        lambda: kind.queue.renew(store, slow.lease, NOON + 9 * LEASE),
    ):
        with pytest.raises(LeaseLost):
            end()
    kind.done(store, quick.lease, NOON + LEASE)


def test_work_ends_once(store: Store, kind: Kind) -> None:
    kind.ask(store, "north", "a", NOON)
    (claimed,) = kind.claim(store, NOON)
    kind.done(store, claimed.lease, NOON)
    with pytest.raises(LeaseLost):
        kind.done(store, claimed.lease, NOON)


def test_a_lease_on_work_that_is_gone_does_not_fit_later_work(store: Store, kind: Kind) -> None:
    kind.ask(store, "north", "a", NOON)
    (claimed,) = kind.claim(store, NOON)
    kind.done(store, claimed.lease, NOON)
    kind.ask(store, "north", "b", NOON)
    (other,) = kind.claim(store, NOON)
    with pytest.raises(LeaseLost):
        kind.done(store, claimed.lease, NOON)
    kind.done(store, other.lease, NOON)


def test_a_lease_that_ran_out_but_that_nobody_took_still_counts(store: Store, kind: Kind) -> None:
    kind.ask(store, "north", "a", NOON)
    (claimed,) = kind.claim(store, NOON)
    kind.done(store, claimed.lease, NOON + 9 * LEASE)
    assert kind.claim(store, NOON + 9 * LEASE) == []


def test_a_renewed_lease_lasts_longer(store: Store, kind: Kind) -> None:
    kind.ask(store, "north", "a", NOON)
    (claimed,) = kind.claim(store, NOON)
    longer = kind.queue.renew(store, claimed.lease, NOON + 3 * LEASE)
    assert longer.until == NOON + 3 * LEASE
    assert kind.claim(store, NOON + 3 * LEASE - SECOND) == []
    kind.done(store, longer, NOON)


def test_what_failed_is_tried_again_at_its_time(store: Store, kind: Kind) -> None:
    kind.ask(store, "north", "a", NOON)
    (claimed,) = kind.claim(store, NOON)
    assert kind.queue.failed(store, claimed.lease, "timeout", NOON + 60 * SECOND) is State.WAITING
    assert kind.claim(store, NOON + 59 * SECOND) == []
    (again,) = kind.claim(store, NOON + 60 * SECOND)
    assert again.lease.tries == 2


def test_what_failed_for_good_is_dead_and_seen(store: Store, kind: Kind) -> None:
    kind.ask(store, "north", "a", NOON)
    (claimed,) = kind.claim(store, NOON)
    assert kind.queue.failed(store, claimed.lease, "not-found", None) is State.DEAD
    assert kind.claim(store, NOON + 9 * LEASE) == []
    (given_up,) = kind.queue.dead(store)
    assert (given_up.id, given_up.tenant, given_up.tries, given_up.error) == (claimed.lease.id, "north", 1, "not-found")


def test_dead_work_can_be_tried_again(store: Store, kind: Kind) -> None:
    kind.ask(store, "north", "a", NOON)
    (claimed,) = kind.claim(store, NOON)
    kind.queue.failed(store, claimed.lease, "not-found", None)
    assert kind.queue.retry(store, claimed.lease.id, NOON)
    assert not kind.queue.retry(store, claimed.lease.id, NOON)  # it is not dead any more
    (again,) = kind.claim(store, NOON)
    assert (kind.names([again]), again.lease.tries) == (["a"], 1)
    assert kind.queue.dead(store) == ()


def test_work_that_kills_its_worker_is_given_up(store: Store, kind: Kind) -> None:
    kind.ask(store, "north", "poison", NOON)
    for time in range(3):
        assert kind.names(kind.claim(store, NOON + time * LEASE, most_tries=3)) == ["poison"]
    kind.ask(store, "north", "good", NOON + 3 * LEASE)
    assert kind.names(kind.claim(store, NOON + 3 * LEASE, most=1, most_tries=3)) == ["good"]
    (given_up,) = kind.queue.dead(store)
    assert (given_up.tries, given_up.error) == (3, EXPIRED)


def test_a_failure_keeps_its_reason_when_the_tries_are_spent(store: Store, kind: Kind) -> None:
    kind.ask(store, "north", "a", NOON)
    (claimed,) = kind.claim(store, NOON, most_tries=1)
    kind.queue.failed(store, claimed.lease, "timeout", NOON)
    assert kind.claim(store, NOON, most_tries=1) == []
    assert [(each.tries, each.error) for each in kind.queue.dead(store)] == [(1, "timeout")]


def test_the_work_of_some_tenants_can_be_left(store: Store, kind: Kind) -> None:
    for tenant in ("north", "south", "west"):
        kind.ask(store, tenant, f"of {tenant}", NOON)
    assert kind.claim(store, NOON, tenants=[]) == []
    assert kind.names(kind.claim(store, NOON, tenants=["west", "north"])) == ["of north", "of west"]
    assert kind.names(kind.claim(store, NOON)) == ["of south"]


def test_work_is_counted(store: Store, kind: Kind) -> None:
    assert kind.queue.counts(store) == {}
    for number in range(4):
        kind.ask(store, "north", f"n{number}", NOON + number * SECOND)
    kind.ask(store, "south", "s", NOON + 9 * SECOND)
    first, second = kind.claim(store, NOON + SECOND)
    kind.queue.failed(store, first.lease, "not-found", None)
    assert kind.queue.counts(store) == {
        "north": Counts(waiting=2, claimed=1, dead=1, oldest=NOON + 2 * SECOND),
        "south": Counts(waiting=1, oldest=NOON + 9 * SECOND),
    }
    kind.done(store, second.lease, NOON)
    assert kind.queue.counts(store)["north"].claimed == 0


def test_a_transaction_that_fails_claims_and_ends_nothing(store: Store, kind: Kind) -> None:
    kind.ask(store, "north", "a", NOON)
    _undone(store, lambda whole: kind.claim(whole, NOON))
    (claimed,) = kind.claim(store, NOON)
    _undone(store, lambda whole: kind.done(whole, claimed.lease, NOON))
    _undone(store, lambda whole: kind.ask(whole, "north", "b", NOON))
    assert claimed.lease.tries == 1
    assert kind.names(kind.claim(store, NOON + LEASE)) == ["a"]


def _undone(store: Store, act: Callable[[Store], object]) -> None:
    """Do something in a transaction that fails afterwards."""
    try:
        with store.transaction() as whole:
            act(whole)
            raise ZeroDivisionError
    except ZeroDivisionError:
        return


@pytest.mark.parametrize(("lease", "most", "tries"), [(0, 1, 1), (-1, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_a_claim_that_cannot_be_meant_is_refused(store: Store, kind: Kind, lease: int, most: int, tries: int) -> None:
    with pytest.raises(InvalidValue):
        kind.queue.claim(store, NOON, lease * SECOND, most, most_tries=tries)


def test_what_could_not_be_begun_waits_and_has_all_its_tries(store: Store, kind: Kind) -> None:
    kind.ask(store, "north", "a", NOON)
    for number in range(20):
        now = NOON + number * SECOND
        (claimed,) = kind.claim(store, now, most_tries=2)
        kind.queue.postponed(store, claimed.lease, now + SECOND)
        assert kind.claim(store, now) == []
    (claimed,) = kind.claim(store, NOON + 20 * SECOND, most_tries=2)
    assert claimed.lease.tries == 1


def test_a_worker_that_was_too_slow_postpones_nothing(store: Store, kind: Kind) -> None:
    kind.ask(store, "north", "a", NOON)
    (slow,) = kind.claim(store, NOON)
    kind.claim(store, NOON + LEASE)
    with pytest.raises(LeaseLost):
        kind.queue.postponed(store, slow.lease, NOON + 2 * LEASE)
