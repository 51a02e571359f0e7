"""Look-back windows on a given screening date, and the later days on which a moving window changes what it holds."""

from collections.abc import Iterable
from datetime import date

from service.eligibility.criteria import LookBack
from service.eligibility.dates import ALWAYS, FOREVER, Days, Window, shift
from service.eligibility.evaluate.context import Case

NEVER = frozenset[date]()


def window_of(look_back: LookBack | None, at: date, anchor: Days) -> Window | None:
    """The window on screening date `at`; without a look-back it is that day. None: it holds no day at all.

    `anchor`: the days on which the index date may lie. With an uncertain anchor the sure part of the window is what
    every possible anchor shares.
    """
    if look_back is None:
        return Window.of(at, at)
    first_from_earliest, last_from_earliest = _ends(look_back, anchor.earliest, at)
    first_from_latest, last_from_latest = _ends(look_back, anchor.latest, at)
    if first_from_earliest > last_from_latest:
        return None
    possible = Days(first_from_earliest, last_from_latest)
    if first_from_latest > last_from_earliest:
        return Window(None, possible)
    return Window(Days(first_from_latest, last_from_earliest), possible)


def _ends(look_back: LookBack, anchor: date, at: date) -> tuple[date, date]:
    first = ALWAYS if look_back.duration is None else look_back.duration.before(anchor)
    last = anchor if look_back.gap is None else look_back.gap.before(anchor)
    if look_back.ahead is not None:
        last = look_back.ahead.after(anchor)
    # only a window of the screening date itself can ask for the future
    return first, last if look_back.anchor is None else min(last, at)


def watch(case: Case, look_back: LookBack | None, boundaries: Iterable[date]) -> frozenset[date]:
    """Days after the screening date on which a window moving with it may hold other things; none if nobody asks."""
    days: set[date] = set()
    if not case.followed:
        return NEVER
    at = case.at
    for day in set(boundaries):
        if day in (ALWAYS, FOREVER):
            continue
        if day >= at:
            days.update((day, shift(day, 1)))
        if look_back is not None:  # an anchor, too, may move with the screening date: a drug that is still taken
            if look_back.duration is not None:
                days.add(look_back.duration.first_day_without(day))
            if look_back.gap is not None:
                days.update((look_back.gap.after(day), look_back.gap.first_day_without(day)))
            if look_back.ahead is not None:
                before = look_back.ahead.before(day)
                days.update(shift(before, extra) for extra in range(-1, 4))
    return frozenset(day for day in days if at < day < FOREVER)
