"""Times of use: which days surely and possibly, joined over gaps; whether they fill a window, and how many courses.

What is true lies between the sure days and the possible ones. Who took a drug throughout by the sure days alone did so;
who did not by all the possible ones did not.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from service.eligibility.dates import FOREVER, Days, Span, Window, shift
from service.eligibility.dosing.denials import oppose
from service.eligibility.outcome import Outcome, at_least, truth


@dataclass(frozen=True, slots=True)
class Use:
    """One record's time of use, none of it after the screening date. MET: surely, UNKNOWN: possibly.

    `opposed`: on these days only possibly, because a statement speaks against it.
    """

    span: Span
    outcome: Outcome
    opposed: tuple[Days, ...] = ()

    @property
    def sure(self) -> tuple[Days, ...]:
        """The days on which it surely was in use."""
        if self.outcome is not Outcome.MET or self.span.start.latest > self.span.end.earliest:
            return ()
        return tuple(remaining(Days(self.span.start.latest, self.span.end.earliest), self.opposed))


def remaining(days: Days, without: Iterable[Days]) -> Iterator[Days]:
    """What is left of these days, in the order of time."""
    first = days.earliest
    for each in joined(without):
        if each.earliest > first:
            yield Days(first, min(shift(each.earliest, -1), days.latest))
        first = max(first, shift(each.latest, 1))
        if first > days.latest or each.latest == FOREVER:
            return
    yield Days(first, days.latest)


def joined(stretches: Iterable[Days], gap: int = 0) -> list[Days]:
    """Stretches that overlap, follow one another, or lie at most `gap` days apart, as one; in the order of time."""
    found: list[Days] = []
    for each in sorted(stretches, key=lambda days: (days.earliest, days.latest)):
        if found and each.earliest <= shift(found[-1].latest, gap + 1):
            found[-1] = Days(found[-1].earliest, max(found[-1].latest, each.latest))
        else:
            found.append(each)
    return found


def throughout(uses: Sequence[Use], window: Window, gap: int) -> Outcome:
    """Was it in use on every day of the window, its last day included, but for gaps of at most so many days?"""
    sure = joined((days for each in uses for days in each.sure), gap)
    possible = joined((each.span.hull() for each in uses), gap)
    perhaps = bool(possible) if window.sure is None else _filled(possible, window.sure)
    return truth(_filled(sure, window.possible), perhaps)


def _filled(stretches: Iterable[Days], days: Days) -> bool:
    return any(days.inside(each) for each in stretches)


def courses(uses: Sequence[Use], window: Window, gap: int, lasting: int, wanted: int) -> tuple[Outcome, int, int]:
    """At least `wanted` courses of at least `lasting` days in the window? And how many there are, at least and at most.

    At least: as many as are kept apart by days on which it was surely not in use. At most: as many as there are
    records, those that surely are one course together.
    """
    possible = joined(_within((each.span.hull() for each in uses), window.possible), gap)
    inside = [] if window.sure is None else list(_within((d for u in uses for d in u.sure), window.sure))
    long = [each for each in joined(inside, gap) if _length(each) >= lasting]
    if lasting == 1 and window.sure is not None:
        long += [
            hull
            for use in uses
            if use.outcome is Outcome.MET and (hull := use.span.hull()).inside(window.sure)
            if not oppose(use.opposed, hull)
        ]
    least = sum(any(each.inside(whole) for each in long) for whole in possible)
    most = _most(uses, [each for each in possible if _length(each) >= lasting], gap)
    return at_least(wanted, least, max(0, most - least)), least, max(least, most)


def _most(uses: Sequence[Use], possible: Sequence[Days], gap: int) -> int:
    """Each record is one stretch of days; those whose sure days meet are one course.

    One that is spoken against may be one course more for every time that is longer than the gap.
    """
    near = [each for each in uses if any(each.span.hull().overlaps(whole) for whole in possible)]
    whole = [each for each in near if not each.opposed]
    broken = sum(_length(days) > gap for each in near for days in each.opposed) + len(near) - len(whole)
    return (
        len(joined((days for each in whole for days in each.sure), gap)) + sum(not each.sure for each in whole) + broken
    )


def _within(stretches: Iterable[Days], days: Days) -> Iterable[Days]:
    for each in stretches:
        if each.overlaps(days):
            yield Days(max(each.earliest, days.earliest), min(each.latest, days.latest))


def _length(days: Days) -> int:
    return (days.latest - days.earliest).days + 1


def turning(edges: Iterable[date], length: int) -> set[date]:
    """The days about which a stretch that begins or ends on one of the edges comes to this length, or falls short."""
    return {shift(day, far + near) for day in edges for far in (length, -length) for near in (-1, 0, 1)}
