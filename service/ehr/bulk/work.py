"""What every step of an export needs, and what is told meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from threading import Event

from service.ehr.bulk.place import Place
from service.ehr.bulk.waiting import Waiting
from service.ehr.clock import Clock
from service.ehr.exchange import Exchange
from service.errors import EhrError, EhrUnavailable


class Stage(StrEnum):
    """What is being done."""

    ASKED = "asked"
    RESUMED = "resumed"
    FETCHING = "fetching"
    LACKING = "lacking"


@dataclass(frozen=True, slots=True)
class Told:
    """What a person may want to know meanwhile."""

    stage: Stage
    words: str


class Interrupted(Exception):
    """Somebody ended the export: what came so far stays for the next run."""


@dataclass(frozen=True, slots=True)
class Work:
    """One export under way: to whom, where its files go, until when the server is waited for. `without`: what cannot be
    had for now is done without, instead of left to the next run."""

    exchange: Exchange
    place: Place
    clock: Clock
    deadline: float
    tell: Callable[[Told], None]
    progress: Callable[[int], None]
    at_once: int
    without: bool = False
    ended: Event = field(default_factory=Event)

    def below(self, name: str) -> Work:
        """Another export that belongs to this one."""
        return replace(self, place=Place(self.place.path / name))

    def waiting(self) -> Waiting:
        """How the server is asked and waited for."""
        return Waiting(self.exchange, self.clock, self.deadline, lambda words: self.told(Stage.ASKED, words))

    def told(self, stage: Stage, words: str) -> None:
        """Say it."""
        self.tell(Told(stage, words))

    def may_lack(self, problem: EhrError) -> None:
        """Go on without what this says cannot be had. Raises it if it may be had later, and the next run is to try."""
        if isinstance(problem, EhrUnavailable) and not self.without:
            raise EhrUnavailable(
                f"{problem}; all that came is kept: run it again to go on, or with --incomplete to do without the rest",
                retry_after=problem.retry_after,
                status=problem.status,
                codes=problem.codes,
            ) from None

    def came(self, size: int) -> None:
        """So many bytes more; the place at which a thread learns that it is to end. Raises Interrupted."""
        if self.ended.is_set():
            raise Interrupted
        self.progress(size)
