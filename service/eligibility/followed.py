"""One question followed with no new data: on which later days is the answer another one? SEMANTICS §3.6."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from heapq import heapify, heappop, heappush, heapreplace

from service.eligibility.criteria import Node
from service.eligibility.dates import FOREVER
from service.eligibility.evaluate import Case, Judgement, evaluate
from service.eligibility.evaluate.absence import contact_days
from service.eligibility.evaluate.judgement import UNSEEN

# A record that goes on is watched anew every day. Besides the days that were known from the start, so many of them on
# which nothing changed are enough: nothing will.
MOST_QUIET_DAYS = 500


def outcome_of(judgement: Judgement) -> object:
    """What a change of the answer is, mostly."""
    return judgement.outcome


class Followed:
    """The question from the day of the case on, asked again on each day on which the answer may change, in order.

    `told`: what of an answer has to differ for it to be another one.
    """

    def __init__(
        self, node: Node, judgement: Judgement, case: Case, told: Callable[[Judgement], object] = outcome_of
    ) -> None:
        self._node, self._case, self._told, self._last = node, case, told, told(judgement)
        self._known = _watched(judgement, case)
        self._waiting = set(self._known)
        self._days = list(self._known)
        self._quiet = 0
        heapify(self._days)

    @property
    def day(self) -> date:
        """The next day on which to ask; FOREVER: none."""
        return self._days[0] if self._days else FOREVER

    def step(self) -> Judgement | None:
        """Ask on that day; the answer, if it is another than before."""
        day = heappop(self._days)
        self._waiting.discard(day)
        case = self._case.on(day)
        judgement = evaluate(self._node, case)
        if self._quiet < MOST_QUIET_DAYS:
            self._wait_for(_watched(judgement, case))
        else:
            self._waiting &= self._known
            self._days = sorted(self._waiting)
        now = self._told(judgement)
        if now == self._last:
            self._quiet += day not in self._known
            return None
        self._last, self._quiet = now, 0
        return judgement

    def changes(self) -> Iterator[tuple[date, Judgement]]:
        """The days on which the answer differs from the day before."""
        while self._days:
            day, changed = self.day, self.step()
            if changed is not None:
                yield day, changed

    def _wait_for(self, days: Iterable[date]) -> None:
        for day in days:
            if day not in self._waiting:
                self._waiting.add(day)
                heappush(self._days, day)


def first_change(followed: Sequence[Followed]) -> tuple[date, int, Judgement] | None:
    """The first day on which one of them gives another answer, which one, and the answer.

    They are followed from day to day together: after the first change nobody asks.
    """
    days = [(each.day, place) for place, each in enumerate(followed) if each.day < FOREVER]
    heapify(days)
    while days:
        day, place = days[0]
        changed = followed[place].step()
        if changed is not None:
            return day, place, changed
        later = followed[place].day
        heapreplace(days, (later, place)) if later < FOREVER else heappop(days)
    return None


def _watched(judgement: Judgement, case: Case) -> frozenset[date]:
    """The later days on which it may change."""
    return judgement.watch if UNSEEN not in judgement.watch else judgement.watch - {UNSEEN} | _unseen(case)


def when_unseen(case: Case) -> Iterator[Case]:
    """The case on each later day on which the last contact may not be recent enough any more, or is again, in order.

    Each such day tells of further ones: where a study asks for the future, the chart holds contacts of later days.
    """
    days = _unseen(case)
    while days:
        then = case.on(min(days))
        yield then
        days = frozenset(day for day in days | _unseen(then) if day > then.at)


def _unseen(case: Case) -> frozenset[date]:
    """The later days that UNSEEN stands for."""
    return contact_days(case) if case.recall is None else case.recall.contact_days(case)
