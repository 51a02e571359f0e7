"""Several workers, one digest: on each database, and whatever happens to one of them."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from service.ehr.clock import Clock
from service.ehr.transport import new_session
from service.screening.tenant import Tenant
from service.screening.worker import Worker
from service.screening.worklist import digests as use
from service.screening.worklist.digests import How, Often, Telling
from service.store import accounts, bases, digests
from service.store.accounts import Account, Given
from service.store.bases import Entered
from service.store.engine import Store, open_store
from tests.databases import ON_BOTH
from tests.pages.worklist.mail_server import Hook, receiver
from tests.pages.worklist.world import STUDY, TENANT, found, line, row
from tests.working.world import NOON, catalog

MINUTE = timedelta(minutes=1)
LATER = NOON + 20 * MINUTE
ROLES = ("viewer", "coordinator", "investigator")


@pytest.fixture
def hook() -> Iterator[Hook]:
    with receiver() as made:
        yield made


@pytest.fixture
def place(store: Store, hook: Hook) -> Tenant:
    """A tenant with ten accounts that want to be told, and something to tell."""
    made = Tenant(TENANT, catalog(), (STUDY,))
    bases.add(store, Entered(TENANT, STUDY, "waiver", "EC 1", None, ROLES, "admin", NOON))
    for number in range(10):
        name = f"nurse-{number}"
        accounts.add(store, Account(name, name, NOON))
        accounts.give(store, Given(name, TENANT, STUDY, "viewer", "admin", NOON))
        use.want(store, made, name, STUDY, How.WEBHOOK, Often.AT_ONCE, f"{hook.address}/{number}", NOON)
    found(store, line(), NOON + MINUTE)
    row(store, "p", NOON + MINUTE)
    return made


def worker(store: Store, of: Tenant) -> Worker:
    telling = Telling("https://prescreen.example", new_session())
    return Worker(store, [of], clock=Clock(now=lambda: LATER), telling=telling)


@ON_BOTH
def test_of_several_workers_one_tells_each_of_them_once(url: str, place: Tenant, hook: Hook) -> None:
    stores = [open_store(url) for _ in range(4)]
    workers = [worker(each, place) for each in stores]
    threads = [threading.Thread(target=each.step) for each in workers]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    worker(stores[0], place).step()  # who lost a race left the rest for later
    assert sorted(path for path, _, _ in hook.came) == sorted(f"/news/{number}" for number in range(10))
    for each in stores:
        each.close()


@ON_BOTH
def test_who_was_killed_is_succeeded_when_the_lease_is_over(store: Store, place: Tenant, hook: Hook) -> None:
    for _ in range(10):
        assert digests.begin(store, TENANT, LATER - 10 * MINUTE, LATER) is not None
    assert digests.begin(store, TENANT, LATER - MINUTE, LATER + MINUTE) is None
    worker(store, place).step()
    assert len(hook.came) == 10


def test_a_worker_that_nobody_set_up_to_tell_tells_nothing(store: Store, place: Tenant, hook: Hook) -> None:
    Worker(store, [place], clock=Clock(now=lambda: LATER)).step()
    assert hook.came == []


def test_a_receiver_that_is_down_stops_no_other_work(store: Store, place: Tenant, hook: Hook) -> None:
    hook.status = 500
    assert worker(store, place).step().failed == 0
    assert len(hook.came) == 1
    failed = [digests.of_account(store, f"nurse-{number}")[TENANT, STUDY].error for number in range(10)]
    assert failed.count("webhook-refused") == 1
