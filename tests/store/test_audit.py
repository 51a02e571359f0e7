"""The record of who did what."""

from datetime import timedelta

from service.store import audit
from service.store.audit import Entry
from service.store.engine import Store
from tests.store.world import NOON


def test_entries_are_kept_as_they_are_and_the_newest_comes_first(store: Store) -> None:
    given = [
        Entry(NOON, "north", "somebody", "looked", "study", "a", {"findings": 3, "dry-run": True, "why": None}),
        Entry(NOON + timedelta(seconds=1), "north", "the service", "wrote", detail={}),
    ]
    for each in given:
        audit.append(store, each)
    assert list(audit.entries(store, "north", 9)) == given[::-1]
    assert list(audit.entries(store, "north", 1)) == given[1:]


def test_entries_are_found_by_patient_and_tenant(store: Store) -> None:
    for tenant, patient in (("north", "a"), ("north", "b"), ("south", "a")):
        audit.append(store, Entry(NOON, tenant, "somebody", "looked", patient=patient))
    assert [each.patient for each in audit.entries(store, "north", 9)] == ["b", "a"]
    assert [(each.tenant, each.patient) for each in audit.entries(store, "south", 9, "a")] == [("south", "a")]
    assert audit.entries(store, "west", 9) == ()
