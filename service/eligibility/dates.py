"""Days: dates of any precision as closed intervals, spans with uncertain ends, calendar durations, windows.

An end that nothing bounds is `FOREVER` or `ALWAYS` (the calendar's ends), so that every interval is a plain pair of
days and "unknown" is simply the widest interval. SEMANTICS §3.
"""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from functools import lru_cache

from service.eligibility.outcome import Outcome, truth
from service.errors import InvalidValue

ALWAYS = date.min
FOREVER = date.max
ONE_DAY = timedelta(days=1)
SHORTEST_MONTH = 28  # days
MOST_REMEMBERED = 8_192  # days moved: the same ones are, for everybody


def shift(day: date, days: int) -> date:
    """`day` plus `days`, held at the calendar's ends instead of overflowing."""
    ordinal = day.toordinal() + days
    return date.fromordinal(min(max(ordinal, ALWAYS.toordinal()), FOREVER.toordinal()))


@dataclass(frozen=True, slots=True)
class Days:
    """A closed interval of days within which something happened: the 3rd of May, May 2024, 2024, or any time at all."""

    earliest: date
    latest: date

    def __post_init__(self) -> None:
        if self.earliest > self.latest:
            raise InvalidValue(f"an interval of days cannot end ({self.latest}) before it begins ({self.earliest})")

    @classmethod
    def on(cls, day: date) -> "Days":
        """Exactly this day."""
        return cls(day, day)

    @property
    def exact(self) -> bool:
        """Is it one known day?"""
        return self.earliest == self.latest

    @property
    def known(self) -> bool:
        """Is anything at all known of it?"""
        return self.earliest != ALWAYS or self.latest != FOREVER

    def overlaps(self, other: "Days") -> bool:
        """Do the two share a day?"""
        return self.earliest <= other.latest and other.earliest <= self.latest

    def inside(self, other: "Days") -> bool:
        """Does it lie wholly within `other`?"""
        return other.earliest <= self.earliest and self.latest <= other.latest

    def __str__(self) -> str:
        return describe(self)


ANY_DAY = Days(ALWAYS, FOREVER)


def describe(days: Days) -> str:
    """A date in words: `2024-05-03`, `2024-05`, `2024`, `between … and …`, `… or before`, `an unknown day`."""
    first, last = days.earliest, days.latest
    if first == last:
        return first.isoformat()
    if days == ANY_DAY:
        return "an unknown day"
    if (first.month, first.day, last.month, last.day, first.year) == (1, 1, 12, 31, last.year):
        return f"{first.year:04d}"
    if first.day == 1 and (first.year, first.month) == (last.year, last.month) and (last + ONE_DAY).day == 1:
        return f"{first:%Y-%m}"
    if first == ALWAYS:
        return f"{last} or before"
    return f"{first} or later" if last == FOREVER else f"between {first} and {last}"


class Unit(Enum):
    """Units of a calendar duration. Months and years are calendar units; weeks and days are days."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"

    __hash__ = object.__hash__  # there is one of each


@dataclass(frozen=True, slots=True)
class Duration:
    """A calendar duration such as 3 months; never negative."""

    count: int
    unit: Unit

    def __post_init__(self) -> None:
        if self.count < 0:
            raise InvalidValue(f"a duration cannot be negative: {self.count} {self.unit.value}")

    def before(self, day: date) -> date:
        """The day this long before `day`; a month's end is clamped (31 May − 3 months = 28 or 29 February)."""
        return _moved(day, -self.count, self.unit)

    def after(self, day: date) -> date:
        """The day this long after `day`; a month's end is clamped."""
        return _moved(day, self.count, self.unit)

    def first_day_without(self, day: date) -> date:
        """The first anchor day whose look-back window of this length no longer holds `day`."""
        return _first_day_without(day, self.count, self.unit)

    def __str__(self) -> str:
        return f"{self.count} {self.unit.value}{'' if self.count == 1 else 's'}"


@lru_cache(MOST_REMEMBERED)
def _moved(day: date, count: int, unit: Unit) -> date:
    if unit in (Unit.DAY, Unit.WEEK):
        return shift(day, count * (7 if unit is Unit.WEEK else 1))
    if day in (ALWAYS, FOREVER):
        return day
    months = day.year * 12 + day.month - 1 + count * (12 if unit is Unit.YEAR else 1)
    year, month = divmod(months, 12)
    if not ALWAYS.year <= year <= FOREVER.year:
        return ALWAYS if year < ALWAYS.year else FOREVER
    last = day.day if day.day <= SHORTEST_MONTH else min(day.day, calendar.monthrange(year, month + 1)[1])
    return date(year, month + 1, last)


@lru_cache(MOST_REMEMBERED)
def _first_day_without(day: date, count: int, unit: Unit) -> date:
    if day in (ALWAYS, FOREVER):
        return FOREVER
    anchor = _moved(day, count, unit)
    while anchor < FOREVER and _moved(anchor, -count, unit) <= day:
        anchor = shift(anchor, 1)
    return anchor


@dataclass(frozen=True, slots=True)
class Window:
    """A look-back window whose ends may be uncertain because its anchor is.

    `sure` is inside the window whatever the anchor (None if no day is); `possible` is inside for some anchor.
    """

    sure: Days | None
    possible: Days

    @classmethod
    def of(cls, first: date, last: date) -> "Window":
        """The window from `first` to `last`, both in."""
        days = Days(first, last)
        return cls(days, days)

    def holds(self, days: Days) -> Outcome:
        """Did something dated `days` happen in the window: surely (inside), possibly (overlap), or not?"""
        return truth(self.sure is not None and days.inside(self.sure), days.overlaps(self.possible))


@dataclass(frozen=True, slots=True)
class Span:
    """Something that lasts: from some day in `start` to some day in `end`, both days included."""

    start: Days
    end: Days

    def __post_init__(self) -> None:
        if self.start.earliest > self.end.latest:
            raise InvalidValue(f"a span cannot end ({self.end}) before it begins ({self.start})")

    @classmethod
    def on(cls, days: Days) -> "Span":
        """A single event of that date."""
        return cls(days, days)

    @property
    def point(self) -> bool:
        """Is it a single event rather than something that lasts?"""
        return self.start == self.end

    def during(self, window: Window) -> Outcome:
        """Was it present on at least one day of the window?"""
        if self.point:
            return window.holds(self.start)
        sure = window.sure is not None and (
            self.start.inside(window.sure)
            or self.end.inside(window.sure)
            or max(self.start.latest, window.sure.earliest) <= min(self.end.earliest, window.sure.latest)
        )
        overlap = max(self.start.earliest, window.possible.earliest) <= min(self.end.latest, window.possible.latest)
        return truth(sure, overlap)

    def hull(self) -> Days:
        """All days on which it may have been present."""
        return Days(self.start.earliest, self.end.latest)

    def boundaries(self) -> tuple[date, ...]:
        """The days at which a moving window can change its answer about this span."""
        return self.start.earliest, self.start.latest, self.end.earliest, self.end.latest

    def __str__(self) -> str:
        if self.point:
            return str(self.start)
        if self.end == ANY_DAY or self.end.earliest == FOREVER:
            return f"since {self.start}"
        return f"from {self.start} to {self.end}"
