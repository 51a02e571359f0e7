"""SIGKILL between any two arrows from the notification to the ResearchSubject: all ends as if nothing had been.

Between its transactions, a database is at rest: what differs on PostgreSQL is shown by a kill before each of those.
"""

import itertools
import signal
import subprocess
from collections.abc import Iterator
from datetime import timedelta

import pytest

from service.screening.holding import LEASE
from service.store import assessments, audit, inbox, screenings
from service.store.engine import Store
from service.store.inbox import INBOX
from service.store.leases import State
from service.store.outbox import OUTBOX
from service.store.screenings import SCREENINGS
from tests.databases import ON_BOTH
from tests.fhir_server import FhirServer
from tests.screening.world import encounter, haemoglobin, patient
from tests.shape.source import ROOT
from tests.victims import Victim, command, running
from tests.working.world import NOON, notice

MOST_STEPS = 400
MODULE = "tests.working.victim"


@pytest.fixture(scope="module")
def victim() -> Iterator[Victim]:
    with running(MODULE) as found:
        yield found


def check(store: Store, server: FhirServer, person: str) -> None:
    """Everything was done, and once in effect."""
    assert [each.line["standing"] for each in assessments.history(store, "north", "demo", person)] == ["candidate"]
    of_person = [
        each for each in server.all("ResearchSubject") if each["individual"]["reference"] == f"Patient/{person}"
    ]
    assert [each["status"] for each in of_person] == ["candidate"]
    assert len(server.storage.history("ResearchSubject", of_person[0]["id"])) == 1
    assert (SCREENINGS.counts(store), OUTBOX.counts(store)) == ({}, {})
    left = INBOX.counts(store)["north"]
    assert (left.waiting, left.claimed, left.dead) == (0, 0, 0)


@ON_BOTH
def test_whatever_step_is_the_last_all_is_done_in_the_end(
    url: str, store: Store, server: FhirServer, victim: Victim
) -> None:
    survived = False
    for number in itertools.count():
        person, now = f"p{number}", NOON + number * timedelta(hours=2)
        result = haemoglobin(f"o{number}", person)
        server.seed(patient(person), encounter(f"e{number}", person), result)
        inbox.deliver(store, notice(result))
        order = {"url": url, "base": server.base, "requests": store.on_sqlite}
        survived = victim.work(**order, now=now.isoformat(), passes=2, kill=number)
        if survived:
            break
        assert number < MOST_STEPS
        soon = now + (timedelta(seconds=1) if store.on_sqlite else LEASE)
        assert victim.work(**order, now=soon.isoformat(), passes=2 if store.on_sqlite else 4)
        check(store, server, person)
    check(store, server, person)
    assert number > (15 if store.on_sqlite else 5), "there are that many requests and commits on the way"
    screened = [each for each in audit.entries(store, "north", 10_000) if each.action == "screened"]
    assert len(screened) >= number


def test_sigterm_lets_the_piece_at_hand_be_finished_and_begins_no_other(
    url: str, store: Store, server: FhirServer
) -> None:
    for each in ("a", "b"):
        server.seed(patient(each), encounter(f"e{each}", each), haemoglobin(f"o{each}", each))
        screenings.request(store, "north", each, "event", NOON)
    process = subprocess.Popen([*command(MODULE), url, server.base], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(3):  # what the server can do, then the Patient, then more
        assert process.stdout.readline() == "asking\n"
    process.send_signal(signal.SIGTERM)
    rest = process.communicate(timeout=30)[0].splitlines()
    assert (rest[-1], process.returncode) == ("stopped", 0)
    done = {each: assessments.latest(store, "north", "demo", each) is not None for each in ("a", "b")}
    assert done == {"a": True, "b": False}
    left = SCREENINGS.counts(store)["north"]
    assert (left.waiting, left.claimed) == (1, 0), State.WAITING
