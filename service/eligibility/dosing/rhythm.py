"""From a timing to how many doses a day: on average over the cycle, on the busiest day, on the quietest day.

SEMANTICS §6.3. Doses are taken to be spread evenly over the period, as a label is read: 3 times a week is on 3 days.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from service.eligibility.dosing.model import Lapse, Timing
from service.eligibility.dosing.ranges import ONE, Range
from service.eligibility.dosing.units import days

WEEK = Fraction(7)
DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
FAR = 10**6  # days: longer than any course, where a pattern never surely shows itself
PLAIN_PERIODS = {"s": "second", "min": "minute", "h": "hour", "d": "day", "wk": "week", "mo": "month", "a": "year"}


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Doses per day: `average` over the cycle, on the busiest (`peak`) and the quietest (`trough`) day of it.

    `cycle`: within so many days the busiest day surely occurs. `spacing`: the longest time between two doses, in days.
    """

    average: Range
    peak: Range
    trough: Range
    cycle: int
    spacing: Fraction
    words: str
    weekdays: tuple[int, ...] = ()

    @property
    def daily(self) -> bool:
        """Is there at least one dose every day?"""
        return self.trough.low >= 1

    def hull(self, other: "Rhythm") -> "Rhythm":
        """The rhythm that may be either of the two."""
        return Rhythm(
            self.average.hull(other.average),
            self.peak.hull(other.peak),
            self.trough.hull(other.trough),
            max(self.cycle, other.cycle),
            max(self.spacing, other.spacing),
            self.words if self.words == other.words else f"{self.words} or {other.words}",
            self.weekdays if self.weekdays == other.weekdays else (),
        )


@dataclass(frozen=True, slots=True)
class Obscure:
    """A timing that cannot be computed, and why."""

    why: str


def rhythm(timing: Timing) -> Rhythm | Obscure:
    """How often; where two statements disagree, the range spanning both."""
    found = _rhythm(timing)
    if timing.alternative is None or isinstance(found, Obscure):
        return found
    other = rhythm(timing.alternative)
    return other if isinstance(other, Obscure) else found.hull(other)


def _rhythm(timing: Timing) -> Rhythm | Obscure:
    if timing.problem is not None:
        return Obscure(timing.problem)
    if timing.days_of_week:
        return _on_weekdays(timing)
    if timing.period is None:
        return _without_period(timing)
    span = days(timing.period)
    if span.low == 0:
        return Obscure("the period may be nothing")
    words = _often(timing, timing.period)
    stated = Range.of(timing.frequency).over(span) if timing.frequency is not None else None
    if timing.occasions is None:
        return of_rate(stated or Range.exactly(1).over(span), words)
    occasional = Range.of(timing.occasions).over(span)
    return of_rate(occasional if stated is None else occasional.hull(stated), words)


def _without_period(timing: Timing) -> Rhythm | Obscure:
    if timing.occasions is not None:
        return of_rate(Range.of(timing.occasions), f"{timing.occasions}/day")
    if timing.frequency is not None:
        return Obscure("a frequency without a period")
    return Obscure("no frequency")


def of_rate(rate: Range, words: str) -> Rhythm:
    """The rhythm of evenly spread doses, `rate` of them a day."""
    if rate.high is None:
        return Rhythm(rate, rate, Range.exactly(floor(rate.low)), FAR, Fraction(FAR), words)
    peak, trough = Range.exactly(ceil(rate.low)), Range.exactly(floor(rate.low))
    if not rate.exact:
        peak, trough = Range(peak.low, Fraction(ceil(rate.high))), Range(trough.low, Fraction(floor(rate.high)))
    spacing = ONE / rate.low if rate.low else Fraction(FAR)
    return Rhythm(rate, peak, trough, _shown_within(rate.low), spacing, words)


def _shown_within(rate: Fraction) -> int:
    part = rate - floor(rate)
    return 1 if part == 0 else ceil(ONE / part)


def _on_weekdays(timing: Timing) -> Rhythm | Obscure:
    listed = len(set(timing.days_of_week))
    names = ", ".join(DAY_NAMES[day] for day in sorted(set(timing.days_of_week)))
    each = _each_listed_day(timing, listed)
    if isinstance(each, Obscure):
        return each
    trough = each if listed == 7 else Range.exactly(0)
    average = each.times(Range.exactly(Fraction(listed, 7)))
    words = f"{each}/day on {names}"
    return Rhythm(average, each, trough, 1 if listed == 7 else 7, WEEK, words, tuple(sorted(set(timing.days_of_week))))


def _each_listed_day(timing: Timing, listed: int) -> Range | Obscure:
    """Doses on each listed day: stated per day; or per week, where "once a week" beside three days may mean either."""
    occasions = Range.of(timing.occasions) if timing.occasions is not None else None
    if timing.period is None or days(timing.period).high == 1 == days(timing.period).low:
        frequency = Range.of(timing.frequency) if timing.frequency is not None else None
        if frequency is None or occasions is None:
            return frequency or occasions or Range.exactly(1)
        return frequency.hull(occasions)
    if days(timing.period) != Range.exactly(WEEK):
        return Obscure("days of the week together with a period that is neither a day nor a week")
    weekly = Range.of(timing.frequency) if timing.frequency is not None else Range.exactly(listed)
    return weekly.over(Range.exactly(listed)).hull(occasions or Range.exactly(1))


def _often(timing: Timing, period: Lapse) -> str:
    times = timing.frequency if timing.frequency is not None else timing.occasions
    count = "1" if times is None else str(times).replace(" to ", "-")
    unit = PLAIN_PERIODS[period.unit]
    length = str(period.value).replace(" to ", "-")
    return f"{count}/{unit}" if length == "1" else f"{count} every {length} {unit}s"
