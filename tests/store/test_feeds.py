"""The subscriptions: what was asked, what the server made of it, how far its counter was heard, and what is to do."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from service.store import feeds
from service.store.counting import Event, Gap, Position
from service.store.engine import Store
from service.store.feeds import Feed
from tests.store.world import NOON, SECOND

UNKNOWN = Feed("north", "labs", None, None, None, None, None, None, None, None, Position(), None, None, None)


def found(store: Store) -> Feed:
    feed = feeds.find(store, "north", "labs")
    assert feed is not None
    return feed


def arrived(store: Store, *numbers: int, word: str = "event", seconds: int = 0, total: int | None = None) -> object:
    events = [Event(number, f"{word} {number}") for number in numbers]
    return feeds.arrived(store, "north", "labs", events, NOON + seconds * SECOND, total=total)


def test_a_subscription_is_known_by_what_is_wanted_of_it(store: Store) -> None:
    assert feeds.find(store, "north", "labs") is None
    feeds.want(store, "north", "labs", {"criteria": "Observation?"})
    assert found(store).wanted == {"criteria": "Observation?"}
    assert found(store).position == Position()
    feeds.want(store, "north", "labs", {"criteria": "Condition?"})
    assert found(store).wanted == {"criteria": "Condition?"}


def test_what_the_server_says_of_it_is_kept_beside(store: Store) -> None:
    feeds.want(store, "north", "labs", {"a": 1})
    said = {"server_id": "77", "status": "active", "actual": {"a": 2}, "error": None, "ends": NOON + 9 * SECOND}
    feeds.observe(store, "north", "labs", NOON, **said)
    feed = found(store)
    assert {name: getattr(feed, name) for name in said} == said
    assert (feed.wanted, feed.checked) == ({"a": 1}, NOON)


def test_it_is_whole_up_to_when_it_was_seen_to_be_active(store: Store) -> None:
    steps = [("active", None), ("requested", None), ("error", None), ("error", NOON + 3 * SECOND), ("off", None)]
    seen = []
    for number, (status, whole) in enumerate(steps):
        at = NOON + number * SECOND
        feeds.observe(store, "north", "labs", at, server_id="77", status=status, whole=whole)
        seen.append(found(store).whole)
    assert seen == [NOON, NOON, NOON, NOON + 3 * SECOND, NOON + 3 * SECOND]


def test_a_complaint_changes_nothing_else(store: Store) -> None:
    feeds.observe(store, "north", "labs", NOON, server_id="77", status="active")
    before = found(store)
    feeds.complain(store, "north", "labs", "refused")
    assert found(store) == replace(before, error="refused")


def test_another_subscription_in_its_place_counts_anew(store: Store) -> None:
    feeds.observe(store, "north", "labs", NOON, server_id="77", status="active")
    arrived(store, 1, 2, 5)
    feeds.count_anew(store, "north", "labs")
    assert (found(store).position, found(store).whole) == (Position(), NOON)
    arrived(store, 1, word="other")
    assert (found(store).position, found(store).reconcile_since) == (Position(1), None)
    feeds.count_anew(store, "north", "none")
    assert feeds.find(store, "north", "none") is None


def test_anything_heard_is_noted(store: Store) -> None:
    feeds.heard(store, "north", "labs", NOON, status="active")
    assert (found(store).heard, found(store).status, found(store).position) == (NOON, "active", Position())
    arrived(store, 1, seconds=5)
    assert (found(store).heard, found(store).position) == (NOON + 5 * SECOND, Position(1))


def test_gaps_are_kept_with_the_time_at_which_they_were_noticed(store: Store) -> None:
    arrived(store, 1)
    arrived(store, 4, seconds=1)
    feeds.heard(store, "north", "labs", NOON + 2 * SECOND, total=6)
    gaps = (Gap(2, 3, NOON + SECOND), Gap(5, 6, NOON + 2 * SECOND))
    assert found(store).position == Position(6, gaps)
    arrived(store, 3, 2, 5, seconds=3)
    assert found(store).position.missing == (Gap(6, 6, NOON + 2 * SECOND),)


def test_what_the_server_counted_beyond_a_notification_is_missing(store: Store) -> None:
    arrival = feeds.arrived(store, "north", "labs", [Event(1, "a")], NOON, total=3)
    assert (arrival.fresh, arrival.position.missing) == ((1,), (Gap(2, 3, NOON),))


def test_a_late_notification_with_its_lower_count_is_no_new_count(store: Store) -> None:
    arrived(store, 1)
    arrived(store, 3)
    late = feeds.arrived(store, "north", "labs", [Event(2, "event 2")], NOON, total=2)
    assert (late.fresh, late.restarted, late.position) == ((2,), False, Position(3))


def test_repeated_events_are_known_later(store: Store) -> None:
    arrived(store, 1, 2)
    again = feeds.arrived(store, "north", "labs", [Event(2, "event 2"), Event(3, "event 3")], NOON)
    assert (again.fresh, again.repeated) == ((3,), (2,))


def test_a_new_count_asks_for_a_reconciliation_and_forgets_the_old_one(store: Store) -> None:
    arrived(store, 1, 2, 3)
    arrival = feeds.arrived(store, "north", "labs", [Event(1, "new 1")], NOON + SECOND)
    assert (arrival.fresh, arrival.restarted) == ((1,), True)
    assert (found(store).position, found(store).reconcile_since) == (Position(1), NOON + SECOND)
    assert not feeds.arrived(store, "north", "labs", [Event(2, "new 2")], NOON + SECOND).restarted


def test_a_count_that_goes_backwards_asks_for_one_too(store: Store) -> None:
    arrived(store, 1, 2, 3)
    assert feeds.heard(store, "north", "labs", NOON, total=0).restarted
    assert found(store).reconcile_since == NOON
    assert feeds.arrived(store, "north", "labs", [Event(1, "event 1")], NOON).fresh == (1,)


def test_a_reconciliation_ends_what_was_asked_before_it_began(store: Store) -> None:
    feeds.reconcile(store, "north", "labs", NOON)
    assert feeds.reconciled(store, "north", "labs", NOON)
    assert found(store).reconcile_since is None
    feeds.reconcile(store, "north", "labs", NOON + SECOND)
    assert not feeds.reconciled(store, "north", "labs", NOON)
    assert found(store).reconcile_since == NOON + SECOND


def test_gaps_that_were_recovered_are_missing_no_more(store: Store) -> None:
    arrived(store, 5)
    assert feeds.settled(store, "north", "labs", 5).missing == ()
    assert found(store).position.missing == ()
    assert found(store).heard == NOON


def test_nothing_is_missing_of_a_subscription_not_heard_of(store: Store) -> None:
    assert feeds.settled(store, "north", "labs", 5) == Position()
    assert found(store) == UNKNOWN


def test_how_far_the_server_was_asked_is_kept(store: Store) -> None:
    feeds.queried(store, "north", "labs", NOON)
    assert found(store).queried == NOON


def test_subscriptions_are_listed_by_tenant(store: Store) -> None:
    for tenant, name in (("south", "labs"), ("north", "labs"), ("north", "drugs")):
        feeds.want(store, tenant, name, {})
    everything = [("north", "drugs"), ("north", "labs"), ("south", "labs")]
    assert [(each.tenant, each.subscription) for each in feeds.of_tenant(store)] == everything
    assert [(each.tenant, each.subscription) for each in feeds.of_tenant(store, "north")] == everything[:2]


def test_a_subscription_can_be_forgotten(store: Store) -> None:
    arrived(store, 1)
    assert feeds.forget(store, "north", "labs")
    assert not feeds.forget(store, "north", "labs")
    assert feeds.find(store, "north", "labs") is None
    assert feeds.arrived(store, "north", "labs", [Event(1, "another")], NOON).fresh == (1,)


def test_events_that_come_at_once_are_all_counted(store: Store) -> None:
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda number: arrived(store, number), range(1, 31)))
    assert found(store).position == Position(30)


def test_it_is_known_what_came_before_and_when(store: Store) -> None:
    arrived(store, 1, 2)
    arrived(store, 5, seconds=7)
    assert feeds.digests(store, "north", "labs", [1, 3, 5]) == {1: "event 1", 5: "event 5"}
    assert feeds.digests(store, "north", "drugs", [1]) == {}
    assert [feeds.last_seen(store, "north", "labs", each) for each in (1, 3, 6)] == [None, NOON, NOON + 7 * SECOND]
