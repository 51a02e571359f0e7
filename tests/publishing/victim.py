"""A process whose children work the outbox off, and kill themselves where they are told to: `python -m …`.

It reads one JSON object a line: `url` of the database, `base` of the server, `now`, `resources`, and `kill`, the number
of the step that the child does not survive (or null). It answers with the child's exit status as `waitpid` gives it.
"""

import json
import os
import signal
import sys
from datetime import datetime
from typing import Any

from service.ehr.transport import new_session
from service.store.engine import open_store
from tests.publishing.steps import Watched, watch_commits
from tests.publishing.world import Office, connected, tenant


def work(order: dict[str, Any]) -> None:
    """Do all that is due, or die."""
    left = order["kill"]

    def step() -> None:
        nonlocal left
        if left is not None:
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1

    store = open_store(order["url"])
    watch_commits(store, step)
    connection = connected(order["base"], Watched(new_session(), step))
    whose = tenant(order["base"], resources=frozenset(order["resources"]))
    Office(store, whose, connection, datetime.fromisoformat(order["now"])).work()


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


if __name__ == "__main__":
    for each in sys.stdin:
        print(child(json.loads(each)), flush=True)  # noqa: T201
