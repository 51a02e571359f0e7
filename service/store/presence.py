"""Who works on a SQLite database: as long as a worker lives, it holds a lock that goes with its process.

Whoever begins, and finds that nobody else is there, knows that what is claimed was claimed by the dead, and gives it
back at once. Otherwise, and on PostgreSQL, whose workers may be on any machine, the leases run out by themselves.
"""

import fcntl
import os
import weakref
from datetime import datetime
from pathlib import Path

from sqlalchemy import update

from service.errors import StoreUnavailable
from service.store.engine import Store
from service.store.leases import State
from service.store.tables import deliveries, outbox, screenings

ENDING = ".workers"  # of the file beside the database that is locked; nothing is in it


class Presence:
    """That a worker is there. It ends with `leave`, with the last reference to it, or with the process.

    `given_back`: pieces of work that nobody did any more, and that may be claimed again.
    """

    def __init__(self, file: int | None = None) -> None:
        self.given_back = 0
        self._end = weakref.finalize(self, os.close, file) if file is not None else None

    def leave(self) -> None:
        """It is not there any more."""
        if self._end is not None:
            self._end()


def attend(store: Store, now: datetime) -> Presence:
    """Be there from now on. Every worker has to, before it claims anything: or else another may take its work.

    Raises StoreUnavailable.
    """
    if not store.on_sqlite:
        return Presence()
    file = _opened(Path(str(store.engine.url.database) + ENDING))
    presence = Presence(file)
    if _is_first(file):
        presence.given_back = _give_back(store, now)
    # Between the two locks another may be the first; we have claimed nothing yet.
    fcntl.flock(file, fcntl.LOCK_SH)
    return presence


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        raise StoreUnavailable(f"{path.name} beside the database cannot be opened: {reason}") from None


def _is_first(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _give_back(store: Store, now: datetime) -> int:
    """End the leases that are left; the tries of the work are counted."""
    given_back = 0
    with store.writing() as connection:
        for table in (deliveries, screenings, outbox):
            left = update(table).where(table.c.state == State.CLAIMED, table.c.due > now).values(due=now)
            given_back += connection.execute(left).rowcount
    return given_back
