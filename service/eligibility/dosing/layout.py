"""When each instruction applies: side by side, or one after another by `sequence`, within the record's span.

SEMANTICS §6.3.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import ceil, floor

from service.eligibility.dates import FOREVER, Days, Span, shift
from service.eligibility.dosing.model import Instruction, Timing
from service.eligibility.dosing.ranges import Range
from service.eligibility.dosing.rhythm import Obscure, rhythm
from service.eligibility.dosing.units import days

Placed = tuple[Instruction, Span]
# How a text goes on from the one before it.
_THEN = ("then ", "then,", "followed by ", "dann ", "danach ", "anschließend ", "puis ", "ensuite ", "luego ")


def layout(instructions: Sequence[Instruction], span: Span) -> tuple[Placed, ...]:
    """Each instruction with the span in which it applies; one wholly outside the record's span is left out.

    Where words say "then" and no sequence does, it is not known whether they stand side by side or follow one another.
    """
    if says_then(instructions):
        return _either(instructions, span)
    return _laid(instructions, span)


def says_then(instructions: Sequence[Instruction]) -> bool:
    """Does the text of a later instruction begin with "then", although none has a sequence or bounds of its own?"""
    plain = all(each.sequence is None and each.bounds is None for each in instructions)
    return plain and any((each.text or "").lower().lstrip(" ,;.-").startswith(_THEN) for each in instructions[1:])


def _either(instructions: Sequence[Instruction], span: Span) -> tuple[Placed, ...]:
    numbered = [replace(each, sequence=number) for number, each in enumerate(instructions)]
    found: list[Placed] = []
    for each, step in zip(instructions, numbered, strict=True):
        beside = [own for _, own in _laid([each], span)]
        after = [own for other, own in _laid(numbered, span) if other == step]
        for own in (beside + after)[:1]:
            ends = [other.end for other in (*beside, *after)]
            starts = [other.start for other in (*beside, *after)]
            first = Days(min(day.earliest for day in starts), max(day.latest for day in starts))
            last = Days(min(day.earliest for day in ends), max(day.latest for day in ends))
            found.append((each, Span(first, _not_before(last, Days.on(own.start.earliest)))))
    return tuple(found)


def _laid(instructions: Sequence[Instruction], span: Span) -> tuple[Placed, ...]:
    unordered = [each for each in instructions if each.sequence is None]
    placed: list[Placed] = [(each, own_span(each, span.start) or span) for each in unordered]
    steps = sorted({each.sequence for each in instructions if each.sequence is not None})
    start: Days | None = span.start
    for number, step in enumerate(steps):
        together = [each for each in instructions if each.sequence == step]
        later = [each for each in instructions if each.sequence in steps[number + 1 :]]
        found = [(each, _step_span(each, start, span, later)) for each in together]
        placed += found
        start = _next_start([each for _, each in found])
    clipped = ((each, within(own, span)) for each, own in placed)
    return tuple((each, own) for each, own in clipped if own is not None)


def _step_span(each: Instruction, start: Days | None, span: Span, later: Sequence[Instruction]) -> Span:
    begin = start or Days(span.start.earliest, span.end.latest)
    own = own_span(each, begin)
    fixed = [other.bounds.start for other in later if other.bounds is not None]
    following = min(fixed, key=lambda d: d.earliest) if fixed else None
    if own is not None:
        return own if following is None or own.end.latest < following.earliest else _given_way(own, following)
    if not later:
        return Span(begin, _not_before(span.end, begin))
    if following is not None:
        return Span(begin, _not_before(_eve(following), begin))
    return Span(begin, Days(begin.earliest, max(begin.earliest, span.end.latest)))


def _given_way(own: Span, following: Days) -> Span:
    """A step that the next one overtakes: over by then if it has no end of its own, else perhaps; side by side with it
    only perhaps, if both begin together."""
    if following.earliest <= own.start.earliest:
        anywhen = Days(own.start.earliest, own.end.latest)
        return Span(anywhen, anywhen)
    eve = _eve(following)
    end = eve if own.end.latest == FOREVER else Days(min(own.end.earliest, eve.earliest), own.end.latest)
    return Span(own.start, _not_before(end, own.start))


def _eve(day: Days) -> Days:
    return Days(shift(day.earliest, -1), shift(day.latest, -1))


def _not_before(end: Days, begin: Days) -> Days:
    return Days(max(end.earliest, begin.earliest), max(end.latest, begin.latest))


def own_span(each: Instruction, start: Days) -> Span | None:
    """The days an instruction states for itself: its bounds, else its length, count or events, begun at `start`."""
    timing = each.timing
    if each.bounds is not None:
        counted = _after(each.bounds.start, _counted(timing))
        return each.bounds if counted is None or once(timing) else within(counted, each.bounds)
    if timing is not None and timing.events:
        return Span(Days.on(min(timing.events)), Days.on(max(timing.events)))
    return _after(start, days(each.lasts) if each.lasts is not None else _counted(timing))


def once(timing: Timing | None) -> bool:
    """Is it one dose in all?"""
    return timing is not None and timing.count is not None and Range.of(timing.count) == Range.exactly(1)


def _after(start: Days, length: Range | None) -> Span | None:
    if length is None or length.high is None:
        return None
    first, last = max(floor(length.low), 1) - 1, max(ceil(length.high), 1) - 1
    return Span(start, Days(shift(start.earliest, first), shift(start.latest, last)))


def _counted(timing: Timing | None) -> Range | None:
    """How many days `count` doses take: from the day of the last dose to the end of its cycle."""
    if timing is None or timing.count is None:
        return None
    count = Range.of(timing.count)
    if once(timing):
        return Range.exactly(1)
    found = rhythm(timing)
    if isinstance(found, Obscure) or found.average.low == 0 or count.high is None or found.average.high is None:
        return None
    first = max(count.low - 1, Range.exactly(0).low) / found.average.high
    least = Range.exactly(floor(first) + 1).low
    return Range(least, max(least, count.high / found.average.low + (7 if found.weekdays else 0)))


def _next_start(spans: Sequence[Span]) -> Days | None:
    """The day after all of these have ended; None where one has no end, so that what follows may begin on any day."""
    if any(each.end.latest == FOREVER for each in spans):
        return None
    return Days(shift(max(each.end.earliest for each in spans), 1), shift(max(each.end.latest for each in spans), 1))


def within(own: Span, span: Span) -> Span | None:
    """The part of `own` inside the record's span, as far as either is known; None where there is none."""
    start = Days(max(own.start.earliest, span.start.earliest), max(own.start.latest, span.start.latest))
    end = Days(min(own.end.earliest, span.end.earliest), min(own.end.latest, span.end.latest))
    return Span(start, end) if start.earliest <= end.latest else None


def beyond(placed: Sequence[Span], span: Span, *, told: bool) -> Iterator[Span]:
    """The days of a record that lie outside all of its instructions: taken, and nobody says how much.

    After the last one only where the record has an end of its own, which is later; before the first only where it
    tells of the past (`told`): an order does not say what was taken before it begins.
    """
    if not placed:
        yield span
        return
    first = Days(min(each.start.earliest for each in placed), min(each.start.latest for each in placed))
    last = Days(max(each.end.earliest for each in placed), max(each.end.latest for each in placed))
    if told and span.start.earliest < first.earliest:
        yield Span(span.start, Days(shift(first.earliest, -1), shift(first.latest, -1)))
    if span.end.earliest < FOREVER and last.latest < span.end.latest:
        yield Span(Days(shift(last.earliest, 1), shift(last.latest, 1)), span.end)


def planned_end(instructions: Sequence[Instruction], start: Days) -> Days | None:
    """The last day of the instructions' own plan, None where one of them has no end of its own."""
    if not instructions:
        return None
    ends = [own.end for each, own in layout(instructions, Span(start, Days.on(FOREVER)))]
    if len(ends) < len(instructions) or any(end.latest == FOREVER for end in ends):
        return None
    return Days(max(end.earliest for end in ends), max(end.latest for end in ends))
