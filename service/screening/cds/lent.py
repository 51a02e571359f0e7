"""Asking an EHR with the token that it lent for one call: only a server that is listed, only until the time is over.

The token is used by this call alone, and is kept nowhere. STANDARDS 1.13, 1.17, 1.18, 1.88, 1.89.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Unpack

import requests

from service.ehr.addresses import base_of
from service.ehr.capability import Features, OfType
from service.ehr.clock import SYSTEM, Clock
from service.ehr.connect import Server, connect
from service.ehr.limits import Gate, Limits
from service.ehr.medications import MEDICATION
from service.ehr.transport import Asked, Transport, new_session
from service.ehr.user_auth import UserAuth
from service.eligibility.evaluate.context import RESOURCE_TYPES
from service.eligibility.policy import MEDICATION_TYPES
from service.errors import EhrError, EhrUnavailable, UsageError
from service.fhir.cds.call import Call
from service.screening.cds.reader import AT_ONCE
from service.screening.chart import Reader

log = logging.getLogger(__name__)

LONGEST_USE = timedelta(hours=12)  # of what a server said that it can do
PIECE = 4096  # bytes
AFTER_FAILURE = timedelta(minutes=10)
USUAL = OfType(frozenset({"read", "search-type"}))
# Of a server that did not say what it can do. A type that it has no search for is refused, and so unknown.
ASSUMED = Features(None, "", dict.fromkeys(("Patient", MEDICATION, *MEDICATION_TYPES, *RESOURCE_TYPES.values()), USUAL))
UNHURRIED = 1_000.0  # requests per second: within one call nothing is held back but by the time that is left


class Hurried:
    """A transport that sends nothing after the deadline, and waits no longer than until then."""

    def __init__(self, transport: Transport, clock: Clock, budget: float) -> None:
        self._transport, self._clock = transport, clock
        self._until = clock.seconds() + budget

    def request(self, method: str, url: str, **asked: Unpack[Asked]) -> requests.Response:
        """Send it, if there is time. Raises EhrUnavailable if there is none, which is no failure of the server."""
        left = self._until - self._clock.seconds()
        if left <= 0:
            raise EhrUnavailable("no time is left to ask for it")
        connecting, reading = asked["timeout"]
        asked["timeout"] = min(connecting, left), min(reading, left)
        response = self._transport.request(method, url, **asked)
        response.raw = _InTime(response.raw, lambda: self._clock.seconds() > self._until)
        return response


class _InTime:
    """What a response is read from, until the time is over: an answer that drips in would never end."""

    def __init__(self, raw: Any, is_over: Callable[[], bool]) -> None:
        self._raw, self._is_over = raw, is_over

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def stream(self, size: int, **how: Any) -> Iterator[bytes]:
        """The content, piece by piece. Raises requests.Timeout."""
        for piece in self._raw.stream(min(size, PIECE), **how):
            if self._is_over():
                raise requests.exceptions.ReadTimeout("no time is left")
            yield piece


class Lending:
    """The servers that may be asked with lent tokens; what they can do is asked without one, and remembered. `own`: the
    addresses of our source, which are of one and the same server."""

    def __init__(
        self,
        servers: tuple[str, ...],
        budget: float,
        *,
        own: tuple[str, ...] = (),
        clock: Clock = SYSTEM,
        transport: Transport | None = None,
    ) -> None:
        self._allowed, self._own = frozenset(servers), own
        self._budget, self._clock = budget, clock
        self._transport = transport or new_session(AT_ONCE)
        self._known: dict[str, tuple[datetime, Features]] = {}
        self._lock = threading.Lock()

    def __call__(self, call: Call) -> Reader | None:
        """A reader for this call; None where nothing may, or can, be asked."""
        if call.access is None or call.server is None:
            return None
        try:
            base = base_of(call.server)
        except UsageError:
            base = ""
        if base not in self._allowed:
            log.warning("a call of %s names a FHIR server that is not listed; nothing is asked there", call.hook.value)
            return None
        hurried = Hurried(self._transport, self._clock, self._budget)
        features = self._features(base, hurried)
        auth = UserAuth(call.access.token, call.access.scopes)
        limits = self._limits()
        others = self._own if base in self._own else ()
        server, gate = Server(base, limits=limits, other_bases=others), Gate(limits, self._clock)
        connection = connect(
            server, transport=hurried, gate=gate, clock=self._clock, auth=auth, features=features, may_write=_never
        )
        return Reader(connection, partial=True)

    def _limits(self) -> Limits:
        """One try each, all at once: what does not come in time does not come."""
        budget = self._budget
        return Limits(
            per_second=UNHURRIED,
            burst=int(UNHURRIED),
            at_once=AT_ONCE,
            tries=1,
            longest_wait=budget,
            connect_timeout=budget,
            read_timeout=budget,
            answer_deadline=budget,
            failures_to_open=int(UNHURRIED),
        )

    def _features(self, base: str, transport: Transport) -> Features:
        """What the server can do; what every one can, for a while, where it did not say so in time."""
        now = self._clock.now()
        with self._lock:
            known = self._known.get(base)
        if known is not None and now - known[0] < (AFTER_FAILURE if known[1] is ASSUMED else LONGEST_USE):
            return known[1]
        try:
            features = connect(Server(base, limits=self._limits()), transport=transport, clock=self._clock).features
        except EhrError as problem:
            log.warning("a FHIR server cannot be asked what it can do: %s", problem)
            features = ASSUMED
        with self._lock:
            self._known[base] = now, features
        return features


def _never() -> bool:
    """Nothing is ever written with a lent token."""
    return False
