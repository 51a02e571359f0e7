"""What several statements about one stretch of days say together: a sum, views of one thing, or perhaps either or both.

SEMANTICS §6.2. Every combination keeps whether the drug was surely taken, and why anything is uncertain.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from service.eligibility.dosing.amount import UNKNOWN_AMOUNT
from service.eligibility.dosing.daily import NO_REASONS
from service.eligibility.dosing.ranges import NOTHING, ZERO, Range
from service.eligibility.outcome import Outcome, Reason


@dataclass(frozen=True, slots=True)
class Value:
    """A dose on a stretch of days, if taken: average, busiest, quietest day. `taken`: MET surely, UNKNOWN possibly."""

    average: Range
    peak: Range
    trough: Range
    taken: Outcome
    reasons: frozenset[Reason] = NO_REASONS
    words: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()

    @property
    def silent(self) -> bool:
        """Does it say nothing at all about how much?"""
        return self.average == UNKNOWN_AMOUNT and Reason.DOSE_MISSING in self.reasons

    def settled(self) -> "Value":
        """With what was only possibly taken counted from nothing."""
        if self.taken is Outcome.MET:
            return self
        return replace(self, average=self.average.possibly(), peak=self.peak.possibly(), trough=ZERO)

    def at_least(self, floor: "Value") -> "Value":
        """Not less than `floor`, which was surely given."""
        peak = self.peak.floored(floor.peak.low)
        trough = self.trough.floored(floor.trough.low)
        return replace(self, average=self.average.floored(floor.average.low), peak=peak, trough=trough)


def added(values: Sequence[Value]) -> Value:
    """All of them together. One alone is itself; a sum's busiest day lies between the busiest of one and of all."""
    if len(values) == 1:
        return values[0]
    parts = [value.settled() for value in values]
    average, trough, peak = parts[0].average, parts[0].trough, parts[0].peak
    for part in parts[1:]:
        average, trough, peak = average + part.average, trough + part.trough, peak + part.peak
    quiet = sum((part.trough.low for part in parts), NOTHING)
    least = max(part.peak.low + quiet - part.trough.low for part in parts)
    return _joined(values, average, Range(min(least, peak.low), peak.high), trough)


def views(values: Sequence[Value]) -> Value:
    """Different records of one therapy: the range spanning those that speak about these days.

    One that only possibly covers them cannot lower what another surely says below what it would say itself. One without
    a dose is heard only where no other surely speaks.
    """
    if len(values) == 1:
        return values[0]
    speaking = [value for value in values if not value.silent]
    heard = speaking if any(value.taken is Outcome.MET for value in speaking) else list(values)
    chosen = replace(_spanning(heard), taken=max(value.taken for value in values))
    return replace(chosen, records=_unique([value.records for value in values]))


def either_or_both(values: Sequence[Value]) -> Value:
    """A renewal, or the same again: at least the most that one surely says, at most the sum."""
    if len(values) == 1:
        return values[0]
    parts = [value.settled() for value in values] if any(v.taken is Outcome.MET for v in values) else list(values)

    def upper(part: Callable[[Value], Range]) -> Range:
        total = ZERO
        for value in parts:
            total = total + part(value)
        return Range(max(part(value).low for value in parts), total.high)

    return _joined(values, upper(lambda v: v.average), upper(lambda v: v.peak), upper(lambda v: v.trough))


def _spanning(values: Sequence[Value]) -> Value:
    average, trough = values[0].average, values[0].trough
    for value in values[1:]:
        average, trough = average.hull(value.average), trough.hull(value.trough)
    peaks = _telling_of_days(values)
    peak = peaks[0].peak
    for value in peaks[1:]:
        peak = peak.hull(value.peak)
    return _joined(values, average, peak, trough)


def _telling_of_days(values: Sequence[Value]) -> Sequence[Value]:
    """Those that say what single days hold: not the average of a supply, where another surely tells of days."""
    told = [value for value in values if value.peak.high is not None or value.average.high is None]
    return told if any(value.taken is Outcome.MET and value.peak.high is not None for value in told) else values


def _joined(values: Sequence[Value], average: Range, peak: Range, trough: Range) -> Value:
    return Value(
        average,
        peak,
        Range(min(trough.low, peak.low), trough.high),
        max(value.taken for value in values),
        frozenset().union(*(value.reasons for value in values)),
        _unique([value.words for value in values]),
        _unique([value.records for value in values]),
        _unique([value.marks for value in values]),
    )


def _unique(groups: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({each for group in groups for each in group}))
