"""The rows of worklists and the people in them: the same on both databases, and quick however many there are."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import sqlite

from service.store import people, worklist, worklist_counts, worklist_news
from service.store.engine import Store
from service.store.people import Coming, Identity
from service.store.retention import Keep, delete_patient, purge
from service.store.worklist import EVERYBODY, Entry, Wanted
from service.store.worklist_order import Order
from service.store.worklist_tabs import Tab

TODAY = date(2026, 6, 30)
SINCE = datetime.combine(TODAY, time(), UTC)
NOW = SINCE + timedelta(hours=12)
DAY = timedelta(days=1)


def entry(patient: str, **more: object) -> Entry:
    """A candidate of today."""
    values: dict[str, object] = {
        **dict.fromkeys(("until", "hidden", "later", "next_change", "status", "status_set", "claimed_by")),
        **dict.fromkeys(("appointment", "found_by", "changed_from")),
        "place": "open",
        "standing": "candidate",
        "rank": 0,
        "unresolved": 0,
        "look_again": False,
        "missing": "",
        "changed": NOW,
        "line": {},
    }
    return Entry("north", "demo", patient, **{**values, **more})  # type: ignore[arg-type]


def listed(store: Store, *entries: Entry) -> None:
    for each in entries:
        people.ensure(store, "north", each.patient, NOW)
        worklist.put(store, each)


def names(store: Store, tab: Tab | None = Tab.NOW, wanted: Wanted = EVERYBODY, order: Order = Order.USUAL) -> str:
    """The patients of a page, in their order."""
    rows = worklist.page(store, "north", "demo", tab, TODAY, SINCE, 50, 0, order, wanted)
    assert worklist.count(store, "north", "demo", tab, TODAY, SINCE, wanted) == len(rows)
    return "".join(each.patient for each in rows)


def test_the_usual_order_is_signal_then_what_is_open_then_who_comes_first(store: Store) -> None:
    tomorrow, yesterday = NOW + DAY, NOW - DAY
    listed(
        store,
        entry("a", rank=1),
        entry("b", unresolved=2),
        entry("c", unresolved=1),
        entry("d", unresolved=1, appointment=tomorrow + DAY),
        entry("e", unresolved=1, appointment=tomorrow),
        entry("f", unresolved=1, appointment=yesterday),
    )
    assert names(store) == "edcfba", "an appointment that is over is none"


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Order.NAME, "bac"),
        (Order.UNRESOLVED, "cba"),
        (Order.APPOINTMENT, "cab"),
        (Order.CHANGED, "bca"),
        (Order.DUE, "abc"),
    ],
)
def test_a_list_is_sorted_by_what_is_asked(store: Store, order: Order, expected: str) -> None:
    listed(
        store,
        entry("a", found_by="y", unresolved=2, appointment=NOW + DAY, until=TODAY - DAY, changed=NOW - DAY),
        entry("b", found_by="x", unresolved=1, until=TODAY, changed=NOW + DAY),
        entry("c", unresolved=0, appointment=NOW),
    )
    assert names(store, order=order) == expected


def test_a_list_is_narrowed_by_what_is_asked(store: Store) -> None:
    listed(
        store,
        entry("a", standing="needs_review", missing=" I1 E2 ", claimed_by="anna"),
        entry("b", rank=1, changed=NOW - 3 * DAY, appointment=NOW + DAY),
        entry("c", missing=" I12 ", appointment=NOW + 9 * DAY),
    )
    assert names(store, wanted=Wanted(standing="needs_review")) == "a"
    assert names(store, wanted=Wanted(rank=1)) == "b"
    assert names(store, wanted=Wanted(missing="I1")) == "a"
    assert names(store, wanted=Wanted(claimed="anna")) == "a"
    assert names(store, wanted=Wanted(claimed="")) == "cb"
    assert names(store, wanted=Wanted(changed_since=NOW - DAY)) == "ca"
    assert names(store, wanted=Wanted(coming_before=SINCE + 7 * DAY)) == "b"


def test_who_is_kept_out_or_silent_is_found_by_name_in_no_tab_but_out(store: Store) -> None:
    listed(store, entry("a", place="out"), entry("b", hidden=TODAY), entry("c", hidden=date.max), entry("d"))
    people.identify(store, "north", "b", Identity("Zoë Łuk", identifiers={"77": "MR"}), NOW)
    assert (names(store), names(store, Tab.OUT)) == ("d", "abc")
    assert names(store, None, Wanted(search="zoe")) == names(store, None, Wanted(search="77")) == "b"
    assert names(store, None, Wanted(search="%")) == names(store, None, Wanted(search="7")) == ""


def test_numbers_by_tab_and_standing(store: Store) -> None:
    listed(
        store,
        entry("a"),
        entry("b", until=TODAY + DAY),
        entry("c", until=TODAY),
        entry("d", place="checked", status="screening"),
        entry("e", place="checked", status="declined", hidden=date.max),
    )
    assert worklist_counts.by_stand(store, "north", "demo", TODAY) == {
        (Tab.CHECKED, "screening"): 1,
        (Tab.LATER, "candidate"): 1,
        (Tab.NOW, "candidate"): 2,
        (Tab.OUT, "declined"): 1,
    }


def test_what_changed_since(store: Store) -> None:
    listed(
        store,
        entry("a"),
        entry("b", changed_from="needs_review"),
        entry("c", changed=NOW - 2 * DAY),
        entry("d", hidden=date.max),
        entry("e", place="out"),
    )
    assert worklist_news.changed_since(store, "north", "demo", TODAY, NOW - DAY) == {"new": 1, "changed": 1}


def test_a_name_and_an_appointment_reach_the_row(store: Store) -> None:
    listed(store, entry("a"))
    assert people.identify(store, "north", "a", Identity("Ána  DÍAZ"), NOW)
    assert people.appoint(store, "north", "a", Coming(NOW + DAY, "Ward 3", "Dr. B"), NOW)
    assert not people.identify(store, "north", "z", Identity("Nobody"), NOW), "who is not listed is not kept"
    found = worklist.find(store, "north", "demo", "a")
    assert found is not None and (found.found_by, found.appointment) == ("ana diaz", NOW + DAY)
    assert people.of(store, "north", "z") is None


def test_forgetting_a_patient_leaves_no_name(store: Store) -> None:
    listed(store, entry("a"), entry("b"))
    gone = delete_patient(store, "north", "a")
    assert (gone.worklist, gone.people) == (1, 1)
    assert names(store) == "b" and people.listed(store, "north") == {"b"}


def test_rows_without_an_assessment_are_forgotten_with_their_people(store: Store) -> None:
    listed(store, entry("a"))
    gone = purge(store, NOW, Keep())
    assert (gone.worklist, gone.people) == (1, 1)


def test_a_page_is_chosen_from_the_index_alone(store: Store) -> None:
    if not store.on_sqlite:
        pytest.skip("the plan of PostgreSQL depends on what it knows of the table")
    for tab, wanted, backwards in (
        *((tab, EVERYBODY, backwards) for tab in (Tab.NOW, Tab.LATER, Tab.CHECKED) for backwards in (False, True)),
        (Tab.NOW, Wanted(missing="I1", claimed=""), False),
    ):
        key = (store, "north", "demo", tab, TODAY, SINCE, Order.USUAL, wanted)
        asked = worklist.chosen(*key, backwards=backwards).limit(50)
        written = str(asked.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
        with store.reading() as connection:
            plan = [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {written}"))]
        assert plan[0].startswith("SEARCH worklist USING COVERING INDEX ix_worklist_order"), plan
