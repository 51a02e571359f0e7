"""One question followed with no new data: on which later days is the answer another one? SEMANTICS §3.6."""

from collections.abc import Iterable, Iterator
from datetime import date
from heapq import heapify, heappop, heappush

from service.eligibility.criteria import Node
from service.eligibility.dates import FOREVER
from service.eligibility.evaluate import Case, Judgement, evaluate
from service.eligibility.evaluate.absence import contact_days
from service.eligibility.evaluate.judgement import UNSEEN

# A record that goes on is watched anew every day. Besides the days that were known from the start, so many of them on
# which nothing changed are enough: nothing will.
MOST_QUIET_DAYS = 500


class Followed:
    """The question from the day of the case on, asked again on each day on which the answer may change, in order."""

    def __init__(self, node: Node, judgement: Judgement, case: Case) -> None:
        self._node, self._case, self._outcome = node, case, judgement.outcome
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
        """Ask on that day; the answer, if its outcome is another than before."""
        day = heappop(self._days)
        self._waiting.discard(day)
        case = self._case.on(day)
        judgement = evaluate(self._node, case)
        if self._quiet < MOST_QUIET_DAYS:
            self._wait_for(_watched(judgement, case))
        else:
            self._waiting &= self._known
            self._days = sorted(self._waiting)
        if judgement.outcome is self._outcome:
            self._quiet += day not in self._known
            return None
        self._outcome, self._quiet = judgement.outcome, 0
        return judgement

    def changes(self) -> Iterator[tuple[date, Judgement]]:
        """The days on which the outcome differs from the day before."""
        while self._days:
            day, changed = self.day, self.step()
            if changed is not None:
                yield day, changed

    def _wait_for(self, days: Iterable[date]) -> None:
        for day in days:
            if day not in self._waiting:
                self._waiting.add(day)
                heappush(self._days, day)


def _watched(judgement: Judgement, case: Case) -> frozenset[date]:
    """The later days on which it may change."""
    if UNSEEN not in judgement.watch:
        return judgement.watch
    days = contact_days(case) if case.recall is None else case.recall.contact_days(case)
    return judgement.watch - {UNSEEN} | days
