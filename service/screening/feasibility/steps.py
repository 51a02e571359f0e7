"""Other values of a bound that are worth trying, and what somebody wrote as one. Pure."""

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from math import floor

from service.catalog.words import duration
from service.eligibility.criteria.bounds import Bound, BoundValue
from service.eligibility.dates import Duration, Unit
from service.eligibility.explain.bound_words import value_in_words
from service.eligibility.explain.values import unit_words
from service.errors import UsageError

LIMITS = (Decimal("0.75"), Decimal("0.9"), Decimal("1.1"), Decimal("1.25"))
DOSES = (Decimal("0.5"), Decimal("0.75"), Decimal("1.5"), Decimal(2))
LENGTHS = (1 / 3, 2 / 3, 2)
YOUNG, AGES, AGES_OF_THE_YOUNG = 40, (-10, -5, 5, 10), (-6, -2, 3)
SMALL = 10  # whole numbers below this move by one and two
OLDEST = 130  # years
PERCENT = 100
NUMBER = re.compile(r"([+-]?\d{1,9}(?:\.\d{1,9})?)\s*(.*)", re.ASCII)
LENGTH = re.compile(r"[1-9]\d{0,4} (day|week|month|year)s?", re.ASCII)
DAYS = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 30, Unit.YEAR: 365}


def steps(bound: Bound) -> tuple[BoundValue, ...]:
    """A few sensible values on both sides of where a bound is; none where its number is nothing."""
    found = dict.fromkeys(each for each in _steps(bound) if each != bound.value and _refused(bound, each) is None)
    return tuple(found)


def _steps(bound: Bound) -> Iterator[BoundValue]:
    value = bound.value
    if isinstance(value, Duration):
        yield from _lengths(value)
    elif isinstance(value, int):
        yield from (each for each in (value - 1, value + 1) if each > 0)
    elif bound.meaning.name == "age":
        yield from (value + each for each in (AGES_OF_THE_YOUNG if value < YOUNG else AGES))
    elif value > 0 and value == value.to_integral_value() and value < SMALL:
        yield from (each for each in (value - 1, value + 1, value + 2) if each > 0)
    elif value:
        yield from (_rounded(value * each) for each in (DOSES if bound.meaning.name == "dose" else LIMITS))


def _lengths(value: Duration) -> Iterator[Duration]:
    """Whole weeks stay whole weeks, and whole tens of days whole tens."""
    grain = next((each for each in (7, 10) if value.unit is Unit.DAY and value.count % each == 0), 1)
    for each in LENGTHS:
        count = floor(value.count * each / grain + 0.5) * grain
        if count:
            yield Duration(count, value.unit)


def _rounded(value: Decimal) -> Decimal:
    """To two digits: a limit is a round number."""
    exponent = value.adjusted() - 1
    return value.quantize(Decimal(1).scaleb(exponent), ROUND_HALF_UP)


def value_of(bound: Bound, text: str) -> BoundValue:
    """What somebody wrote as another value of a bound. Raises UsageError, with what would be understood."""
    found = _understood(bound, " ".join(text.split()))
    why = f"{bound.id} is {value_in_words(bound, bound.value)}"
    if found is None:
        raise UsageError(f"{text!r} is not understood: {why}; write {_example(bound)}")
    if found == bound.value:
        raise UsageError(f"{why} already; give another value")
    refused = _refused(bound, found)
    if refused is not None:
        raise UsageError(f"{text!r} makes no sense: {why}, and {refused}")
    return found


def fits(bound: Bound, text: str) -> bool:
    """May this be meant as a value of that bound?"""
    return _understood(bound, " ".join(text.split())) is not None


def _understood(bound: Bound, text: str) -> BoundValue | None:
    if isinstance(bound.value, Duration):
        return duration(text) if LENGTH.fullmatch(text) else None
    written = NUMBER.fullmatch(text)
    if written is None or written[2] not in ("", *_units(bound)):
        return None
    number = Decimal(written[1])
    if isinstance(bound.value, int):
        return int(number) if number == number.to_integral_value() else None
    return number


def _units(bound: Bound) -> tuple[str, ...]:
    """How a unit may be written: as the study has it, as people write it, or all that follows the number."""
    if isinstance(bound.value, int):
        return ()
    words = value_in_words(bound, bound.value).partition(" ")[2]
    return (bound.meaning.unit or "", unit_words(bound.meaning.unit), words)


def _refused(bound: Bound, value: BoundValue) -> str | None:
    """Why no study asks for that; None: it may."""
    if isinstance(value, Duration):
        too_long = value.count * DAYS[value.unit] > OLDEST * DAYS[Unit.YEAR]
        return f"nobody has lived for longer than {OLDEST} years" if too_long else None
    if isinstance(value, int):
        return None if value > 0 else "there is nothing to count below one"
    assert isinstance(bound.value, Decimal)
    if value < 0 <= bound.value:
        return "it does not go below nothing"
    if bound.meaning.name == "age" and value > OLDEST:
        return f"nobody is older than {OLDEST} years"
    if bound.meaning.unit == "%" and value > PERCENT >= bound.value:
        return "there is no more than 100 %"
    return None


def _example(bound: Bound) -> str:
    if isinstance(bound.value, Duration):
        return 'a length of time such as "6 weeks", "2 months" or "1 year"'
    if isinstance(bound.value, int):
        return "a whole number"
    unit = value_in_words(bound, bound.value).partition(" ")[2]
    return "a number" + (f", alone or with its unit: {unit}" if unit else "")
