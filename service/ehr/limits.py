"""How much of a server we use: pace, budget, concurrency, and a circuit that opens when it fails. STANDARDS 8D."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from service.ehr.clock import SYSTEM, Clock
from service.errors import EhrUnavailable

HOUR = 3600.0
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits towards one server. Seconds, unless said otherwise."""

    per_second: float = 10.0
    burst: int = 30  # requests that may follow each other at once after a rest: a chart, and what is written of it
    per_hour: int | None = None  # a budget of requests for any sixty minutes
    at_once: int = 4
    tries: int = 4  # of one request, the first included
    first_pause: float = 0.5  # doubled after each try
    longest_pause: float = 30.0
    most_retry_after: float = 300.0  # a server that asks for more, or for the year 2050, gets this
    longest_wait: float = 60.0  # in place; what would take longer is EhrUnavailable, for the caller to come back
    connect_timeout: float = 5.0
    read_timeout: float = 30.0  # between two pieces of an answer
    answer_deadline: float = 120.0  # for the whole of an answer
    most_bytes: int = 64 * MIB  # of one answer
    most_pages: int = 1000  # of one search
    failures_to_open: int = 5  # in a row
    stay_open: float = 30.0

    @property
    def longest_silence(self) -> float:
        """From one request to the next at most: a pause, a place among those at once, a turn, an answer."""
        return 3 * self.longest_wait + self.connect_timeout + 2 * self.read_timeout + self.answer_deadline


DEFAULT = Limits()


@dataclass(slots=True)
class Circuit:
    """Closed: all may pass. Open: none, for `stay_open` seconds. Half-open: one may try, and decides."""

    limits: Limits
    failures: int = 0
    opened_at: float | None = None
    trying: bool = False

    def wait(self, now: float) -> float:
        """Seconds until somebody may pass; 0 takes the passage, so it has to be reported."""
        if self.opened_at is None:
            return 0.0
        left = self.opened_at + self.limits.stay_open - now
        if left > 0 or self.trying:
            return max(left, self.limits.first_pause)
        self.trying = True
        return 0.0

    def report(self, failed: bool, now: float) -> None:
        """One passage ended."""
        self.trying = False
        self.failures = self.failures + 1 if failed else 0
        if not failed:
            self.opened_at = None
        elif self.opened_at is not None or self.failures >= self.limits.failures_to_open:
            self.opened_at = now


@dataclass(slots=True)
class Pace:
    """When the next request may go: a bucket that refills, a budget per hour, and a pause that the server asked for."""

    limits: Limits
    left: float = field(init=False)
    counted_at: float = 0.0
    held_until: float = 0.0
    gone: deque[float] = field(default_factory=deque)  # when, within the last hour

    def __post_init__(self) -> None:
        self.left = float(self.limits.burst)

    def wait(self, now: float) -> float:
        """Seconds from now at which one more request may go, if it were the next."""
        self._refill(now)
        queue = max(0.0, self.counted_at - now)  # others wait already, and go first
        paced = queue + max(0.0, (1.0 - self.left) / self.limits.per_second)
        return max(paced, self.held_until - now, self._until_budget(now))

    def take(self, at: float) -> None:
        """One request goes at that time."""
        self._refill(at)
        self.left -= 1.0
        self.gone.append(at)

    def _refill(self, now: float) -> None:
        passed = max(0.0, now - self.counted_at)
        self.left = min(float(self.limits.burst), self.left + passed * self.limits.per_second)
        self.counted_at = max(now, self.counted_at)

    def _until_budget(self, now: float) -> float:
        if self.limits.per_hour is None:
            self.gone.clear()
            return 0.0
        while self.gone and self.gone[0] <= now - HOUR:
            self.gone.popleft()
        spent = len(self.gone) - self.limits.per_hour
        return self.gone[spent] + HOUR - now if spent >= 0 else 0.0


@dataclass(slots=True)
class Passage:
    """One request under way. Whoever makes it says whether the server failed."""

    failed: bool = False


class Gate:
    """The one way to a server for all threads of this process. Every client of that server shares it."""

    def __init__(self, limits: Limits = DEFAULT, clock: Clock = SYSTEM) -> None:
        self.limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(limits.at_once)
        self._pace = Pace(limits, counted_at=clock.seconds())
        self._circuit = Circuit(limits)
        self._aside = False
        self._held_until = 0.0

    def beside(self, limits: Limits) -> "Gate":
        """A way to the same server for what nobody waits for: at the pace of this one, and in its places.

        It waits where this one does. That it fails, or is asked for a pause, holds up nobody on this one.
        """
        other = Gate(limits, self._clock)
        other._lock, other._slots, other._pace, other._aside = self._lock, self._slots, self._pace, True
        return other

    @contextmanager
    def passage(self) -> Iterator[Passage]:
        """Wait for one's turn, then pass. Raises EhrUnavailable instead of waiting longer than `longest_wait`."""
        if not self._slots.acquire(timeout=self.limits.longest_wait):
            raise EhrUnavailable("all requests that this server is given at once are under way")
        try:
            self._turn()
            passage = Passage()
            try:
                yield passage
            finally:
                with self._lock:
                    self._circuit.report(passage.failed, self._clock.seconds())
        finally:
            self._slots.release()

    def hold(self, seconds: float) -> None:
        """The server asked for a pause: nobody passes here until then."""
        with self._lock:
            until = self._clock.seconds() + seconds
            if self._aside:
                self._held_until = max(self._held_until, until)
            else:
                self._pace.held_until = max(self._pace.held_until, until)

    @property
    def is_open(self) -> bool:
        """Is the circuit open: did the server fail so often that it is left alone for a while?"""
        return self._circuit.opened_at is not None

    def _turn(self) -> None:
        with self._lock:
            now = self._clock.seconds()
            wait = max(self._pace.wait(now), self._held_until - now)
            if wait > self.limits.longest_wait:
                raise EhrUnavailable(
                    "the server asked for a pause, or what it is asked per hour is used up", retry_after=wait
                )
            self._pace.take(now + wait)
        if wait > 0:
            self._clock.sleep(wait)
        with self._lock:
            closed_for = self._circuit.wait(self._clock.seconds())
        if closed_for > 0:
            raise EhrUnavailable("the server failed too often and is left alone for a while", retry_after=closed_for)
