"""Work of the dead: on SQLite it is given back when the first worker comes and finds nobody there."""

import gc
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from service.errors import StoreUnavailable
from service.store import inbox, outbox, screenings
from service.store.engine import Store, open_store
from service.store.inbox import INBOX
from service.store.outbox import OUTBOX
from service.store.presence import ENDING, attend
from service.store.screenings import SCREENINGS
from tests.store.processes import Start, kill, lines
from tests.store.world import LEASE, NOON, SECOND, delivery

ON_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
SOON = NOON + SECOND
ALL = (INBOX, SCREENINGS, OUTBOX)


@pytest.fixture
def asked(store: Store) -> None:
    """One piece of work of every kind."""
    inbox.deliver(store, delivery())
    screenings.request(store, "north", "a", "event", NOON)
    outbox.put(store, "north", "study", "a", "digest", {}, NOON)


def claimable(store: Store) -> list[int]:
    """The tries of what can be claimed, of every kind."""
    return [each.lease.tries for queue in ALL for each in queue.claim(store, SOON, LEASE, 9)]


@ON_SQLITE
def test_the_work_of_a_killed_worker_is_taken_up_at_once(store: Store, asked: None, start: Start) -> None:
    worker = start("attend_and_claim")
    assert lines(worker, 1) == ["all claimed"]
    assert attend(store, SOON).given_back == 0  # it lives
    assert claimable(store) == []
    kill(worker)
    assert attend(store, SOON).given_back == 3
    assert claimable(store) == [2, 2, 2]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_on_postgresql_it_waits_for_its_lease(store: Store, asked: None, start: Start) -> None:
    worker = start("attend_and_claim")
    assert lines(worker, 1) == ["all claimed"]
    kill(worker)
    assert attend(store, SOON).given_back == 0
    assert claimable(store) == []


@ON_SQLITE
def test_nothing_is_taken_from_one_of_several_who_live(url: str, store: Store, asked: None) -> None:
    first, other = attend(store, NOON), attend(store, NOON)
    for queue in ALL:
        queue.claim(store, NOON, LEASE, 1)
    first.leave()
    with_other = open_store(url)
    assert attend(with_other, SOON).given_back == 0
    assert claimable(store) == []
    other.leave()
    assert attend(with_other, SOON).given_back == 3
    with_other.close()


@ON_SQLITE
def test_it_ends_with_the_last_reference_and_may_end_twice(store: Store, asked: None) -> None:
    here = attend(store, NOON)
    SCREENINGS.claim(store, NOON, LEASE, 1)
    assert attend(store, NOON).given_back == 0
    del here
    gc.collect()
    again = attend(store, NOON)
    assert again.given_back == 1
    again.leave()
    again.leave()


def _done(store: Store) -> None:
    (claimed,) = INBOX.claim(store, NOON, LEASE, 1)
    inbox.done(store, claimed.lease, NOON)


def _dead(store: Store) -> None:
    (claimed,) = INBOX.claim(store, NOON, LEASE, 1)
    INBOX.failed(store, claimed.lease, "structure", None)


def _later(store: Store) -> None:
    (claimed,) = INBOX.claim(store, NOON, LEASE, 1)
    INBOX.postponed(store, claimed.lease, NOON + LEASE)


@ON_SQLITE
@pytest.mark.parametrize("ended", [_done, _dead, _later])
def test_what_is_not_being_done_stays_as_it_is(store: Store, ended: Callable[[Store], None]) -> None:
    inbox.deliver(store, delivery())
    ended(store)
    before = INBOX.counts(store)
    assert attend(store, SOON).given_back == 0
    assert INBOX.counts(store) == before
    assert INBOX.claim(store, SOON, LEASE, 9) == ()


@ON_SQLITE
def test_the_file_is_for_its_owner_alone_and_empty(store: Store, tmp_path: Path) -> None:
    here = attend(store, NOON)
    (file,) = tmp_path.glob(f"*{ENDING}")
    assert (stat.S_IMODE(file.stat().st_mode), file.read_bytes()) == (0o600, b"")
    here.leave()


@ON_SQLITE
def test_without_that_file_nobody_works(store: Store, tmp_path: Path) -> None:
    (tmp_path / f"store.db{ENDING}").mkdir()
    with pytest.raises(StoreUnavailable, match=r"store\.db\.workers beside the database"):
        attend(store, NOON)
