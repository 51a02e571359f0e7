"""Decisions: kept for good, one after the other, and whose they are when records are merged."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from service.errors import Outpaced, StoreError
from service.store import decisions, retention
from service.store.decisions import Decision
from service.store.engine import Store
from service.store.tables import decisions as table
from tests.store.world import NOON

PLAIN = Decision("north", "demo", "p", "status", None, {"status": "screening"}, "why", "anna", NOON)


def test_of_many_who_decide_at_once_and_saw_the_same_one_is_kept(store: Store) -> None:
    """SQLite and PostgreSQL: two that look at the same time would both find that nobody had decided."""

    def decide(number: int) -> int | None:
        try:
            return decisions.add(store, replace(PLAIN, actor=f"a{number}"), seen=0)
        except Outpaced:
            return None

    with ThreadPoolExecutor(8) as several:
        kept = [each for each in several.map(decide, range(24)) if each is not None]
    assert len(kept) == 1 and len(decisions.of_patient(store, "north", "p")) == 1


def test_the_same_thing_is_of_one_study_patient_and_matter(store: Store) -> None:
    first = decisions.add(store, PLAIN, seen=0)
    for other in ({"study": "other"}, {"study": None}, {"patient": "q"}, {"kind": "note"}, {"tenant": "south"}):
        decisions.add(store, replace(PLAIN, **other), seen=0)  # type: ignore[arg-type]
    decisions.add(store, replace(PLAIN, about="E1"), seen=0)
    with pytest.raises(Outpaced):
        decisions.add(store, PLAIN, seen=0)
    with pytest.raises(Outpaced):
        decisions.add(store, replace(PLAIN, kind="override"), seen=0, among={"status"})
    decisions.add(store, PLAIN, seen=first)


def test_what_was_decided_is_not_changed_or_taken_away(store: Store) -> None:
    decisions.add(store, PLAIN)
    for change in (table.update().values(actor="bert"), table.delete()):
        with pytest.raises(StoreError), store.writing() as connection:
            connection.execute(change)
    assert [each.actor for each in decisions.of_patient(store, "north", "p")] == ["anna"]


def test_decisions_follow_the_record_that_survives_and_leave_it_again(store: Store) -> None:
    old = decisions.add(store, PLAIN)
    new = decisions.add(store, replace(PLAIN, patient="q"), seen=0)
    decisions.merged(store, "north", "q", ["p"])
    assert [each.id for each in decisions.of_patient(store, "north", "q")] == [old, new]
    assert [each.id for each in decisions.of_patient(store, "north", "p")] == [old]
    with pytest.raises(Outpaced):
        decisions.add(store, replace(PLAIN, patient="q"), seen=old)
    decisions.merged(store, "north", "q", [])
    assert [each.id for each in decisions.of_patient(store, "north", "q")] == [new]


def test_who_is_forgotten_takes_the_decisions_along_under_every_record(store: Store) -> None:
    for patient in ("p", "q", "r"):
        decisions.add(store, replace(PLAIN, patient=patient))
    decisions.merged(store, "north", "q", ["p"])
    gone = retention.delete_patient(store, "north", "q")
    assert (gone.decisions, gone.merges) == (2, 1)
    assert decisions.patients(store, "north") == {"r"} and decisions.together(store, "north", "q") == ("q",)


def test_age_takes_no_decision_away(store: Store) -> None:
    decisions.add(store, PLAIN)
    retention.purge(store, NOON.replace(year=NOON.year + 50), retention.Keep())
    assert len(decisions.of_patient(store, "north", "p")) == 1
