"""How much may come in: so many a minute, evenly, and no more at once."""

import threading
from dataclasses import dataclass, field


@dataclass(slots=True)
class Bucket:
    """`per_minute` may pass in a minute; after a rest, so many at once."""

    per_minute: int
    left: float = field(init=False)
    counted_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.left = float(self.per_minute)

    def passes(self, now: float) -> bool:
        """May one more come in? `now` in seconds of a clock that never goes back."""
        with self._lock:
            self.left = min(float(self.per_minute), self.left + max(0.0, now - self.counted_at) * self.per_minute / 60)
            self.counted_at = now
            if self.left < 1:
                return False
            self.left -= 1
            return True
