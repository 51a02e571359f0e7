"""Doses and steps of a sig once they are understood, the levels of a taper, and all of it as dosage instructions."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from service.eligibility.dates import FOREVER, Days, Span, shift
from service.eligibility.dosing.model import Cap, Instruction, Lapse, Timing
from service.eligibility.dosing.ranges import Range
from service.eligibility.dosing.sigs.parts import Amount, Change, Most, Starting
from service.eligibility.dosing.sigs.rhythms import DAY
from service.eligibility.dosing.sigs.tokens import NotUnderstood
from service.eligibility.dosing.units import days
from service.eligibility.quantity import Interval, Quantity

MOST_STEPS = 150


@dataclass(frozen=True, slots=True)
class Dose:
    """One dose with its rhythm."""

    amount: Amount | None
    timing: Timing | None
    needed: bool = False
    caps: tuple[Cap, ...] = ()

    @property
    def often(self) -> Interval | None:
        """How many times a day, where it is taken every day."""
        timing = self.timing
        plain = timing is not None and timing.period == DAY and not timing.days_of_week and timing.count is None
        return timing.frequency if timing is not None and plain else None


@dataclass(frozen=True, slots=True)
class Step:
    """Doses at the same time, and for how long."""

    doses: tuple[Dose, ...]
    lasts: Lapse | None = None
    start: Span | None = None

    @property
    def ends(self) -> bool:
        """Does it end by itself?"""
        return self.lasts is not None or all(d.timing is not None and d.timing.count is not None for d in self.doses)


def levels(start: Decimal, change: Change) -> list[Decimal]:
    step, end = change.amount.value.low or Decimal(0), change.to.value.low if change.to is not None else None
    goal = end if end is not None else Decimal(0)
    if step <= 0 or (goal >= start if change.sign < 0 else goal <= start):
        raise NotUnderstood("the change does not lead to its end")
    levels: list[Decimal] = []
    level = start + change.sign * step
    while level > goal if change.sign < 0 else level < goal:
        levels.append(level)
        level += change.sign * step
        if len(levels) > MOST_STEPS:
            raise NotUnderstood("the change has too many steps")
    return [*levels, goal] if end is not None else levels


def cap(each: Most, amount: Amount) -> Cap:
    unit = each.amount.unit or amount.unit
    if each.amount.unit is None and not amount.pieces:
        raise NotUnderstood("the limit has no unit")
    return Cap(Quantity(each.amount.value, unit), each.period)


def possible(dose: Dose, cap: Cap) -> None:
    """A limit below the dose contradicts it, unless it is taken as needed only; below a single dose it always does."""
    amount, most = dose.amount, cap.most
    if amount is None or most.unit != amount.unit:
        if not dose.needed:
            raise NotUnderstood("a limit in another unit than the dose")
        return
    limit, least = Range.of(most.value), Range.of(amount.value)
    if dose.often is not None and not dose.needed:
        least, limit = least.times(Range.of(dose.often)), limit.over(days(cap.period))
    if limit.high is not None and limit.high < least.low:
        raise NotUnderstood("a limit below the dose")


def first_day(start: Starting, lasts: Lapse | None) -> Span:
    if lasts is None:
        return Span(Days.on(start.day), Days.on(FOREVER))
    length = days(lasts)
    if not length.exact or length.low % 1:
        raise NotUnderstood("the last day cannot be told")
    return Span(Days.on(start.day), Days.on(shift(start.day, int(length.low) - 1)))


def instructions(steps: Sequence[Step], element: str, text: str) -> tuple[Instruction, ...]:
    """The steps as instructions of the dose model; a sequence only where there is more than one."""
    found = []
    for number, step in enumerate(steps, 1):
        for dose in step.doses:
            amount = dose.amount
            found.append(
                Instruction(
                    element,
                    sequence=number if len(steps) > 1 else None,
                    amount=Quantity(amount.value, amount.unit) if amount is not None else None,
                    timing=dose.timing,
                    bounds=step.start,
                    lasts=step.lasts,
                    as_needed=dose.needed,
                    caps=dose.caps,
                    text=text,
                )
            )
    return tuple(found)
