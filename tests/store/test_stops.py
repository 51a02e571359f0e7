"""The kill switch: one tenant, or everybody, until it is undone."""

from datetime import timedelta

from service.store import stops
from service.store.engine import Store, open_store
from service.store.stops import EVERYBODY
from tests.store.world import NOON


def test_nothing_is_stopped_at_first(store: Store) -> None:
    assert not stops.stopped(store, "north") and stops.every(store) == {}


def test_one_tenant_is_stopped_and_resumed(store: Store) -> None:
    assert [stops.stop(store, "north", NOON), stops.stop(store, "north", NOON + timedelta(1))] == [True, False]
    assert stops.stopped(store, "north") and not stops.stopped(store, "south")
    assert stops.every(store) == {"north": NOON}
    assert [stops.resume(store, "north"), stops.resume(store, "north")] == [True, False]
    assert not stops.stopped(store, "north")


def test_everybody_is_stopped_whatever_is_resumed_for_one(store: Store) -> None:
    stops.stop(store, EVERYBODY, NOON)
    assert stops.stopped(store, "north") and stops.stopped(store, "south")
    assert not stops.resume(store, "north") and stops.stopped(store, "north")
    assert stops.resume(store, EVERYBODY) and not stops.stopped(store, "north")


def test_another_process_sees_it_at_once(store: Store, url: str) -> None:
    other = open_store(url)
    stops.stop(store, "north", NOON)
    assert stops.stopped(other, "north")
    other.close()
