"""Limits of numbers, and the tests for results and doses. Bounds are words: above, at_least, below, at_most."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from service.errors import InvalidValue

ValueSetIds = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bounds:
    """A range of numbers: at most one lower and one upper limit, each strict or not, at least one of them."""

    above: Decimal | None = None
    at_least: Decimal | None = None
    below: Decimal | None = None
    at_most: Decimal | None = None

    def __post_init__(self) -> None:
        if self.above is not None and self.at_least is not None:
            raise InvalidValue("a range has either `above` or `at_least`, not both")
        if self.below is not None and self.at_most is not None:
            raise InvalidValue("a range has either `below` or `at_most`, not both")
        low = self.above if self.above is not None else self.at_least
        high = self.below if self.below is not None else self.at_most
        if low is None and high is None:
            raise InvalidValue("a range needs one of above, at_least, below, at_most")
        if (
            low is not None
            and high is not None
            and (low > high or (low == high and None in (self.at_least, self.at_most)))
        ):
            raise InvalidValue(f"an empty range: from {low} to {high}")


@dataclass(frozen=True, slots=True)
class NumberTest:
    """The result is within bounds, in `unit` (UCUM), or in multiples of its own upper or lower limit of normal."""

    bounds: Bounds
    unit: str | None = None
    relative_to: Literal["upper_limit_of_normal", "lower_limit_of_normal"] | None = None

    def __post_init__(self) -> None:
        if (self.unit is None) == (self.relative_to is None):
            raise InvalidValue(
                "a number is compared either in a unit ({score} for one without) or relative to a limit of normal"
            )


@dataclass(frozen=True, slots=True)
class CodedTest:
    """The result is one of `answers`; a result among `other_answers` is surely not; anything else is not understood."""

    answers: ValueSetIds
    other_answers: ValueSetIds = ()


@dataclass(frozen=True, slots=True)
class BooleanTest:
    """The result is this boolean."""

    expected: bool


@dataclass(frozen=True, slots=True)
class TypedTest:
    """Several tests for results that come as a number from one laboratory and as a code from another."""

    number: NumberTest | None = None
    coded: CodedTest | None = None
    boolean: BooleanTest | None = None

    def __post_init__(self) -> None:
        if sum(each is not None for each in (self.number, self.coded, self.boolean)) < 2:
            raise InvalidValue("a test by type of result needs at least two tests")


ValueTest = NumberTest | CodedTest | BooleanTest | TypedTest


@dataclass(frozen=True, slots=True)
class Choice:
    """Which results of the window decide.

    latest / earliest: that one; any / all: at least one / every one; of_last: `count` of the last `out_of`;
    mean: the mean of the last `count`; consecutive: `count` results in a row, anywhere in the window.
    """

    which: Literal["latest", "earliest", "any", "all", "of_last", "mean", "consecutive"] = "latest"
    count: int = 1
    out_of: int = 1

    def __post_init__(self) -> None:
        if self.count < 1 or (self.which == "of_last" and self.out_of < self.count):
            raise InvalidValue(f"{self.which} cannot ask for {self.count} of {self.out_of} results")


Measure = Literal["cycle_average", "highest_day", "mean", "cumulative"]


@dataclass(frozen=True, slots=True)
class DayCount:
    """On at least so many days of the window; `consecutive`: so many in a row."""

    at_least: int
    consecutive: bool = False

    def __post_init__(self) -> None:
        if self.at_least < 1:
            raise InvalidValue(f"a dose is asked for on at least one day, not {self.at_least}")


@dataclass(frozen=True, slots=True)
class DoseTest:
    """A dose within bounds: in `unit`, of the drug itself or equivalent to a reference drug.

    cycle_average: on any day of the window, by the average over the dosing cycle; highest_day: on any single day;
    mean: of all days of the window; cumulative: what was taken in it altogether, in a unit that is per no time.
    `days`: on so many days instead of on any.
    """

    bounds: Bounds
    unit: str = "mg/d"
    equivalent_to: str | None = None
    measure: Measure = "cycle_average"
    days: DayCount | None = None

    def __post_init__(self) -> None:
        if self.measure == "cumulative" and "/" in self.unit:
            raise InvalidValue(f"a cumulative dose is an amount such as mg, not {self.unit!r}")
        if self.days is not None and self.measure != "cycle_average":
            raise InvalidValue("days are counted by the daily dose that is the average over its cycle, not otherwise")

    @property
    def of_window(self) -> bool:
        """Is it one number for the whole window?"""
        return self.measure in ("mean", "cumulative")

    @property
    def limited(self) -> bool:
        """May a further record turn a yes into a no?"""
        return self.bounds.below is not None or self.bounds.at_most is not None
