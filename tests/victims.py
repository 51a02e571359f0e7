"""Processes whose children work, and kill themselves where a test tells them to.

The module of a victim gives `obey` what a child does: it gets the order, and a function to call before each step:
`Watched` calls it before each request, `watch_commits` before each transaction that changes the store. Nothing outlives
a killed child but what it did to others, so to be killed after a step is to be killed before the next one. The
test has a `Victim` of that module, and gives orders: one JSON object a line, with `kill`, the number of the step
that the child does not survive, or null. It is answered with the child's exit status as `waitpid` gives it.
"""

import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests
from sqlalchemy import Connection, event

from service.ehr.transport import Transport
from service.store.engine import WRITING, Store
from tests.engines import open_quickly
from tests.shape.source import ROOT

Step = Callable[[], None]
Work = Callable[[dict[str, Any], Step], None]


def command(module: str) -> list[str]:
    """How its process is started."""
    return [sys.executable, "-m", module]


class Watched:
    """A transport that tells of each request before it is sent."""

    def __init__(self, inner: Transport, step: Step) -> None:
        self._inner, self._step = inner, step

    def request(self, method: str, url: str, **how: Any) -> requests.Response:
        self._step()
        return self._inner.request(method, url, **how)


def watch_commits(store: Store, step: Step) -> None:
    """Tell of each transaction that may have changed something, before it is committed."""

    @event.listens_for(store.engine, "commit")
    def before(connection: Connection) -> None:
        if connection.get_execution_options().get(WRITING):
            step()


class Victim:
    """The process whose children are killed."""

    def __init__(self, module: str) -> None:
        self._process = subprocess.Popen(
            command(module), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def work(self, kill: int | None = None, **order: Any) -> bool:
        """Let a child do all that is due; False if it was killed at that step."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({**order, "kill": kill}) + "\n")
        self._process.stdin.flush()
        status = int(self._process.stdout.readline())
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the child failed by itself"
        assert not os.WIFSIGNALED(status) or os.WTERMSIG(status) == signal.SIGKILL
        return not os.WIFSIGNALED(status)

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


@contextmanager
def running(module: str) -> Iterator[Victim]:
    """A victim of this module, until the block ends."""
    victim = Victim(module)
    yield victim
    victim.close()


def obey(work: Work) -> None:
    """Let a child do each order that comes in, and say how it ended."""
    open_quickly()
    gc.collect()
    gc.freeze()  # the children share what is there, as long as nobody looks at it
    for line in sys.stdin:
        print(_child(work, json.loads(line)), flush=True)  # noqa: T201


def _child(work: Work, order: dict[str, Any]) -> int:
    """Its exit status."""
    process = os.fork()
    if process == 0:
        try:
            work(order, _dying(order["kill"]))
        finally:
            if error := sys.exception():
                print(repr(error), file=sys.stderr, flush=True)  # noqa: T201
            os._exit(3 if error else 0)
    return os.waitpid(process, 0)[1]


def _dying(left: int | None) -> Step:
    """Counts the steps down, and does not survive the last."""

    def step() -> None:
        nonlocal left
        if left is not None:
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1

    return step
