"""How often somebody tried to sign in without success: counted before it is known, given back where it went well.

Counted first, as many at once would else all be let try before the first of them is counted.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Connection, delete, select, update

from service.store.engine import Store, insert_into
from service.store.tables import attempts

PERIOD = timedelta(minutes=15)  # after it, counting begins anew


def digest_of(*about: str) -> str:
    """What stands in the database for an account, an address, or both."""
    return sha256("\0".join(about).encode(errors="replace")).hexdigest()


def take(store: Store, limits: Mapping[str, int], now: datetime) -> bool:
    """Count one attempt for each of these digests; False, and none counted, where one is at its limit."""
    with store.writing() as connection:
        connection.execute(delete(attempts).where(attempts.c.since <= now - PERIOD))
        for each in sorted(limits):  # in one order, so that no two wait for one another
            start = {"about": each, "failed": 0, "since": now}
            connection.execute(insert_into(connection, attempts).values(**start).on_conflict_do_nothing())
            if not _counted(connection, each, limits[each]):
                _give_back(connection, [other for other in sorted(limits) if other < each])
                return False
    return True


def give_back(store: Store, about: Mapping[str, int]) -> None:
    """The attempt went well: it does not count."""
    with store.writing() as connection:
        _give_back(connection, sorted(about))


def wait(store: Store, limits: Mapping[str, int], now: datetime) -> timedelta:
    """How long until none of these is at its limit."""
    with store.reading() as connection:
        rows = connection.execute(select(attempts).where(attempts.c.about.in_(sorted(limits)))).all()
    full = [row.since + PERIOD - now for row in rows if row.failed >= limits[row.about]]
    return max([each for each in full if each > timedelta(0)], default=timedelta(0))


def _counted(connection: Connection, about: str, limit: int) -> bool:
    more = update(attempts).where(attempts.c.about == about, attempts.c.failed < limit)
    return connection.execute(more.values(failed=attempts.c.failed + 1)).rowcount == 1


def _give_back(connection: Connection, about: list[str]) -> None:
    for each in about:
        less = update(attempts).where(attempts.c.about == each, attempts.c.failed > 0)
        connection.execute(less.values(failed=attempts.c.failed - 1))
