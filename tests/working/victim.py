"""A process whose children do all work there is, and kill themselves where they are told to: `python -m …`.

An order has `url` of the database, `base` of the server, `now` and `passes`; the steps are the commits of the store,
and where `requests` says so, the requests. Asked for `serve` by its arguments, it is a worker that runs until SIGTERM.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import requests

from service.ehr.connect import Connection, Server, connect
from service.ehr.transport import Transport
from service.screening.connections import Connections
from service.screening.tenant import Pace
from service.screening.worker import Worker
from service.store.engine import open_store
from tests.ehr.clock import Watch
from tests.victims import Step, Watched, obey, watch_commits
from tests.working.world import catalog, writing

BETWEEN = 60  # seconds from one pass to the next: longer than a lease
COALESCED = 3


class At:
    """A server that runs in another process."""

    def __init__(self, base: str) -> None:
        self.base = base


def work(order: dict[str, Any], step: Step) -> None:
    """Pass after pass, or die."""

    def make(server: Server, *, transport: Transport, **more: Any) -> Connection:
        return connect(server, transport=Watched(transport, step) if order["requests"] else transport, **more)

    store = open_store(order["url"])
    watch_commits(store, step)
    watch = Watch(start=datetime.fromisoformat(order["now"]))
    of = replace(writing(At(order["base"]), catalog()), pace=Pace(reconcile=None))  # type: ignore[arg-type]
    worker = Worker(store, [of], clock=watch.clock, connections=Connections(clock=watch.clock, make=make))
    for number in range(order["passes"]):
        worker.step()
        watch.passed += BETWEEN if number % 2 else COALESCED


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
        obey(work)
