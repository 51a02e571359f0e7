"""What is known of the resources in the target."""

from dataclasses import replace

from service.store import published
from service.store.engine import Store
from service.store.published import Published
from tests.store.world import NOON, SECOND

OURS = Published("north", "study", "a", "77", "1", "digest", "candidate", None, NOON, NOON)


def test_nothing_is_known_of_what_was_never_written(store: Store) -> None:
    assert published.find(store, "north", "study", "a") is None
    assert published.by_resource(store, "north", "77") is None


def test_what_was_written_is_known(store: Store) -> None:
    published.record(store, OURS)
    assert published.find(store, "north", "study", "a") == OURS
    assert published.by_resource(store, "north", "77") == OURS
    assert published.find(store, "south", "study", "a") is None
    assert published.by_resource(store, "south", "77") is None


def test_the_latest_knowledge_takes_the_place_of_the_earlier(store: Store) -> None:
    published.record(store, OURS)
    theirs = replace(OURS, resource_version="2", human_state="screening", checked=NOON + SECOND)
    published.record(store, theirs)
    assert published.find(store, "north", "study", "a") == theirs


def test_a_resource_that_we_never_wrote_can_be_known(store: Store) -> None:
    theirs = replace(OURS, digest=None, machine_state=None, human_state="on-study", written=None)
    published.record(store, theirs)
    assert published.find(store, "north", "study", "a") == theirs


def test_those_not_looked_at_for_long_come_first(store: Store) -> None:
    for patient, seconds in (("c", 3), ("a", 1), ("b", 2)):
        published.record(store, replace(OURS, patient=patient, checked=NOON + seconds * SECOND))
    found = published.checked_before(store, "north", NOON + 3 * SECOND, 9)
    assert [each.patient for each in found] == ["a", "b"]
    assert [each.patient for each in published.checked_before(store, "north", NOON + 9 * SECOND, 1)] == ["a"]
