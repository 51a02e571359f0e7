"""Adding people up: how many are left after each step, what each criterion costs, what a moved bound changes. Pure.

Each number is of people on one day. `surely` never counts what is unknown, and `at_most` counts it all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from service.screening.feasibility.standing import PEOPLE, SIGNAL, Standing, State, together
from service.screening.studying.obstacles import Obstacles

BEFORE = (PEOPLE, SIGNAL)


@dataclass
class Reach:
    """How many surely, and how many at most."""

    surely: int = 0
    at_most: int = 0

    def add(self, state: State) -> None:
        """One more person."""
        self.surely += state is State.IN
        self.at_most += state is not State.OUT


@dataclass
class Cost:
    """What one criterion alone costs. `kept_out`: nothing else keeps them out; without it they would be candidates
    (surely), or not kept out (at most). `undecided`: its answer, unknown, is all that is lacking for a candidate.
    """

    kept_out: Reach = field(default_factory=Reach)
    undecided: int = 0


@dataclass
class Change:
    """What a moved bound changes, of those who are kept out now, and of those who are not.

    `gained`: kept out now; then candidates (surely), or not kept out (at most). `lost`: candidates now (surely), or not
    kept out (at most), and kept out then. `settled`: need review now, candidates then; `unsettled`: the other way.
    """

    gained: Reach = field(default_factory=Reach)
    lost: Reach = field(default_factory=Reach)
    settled: int = 0
    unsettled: int = 0

    def add(self, before: State, after: State) -> None:
        """One more person, by where they stand now and then."""
        if before is State.OUT:
            self.gained.add(after)
        elif after is State.OUT:
            self.lost.add(before)
        else:
            self.settled += before < after
            self.unsettled += after < before


@dataclass
class Day:
    """How many are left at the end on one day."""

    people: Reach = field(default_factory=Reach)
    signal: Reach = field(default_factory=Reach)
    left: Reach = field(default_factory=Reach)

    def add(self, standing: Standing) -> None:
        """One more person."""
        self.people.add(standing[0])
        self.signal.add(together(standing[:2]))
        self.left.add(together(standing))


class Counted:
    """All numbers of one study on the day that is asked about. `moves`: the ids of the moved bounds."""

    def __init__(self, criteria: Sequence[str], moves: Sequence[str]) -> None:
        self.criteria = tuple(criteria)
        self.steps = {each: Reach() for each in (*BEFORE, *criteria)}
        self.costs = {each: Cost() for each in criteria}
        self.changes = {each: Change() for each in moves}

    def add(self, standing: Standing, after: Mapping[str, State]) -> None:
        """One more person. `after`: where they would stand with a bound moved, if that is not where they do."""
        left = State.IN
        for step, state in zip(self.steps.values(), standing, strict=False):
            left = min(left, state)
            step.add(left)
        if len(standing) == len(self.steps):
            self._cost(standing)
        for name, state in after.items():
            self.changes[name].add(left, state)

    def _cost(self, standing: Standing) -> None:
        before, own = standing[: len(BEFORE)], dict(zip(self.criteria, standing[len(BEFORE) :], strict=True))
        if State.OUT in before:
            return
        found = Obstacles(
            blocking=[name for name, state in own.items() if state is State.OUT],
            open=[name for name, state in own.items() if state is State.OPEN],
        )
        sure = together(before)
        if found.alone is not None:
            self.costs[found.alone].kept_out.add(State.OPEN if found.open else sure)
        if found.undecided_alone is not None:
            self.costs[found.undecided_alone].undecided += sure is State.IN
