"""A process of its own that works on a database, for the tests to watch and to kill: `python -m … URL WHAT`.

It says what it has done one line at a time.
"""

import sys
import time

from service.store import assessments, inbox, outbox, screenings
from service.store.engine import Store, open_store
from service.store.inbox import INBOX
from service.store.outbox import OUTBOX
from service.store.presence import attend
from service.store.screenings import SCREENINGS
from tests.store.world import DAY, LEASE, NOON, delivery


def say(*words: object) -> None:
    """One line, at once."""
    print(*words, flush=True)  # noqa: T201


def claim_and_hang(store: Store) -> None:
    """Claim one piece of work of every kind, and never end it."""
    for queue in (INBOX, SCREENINGS, OUTBOX):
        (claimed,) = queue.claim(store, NOON, LEASE, 1)
        say(claimed.lease.id)
    hang()


def attend_and_claim(store: Store) -> None:
    """Be there as a worker is, and never end what was claimed."""
    here = attend(store, NOON)
    for queue in (INBOX, SCREENINGS, OUTBOX):
        queue.claim(store, NOON, LEASE, 1)
    say("all claimed")
    hang()
    here.leave()


def hang_within(store: Store) -> None:
    """Do all that a screening ends with, and hang before it is committed."""
    (claimed,) = SCREENINGS.claim(store, NOON, LEASE, 1)
    with store.transaction() as whole:
        assessments.add(whole, "north", "study", "1", claimed.patient, "facts", DAY, {}, None, NOON)
        outbox.put(whole, "north", "study", claimed.patient, "digest", {}, NOON)
        screenings.done(whole, claimed.lease)
        say("done, but not committed")
        hang()


def deliver_on(store: Store) -> None:
    """Keep one delivery after the other, and say which are kept."""
    for number in range(1_000_000):
        inbox.deliver(store, delivery(digest=f"event {number}"))
        say(number)


def work_off(store: Store) -> None:
    """Claim and end whatever there is, and say what that was."""
    say("ready")
    sys.stdin.readline()
    while claimed := SCREENINGS.claim(store, NOON, LEASE, 3):
        for each in claimed:
            say(each.patient)
            screenings.done(store, each.lease)


def ask_on(store: Store) -> None:
    """Ask two hundred times for the same screening."""
    say("ready")
    sys.stdin.readline()
    say(sum(screenings.request(store, "north", "a", "event", NOON) for _ in range(200)))


def hang() -> None:
    """Until somebody kills us."""
    time.sleep(600)


if __name__ == "__main__":
    globals()[sys.argv[2]](open_store(sys.argv[1]))
