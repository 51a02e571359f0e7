"""Event counters of one subscription: what is new, what came before, what got lost, and when it began anew.

STANDARDS 2.45–2.52. Delivery is best effort: events may repeat, come late, or never. Pure arithmetic on closed ranges,
which may be long; nothing here counts through one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from service.errors import InvalidValue
from service.fhir.notifications.model import Event, Kind, Notification


@dataclass(frozen=True, slots=True, order=True)
class Numbers:
    """The event numbers from `first` to `last`, both included."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if not 1 <= self.first <= self.last:
            raise InvalidValue(f"no range of event numbers: {self.first} to {self.last}")


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known of one subscription's counter: the highest number there is, and those below that never came."""

    last: int = 0
    missing: tuple[Numbers, ...] = ()


@dataclass(frozen=True, slots=True)
class Advance:
    """What one notification changes. `fresh` events are to be worked on; `gaps` are the numbers newly missing.

    `reset`: the counter went backwards, so the subscription is another one or began anew: reconcile everything.
    """

    heard: Heard
    fresh: tuple[Event, ...] = ()
    duplicates: tuple[int, ...] = ()
    gaps: tuple[Numbers, ...] = ()
    reset: bool = False

    @property
    def verdict(self) -> Literal["ok", "duplicate", "gap", "reset"]:
        """The most urgent of what there is to do."""
        if self.reset:
            return "reset"
        if self.gaps:
            return "gap"
        return "duplicate" if self.duplicates and not self.fresh else "ok"


COUNTED = frozenset({Kind.HANDSHAKE, Kind.HEARTBEAT, Kind.EVENT, Kind.QUERY_STATUS, Kind.QUERY_EVENT})


def advance(heard: Heard, notification: Notification) -> Advance:
    """Compare a notification with what was heard of its subscription before.

    A number seen before is a duplicate, unless it was missing. The counter of the status (or, where it has none, an
    event 1) tells a repetition from a new beginning.
    """
    if notification.kind not in COUNTED:
        return Advance(heard, notification.events)
    numbers = sorted({each.number for each in notification.events if each.number is not None})
    if _restarted(heard, numbers, notification.count):
        return _from_the_start(notification, numbers)
    known = [each for each in numbers if each <= heard.last and not _among(each, heard.missing)]
    fresh = tuple(each for each in notification.events if each.number is None or each.number not in known)
    last = max(heard.last, notification.count or 0, *numbers, 0)
    gaps = tuple(_without(Numbers(heard.last + 1, last), numbers)) if last > heard.last else ()
    still = tuple(part for each in heard.missing for part in _without(each, numbers))
    return Advance(Heard(last, still + gaps), fresh, tuple(known), gaps)


def made_good(heard: Heard, upto: int) -> Heard:
    """What is known once the numbers up to `upto` were made good in another way: by a query, or by screening all."""
    return Heard(heard.last, tuple(part for each in heard.missing for part in _above(each, upto)))


def events_query(numbers: Numbers, content: str = "id-only") -> dict[str, str]:
    """The parameters of `Subscription/{id}/$events` that ask for these events again; both ends are included."""
    return {"eventsSinceNumber": str(numbers.first), "eventsUntilNumber": str(numbers.last), "content": content}


def is_silent(last_heard: datetime, now: datetime, heartbeat: timedelta, margin: timedelta) -> bool:
    """Was nothing heard for longer than the heartbeat period and a margin? Then `$status` is asked for."""
    return now - last_heard > heartbeat + margin


def _restarted(heard: Heard, numbers: Sequence[int], count: int | None) -> bool:
    late = bool(numbers) and all(_among(each, heard.missing) for each in numbers)
    if late:
        return False
    if count is not None:
        return count < heard.last
    return heard.last > 1 and 1 in numbers


def _from_the_start(notification: Notification, numbers: Sequence[int]) -> Advance:
    last = max(notification.count or 0, *numbers, 0)
    gaps = tuple(_without(Numbers(1, last), numbers)) if last else ()
    return Advance(Heard(last, gaps), notification.events, gaps=gaps, reset=True)


def _among(number: int, ranges: Iterable[Numbers]) -> bool:
    return any(each.first <= number <= each.last for each in ranges)


def _without(whole: Numbers, numbers: Sequence[int]) -> Iterator[Numbers]:
    """What is left of a range without these numbers, which are sorted."""
    first = whole.first
    for each in numbers:
        if first <= each <= whole.last:
            if first < each:
                yield Numbers(first, each - 1)
            first = each + 1
    if first <= whole.last:
        yield Numbers(first, whole.last)


def _above(numbers: Numbers, upto: int) -> Iterator[Numbers]:
    if numbers.last > upto:
        yield Numbers(max(numbers.first, upto + 1), numbers.last)
