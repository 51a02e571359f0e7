"""What studies said only grows; a count is done by one at a time; what holds is read page by page."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from service.errors import StoreError
from service.store import assessments, decisions, studying
from service.store.decisions import Decision
from service.store.engine import Store
from service.store.studying import Version

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
DAY = date(2026, 6, 30)
LATER = NOON + timedelta(minutes=15)
SAID = Version("north", "demo", "1.0", "d1", "What it asks\n", NOON)


def begin(store: Store, now: datetime = NOON, until: datetime = LATER) -> bool:
    return studying.begin(store, "north", "demo", DAY, now, until)


def test_a_version_is_kept_once_and_never_changed(store: Store) -> None:
    other = Version("north", "demo", "1.0", "d2", "What it asks now\n", LATER)
    kept = [studying.keep_version(store, each) for each in (SAID, SAID, other)]
    assert kept == [True, False, True]
    assert studying.versions(store, "north", "demo") == (SAID, other)
    assert studying.versions(store, "south", "demo") == ()
    for change in ("UPDATE study_versions SET text = 'x'", "DELETE FROM study_versions"):
        with pytest.raises(StoreError), store.writing() as connection:
            connection.execute(text(change))
    assert studying.versions(store, "north", "demo") == (SAID, other)


def test_one_at_a_time_counts_and_once_a_day(store: Store) -> None:
    assert begin(store)
    assert not begin(store, NOON + timedelta(minutes=1))
    assert studying.end(store, "north", "demo", DAY, {"assessed": 3}, NOON, LATER)
    assert not begin(store, NOON + timedelta(hours=5))
    (counted,) = studying.counted(store, "north", "demo", DAY)
    assert (counted.content, counted.counted, counted.due) == ({"assessed": 3}, NOON, None)


def test_what_a_killed_worker_began_is_taken_up_when_its_lease_is_over(store: Store) -> None:
    much_later = LATER + timedelta(minutes=15)
    assert begin(store)
    assert begin(store, LATER, much_later)
    assert not studying.end(store, "north", "demo", DAY, {"assessed": 1}, LATER, LATER)
    assert studying.end(store, "north", "demo", DAY, {"assessed": 2}, LATER, much_later)
    assert [each.content for each in studying.counted(store, "north", "demo", DAY)] == [{"assessed": 2}]


def test_who_asks_keeps_the_old_numbers_until_there_are_new_ones(store: Store) -> None:
    begin(store)
    studying.end(store, "north", "demo", DAY, {"assessed": 3}, NOON, LATER)
    asked = NOON + timedelta(hours=1)
    studying.ask(store, "north", "demo", DAY, asked)
    (counted,) = studying.counted(store, "north", "demo", DAY)
    assert (counted.content, counted.due) == ({"assessed": 3}, asked)
    assert begin(store, asked, asked + timedelta(minutes=15))


def test_who_asks_while_somebody_counts_does_not_disturb_them(store: Store) -> None:
    assert begin(store)
    studying.ask(store, "north", "demo", DAY, NOON + timedelta(minutes=1))
    assert not begin(store, NOON + timedelta(minutes=2))
    assert studying.end(store, "north", "demo", DAY, {"assessed": 3}, NOON, LATER)


def test_what_was_given_back_is_done_by_the_next(store: Store) -> None:
    assert begin(store)
    studying.give_back(store, "north", "demo", DAY, LATER, NOON)
    assert begin(store, NOON, LATER)


def test_who_counts_for_long_keeps_the_lease_while_they_have_it(store: Store) -> None:
    longer = LATER + timedelta(minutes=15)
    assert begin(store)
    assert studying.renew(store, "north", "demo", DAY, LATER, longer)
    assert not studying.renew(store, "north", "demo", DAY, LATER, longer), "that lease is over"
    assert not begin(store, LATER, longer)
    assert studying.end(store, "north", "demo", DAY, {"assessed": 3}, LATER, longer)


def test_everybody_is_read_once_with_what_was_decided(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studying, "PAGE", 2)
    for number in range(5):
        for study in ("demo", "other"):
            line = {"patient": f"p{number}", "study": study}
            assessments.add(store, "north", study, "1.0", f"p{number}", "d", DAY, line, None, NOON)
    assessments.withdraw(store, "north", "p3", "merged", NOON)
    for study in ("demo", None, "other"):
        decisions.add(store, Decision("north", study, "p1", "note", None, {}, None, "anna", NOON))
    pages = list(studying.holding(store, "north", "demo"))
    assert [len(page) for page in pages] == [2, 2, 1]
    found = [each for page in pages for each in page]
    assert [each.line["patient"] for each in found] == [f"p{number}" for number in range(5)]
    assert {each.line["study"] for each in found} == {"demo"}
    assert [each.withdrawn for each in found] == [False, False, False, True, False]
    assert [[one.study for one in each.decisions] for each in found] == [[], ["demo", None], [], [], []]


def test_assessments_are_counted_by_the_version_that_made_them(store: Store) -> None:
    for version, patient in (("1.0", "p"), ("1.0", "q"), ("1.1", "p")):
        assessments.add(store, "north", "demo", version, patient, "d", DAY, {"of": version}, None, NOON)
    assert studying.made_with(store, "north", "demo") == {"1.0": 2, "1.1": 1}
