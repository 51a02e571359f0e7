"""Windows of so many half-lives of the drug itself, where these are longer than the stated time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil, floor

from service.eligibility.criteria import MedicationTaken
from service.eligibility.dates import ALWAYS, FOREVER, Days, Window, shift
from service.eligibility.evaluate.context import Case
from service.eligibility.facts import MedicationFact
from service.eligibility.outcome import Reason


@dataclass(frozen=True, slots=True)
class Reach:
    """The window of one record, and what there is to say of it. `least`, `most`: how many days the half-lives are."""

    window: Window
    least: int | None = None
    most: int | None = None
    reason: Reason | None = None
    notes: tuple[str, ...] = ()

    def days(self, ends: Iterable[date]) -> Iterator[date]:
        """The days on which what ended then surely and possibly leaves the window."""
        for end in ends:
            for length in (self.least, self.most):
                if length is not None and ALWAYS < end < FOREVER:
                    yield shift(end, length)


def reaching(case: Case, node: MedicationTaken, fact: MedicationFact, window: Window) -> Reach:
    """How far the window reaches for this record, surely and possibly; without a verified half-life, possibly ever."""
    if node.half_lives is None:
        return Reach(window)
    found = case.knowledge.half_lives.of(fact, case.terminology)
    if found is None or not found.verified or found.days.low is None or found.days.high is None:
        longest = Window(window.sure, Days(ALWAYS, window.possible.latest))
        lacking = f"no half-life of {fact.concept.name} is listed"
        if found is not None:
            lacking = f"the half-life of {found.name} that is listed is not verified"
        note = f"{lacking}, so that the window may reach back further"
        return Reach(longest, reason=Reason.CODE_UNMAPPED, notes=(note,))
    least = floor(node.half_lives * Fraction(found.days.low))
    most = ceil(node.half_lives * Fraction(found.days.high))
    sure = window.sure and Days(min(window.sure.earliest, shift(case.at, -least)), window.sure.latest)
    possible = Days(min(window.possible.earliest, shift(case.at, -most)), window.possible.latest)
    length = f"{least} days" if least == most else f"{least} to {most} days"
    note = f"{node.half_lives} half-lives of {found.name} are {length} ({found.source})"
    return Reach(Window(sure, possible), least, most, Reason.VALUE_IMPRECISE, (note,))
