"""Whose Subscriptions are kept alive: one at a time does it, and whoever asks by hand takes over."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from service.errors import LeaseLost
from service.store import upkeep
from service.store.engine import Store
from service.store.upkeep import Upkeep
from tests.store.world import NOON, SECOND

SERVER, ADDRESS = "https://ehr.example/fhir", "https://prescreen.example"
LATER = NOON + 600 * SECOND


def taken(store: Store, tenant: str = "north", seconds: int = 600) -> Upkeep:
    return upkeep.take(store, tenant, SERVER, ADDRESS, NOON + seconds * SECOND)


def test_nobody_is_looked_after_before_somebody_asked(store: Store) -> None:
    assert upkeep.begin(store, "north", NOON, LATER) is None and upkeep.every(store) == ()


def test_it_is_begun_when_it_is_due_and_not_before(store: Store) -> None:
    begun = taken(store)
    assert begun == Upkeep("north", SERVER, ADDRESS, LATER, None, None)
    assert upkeep.begin(store, "north", LATER - SECOND, LATER + SECOND) is None
    upkeep.end(store, begun, NOON, LATER + SECOND, "not now")
    assert upkeep.every(store) == (Upkeep("north", SERVER, ADDRESS, LATER + SECOND, NOON, "not now"),)
    assert upkeep.begin(store, "north", LATER, LATER + 9 * SECOND) is None
    assert upkeep.begin(store, "south", LATER + SECOND, LATER + 9 * SECOND) is None
    again = upkeep.begin(store, "north", LATER + SECOND, LATER + 9 * SECOND)
    assert again is not None and (again.due, again.problem) == (LATER + 9 * SECOND, "not now")
    upkeep.end(store, again, LATER, None)
    assert upkeep.every(store, "north") == (Upkeep("north", SERVER, ADDRESS, None, LATER, None),)
    assert upkeep.begin(store, "north", NOON, LATER) is not None  # due whenever somebody cares


def test_who_was_killed_is_succeeded_and_cannot_end_it(store: Store) -> None:
    slow = taken(store)
    new = upkeep.begin(store, "north", LATER, LATER + 600 * SECOND)
    assert new is not None
    for late in (lambda: upkeep.extend(store, slow, NOON), lambda: upkeep.end(store, slow, NOON, LATER)):
        with pytest.raises(LeaseLost):
            late()
    longer = upkeep.extend(store, new, LATER + 900 * SECOND)
    assert upkeep.begin(store, "north", LATER + 700 * SECOND, LATER + 999 * SECOND) is None
    upkeep.end(store, longer, LATER, None)


def test_who_asks_by_hand_takes_over(store: Store) -> None:
    worker = taken(store)
    ours = upkeep.take(store, "north", SERVER, "https://new.example", LATER + SECOND)
    with pytest.raises(LeaseLost):
        upkeep.extend(store, worker, LATER)
    upkeep.end(store, ours, NOON, LATER)
    assert upkeep.every(store)[0].address == "https://new.example"


def test_of_many_who_begin_one_does(store: Store) -> None:
    upkeep.end(store, taken(store), NOON, NOON)
    with ThreadPoolExecutor(8) as pool:
        untils = [LATER + number * SECOND for number in range(8)]
        begun = list(pool.map(lambda until: upkeep.begin(store, "north", NOON, until), untils))
    assert len([each for each in begun if each is not None]) == 1


def test_it_is_listed_by_tenant(store: Store) -> None:
    taken(store, "south")
    taken(store, "north")
    assert [each.tenant for each in upkeep.every(store)] == ["north", "south"]
    assert [each.tenant for each in upkeep.every(store, "south")] == ["south"]
