"""The daily dose as a step function of days: stretches on which nothing changes. SEMANTICS §6."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from service.eligibility.criteria import Bounds, Measure
from service.eligibility.dates import ALWAYS, FOREVER, Days, Span, Window, shift
from service.eligibility.dosing.ranges import Range
from service.eligibility.dosing.records import Record, Taken, Terms, records
from service.eligibility.dosing.therapy import Therapies, therapies
from service.eligibility.dosing.value import Value
from service.eligibility.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Step:
    """Days, both ends in, on which the dose is the same. `value`: exact, in the unit asked for."""

    start: date
    end: date
    value: Value

    @property
    def days(self) -> int:
        """How many days they are."""
        return (self.end - self.start).days + 1

    def measured(self, measure: Measure) -> Range:
        """The dose by this measure, if taken."""
        return self.value.peak if measure == "highest_day" else self.value.average

    def outcome(self, bounds: Bounds, measure: Measure) -> Outcome:
        """Was it taken on these days, in a dose within bounds?"""
        return min(self.measured(measure).within(bounds), self.value.taken)

    def surely_inside(self, window: Window) -> bool:
        """Do they belong to the window, whatever its anchor?"""
        return window.sure is not None and Days(self.start, self.end).inside(window.sure)


def steps(taken: Sequence[Taken], at: date, terms: Terms, window: Days | None = None) -> tuple[Step, ...]:
    """The daily dose, a step function of the days up to `at` (and within `window`); days without a record have none."""
    return steps_of(records(taken, at, terms), window or Days(ALWAYS, at), at)


def steps_of(found: Sequence[Record], within: Days, at: date) -> tuple[Step, ...]:
    """The daily dose of these records together on the days of `within` up to `at`."""
    return walk(therapies(found), cuts(found), within, at)


def steps_in(found: Sequence[Record], taken: Therapies, window: Window, at: date) -> tuple[Step, ...]:
    """The same for a window: each step lies wholly inside its sure part, or wholly outside."""
    sure = [window.sure.earliest, shift(window.sure.latest, 1)] if window.sure is not None else []
    return walk(taken, [*cuts(found), *sure], window.possible, at)


def cuts(found: Iterable[Record]) -> list[date]:
    """The first days of all stretches on which nothing changes."""
    known = list(found)
    turns = {day for each in known for days in each.opposed for day in (days.earliest, shift(days.latest, 1))}
    return [*edges(phase.span for each in known for phase in each.phases), *sorted(turns)]


def edges(spans: Iterable[Span]) -> list[date]:
    """The first days on which these spans surely or possibly hold, or no longer do."""
    known = list(spans)
    begins = {day for span in known for day in (span.start.earliest, span.start.latest)}
    ends = {shift(day, 1) for span in known for day in (span.end.earliest, span.end.latest) if day < FOREVER}
    return sorted(begins | ends)


def walk(taken: Therapies, firsts: Iterable[date], within: Days, at: date) -> tuple[Step, ...]:
    """The steps of `within` up to `at`, each beginning on one of `firsts`."""
    last_day = min(within.latest, at)
    if within.earliest > last_day:
        return ()
    begins = sorted({within.earliest, *(day for day in firsts if within.earliest < day <= last_day)})
    ends = [shift(day, -1) for day in begins[1:]] + [last_day]
    near = taken.near(Days(within.earliest, last_day))
    pieces = ((first, last, near.on(first, last)) for first, last in zip(begins, ends, strict=True))
    return tuple(Step(first, last, value.settled()) for first, last, value in pieces if value is not None)


def lines(walked: Sequence[Step], unit: str) -> tuple[str, ...]:
    """The days behind a sum in words, those that follow one another with the same dose together."""
    runs: list[list[Step]] = []
    for step in walked:
        last = runs[-1][-1] if runs else None
        same = last is not None and last.value.average == step.value.average and shift(last.end, 1) == step.start
        runs[-1].append(step) if same else runs.append([step])
    per_day = unit.replace("/d", "/day").replace("/wk", "/week") if "/" in unit else f"{unit}/day"
    return tuple(
        f"{run[0].value.average} {per_day} on {days} day{'s' if days > 1 else ''} from {run[0].start} to {run[-1].end}"
        for run, days in ((run, sum(each.days for each in run)) for run in runs)
    )
