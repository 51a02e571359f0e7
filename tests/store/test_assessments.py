"""Assessments: the history only grows, and what holds now is never an entry that something has overtaken."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from service.errors import StoreError
from service.store import assessments
from service.store.assessments import Due, Known
from service.store.engine import Store
from tests.store.world import DAY, NOON

TOMORROW = DAY + timedelta(days=1)


def add(store: Store, **changes: Any) -> bool:
    """Add an assessment like any other, with these changes."""
    given: dict[str, Any] = {"tenant": "north", "study": "study", "version": "1", "patient": "a", "digest": "facts"}
    given |= {"screening_date": DAY, "line": {"standing": "candidate"}, "next_change": None, "now": NOON} | changes
    dated = {"patient": given["patient"], "screening_date": given["screening_date"].isoformat(), **given["line"]}
    return assessments.add(store, **given | {"line": dated})


def standings(store: Store) -> list[object]:
    return [each.line["standing"] for each in assessments.history(store, "north", "study", "a")]


def now(store: Store) -> assessments.Current:
    found = assessments.latest(store, "north", "study", "a")
    assert found is not None
    return found


def test_there_is_nothing_of_somebody_unknown(store: Store) -> None:
    assert assessments.latest(store, "north", "study", "a") is None
    assert assessments.history(store, "north", "study", "a") == ()
    assert assessments.patients(store, "north", 9) == ()


def test_an_assessment_is_kept_as_it_is(store: Store) -> None:
    line = {"z": 1.5, "a": [None, True, "ä\u0000"], "m": {"b": {}, "a": 10**15}, "standing": "candidate"}
    assert add(store, line=line, next_change=TOMORROW)
    stored = now(store).stored
    assert list(stored.line) == ["patient", "screening_date", "z", "a", "m", "standing"]
    assert {name: stored.line[name] for name in line} == line
    assert (stored.tenant, stored.study, stored.version, stored.patient) == ("north", "study", "1", "a")
    assert (stored.digest, stored.screening_date, stored.next_change) == ("facts", DAY, TOMORROW)
    assert stored.made == NOON
    assert assessments.history(store, "north", "study", "a") == (stored,)


def test_the_same_on_a_later_day_is_no_new_entry_but_is_confirmed(store: Store) -> None:
    assert add(store)
    assert not add(store, screening_date=TOMORROW)
    assert standings(store) == ["candidate"]
    assert (now(store).confirmed, now(store).stored.screening_date) == (TOMORROW, DAY)


@pytest.mark.parametrize(
    "changes",
    [
        {"digest": "other facts"},
        {"version": "2"},
        {"next_change": TOMORROW},
        {"line": {"standing": "ineligible"}},  # the same facts may mean something else on a later day
    ],
)
def test_whatever_else_differs_is_a_new_entry(store: Store, changes: dict[str, Any]) -> None:
    add(store)
    assert add(store, **changes)
    assert len(standings(store)) == 2


def test_facts_that_return_to_an_earlier_state_hold_again(store: Store) -> None:
    for standing in ("candidate", "ineligible", "candidate"):
        assert add(store, digest=f"facts of {standing}", line={"standing": standing})
    assert standings(store) == ["candidate", "ineligible", "candidate"]
    assert now(store).stored.line["standing"] == "candidate"
    assert now(store).stored.id == assessments.history(store, "north", "study", "a")[-1].id


def test_what_does_not_hold_any_more_says_so(store: Store) -> None:
    add(store, next_change=TOMORROW)
    add(store, study="other", next_change=TOMORROW)
    assert assessments.withdraw(store, "north", "a", "deceased", NOON) == 2
    assert now(store).withdrawn == "deceased"
    assert assessments.withdraw(store, "north", "a", "opted-out", NOON) == 0
    assert assessments.due(store, "north", ["study", "other"], TOMORROW, 9) == ()
    assert assessments.of_study(store, "north", "study", 9) == ()
    assert standings(store) == ["candidate"]


def test_one_study_alone_can_be_withdrawn(store: Store) -> None:
    add(store)
    add(store, study="other")
    assert assessments.withdraw(store, "north", "a", "closed", NOON, study="other") == 1
    assert [(each.stored.study, each.withdrawn) for each in assessments.of_patient(store, "north", "a")] == [
        ("other", "closed"),
        ("study", None),
    ]


def test_what_was_withdrawn_holds_again_when_it_is_found_again(store: Store) -> None:
    add(store)
    assessments.withdraw(store, "north", "a", "opted-out", NOON)
    assert not add(store)
    assert now(store).withdrawn is None


def test_those_that_time_changes_are_found_on_their_day(store: Store) -> None:
    for patient, days in (("b", 1), ("a", 1), ("c", 0), ("d", 2)):
        add(store, patient=patient, next_change=DAY + timedelta(days=days))
    add(store, patient="e", study="closed", next_change=DAY)
    add(store, patient="f", tenant="south", next_change=DAY)
    add(store, patient="g")
    found = [Due("study", "c", DAY), Due("study", "a", TOMORROW), Due("study", "b", TOMORROW)]
    assert list(assessments.due(store, "north", ["study"], TOMORROW, 9)) == found
    assert list(assessments.due(store, "north", ["study"], TOMORROW, 2)) == found[:2]
    assert assessments.due(store, "north", [], TOMORROW, 9) == ()


def test_an_overtaken_change_is_not_due(store: Store) -> None:
    add(store, next_change=DAY)
    add(store, digest="other facts", next_change=None)
    assert assessments.due(store, "north", ["study"], date.max, 9) == ()


def test_long_lists_come_in_pages(store: Store) -> None:
    for patient in ("b", "a", "B", "ä", "c"):
        add(store, patient=patient)
        add(store, patient=patient, study="other")
    assert assessments.patients(store, "north", 3) == ("B", "a", "b")
    assert assessments.patients(store, "north", 3, after="b") == ("c", "ä")
    page = assessments.of_study(store, "north", "study", 2, after="a")
    assert [each.stored.patient for each in page] == ["b", "c"]


@pytest.mark.parametrize("table", ["assessments", "audit"])
@pytest.mark.parametrize("change", ["UPDATE {} SET patient = 'b'", "DELETE FROM {}"])
def test_the_history_cannot_be_changed_even_by_hand(store: Store, table: str, change: str) -> None:
    add(store)
    with store.writing() as connection:
        connection.execute(
            text(
                "INSERT INTO audit (at, tenant, actor, action, patient, detail) "
                "SELECT made, tenant, 'somebody', 'looked', patient, '{}' FROM assessments"
            )
        )
        connection.execute(text("DELETE FROM current"))  # so that no reference is in the way
    with pytest.raises(StoreError, match="refused a change"), store.writing() as connection:
        connection.execute(text(change.format(table)))
    with store.reading() as connection:
        assert connection.execute(text(f"SELECT patient FROM {table}")).scalars().all() == ["a"]


def test_the_history_cannot_be_emptied_at_a_stroke(store: Store) -> None:
    if store.on_sqlite:
        pytest.skip("SQLite knows no TRUNCATE")
    add(store)
    with pytest.raises(StoreError, match="refused a change"), store.writing() as connection:
        connection.execute(text("TRUNCATE assessments, current"))
    assert standings(store) == ["candidate"]


def test_what_is_known_is_told_page_by_page_without_its_content(store: Store) -> None:
    for patient, study in (("b", "y"), ("a", "z"), ("a", "y"), ("a", "y")):
        add(store, patient=patient, study=study)
    add(store, patient="a", study="y", version="2", screening_date=TOMORROW)
    add(store, tenant="south", patient="c")
    assessments.withdraw(store, "north", "b", "deceased", NOON)
    pages, after = [], ("", "")
    while page := assessments.known(store, "north", 2, after):
        pages.append(page)
        after = (page[-1].patient, page[-1].study)
    assert pages == [
        (Known("a", "y", "2", TOMORROW, None), Known("a", "z", "1", DAY, None)),
        (Known("b", "y", "1", DAY, "deceased"),),
    ]


def test_who_rests_on_a_resource_is_found_as_long_as_it_holds(store: Store) -> None:
    def resting(*references: str) -> dict[str, object]:
        return {"standing": "x", "findings": [{"evidence": [{"reference": each} for each in references]}]}

    add(store, patient="a", line=resting("Observation/1", "Observation/a_b"))
    add(store, patient="b", line=resting("Observation/12", "Observation/aXb"))
    add(store, patient="c", line=resting("Observation/1"), tenant="south")
    add(store, patient="d", line=resting("Observation/1"))
    add(store, patient="d", line=resting("Observation/2"), digest="other")
    assert assessments.resting_on(store, "north", "Observation/1") == ("a",)
    assert assessments.resting_on(store, "north", "Observation/a_b") == ("a",)
    assert assessments.resting_on(store, "north", "Observation/9") == ()
