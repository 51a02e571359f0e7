"""The counter of a subscription: which events are new, repeated or missing, and when the count began anew. Pure.

A server numbers the events of each Subscription from 1. Notifications may repeat, come late, or not come at all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from service.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class Gap:
    """The events `first` to `last`, both included, were not heard of; `since` is when that was noticed.

    `settled`: they were recovered in another way, and are not missing any more.
    """

    first: int
    last: int
    since: datetime
    settled: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """An event by its number. `digest` tells whether two notifications of one number tell of the same event."""

    number: int
    digest: str

    def __post_init__(self) -> None:
        if self.number < 1:
            raise InvalidValue("events are numbered from 1")


@dataclass(frozen=True, slots=True)
class Position:
    """How far a counter was heard: up to `last` (0: nothing yet), except for the gaps, which are sorted."""

    last: int = 0
    gaps: tuple[Gap, ...] = ()

    @property
    def missing(self) -> tuple[Gap, ...]:
        """The gaps that are not settled."""
        return tuple(gap for gap in self.gaps if not gap.settled)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a notification changed. `fresh` and `repeated`: numbers, sorted. `position`: the counter after it.

    `restarted`: the count began anew, so that nobody knows what was missed: the whole feed has to be reconciled.
    """

    position: Position
    fresh: tuple[int, ...] = ()
    repeated: tuple[int, ...] = ()
    restarted: bool = False


def reach(position: Position, total: int, now: datetime) -> Arrival:
    """The server says, outside of any event, that it has counted to `total`. What it counted beyond us is missing."""
    if total < 0:
        raise InvalidValue("a counter is not negative")
    if total < position.last:
        return Arrival(Position(total), restarted=True)
    return Arrival(_missing_to(position, total, now))


def arrive(position: Position, known: Mapping[int, str], events: Iterable[Event], now: datetime) -> Arrival:
    """Events arrive. `known` holds the digests of those that came before, by number.

    A number that came before with another digest shows that the count began anew, and so does one that we are past
    without ever having heard or missed it.
    """
    ordered = sorted(set(events), key=lambda event: (event.number, event.digest))
    seen = dict(known)
    fresh: list[int] = []
    repeated: list[int] = []
    at = position
    for event in ordered:
        if seen.get(event.number) == event.digest:
            repeated.append(event.number)
        elif event.number in seen or (event.number <= at.last and not _gap_with(at, event.number)):
            return _anew(ordered, now)
        else:
            at = _with_event(at, event.number, now)
            seen[event.number] = event.digest
            fresh.append(event.number)
    return Arrival(at, tuple(fresh), tuple(repeated))


def settle(position: Position, upto: int) -> Position:
    """What is missing up to the number `upto` was recovered in another way."""
    gaps: list[Gap] = []
    for gap in position.gaps:
        if gap.first > upto:
            gaps.append(gap)
        elif gap.last <= upto:
            gaps.append(replace(gap, settled=True))
        else:
            gaps += [replace(gap, last=upto, settled=True), replace(gap, first=upto + 1)]
    return replace(position, gaps=tuple(gaps))


def _anew(events: list[Event], now: datetime) -> Arrival:
    """All of these events are the first ones of a new count."""
    at = Position()
    numbers = sorted({event.number for event in events})
    for number in numbers:
        at = _with_event(at, number, now)
    return Arrival(at, tuple(numbers), restarted=True)


def _with_event(position: Position, number: int, now: datetime) -> Position:
    """The position once this event, which was not heard of before, is there."""
    if number > position.last:
        before = _missing_to(position, number - 1, now)
        return replace(before, last=number)
    gap = _gap_with(position, number)
    if gap is None:
        return position
    rest = [replace(gap, last=number - 1), replace(gap, first=number + 1)]
    others = [each for each in position.gaps if each is not gap] + [each for each in rest if each.first <= each.last]
    return replace(position, gaps=tuple(sorted(others, key=lambda each: each.first)))


def _missing_to(position: Position, total: int, now: datetime) -> Position:
    """The position at `total`, with what lies between as a gap."""
    if total <= position.last:
        return position
    return Position(total, (*position.gaps, Gap(position.last + 1, total, now)))


def _gap_with(position: Position, number: int) -> Gap | None:
    return next((gap for gap in position.gaps if gap.first <= number <= gap.last), None)
