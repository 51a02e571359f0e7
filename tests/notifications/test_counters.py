"""Event counters: what is fresh, repeated or lost, and when a subscription began anew. STANDARDS 2.45–2.52."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from service.errors import InvalidValue
from service.fhir.notifications import (
    Event,
    Heard,
    Kind,
    Notification,
    Numbers,
    advance,
    events_query,
    is_silent,
    made_good,
)


def told(*numbers: int | None, count: int | None = None, kind: Kind = Kind.EVENT) -> Notification:
    return Notification(kind, count=count, events=tuple(Event(each) for each in numbers))


def gaps(*pairs: tuple[int, int]) -> tuple[Numbers, ...]:
    return tuple(Numbers(*each) for each in pairs)


# heard (last, missing) | what is told | verdict | fresh | newly missing | heard afterwards
ROWS = {
    "the first": (Heard(), told(1, count=1), "ok", [1], (), Heard(1)),
    "the next": (Heard(5), told(6, count=6), "ok", [6], (), Heard(6)),
    "three at once": (Heard(5), told(6, 7, 8, count=8), "ok", [6, 7, 8], (), Heard(8)),
    "again": (Heard(5), told(5, count=5), "duplicate", [], (), Heard(5)),
    "an old one, while the counter went on": (Heard(5), told(3, count=5), "duplicate", [], (), Heard(5)),
    "an old one without a counter": (Heard(5), told(3), "duplicate", [], (), Heard(5)),
    "one again and one new": (Heard(5), told(5, 6, count=6), "ok", [6], (), Heard(6)),
    "one was lost": (Heard(5), told(7, count=7), "gap", [7], gaps((6, 6)), Heard(7, gaps((6, 6)))),
    "several were lost": (
        Heard(5),
        told(7, 10, count=12),
        "gap",
        [7, 10],
        gaps((6, 6), (8, 9), (11, 12)),
        Heard(12, gaps((6, 6), (8, 9), (11, 12))),
    ),
    "the first was lost": (Heard(), told(2, count=2), "gap", [2], gaps((1, 1)), Heard(2, gaps((1, 1)))),
    "a lost one comes late": (Heard(7, gaps((6, 6))), told(6, count=6), "ok", [6], (), Heard(7)),
    "one of several lost ones comes late": (
        Heard(9, gaps((4, 8))),
        told(6, count=6),
        "ok",
        [6],
        (),
        Heard(9, gaps((4, 5), (7, 8))),
    ),
    "a heartbeat": (Heard(5), told(count=5, kind=Kind.HEARTBEAT), "ok", [], (), Heard(5)),
    "a heartbeat that knows of more": (
        Heard(5),
        told(count=7, kind=Kind.HEARTBEAT),
        "gap",
        [],
        gaps((6, 7)),
        Heard(7, gaps((6, 7))),
    ),
    "a heartbeat that knows of less": (Heard(5), told(count=2, kind=Kind.HEARTBEAT), "reset", [], gaps((1, 2)), None),
    "a heartbeat without a counter": (Heard(5), told(kind=Kind.HEARTBEAT), "ok", [], (), Heard(5)),
    "a new handshake": (Heard(5), told(count=0, kind=Kind.HANDSHAKE), "reset", [], (), Heard(0)),
    "a first handshake": (Heard(), told(count=0, kind=Kind.HANDSHAKE), "ok", [], (), Heard(0)),
    "it begins at 1 again": (Heard(5), told(1, count=1), "reset", [1], (), Heard(1)),
    "it begins at 1 again, without a counter": (Heard(5), told(1), "reset", [1], (), Heard(1)),
    "it began again and one was lost": (
        Heard(5),
        told(3, count=3),
        "reset",
        [3],
        gaps((1, 2)),
        Heard(3, gaps((1, 2))),
    ),
    "what was asked for": (
        Heard(8, gaps((3, 5))),
        told(3, 4, 5, count=8, kind=Kind.QUERY_EVENT),
        "ok",
        [3, 4, 5],
        (),
        Heard(8),
    ),
    "only part of what was asked for": (
        Heard(8, gaps((3, 5))),
        told(5, count=8, kind=Kind.QUERY_EVENT),
        "ok",
        [5],
        (),
        Heard(8, gaps((3, 4))),
    ),
    "an event without a number": (Heard(5), told(None, count=5), "ok", [None], (), Heard(5)),
    "a rest-hook counts nothing": (Heard(5), told(None, kind=Kind.RESOURCE), "ok", [None], (), Heard(5)),
    "a jump too long to count through": (
        Heard(5),
        told(count=10**18, kind=Kind.HEARTBEAT),
        "gap",
        [],
        gaps((6, 10**18)),
        Heard(10**18, gaps((6, 10**18))),
    ),
}


@pytest.mark.parametrize(("heard", "notification", "verdict", "fresh", "lost", "after"), ROWS.values(), ids=ROWS)
def test_a_notification_moves_the_counter(
    heard: Heard,
    notification: Notification,
    verdict: str,
    fresh: list[int | None],
    lost: tuple[Numbers, ...],
    after: Heard | None,
) -> None:
    found = advance(heard, notification)
    assert (found.verdict, [each.number for each in found.fresh], found.gaps) == (verdict, fresh, lost)
    assert found.heard == (after or Heard(notification.count or 0, lost))


def test_each_subscription_has_a_counter_of_its_own() -> None:
    one, other = advance(Heard(5), told(6, count=6)), advance(Heard(), told(1, count=1))
    assert (one.verdict, other.verdict) == ("ok", "ok")


def test_what_was_made_good_otherwise_is_missing_no_more() -> None:
    heard = Heard(20, gaps((2, 3), (5, 9), (12, 12)))
    assert made_good(heard, 20) == Heard(20)
    assert made_good(heard, 6) == Heard(20, gaps((7, 9), (12, 12)))
    assert made_good(heard, 0) == heard


def test_the_query_for_lost_events_has_both_ends_as_texts() -> None:
    asked = events_query(Numbers(6, 9))
    assert asked == {"eventsSinceNumber": "6", "eventsUntilNumber": "9", "content": "id-only"}


@pytest.mark.parametrize(("first", "last"), [(0, 1), (2, 1), (-1, -1)])
def test_a_range_of_nothing_is_refused(first: int, last: int) -> None:
    with pytest.raises(InvalidValue):
        Numbers(first, last)


def test_silence_longer_than_a_heartbeat_is_noticed() -> None:
    then = datetime(2026, 1, 1, tzinfo=UTC)
    minute = timedelta(minutes=1)
    assert not is_silent(then, then + 11 * minute, 10 * minute, minute)
    assert is_silent(then, then + 11 * minute + timedelta(seconds=1), 10 * minute, minute)


@given(st.lists(st.lists(st.integers(1, 12), max_size=4), max_size=8))
def test_nothing_is_lost_and_nothing_is_done_twice(batches: list[list[int]]) -> None:
    """Against a plain set of numbers: whatever comes in whatever order, while the counter of the sender goes on."""
    heard, done, highest = Heard(), set[int](), 0
    for numbers in batches:
        highest = max([highest, *numbers])
        found = advance(heard, told(*numbers, count=highest))
        fresh = {each.number for each in found.fresh}
        assert fresh == set(numbers) - done and not found.reset
        done |= set(numbers)
        heard = found.heard
        missing = {each for part in heard.missing for each in range(part.first, part.last + 1)}
        assert (heard.last, missing) == (highest, set(range(1, highest + 1)) - done)
