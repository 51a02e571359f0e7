"""Administrations spread over the cycle of their order: all that was given within one. SEMANTICS §6.7."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from math import floor

from service.eligibility.dates import shift
from service.eligibility.dosing.course import Phase, share
from service.eligibility.dosing.ranges import NOTHING, Range
from service.eligibility.dosing.records import Record
from service.eligibility.facts import Source

Given = dict[date, Fraction | None]  # by day, the most that was given on it; None where nothing bounds it


def spread(records: Sequence[Record], spacing: Fraction) -> tuple[Record, ...]:
    """The records of one therapy, what was administered spread over the cycle of `spacing` days.

    Where further doses lie within the same cycle, its average may be as high as that of all of them.
    """
    given = _given(records)
    told: set[date] = set()

    def averaged(phase: Phase) -> Phase:
        average, day = share(phase.daily.average, spacing), phase.span.start.earliest
        if day not in told:  # doses of one day add up: what lies about them is told once
            told.add(day)
            average = average + _beside(given, day, floor(spacing), spacing)
        return replace(phase, daily=replace(phase.daily, average=average), somewhere=share(phase.somewhere, spacing))

    return tuple(
        replace(each, phases=tuple([averaged(phase) for phase in each.phases]))
        if each.fact.source is Source.ADMINISTRATION
        else each
        for each in records
    )


def _given(records: Sequence[Record]) -> Given:
    found: Given = {}
    for each in records:
        if each.fact.source is Source.ADMINISTRATION:
            for phase in each.phases:
                day, most = phase.span.start.earliest, phase.daily.average.high
                before = found.get(day, NOTHING)
                found[day] = None if most is None or before is None else before + most
    return found


def _beside(given: Given, day: date, length: int, spacing: Fraction) -> Range:
    """From nothing to what the other days of the fullest cycle around this day add to its average."""
    near = {each: most for each, most in given.items() if abs((each - day).days) < length}
    highest = NOTHING
    for first in near:
        if first <= day:
            within = [most for each, most in near.items() if first <= each <= shift(first, length - 1) and each != day]
            if None in within:
                return Range(NOTHING, None)
            highest = max(highest, sum((most for most in within if most is not None), NOTHING))
    return Range(NOTHING, highest / spacing)
