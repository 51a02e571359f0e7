"""Exact ranges: [low, high] of fractions that are not negative, `high` None where nothing bounds it.

Doses divide by three (every 8 hours) and by 0.75 (dexamethasone); only fractions keep "exactly 10" exactly 10.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

from service.eligibility.criteria import Bounds
from service.eligibility.outcome import Outcome, truth
from service.eligibility.quantity import Interval, plain
from service.errors import InvalidValue

NOTHING = Fraction(0)
ONE = Fraction(1)
PLACES = 4
WIDE = Context(prec=10_000)  # no number is too long to be shown


@dataclass(frozen=True, slots=True)
class Range:
    """A closed range of exact numbers, never negative."""

    low: Fraction
    high: Fraction | None

    def __post_init__(self) -> None:
        # asked for every step of every dose: fractions compare slowly, an object with itself at once
        if self.low.numerator < 0 or (self.high is not None and self.high is not self.low and self.high < self.low):
            raise InvalidValue(f"a dose range needs 0 <= low <= high, not {self.low} to {self.high}")

    @classmethod
    def exactly(cls, value: Fraction | int) -> "Range":
        """One number."""
        exact = Fraction(value)
        return cls(exact, exact)

    @classmethod
    def of(cls, interval: Interval) -> "Range":
        """The range of an interval of decimals; an open end counts as closed, a negative one as zero."""
        low = max(NOTHING, Fraction(interval.low or 0))
        if interval.high is None or interval.high == interval.low:
            return cls(low, None if interval.high is None else low)
        return cls(low, max(low, Fraction(interval.high)))

    @property
    def exact(self) -> bool:
        """Is it one number?"""
        return self.low is self.high or self.low == self.high

    def __add__(self, other: "Range") -> "Range":
        return Range(self.low + other.low, _both(self.high, other.high, lambda a, b: a + b))

    def times(self, other: "Range") -> "Range":
        """The product; nothing times anything is nothing."""
        if self.high is None or other.high is None:
            nothing = any(each is not None and not each for each in (self.high, other.high))
            return ZERO if nothing else Range(self.low * other.low, None)
        low = self.low * other.low
        if self.low is self.high and other.low is other.high:
            return Range(low, low)
        return Range(low, self.high * other.high)

    def over(self, other: "Range") -> "Range":
        """The quotient; divided by a range that begins at zero it has no upper end."""
        if other.high == 0:
            raise InvalidValue("a dose cannot be divided by zero")
        high = None if self.high is None or other.low == 0 else self.high / other.low
        return Range(NOTHING if other.high is None else self.low / other.high, high)

    def hull(self, other: "Range") -> "Range":
        """The least range that holds both."""
        return Range(min(self.low, other.low), _both(self.high, other.high, max))

    def possibly(self) -> "Range":
        """From nothing up to its upper end: what may be, and may not be."""
        return Range(NOTHING, self.high)

    def capped(self, most: Fraction | None) -> "Range":
        """No more than `most`."""
        if most is None:
            return self
        high = most if self.high is None else min(self.high, most)
        return Range(min(self.low, high), high)

    def floored(self, least: Fraction) -> "Range":
        """No less than `least`."""
        low = max(self.low, least)
        return Range(low, None if self.high is None else max(self.high, low))

    def within(self, bounds: Bounds) -> Outcome:
        """Does the number lie within the bounds: surely, possibly, or not?"""
        tests = [Outcome.MET]
        if bounds.above is not None:
            tests.append(self._above(Fraction(bounds.above)))
        if bounds.at_least is not None:
            tests.append(self._at_least(Fraction(bounds.at_least)))
        if bounds.below is not None:
            tests.append(Outcome(2 - self._at_least(Fraction(bounds.below))))
        if bounds.at_most is not None:
            tests.append(Outcome(2 - self._above(Fraction(bounds.at_most))))
        return min(tests)

    def _above(self, limit: Fraction) -> Outcome:
        return truth(self.low > limit, self.high is None or self.high > limit)

    def _at_least(self, limit: Fraction) -> Outcome:
        return truth(self.low >= limit, self.high is None or self.high >= limit)

    def __str__(self) -> str:
        if self.high is None:
            return f"at least {written(self.low)}" if self.low else "an unknown amount"
        return written(self.low) if self.exact else f"{written(self.low)} to {written(self.high)}"


def _both(a: Fraction | None, b: Fraction | None, combine: Callable[[Fraction, Fraction], Fraction]) -> Fraction | None:
    return None if a is None or b is None else combine(a, b)


ZERO = Range.exactly(0)


def decimal(value: Fraction) -> Decimal:
    """A fraction as a decimal of at most four places, for people and for JSON; comparisons never use it."""
    return Decimal(plain(WIDE.scaleb(Decimal(round(value * 10**PLACES)), -PLACES)))


def written(value: Fraction) -> str:
    """A fraction as people write a dose: 7.5, 6.6667."""
    return plain(decimal(value))
