"""Where days and doses lie in a drawing, and which of them the axes name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from service.eligibility.dates import Duration, Unit, shift
from service.eligibility.dose_profile import Curve, DoseProfile
from service.eligibility.explain.wording import ENGLISH, Wording

MOST_TICKS = 13
HEADROOM = Fraction(13, 10)  # above the highest dose, for its number, and for what goes on without a limit
MARGIN = Fraction(1, 50)  # of the window's days, before and after it
UNKNOWN_BEGINNING = 90  # days that are drawn where nothing says when anything began


@dataclass(frozen=True, slots=True)
class TimeScale:
    """Days from `first` to `last` on pixels from `left` to `right`; a day is as wide as its share."""

    first: date
    last: date
    left: float
    right: float

    def x(self, day: date) -> float:
        """The left edge of a day; days before the first lie on the left edge of all."""
        done = max((min(day, shift(self.last, 1)) - self.first).days, 0)
        return self.left + (self.right - self.left) * done / ((self.last - self.first).days + 1)

    def ticks(self, wording: Wording = ENGLISH) -> tuple[tuple[date, str], ...]:
        """The days to name, with their names: weeks, months or years, as many as fit."""
        length = (self.last - self.first).days + 1
        if length <= 7 * (MOST_TICKS - 1):
            monday = shift(self.first, -self.first.weekday() % 7)
            days = [shift(monday, 7 * n) for n in range(length // 7 + 1)]
            return tuple((day, wording.short(day)) for day in days if day <= self.last)
        months = next(each for each in (1, 2, 3, 6, 12, 24, 60, 120, 600) if length / (each * 30.44) <= MOST_TICKS)
        return tuple((day, str(day.year) if months >= 12 else wording.month(day)) for day in self._months(months))

    def _months(self, every: int) -> Iterable[date]:
        number = self.first.year * 12 + self.first.month - 1
        day = date(self.first.year, self.first.month, 1)
        while day <= self.last:
            if day >= self.first and number % every == 0:
                yield day
            day, number = Duration(1, Unit.MONTH).after(day), number + 1


def time_scale(profile: DoseProfile, left: float, right: float) -> TimeScale:
    """The days of the window with a little room; without a look-back, from the first day that a record names."""
    curves = (*profile.ingredients, *((profile.equivalent,) if profile.equivalent is not None else ()))
    window = profile.window
    first = window.earliest
    if profile.look_back is None:
        named = {day for curve in curves for each in curve.stretches for day in (each.start, shift(each.end, 1))}
        known = [day for day in named if window.earliest < day <= window.latest]
        first = max(window.earliest, min(known, default=shift(window.latest, -UNKNOWN_BEGINNING)))
    room = max(int(MARGIN * (window.latest - first).days), 1)
    return TimeScale(shift(first, -room), shift(window.latest, room), left, right)


@dataclass(frozen=True, slots=True)
class DoseScale:
    """Doses from nothing at `bottom` to `top_dose` at `top`. `ticks`: those to name."""

    top_dose: Fraction
    ticks: tuple[Fraction, ...]
    top: float
    bottom: float

    def y(self, dose: Fraction | None) -> float:
        """Where a dose lies; None, which nothing limits, lies at the top."""
        if dose is None:
            return self.top
        return float(self.bottom - (self.bottom - self.top) * float(dose / self.top_dose))


def dose_scale(curve: Curve, limit: Decimal | None, top: float, bottom: float) -> DoseScale:
    """A scale on which all known doses of the curve and the limit have room."""
    known = [end for each in curve.stretches for end in (each.value.average.low, each.value.average.high) if end]
    highest = max([*known, *([Fraction(limit)] if limit is not None else [])], default=Fraction(0))
    if not highest:
        return DoseScale(Fraction(1), (Fraction(0),), top, bottom)
    step = nice(highest / 2)
    ticks = tuple(step * n for n in range(int(highest / step) + 1))
    return DoseScale(highest * HEADROOM, ticks, top, bottom)


def nice(rough: Fraction) -> Fraction:
    """The greatest of 1, 2, 2.5, 5 times a power of ten that is not above `rough`."""
    power = Fraction(1)
    while power * 10 <= rough:
        power *= 10
    while power > rough:
        power /= 10
    steps: Sequence[Fraction] = (Fraction(5), Fraction(5, 2), Fraction(2), Fraction(1))
    return next(each * power for each in steps if each * power <= rough)
