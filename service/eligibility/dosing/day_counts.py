"""On how many days of a window the dose was within bounds, and on how many in a row. SEMANTICS §6.7."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from service.eligibility.criteria import DayCount
from service.eligibility.dates import Window, shift
from service.eligibility.dosing.pace import Pace
from service.eligibility.dosing.ranges import ONE
from service.eligibility.dosing.steps import Step
from service.eligibility.outcome import Outcome, at_least

Judged = Sequence[tuple[Step, Outcome]]


@dataclass(frozen=True, slots=True)
class Counted:
    """Surely so many days, possibly so many; and after how many days that may change though no record does."""

    outcome: Outcome
    sure: int
    possible: int
    moves: int | None


@dataclass(frozen=True, slots=True)
class _Run:
    """Days that count one after another; whether they touch the first and the last day of the window."""

    days: int
    first: bool
    last: bool


def of_days(judged: Judged, window: Window, test: DayCount, pace: Pace, *, somewhere: bool) -> Counted:
    """Count the days. `somewhere`: on one of them it surely was, although it is not known on which."""
    sure, sure_moves = _count(judged, Outcome.MET, window, test, pace)
    possible, moves = _count(judged, Outcome.UNKNOWN, window, test, pace)
    sure, soonest = max(sure, int(somewhere)), [each for each in (sure_moves, moves) if each is not None]
    most = max(sure, possible)
    return Counted(at_least(test.at_least, sure, most - sure), sure, most, min(soonest, default=None))


def _count(judged: Judged, least: Outcome, window: Window, test: DayCount, pace: Pace) -> tuple[int, int | None]:
    runs = _runs([step for step, outcome in judged if outcome >= least], window, pace)
    if test.consecutive:
        longest = max((run.days for run in runs), default=0)
        return longest, _longest_moves(runs, test.at_least, pace)
    return sum(run.days for run in runs), _sum_moves(runs, test.at_least, pace)


def _runs(counting: Sequence[Step], window: Window, pace: Pace) -> list[_Run]:
    runs: list[list[Step]] = []
    for step in counting:
        if runs and shift(runs[-1][-1].end, 1) == step.start:
            runs[-1].append(step)
        else:
            runs.append([step])
    first, last = window.possible.earliest, min(window.possible.latest, pace.at)
    return [_Run(sum(each.days for each in run), run[0].start <= first, run[-1].end >= last) for run in runs]


def _sum_moves(runs: Sequence[_Run], wanted: int, pace: Pace) -> int | None:
    comes, goes = any(run.last for run in runs), any(run.first for run in runs)
    return _moves(sum(run.days for run in runs), wanted, pace, comes, goes)


def _longest_moves(runs: Sequence[_Run], wanted: int, pace: Pace) -> int | None:
    """Only a run that reaches the window's end grows, and only one at its beginning shrinks."""
    enough = [run for run in runs if run.days >= wanted]
    if any(not run.first for run in enough):
        return 1 if pace.anchored else None
    if enough:
        longest = max(enough, key=lambda run: run.days)
        return _moves(longest.days, wanted, pace, longest.last, longest.first)
    growing = [run.days for run in runs if run.last]
    return _moves(max(growing, default=0), wanted, pace, bool(growing), False)


def _moves(days: int, wanted: int, pace: Pace, comes: bool, goes: bool) -> int | None:
    if pace.anchored and (comes or goes or days):
        return 1
    if comes and goes and not pace.sways:
        return None
    if days < wanted:
        return pace.days_to(Fraction(wanted - days), ONE, still=False) if comes else None
    return pace.days_to(Fraction(days - wanted + 1), ONE, still=False) if goes else None
