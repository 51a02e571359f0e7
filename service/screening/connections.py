"""Connections to the servers of the tenants: made when first needed, shared, and let rest while a server is away.

While a server rests nothing is begun that needs it, so that an outage, however long, uses up nobody's tries. When the
rest is over it is asked what it can do: only if it answers is anything else asked.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, Unpack

import requests

from service.ehr.capability import Features
from service.ehr.clock import SYSTEM, Clock
from service.ehr.connect import Connection, Server, connect
from service.ehr.limits import Gate
from service.ehr.transport import Asked, Transport, new_session
from service.errors import EhrError, EhrUnavailable

FIRST_REST, LONGEST_REST = timedelta(seconds=5), timedelta(minutes=10)
LONGEST_USE = timedelta(hours=12)  # then it is asked anew what it can do


class Counting:
    """A transport that counts its requests."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._lock = threading.Lock()
        self.requests = 0

    def request(self, method: str, url: str, **asked: Unpack[Asked]) -> requests.Response:
        """Count it and send it."""
        with self._lock:
            self.requests += 1
        return self._transport.request(method, url, **asked)


class Connect(Protocol):
    """How a connection is made: as `service.ehr.connect.connect`."""

    def __call__(
        self,
        server: Server,
        *,
        transport: Transport,
        gate: Gate,
        clock: Clock,
        may_write: Callable[[], bool],
        features: Features | None,
    ) -> Connection:
        """Raises EhrError."""


@dataclass
class Line:
    """What is known of one server: the connection, if it is good; until when it rests, and how often it failed.

    `sent` counts the requests.
    """

    sent: Counting
    connection: Connection | None = None
    made: datetime | None = None
    rests_until: datetime | None = None
    failures: int = 0


@dataclass
class Gates:
    """The one way to each server, for all threads of a process. Servers of one address share the stricter use of it."""

    clock: Clock = SYSTEM
    _gates: dict[str, Gate] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, server: Server) -> Gate:
        """The gate of this server; its limits are those it was first asked for with."""
        with self._lock:
            if server.base not in self._gates:
                self._gates[server.base] = Gate(server.limits, self.clock)
            return self._gates[server.base]


class Connections:
    """The connections of one worker. Tenants do not share them: each has its own credentials."""

    def __init__(self, *, clock: Clock = SYSTEM, gates: Gates | None = None, make: Connect = connect) -> None:
        self._clock, self._make = clock, make
        self._gates = gates or Gates(clock)
        self._lines: dict[tuple[str, str], Line] = {}

    def to(self, tenant: str, use: str, server: Server, may_write: Callable[[], bool]) -> Connection:
        """The connection of this tenant for this use (`source`, `target`). Raises EhrError; the server then rests."""
        return self._kept(tenant, use, server, self._gates.of(server), may_write, None)

    def beside(self, tenant: str, use: str, server: Server, main: Connection) -> Connection:
        """A connection to the server of `main` for what nobody waits for, which only reads. Raises EhrError; then this
        use rests, and no other (see `Gate.beside`)."""
        gate = self._gates.of(server).beside(server.limits)
        return self._kept(tenant, use, server, gate, lambda: False, main.features)

    def _kept(
        self,
        tenant: str,
        use: str,
        server: Server,
        gate: Gate,
        may_write: Callable[[], bool],
        features: Features | None,
    ) -> Connection:
        """The connection that is there and good, or a new one. Raises EhrError."""
        line, now = self._line(tenant, use), self._clock.now()
        if rest := self.rest_left(tenant, use):
            raise EhrUnavailable("the server is left alone for a while", retry_after=rest.total_seconds())
        if line.connection is not None and line.made is not None and now - line.made < LONGEST_USE:
            return line.connection
        try:
            line.connection = self._make(
                server,
                transport=line.sent,
                gate=gate,
                clock=self._clock,
                may_write=may_write,
                features=features,
            )
        except EhrError as problem:
            self.failed(tenant, use, problem)
            raise
        line.made, line.rests_until = now, None
        return line.connection

    def is_resting(self, tenant: str, use: str) -> bool:
        """Is the server left alone now?"""
        return self.rest_left(tenant, use) > timedelta(0)

    def failed(self, tenant: str, use: str, problem: EhrError) -> None:
        """It gave out: it rests, longer each time, and is asked anew what it can do."""
        line = self._line(tenant, use)
        line.connection, line.failures = None, line.failures + 1
        rest = min(FIRST_REST * 2 ** min(line.failures - 1, 10), LONGEST_REST)
        asked = problem.retry_after if isinstance(problem, EhrUnavailable) else None
        line.rests_until = self._clock.now() + max(rest, timedelta(seconds=asked or 0))

    def rest(self, tenant: str, use: str, length: timedelta) -> None:
        """Leave it alone for so long, at least."""
        line, until = self._line(tenant, use), self._clock.now() + length
        line.rests_until = until if line.rests_until is None else max(line.rests_until, until)

    def rest_left(self, tenant: str, use: str) -> timedelta:
        """How much longer the server is left alone."""
        until = self._line(tenant, use).rests_until
        return max(until - self._clock.now(), timedelta(0)) if until is not None else timedelta(0)

    def sent(self, tenant: str, use: str) -> int:
        """How many requests this worker ever sent there."""
        return self._line(tenant, use).sent.requests

    def requests(self) -> int:
        """How many requests this worker ever sent, wherever to."""
        return sum(line.sent.requests for line in tuple(self._lines.values()))

    def worked(self, tenant: str, use: str) -> None:
        """Something was done with it to the end."""
        self._line(tenant, use).failures = 0

    def _line(self, tenant: str, use: str) -> Line:
        if (tenant, use) not in self._lines:
            self._lines[tenant, use] = Line(Counting(new_session()))
        return self._lines[tenant, use]
