"""Processes that are killed, or that compete: what was said to be kept is kept, and nothing is done twice."""

from service.store import assessments, inbox, outbox, screenings
from service.store.engine import Store
from service.store.inbox import INBOX
from service.store.outbox import OUTBOX
from service.store.queues import Counts
from service.store.screenings import SCREENINGS
from tests.store.processes import Process, Start, kill, lines
from tests.store.world import LEASE, NOON, SECOND, delivery


def test_the_work_of_a_killed_worker_comes_back_after_its_lease(store: Store, start: Start) -> None:
    inbox.deliver(store, delivery())
    screenings.request(store, "north", "a", "event", NOON)
    outbox.put(store, "north", "study", "a", "digest", {}, NOON)
    worker = start("claim_and_hang")
    ids = lines(worker, 3)
    kill(worker)
    early, late = NOON + LEASE - SECOND, NOON + LEASE
    for queue, id_ in zip((INBOX, SCREENINGS, OUTBOX), ids, strict=True):
        assert queue.claim(store, early, LEASE, 9) == ()
        (claimed,) = queue.claim(store, late, LEASE, 9)
        assert (str(claimed.lease.id), claimed.lease.tries) == (id_, 2)


def test_a_worker_killed_before_it_commits_has_done_nothing(store: Store, start: Start) -> None:
    screenings.request(store, "north", "a", "event", NOON)
    worker = start("hang_within")
    assert lines(worker, 1) == ["done, but not committed"]
    kill(worker)
    assert assessments.latest(store, "north", "study", "a") is None
    assert OUTBOX.counts(store) == {}
    (again,) = SCREENINGS.claim(store, NOON + LEASE, LEASE, 9)
    assert not screenings.done(store, again.lease)


def test_what_was_said_to_be_kept_is_kept(store: Store, start: Start) -> None:
    worker = start("deliver_on")
    said = lines(worker, 40) + kill(worker)
    kept = {each.delivery.digest for each in INBOX.claim(store, NOON, LEASE, 1_000_000)}
    assert len(said) >= 40
    assert {f"event {number}" for number in said if number} <= kept
    assert len(kept) <= len(said) + 1  # the one being answered when it was killed


def test_competing_workers_share_the_work_and_do_none_of_it_twice(store: Store, start: Start) -> None:
    patients = [f"p{number:03}" for number in range(150)]
    with store.transaction() as whole:
        for patient in patients:
            screenings.request(whole, "north", patient, "event", NOON)
    workers = [start("work_off") for _ in range(3)]
    assert [lines(worker, 1) for worker in workers] == [["ready"]] * 3
    done = [worker.communicate(timeout=60)[0].split() for worker in _told(workers)]
    assert sorted(patient for each in done for patient in each) == patients
    assert SCREENINGS.counts(store) == {}


def _told(workers: list[Process]) -> list[Process]:
    """Let all of them begin at about the same time."""
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    return workers


def test_a_burst_from_several_processes_is_one_screening(store: Store, start: Start) -> None:
    askers = [start("ask_on") for _ in range(2)]
    assert [lines(asker, 1) for asker in askers] == [["ready"]] * 2
    new = [int(asker.communicate(timeout=60)[0]) for asker in _told(askers)]
    assert sum(new) == 1
    assert SCREENINGS.counts(store) == {"north": Counts(waiting=1, oldest=NOON)}
