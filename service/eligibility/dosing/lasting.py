"""How long a quantity lasts at the instructed dose. SEMANTICS §6.3 and §6.5."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from service.eligibility.dates import FOREVER, Days, Span, shift
from service.eligibility.dosing.amount import amount
from service.eligibility.dosing.daily import Holding, daily
from service.eligibility.dosing.layout import Placed, layout, own_span, says_then
from service.eligibility.dosing.model import Instruction
from service.eligibility.dosing.ranges import Range
from service.eligibility.quantity import Quantity


class Use(NamedTuple):
    """So much of it a day, from the first to the last day."""

    first: date
    last: date
    daily: Fraction


def days_of_quantity(
    quantity: Quantity, fills: int, instructions: tuple[Instruction, ...], holding: Holding, start: Days
) -> Range | None:
    """How many days it lasts, filled once at least and `fills` times at most: from the most to the least taken.

    The steps of a taper are gone through one after another, from `start` on. None if it is not known.
    """
    total = amount(quantity, holding)
    doses = [daily(each, holding) for each in instructions]
    if not doses or total.reason is not None or any(dose.unit != total.unit for dose in doses):
        return None
    high = None if total.value.high is None else total.value.high * fills
    value, average = Range(total.value.low, high), doses[0].average
    for dose in doses[1:]:
        average = average + dose.average
    if average.high is None or average.high == 0:
        return None
    stepwise = any(each.sequence is not None or own_span(each, start) is not None for each in instructions)
    if len(instructions) < 2 or not (stepwise or says_then(instructions)):
        return value.over(average)
    return _gone_through(value, layout(instructions, Span(start, Days.on(FOREVER))), holding, start)


def _gone_through(total: Range, placed: Sequence[Placed], holding: Holding, start: Days) -> Range | None:
    averages = [(own, daily(each, holding).average) for each, own in placed]
    most = [Use(own.start.earliest, own.end.latest, each.high) for own, each in averages if each.high is not None]
    least = [Use(own.start.latest, own.end.earliest, each.low) for own, each in averages]
    first = _used_up(total.low, most, start.earliest)
    if first is None:
        return None
    last = None if total.high is None else _used_up(total.high, least, start.latest)
    return Range(first, None if last is None else max(first, last))


def _used_up(left: Fraction, uses: Sequence[Use], start: date) -> Fraction | None:
    """After how many days nothing is left; None if some always will be."""
    ends = (shift(each.last, 1) for each in uses if each.last < FOREVER)
    turns = sorted({start, *(day for day in (*(each.first for each in uses), *ends) if start < day)})
    for day, following in zip(turns, [*turns[1:], None], strict=True):
        rate = sum((each.daily for each in uses if each.first <= day <= each.last), Fraction(0))
        length = None if following is None else (following - day).days
        if rate and (length is None or left <= rate * length):
            return (day - start).days + left / rate
        left -= rate * (length or 0)
    return None
