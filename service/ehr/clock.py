"""What the client needs of time and chance, as one argument, so that tests need neither."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """`seconds` never goes back; `now` is the wall clock, aware, UTC; `chance` is in [0, 1)."""

    seconds: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    chance: Callable[[], float] = random.random


SYSTEM = Clock()
