"""A clock that only moves when somebody sleeps."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from service.ehr.clock import Clock


@dataclass
class Watch:
    """Time as a test sees it: `slept` lists all sleeps, in seconds."""

    start: datetime = datetime(2026, 6, 30, 12, tzinfo=UTC)
    passed: float = 0.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.passed += seconds

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.passed)

    @property
    def clock(self) -> Clock:
        return Clock(seconds=lambda: self.passed, sleep=self.sleep, now=self.now, chance=lambda: 1.0)
