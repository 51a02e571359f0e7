"""Numbers as intervals with open or closed ends: `<5` is [0, 5), a Range its ends, a plain number itself."""

from dataclasses import dataclass
from decimal import Context, Decimal

from service.eligibility.outcome import Outcome, truth
from service.errors import InvalidValue

ZERO = Decimal(0)
COUNT = "{#}"  # of a number where no unit can stand: a count or a score, and never a share of anything
SIXTH = Decimal("0.000001")
WIDE = Context(prec=1_000)


@dataclass(frozen=True, slots=True)
class Interval:
    """[low, high], each end open or closed; `None` is unbounded (and then open)."""

    low: Decimal | None
    high: Decimal | None
    low_open: bool = False
    high_open: bool = False

    def __post_init__(self) -> None:
        low, high = self.low, self.high
        if (low is not None and not low.is_finite()) or (high is not None and not high.is_finite()):
            raise InvalidValue("an interval's ends are finite numbers or None")
        if low is high and not (self.low_open or self.high_open):
            return
        if self.low is not None and self.high is not None:
            if self.low > self.high or (self.low == self.high and (self.low_open or self.high_open)):
                raise InvalidValue(f"an empty interval: {self.low} to {self.high}")

    @classmethod
    def exactly(cls, value: Decimal | int | str) -> "Interval":
        """One number."""
        number = Decimal(value)
        return cls(number, number)

    @property
    def exact(self) -> bool:
        """Is it one number?"""
        return self.low is not None and self.low == self.high

    def above(self, limit: Decimal) -> Outcome:
        """Is it greater than `limit`?"""
        sure = self.low is not None and (self.low > limit or (self.low == limit and self.low_open))
        return truth(sure, self.high is None or self.high > limit)

    def at_least(self, limit: Decimal) -> Outcome:
        """Is it `limit` or greater?"""
        sure = self.low is not None and self.low >= limit
        return truth(sure, self.high is None or self.high > limit or (self.high == limit and not self.high_open))

    def below(self, limit: Decimal) -> Outcome:
        """Is it less than `limit`?"""
        return Outcome(2 - self.at_least(limit))

    def at_most(self, limit: Decimal) -> Outcome:
        """Is it `limit` or less?"""
        return Outcome(2 - self.above(limit))

    def hull(self, other: "Interval") -> "Interval":
        """The least interval that holds both."""
        low, low_open = _extreme(self.low, self.low_open, other.low, other.low_open, lower=True)
        high, high_open = _extreme(self.high, self.high_open, other.high, other.high_open, lower=False)
        return Interval(low, high, low_open, high_open)

    def __add__(self, other: "Interval") -> "Interval":
        low = None if self.low is None or other.low is None else self.low + other.low
        high = None if self.high is None or other.high is None else self.high + other.high
        return Interval(low, high, self.low_open or other.low_open, self.high_open or other.high_open)

    def scaled(self, factor: Decimal, offset: Decimal = ZERO) -> "Interval":
        """`self * factor + offset`; `factor` is not negative (unit factors, counts, equivalences)."""
        if factor < 0:
            raise InvalidValue(f"a factor cannot be negative: {factor}")
        if factor == 0:
            return Interval.exactly(offset)
        low = None if self.low is None else self.low * factor + offset
        high = None if self.high is None else self.high * factor + offset
        return Interval(low, high, self.low_open, self.high_open)

    def times(self, other: "Interval") -> "Interval":
        """The product of two intervals that are not negative."""
        if (self.low or ZERO) < 0 or (other.low or ZERO) < 0:
            raise InvalidValue("only intervals that are not negative are multiplied")
        low = (self.low or ZERO) * (other.low or ZERO)
        high = None if self.high is None or other.high is None else self.high * other.high
        return Interval(low, high)

    def __str__(self) -> str:
        if self.exact and self.low is not None:
            return plain(self.low)
        if self.high is None:
            return (
                "any number"
                if self.low is None
                else f"{'more than' if self.low_open else 'at least'} {plain(self.low)}"
            )
        if self.low is None or (self.low == 0 and self.high_open):
            return f"{'less than' if self.high_open else 'at most'} {plain(self.high)}"
        return f"{plain(self.low)} to {plain(self.high)}"


def _extreme(
    a: Decimal | None, a_open: bool, b: Decimal | None, b_open: bool, *, lower: bool
) -> tuple[Decimal | None, bool]:
    if a is None or b is None:
        return None, False
    if a == b:
        return a, a_open and b_open
    return (a, a_open) if (a < b) == lower else (b, b_open)


def plain(number: Decimal) -> str:
    """A number as people write it: no exponent, no trailing zeros, at most six decimals."""
    exponent = number.as_tuple().exponent
    rounded = number.quantize(SIXTH, context=WIDE) if exponent < -6 else number  # type: ignore[operator]
    text = f"{rounded:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, slots=True)
class Quantity:
    """An interval with its unit (canonical UCUM code), or without one where the record gives none: never guessed.

    `spelled`: what stands there for a unit that is not understood; two texts that contradict each other. Empty: the
    unit is understood, or there is none.
    """

    value: Interval
    unit: str | None
    spelled: tuple[str, ...] = ()

    @property
    def without_unit(self) -> bool:
        """Is nothing written for its unit?"""
        return self.unit is None and not self.spelled

    def shares_unit(self, other: "Quantity") -> bool:
        """Are both in one unit, be it one that nobody understands?"""
        return (self.unit, self.spelled) == (other.unit, other.spelled) and len(self.spelled) < 2

    def __str__(self) -> str:
        return f"{self.value} {self.unit}" if self.unit not in (None, "1", COUNT) else str(self.value)
