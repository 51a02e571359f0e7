"""A process whose children work the outbox off, and kill themselves where they are told to: `python -m …`.

An order has `url` of the database, `base` of the server, `now`, `resources`, and `requests`: are they steps, too?
"""

from datetime import datetime
from typing import Any

from service.ehr.transport import new_session
from service.store.engine import open_store
from tests.publishing.world import Office, connected, tenant
from tests.victims import Step, Watched, obey, watch_commits


def work(order: dict[str, Any], step: Step) -> None:
    """Do all that is due, or die."""
    store = open_store(order["url"])
    watch_commits(store, step)
    session = new_session()
    connection = connected(order["base"], Watched(session, step) if order["requests"] else session)
    whose = tenant(order["base"], resources=frozenset(order["resources"]))
    Office(store, whose, connection, datetime.fromisoformat(order["now"])).work()


if __name__ == "__main__":
    obey(work)
