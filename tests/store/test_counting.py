"""The counter of a subscription: nothing that is missing goes unnoticed, and nothing that repeats is taken for news."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from service.errors import InvalidValue
from service.store.counting import Arrival, Event, Gap, Position, arrive, reach, settle

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
NUMBERS = st.integers(1, 12)


def position(last: int, *gaps: tuple[int, int]) -> Position:
    return Position(last, tuple(Gap(first, end, NOW) for first, end in gaps))


def events(*numbers: int) -> list[Event]:
    return [Event(number, f"event {number}") for number in numbers]


def known(*numbers: int) -> dict[int, str]:
    return {number: f"event {number}" for number in numbers}


@pytest.mark.parametrize(
    ("before", "came", "fresh", "after"),
    [
        (position(0), [1], (1,), position(1)),
        (position(0), [1, 2, 3], (1, 2, 3), position(3)),
        (position(0), [3], (3,), position(3, (1, 2))),
        (position(4), [5], (5,), position(5)),
        (position(4), [6], (6,), position(6, (5, 5))),
        (position(4), [9, 6], (6, 9), position(9, (5, 5), (7, 8))),
        (position(9, (3, 7)), [5], (5,), position(9, (3, 4), (6, 7))),
        (position(9, (3, 7)), [3, 7], (3, 7), position(9, (4, 6))),
        (position(9, (3, 3), (5, 5)), [3, 5, 10], (3, 5, 10), position(10)),
    ],
)
def test_events_arrive(before: Position, came: list[int], fresh: tuple[int, ...], after: Position) -> None:
    assert arrive(before, {}, events(*came), NOW) == Arrival(after, fresh)


def test_a_repetition_changes_nothing() -> None:
    before = position(5, (2, 3))
    assert arrive(before, known(1, 4, 5), events(4, 5), NOW) == Arrival(before, (), (4, 5))


def test_a_repetition_within_one_notification_counts_once() -> None:
    assert arrive(position(0), {}, events(1, 1), NOW).fresh == (1,)


def test_a_repetition_beside_news_is_told_apart() -> None:
    arrival = arrive(position(2), known(1, 2), events(2, 3), NOW)
    assert (arrival.fresh, arrival.repeated, arrival.restarted) == ((3,), (2,), False)


@pytest.mark.parametrize(
    ("before", "heard"),
    [
        (position(5), {1: "another event 1"}),  # the number came before, for another event
        (position(5), {}),  # we are past it, and never missed it
    ],
)
def test_a_number_that_cannot_be_shows_a_new_count(before: Position, heard: dict[int, str]) -> None:
    assert arrive(before, heard, events(1), NOW) == Arrival(position(1), (1,), restarted=True)


def test_all_of_a_notification_that_shows_a_new_count_is_news() -> None:
    arrival = arrive(position(9, (2, 2)), known(3, 5), [*events(2), Event(3, "other"), *events(5)], NOW)
    assert arrival == Arrival(position(5, (1, 1), (4, 4)), (2, 3, 5), restarted=True)


@pytest.mark.parametrize(
    ("before", "total", "after", "restarted"),
    [
        (position(0), 0, position(0), False),
        (position(0), 7, position(7, (1, 7)), False),
        (position(5), 5, position(5), False),
        (position(5, (2, 2)), 8, position(8, (2, 2), (6, 8)), False),
        (position(5, (2, 2)), 4, position(4), True),
        (position(5), 0, position(0), True),
    ],
)
def test_a_server_says_how_far_it_counted(before: Position, total: int, after: Position, restarted: bool) -> None:
    assert reach(before, total, NOW) == Arrival(after, restarted=restarted)


def test_a_counter_is_not_negative() -> None:
    with pytest.raises(InvalidValue):
        reach(Position(), -1, NOW)
    with pytest.raises(InvalidValue):
        Event(0, "no event")


@pytest.mark.parametrize(
    ("upto", "missing"), [(0, [(2, 4), (6, 8)]), (3, [(4, 4), (6, 8)]), (4, [(6, 8)]), (7, [(8, 8)]), (9, [])]
)
def test_what_was_recovered_is_not_missing(upto: int, missing: list[tuple[int, int]]) -> None:
    settled = settle(position(9, (2, 4), (6, 8)), upto)
    assert [(gap.first, gap.last) for gap in settled.missing] == missing


def test_an_event_that_comes_after_all_is_no_new_count() -> None:
    settled = settle(position(9, (2, 4)), 9)
    arrival = arrive(settled, {}, events(3), NOW)
    assert (arrival.fresh, arrival.restarted) == ((3,), False)


@given(st.lists(st.lists(NUMBERS, min_size=1, max_size=4), max_size=8))
def test_what_is_missing_is_what_did_not_come(bundles: list[list[int]]) -> None:
    at, seen = Position(), dict[int, str]()
    for bundle in bundles:
        before = set(seen)
        arrival = arrive(at, seen, events(*bundle), NOW)
        assert not arrival.restarted
        assert set(arrival.fresh) == set(bundle) - before
        assert set(arrival.repeated) == set(bundle) & before
        at = arrival.position
        seen |= known(*bundle)
    missing = {number for gap in at.missing for number in range(gap.first, gap.last + 1)}
    assert at.last == max(seen, default=0)
    assert missing == set(range(1, at.last + 1)) - set(seen)


@given(st.permutations(range(1, 9)))
def test_the_order_in_which_events_come_leaves_nothing_missing(order: list[int]) -> None:
    at = Position()
    for number in order:
        at = arrive(at, {}, events(number), NOW).position
    assert at == position(8)


@given(st.sets(NUMBERS, min_size=1), st.sets(NUMBERS, min_size=1))
def test_a_count_that_begins_anew_is_noticed(first: set[int], second: set[int]) -> None:
    at = arrive(Position(), {}, events(*first), NOW).position
    anew = [Event(number, f"of the new count, {number}") for number in second]
    arrival = arrive(at, known(*first), anew, NOW)
    assert arrival.restarted == bool(second & first)
    assert set(arrival.fresh) == second
