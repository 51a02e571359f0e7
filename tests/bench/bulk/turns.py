"""Commands that take turns, each in a process of its own, and what each costs without its start-up."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from subprocess import run
from typing import NamedTuple

import orjson

from tests.shape.source import ROOT

CLOCK = Path(__file__).with_name("clock.py")
Command = Callable[[Path], list[str]]  # for the directory of an export


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one run: processor seconds and seconds by the clock; the most memory that it held, in KiB."""

    cpu: float
    wall: float
    peak: int


class Contender(NamedTuple):
    """Something to be measured: what it is called, and how it is started for an export."""

    name: str
    command: Command


@dataclass(frozen=True, slots=True)
class Costs:
    """Of one contender: its start-up, and its runs, round by round."""

    start: Cost
    rounds: tuple[Cost, ...]

    @property
    def work(self) -> list[float]:
        """Processor seconds of each round, without the start-up."""
        return [max(each.cpu - self.start.cpu, 1e-3) for each in self.rounds]

    @property
    def waited(self) -> list[float]:
        """Seconds by the clock of each round, without the start-up."""
        return [max(each.wall - self.start.wall, 1e-3) for each in self.rounds]

    @property
    def peak(self) -> int:
        """The most memory of any round, in KiB."""
        return max(each.peak for each in self.rounds)


def cost_of(command: Sequence[str], scratch: Path) -> Cost:
    """Run it, and measure it; what it says goes to `scratch / "said"`. Raises RuntimeError if it fails."""
    result = scratch / "cost.json"
    clock = [sys.executable, "-S", "-E", str(CLOCK), str(result), str(scratch / "said"), *command]
    status = run(clock, cwd=ROOT).returncode
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with {status}")
    return Cost(**orjson.loads(result.read_bytes()))


def by_turns(
    contenders: Sequence[Contender], export: Path, nearly_empty: Path, scratch: Path, rounds: int
) -> Mapping[str, Costs]:
    """Each once in each round, so that a machine that is busy for a while is so for all. The first round is preceded by
    one of the start-ups, which also brings the programs into memory."""
    started = {each.name: [cost_of(each.command(nearly_empty), scratch) for _ in range(3)][1:] for each in contenders}
    found: dict[str, list[Cost]] = {each.name: [] for each in contenders}
    for _ in range(rounds):
        for each in contenders:
            found[each.name].append(cost_of(each.command(export), scratch))
    return {name: Costs(min(started[name], key=lambda each: each.cpu), tuple(costs)) for name, costs in found.items()}


def ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """The median of what each round gives: so much of the one for one of the other."""
    return median(one / other for one, other in zip(above, below, strict=True))


def beginning_of(export: Path, place: Path) -> Path:
    """An export with the first line of each file, on which the start-up is measured."""
    place.mkdir()
    for path in export.glob("*.ndjson"):
        with path.open("rb") as file:
            (place / path.name).write_bytes(file.readline())
    return place
