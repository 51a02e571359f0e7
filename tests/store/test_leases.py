"""What holds for work of every kind: it is claimed by one, comes back, is tried so often, and is never lost."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from service.errors import InvalidValue, LeaseLost
from service.store.engine import Store
from service.store.leases import EXPIRED, Counts, State
from tests.store.world import LEASE, NOON, QUEUES, SECOND, Queue


@pytest.fixture(params=QUEUES)
def queue(request: pytest.FixtureRequest) -> Queue:
    return QUEUES[request.param]


def test_nothing_is_there_to_claim(store: Store, queue: Queue) -> None:
    assert queue.claim(store, NOON) == []


def test_what_is_not_due_waits(store: Store, queue: Queue) -> None:
    queue.ask(store, "north", "a", NOON)
    assert queue.claim(store, NOON - SECOND) == []
    assert queue.names(queue.claim(store, NOON)) == ["a"]


def test_what_is_due_longest_comes_first(store: Store, queue: Queue) -> None:
    for name, seconds in (("c", 3), ("a", 1), ("b", 2)):
        queue.ask(store, "north", name, NOON + seconds * SECOND)
    later = NOON + 9 * SECOND
    assert [queue.names(queue.claim(store, later, most=1)) for _ in range(4)] == [["a"], ["b"], ["c"], []]


def test_what_is_claimed_is_nobody_elses(store: Store, queue: Queue) -> None:
    queue.ask(store, "north", "a", NOON)
    (claimed,) = queue.claim(store, NOON)
    assert (claimed.lease.tries, claimed.lease.until) == (1, NOON + LEASE)
    assert queue.claim(store, NOON + LEASE - SECOND) == []


def test_a_lease_that_ran_out_gives_the_work_back(store: Store, queue: Queue) -> None:
    queue.ask(store, "north", "a", NOON)
    queue.claim(store, NOON)
    (again,) = queue.claim(store, NOON + LEASE)
    assert (queue.names([again]), again.lease.tries) == (["a"], 2)


def test_what_is_done_does_not_come_back(store: Store, queue: Queue) -> None:
    queue.ask(store, "north", "a", NOON)
    (claimed,) = queue.claim(store, NOON)
    queue.done(store, claimed.lease, NOON)
    assert queue.claim(store, NOON + timedelta(days=999)) == []


def test_a_worker_that_was_too_slow_ends_nothing(store: Store, queue: Queue) -> None:
    queue.ask(store, "north", "a", NOON)
    (slow,) = queue.claim(store, NOON)
    (quick,) = queue.claim(store, NOON + LEASE)
    for end in (
        lambda: queue.done(store, slow.lease, NOON),
        lambda: queue.module.failed(store, slow.lease, "timeout", NOON),
        lambda: queue.module.renew(store, slow.lease, NOON + 9 * LEASE),
    ):
        with pytest.raises(LeaseLost):
            end()
    queue.done(store, quick.lease, NOON + LEASE)


def test_work_ends_once(store: Store, queue: Queue) -> None:
    queue.ask(store, "north", "a", NOON)
    (claimed,) = queue.claim(store, NOON)
    queue.done(store, claimed.lease, NOON)
    with pytest.raises(LeaseLost):
        queue.done(store, claimed.lease, NOON)


def test_a_lease_on_work_that_is_gone_does_not_fit_later_work(store: Store, queue: Queue) -> None:
    queue.ask(store, "north", "a", NOON)
    (claimed,) = queue.claim(store, NOON)
    queue.done(store, claimed.lease, NOON)
    queue.ask(store, "north", "b", NOON)
    (other,) = queue.claim(store, NOON)
    with pytest.raises(LeaseLost):
        queue.done(store, claimed.lease, NOON)
    queue.done(store, other.lease, NOON)


def test_a_lease_that_ran_out_but_that_nobody_took_still_counts(store: Store, queue: Queue) -> None:
    queue.ask(store, "north", "a", NOON)
    (claimed,) = queue.claim(store, NOON)
    queue.done(store, claimed.lease, NOON + 9 * LEASE)
    assert queue.claim(store, NOON + 9 * LEASE) == []


def test_a_renewed_lease_lasts_longer(store: Store, queue: Queue) -> None:
    queue.ask(store, "north", "a", NOON)
    (claimed,) = queue.claim(store, NOON)
    longer = queue.module.renew(store, claimed.lease, NOON + 3 * LEASE)
    assert longer.until == NOON + 3 * LEASE
    assert queue.claim(store, NOON + 3 * LEASE - SECOND) == []
    queue.done(store, longer, NOON)


def test_what_failed_is_tried_again_at_its_time(store: Store, queue: Queue) -> None:
    queue.ask(store, "north", "a", NOON)
    (claimed,) = queue.claim(store, NOON)
    assert queue.module.failed(store, claimed.lease, "timeout", NOON + 60 * SECOND) is State.WAITING
    assert queue.claim(store, NOON + 59 * SECOND) == []
    (again,) = queue.claim(store, NOON + 60 * SECOND)
    assert again.lease.tries == 2


def test_what_failed_for_good_is_dead_and_seen(store: Store, queue: Queue) -> None:
    queue.ask(store, "north", "a", NOON)
    (claimed,) = queue.claim(store, NOON)
    assert queue.module.failed(store, claimed.lease, "not-found", None) is State.DEAD
    assert queue.claim(store, NOON + 9 * LEASE) == []
    (given_up,) = queue.module.dead(store)
    assert (given_up.id, given_up.tenant, given_up.tries, given_up.error) == (claimed.lease.id, "north", 1, "not-found")


def test_dead_work_can_be_tried_again(store: Store, queue: Queue) -> None:
    queue.ask(store, "north", "a", NOON)
    (claimed,) = queue.claim(store, NOON)
    queue.module.failed(store, claimed.lease, "not-found", None)
    assert queue.module.retry(store, claimed.lease.id, NOON)
    assert not queue.module.retry(store, claimed.lease.id, NOON)  # it is not dead any more
    (again,) = queue.claim(store, NOON)
    assert (queue.names([again]), again.lease.tries) == (["a"], 1)
    assert queue.module.dead(store) == ()


def test_work_that_kills_its_worker_is_given_up(store: Store, queue: Queue) -> None:
    queue.ask(store, "north", "poison", NOON)
    for time in range(3):
        assert queue.names(queue.claim(store, NOON + time * LEASE, most_tries=3)) == ["poison"]
    queue.ask(store, "north", "good", NOON + 3 * LEASE)
    assert queue.names(queue.claim(store, NOON + 3 * LEASE, most=1, most_tries=3)) == ["good"]
    (given_up,) = queue.module.dead(store)
    assert (given_up.tries, given_up.error) == (3, EXPIRED)


def test_a_failure_keeps_its_reason_when_the_tries_are_spent(store: Store, queue: Queue) -> None:
    queue.ask(store, "north", "a", NOON)
    (claimed,) = queue.claim(store, NOON, most_tries=1)
    queue.module.failed(store, claimed.lease, "timeout", NOON)
    assert queue.claim(store, NOON, most_tries=1) == []
    assert [(each.tries, each.error) for each in queue.module.dead(store)] == [(1, "timeout")]


def test_the_work_of_some_tenants_can_be_left(store: Store, queue: Queue) -> None:
    for tenant in ("north", "south", "west"):
        queue.ask(store, tenant, f"of {tenant}", NOON)
    assert queue.claim(store, NOON, tenants=[]) == []
    assert queue.names(queue.claim(store, NOON, tenants=["west", "north"])) == ["of north", "of west"]
    assert queue.names(queue.claim(store, NOON)) == ["of south"]


def test_work_is_counted(store: Store, queue: Queue) -> None:
    assert queue.module.counts(store) == {}
    for number in range(4):
        queue.ask(store, "north", f"n{number}", NOON + number * SECOND)
    queue.ask(store, "south", "s", NOON + 9 * SECOND)
    first, second = queue.claim(store, NOON + SECOND)
    queue.module.failed(store, first.lease, "not-found", None)
    assert queue.module.counts(store) == {
        "north": Counts(waiting=2, claimed=1, dead=1, oldest=NOON + 2 * SECOND),
        "south": Counts(waiting=1, oldest=NOON + 9 * SECOND),
    }
    queue.done(store, second.lease, NOON)
    assert queue.module.counts(store)["north"].claimed == 0


def test_a_transaction_that_fails_claims_and_ends_nothing(store: Store, queue: Queue) -> None:
    queue.ask(store, "north", "a", NOON)
    _undone(store, lambda whole: queue.claim(whole, NOON))
    (claimed,) = queue.claim(store, NOON)
    _undone(store, lambda whole: queue.done(whole, claimed.lease, NOON))
    _undone(store, lambda whole: queue.ask(whole, "north", "b", NOON))
    assert claimed.lease.tries == 1
    assert queue.names(queue.claim(store, NOON + LEASE)) == ["a"]


def _undone(store: Store, act: Callable[[Store], object]) -> None:
    """Do something in a transaction that fails afterwards."""
    try:
        with store.transaction() as whole:
            act(whole)
            raise ZeroDivisionError
    except ZeroDivisionError:
        return


@pytest.mark.parametrize(("lease", "most", "tries"), [(0, 1, 1), (-1, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_a_claim_that_cannot_be_meant_is_refused(store: Store, queue: Queue, lease: int, most: int, tries: int) -> None:
    with pytest.raises(InvalidValue):
        queue.module.claim(store, NOON, lease * SECOND, most, most_tries=tries)


def test_what_could_not_be_begun_waits_and_has_all_its_tries(store: Store, queue: Queue) -> None:
    queue.ask(store, "north", "a", NOON)
    for number in range(20):
        now = NOON + number * SECOND
        (claimed,) = queue.claim(store, now, most_tries=2)
        queue.module.postponed(store, claimed.lease, now + SECOND)
        assert queue.claim(store, now) == []
    (claimed,) = queue.claim(store, NOON + 20 * SECOND, most_tries=2)
    assert claimed.lease.tries == 1


def test_a_worker_that_was_too_slow_postpones_nothing(store: Store, queue: Queue) -> None:
    queue.ask(store, "north", "a", NOON)
    (slow,) = queue.claim(store, NOON)
    queue.claim(store, NOON + LEASE)
    with pytest.raises(LeaseLost):
        queue.module.postponed(store, slow.lease, NOON + 2 * LEASE)
