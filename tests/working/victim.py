"""A process whose children do all work there is, and kill themselves where they are told to: `python -m …`.

It reads one JSON object a line: `url` of the database, `base` of the server, `now`, `passes`, and `kill`, the number of
the step (a request, or a commit of the store) before which the child is killed, or null. It answers with the
child's exit status as `waitpid` gives it. Asked for `serve` by its arguments, it is a worker that runs until SIGTERM.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import requests
from sqlalchemy import Connection as Connected, event

from service.ehr.connect import Connection, Server, connect
from service.ehr.transport import Transport
from service.screening.connections import Connections
from service.screening.tenant import Pace
from service.screening.worker import Worker
from service.store.engine import WRITING, open_store
from tests.ehr.clock import Watch
from tests.working.world import catalog, writing

BETWEEN = 700  # seconds from one pass to the next: longer than a lease
COALESCED = 3


class Watched:
    """A transport that tells of each request before it is sent."""

    def __init__(self, transport: Transport, step: Callable[[], None]) -> None:
        self._transport, self._step = transport, step

    def request(self, method: str, url: str, **how: Any) -> requests.Response:
        self._step()
        return self._transport.request(method, url, **how)


class At:
    """A server that runs in another process."""

    def __init__(self, base: str) -> None:
        self.base = base


def work(order: dict[str, Any]) -> None:
    """Pass after pass, or die."""
    left = order["kill"]

    def step() -> None:
        nonlocal left
        if left is not None:
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1

    def make(server: Server, *, transport: Transport, **more: Any) -> Connection:
        return connect(server, transport=Watched(transport, step), **more)

    store = open_store(order["url"])

    @event.listens_for(store.engine, "commit")
    def before(connection: Connected) -> None:
        """What comes after a commit is what comes before the next step."""
        if connection.get_execution_options().get(WRITING):
            step()

    watch = Watch(start=datetime.fromisoformat(order["now"]))
    of = replace(writing(At(order["base"]), catalog()), pace=Pace(reconcile=None))  # type: ignore[arg-type]
    worker = Worker(store, [of], clock=watch.clock, connections=Connections(clock=watch.clock, make=make))
    for number in range(order["passes"]):
        worker.step()
        watch.passed += BETWEEN if number % 2 else COALESCED


def child(order: dict[str, Any]) -> int:
    """Its exit status."""
    process = os.fork()
    if process == 0:
        try:
            work(order)
        finally:
            if error := sys.exception():
                print(repr(error), file=sys.stderr, flush=True)  # noqa: T201
            os._exit(3 if error else 0)
    return os.waitpid(process, 0)[1]


class Slow:
    """A transport that takes its time and says when it begins."""

    def __init__(self, transport: Transport, say: Callable[[str], None]) -> None:
        self._transport, self._say = transport, say

    def request(self, method: str, url: str, **how: Any) -> requests.Response:
        self._say("asking")
        time.sleep(0.2)
        return self._transport.request(method, url, **how)


def serve(url: str, base: str) -> None:
    """A worker with the clock of the machine, until a signal stops it."""

    def say(words: str) -> None:
        print(words, flush=True)  # noqa: T201

    def make(server: Server, *, transport: Transport, **more: Any) -> Connection:
        return connect(server, transport=Slow(transport, say), **more)

    of = replace(writing(At(base), catalog()), pace=Pace(reconcile=None))  # type: ignore[arg-type]
    worker = Worker(open_store(url), [of], connections=Connections(make=make))
    worker.stop_on_signals()
    worker.run()
    say("stopped")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        serve(*sys.argv[1:])
    else:
        catalog()  # read once, for all children
        for each in sys.stdin:
            print(child(json.loads(each)), flush=True)  # noqa: T201
