"""Turning pages and counting without looking at each row: the same as looking at each, in every order, on both
databases."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from alembic import command
from sqlalchemy import func, insert, select

from service.store import migration, people, worklist, worklist_counts
from service.store.engine import Store, open_store
from service.store.people import Coming, Identity
from service.store.retention import Keep, delete_patient, purge
from service.store.tables import worklist as rows, worklist_counts as kept
from service.store.worklist import EVERYBODY, Beside, Entry, Wanted
from service.store.worklist_order import Order
from service.store.worklist_tabs import Tab
from tests.store.test_worklist import DAY, NOW, SINCE, TODAY, entry, listed

PEOPLE = 70
STANDINGS = ("candidate", "needs_review", "ineligible")


def drawn(patient: str, dice: random.Random, study: str = "demo") -> Entry:
    """A row in which few values are drawn, so that many rows are alike."""
    status = dice.choice([None, None, "screening", "consented"])
    made = entry(
        patient,
        place="checked" if status else dice.choice(["open", "open", "open", "out"]),
        until=dice.choice([None, None, TODAY - DAY, TODAY, TODAY + DAY]),
        hidden=dice.choice([None, None, None, TODAY - DAY, TODAY]),
        standing=dice.choice(STANDINGS),
        status=status,
        rank=dice.randint(0, 1),
        unresolved=dice.randint(0, 2),
        appointment=dice.choice([None, NOW - DAY, NOW + DAY, NOW + 2 * DAY]),
        found_by=dice.choice([None, "a", "b"]),
        claimed_by=dice.choice([None, None, "anna"]),
        changed=NOW - DAY * dice.randint(0, 2),
        missing=dice.choice(["", " I1 ", " I1 I2 "]),
    )
    return Entry(**{name: getattr(made, name) for name in Entry.__slots__} | {"study": study})


@pytest.fixture
def many(store: Store) -> Store:
    dice = random.Random(7)
    listed(store, *(drawn(f"p{number:02}", dice) for number in range(PEOPLE)))
    return store


def asked() -> Iterator[tuple[Tab | None, Wanted]]:
    for tab in (None, *Tab):
        yield tab, EVERYBODY
    yield Tab.NOW, Wanted(missing="I1")
    yield Tab.NOW, Wanted(claimed="", standing="needs_review")


@pytest.mark.parametrize("order", Order)
def test_pages_that_follow_one_another_are_the_whole_list(many: Store, order: Order) -> None:
    for tab, wanted in asked():
        ask = (many, "north", "demo", tab, TODAY, SINCE)
        whole = [each.patient for each in worklist.page(*ask, PEOPLE, 0, order, wanted)]
        assert len(whole) == worklist.count(*ask, wanted)
        there: list[str] = []
        page = worklist.page(*ask, 4, 0, order, wanted)
        while page:
            there += [each.patient for each in page]
            page = worklist.page(*ask, 4, 0, order, wanted, beside=Beside(page[-1]))
        assert there == whole, (tab, wanted)
        back: list[str] = []
        page = worklist.page(*ask, 4, max(0, len(whole) - 3), order, wanted, total=len(whole))
        while page:
            back = [each.patient for each in page] + back
            page = worklist.page(*ask, 4, 0, order, wanted, beside=Beside(page[0], before=True))
        assert back == whole, (tab, wanted)


@pytest.mark.parametrize("order", Order)
def test_a_page_by_its_number_is_the_same_from_either_end(many: Store, order: Order) -> None:
    ask = (many, "north", "demo", Tab.NOW, TODAY, SINCE, 3)
    total = worklist.count(*ask[:-1], EVERYBODY)
    assert total > 10
    for start in range(0, total + 6, 3):
        assert worklist.page(*ask, start, order, total=total) == worklist.page(*ask, start, order), start


def test_a_row_that_left_still_says_where_it_stood(many: Store) -> None:
    ask = (many, "north", "demo", Tab.NOW, TODAY, SINCE)
    first, second, *others = worklist.page(*ask, PEOPLE)
    changed = {name: getattr(first, name) for name in Entry.__slots__} | {"until": TODAY + 5 * DAY}
    worklist.put(many, Entry(**changed))
    assert list(worklist.page(*ask, PEOPLE, beside=Beside(first))) == [second, *others]
    worklist.remove(many, "north", "demo", second.patient)
    assert list(worklist.page(*ask, PEOPLE, beside=Beside(second))) == others


def looked_at(store: Store, study: str, day: int) -> dict[tuple[Tab, str], int]:
    """The counts, by looking at each row."""
    today = TODAY + DAY * day
    found: Counter[tuple[Tab, str]] = Counter()
    for tab in Tab:
        for each in worklist.page(store, "north", study, tab, today, SINCE + DAY * day, 1000):
            found[tab, each.status or each.standing] += 1
    return dict(found)


def assert_counted(store: Store) -> None:
    for study in ("demo", "other"):
        for day in (-1, 0, 1, 2):
            assert worklist_counts.by_stand(store, "north", study, TODAY + DAY * day) == looked_at(store, study, day)


def change(store: Store, dice: random.Random, at: datetime) -> None:
    """Somebody does something by which a row changes, comes or goes."""
    patient, study = f"p{dice.randint(0, 9)}", dice.choice(["demo", "other"])
    match dice.randint(0, 9):
        case 0:
            worklist.remove(store, "north", study, patient)
        case 1:
            delete_patient(store, "north", patient)
        case 2:
            people.identify(store, "north", patient, Identity(dice.choice(["Ana", "Bo"])), at)
        case 3:
            people.appoint(store, "north", patient, Coming(at + DAY), at)
        case 4:
            with store.transaction() as whole:
                worklist.put(whole, drawn(patient, dice, study))
                worklist.put(whole, drawn(patient, dice, study))
        case _:
            listed(store, drawn(patient, dice, study))


@pytest.mark.parametrize("seed", range(3))
def test_what_is_counted_is_what_there_is_whoever_changed_it(store: Store, seed: int) -> None:
    dice = random.Random(seed)
    for number in range(60):
        change(store, dice, NOW + timedelta(minutes=number))
        if number % 7 == 0:
            worklist_counts.put_together(store, "north", slack=dice.choice([0, 20]))
        if number % 5 == 0:
            assert_counted(store)
    purge(store, NOW, Keep())
    assert worklist_counts.by_stand(store, "north", "demo", TODAY) == {}


def test_what_was_undone_is_not_counted(many: Store) -> None:
    before = worklist_counts.by_stand(many, "north", "demo", TODAY)
    with many.engine.connect() as connection, connection.begin() as begun:
        worklist.put(replace(many, joined=connection), entry("another"))
        assert worklist_counts.by_stand(replace(many, joined=connection), "north", "demo", TODAY) != before
        begun.rollback()
    assert worklist_counts.by_stand(many, "north", "demo", TODAY) == before


def test_what_is_alike_is_put_together_and_the_sums_stay(many: Store) -> None:
    before = worklist_counts.by_stand(many, "north", "demo", TODAY)
    for _ in range(3):
        for patient in ("p01", "p02"):
            worklist.remove(many, "north", "demo", patient)
            worklist.put(many, entry(patient))
    worklist.remove(many, "north", "demo", "p01")
    there, least = _kept(many)
    assert worklist_counts.put_together(many, "north", slack=there - least) == 0, "not for so few"
    gone = worklist_counts.put_together(many, "north", slack=0)
    assert gone > 0 and _kept(many)[0] == there - gone
    assert worklist_counts.put_together(many, "north", slack=0) == 0
    assert_counted(many)
    assert sum(worklist_counts.by_stand(many, "north", "demo", TODAY).values()) == sum(before.values()) - 1


def test_whoever_puts_together_neither_waits_for_others_nor_loses_what_they_do(many: Store) -> None:
    if many.on_sqlite:
        pytest.skip("SQLite has one writer at a time")
    other = open_store(many.engine.url.render_as_string(hide_password=False))
    with other.transaction() as whole:
        worklist.put(whole, entry("another"))
        worklist.remove(whole, "north", "demo", "p03")
        assert worklist_counts.put_together(many, "north", slack=0) > 0
    other.close()
    assert_counted(many)


def test_counting_anew_mends_what_was_kept(many: Store) -> None:
    with many.writing() as connection:
        connection.execute(kept.insert().values(tenant="north", study="demo", place="open", told="x", rank=0, number=5))
    assert worklist_counts.by_stand(many, "north", "demo", TODAY)[Tab.NOW, "x"] == 5
    worklist_counts.count_anew(many, "north")
    assert_counted(many)
    assert _kept(many)[0] == _kept(many)[1]


def test_a_study_with_very_many_open_criteria_can_be_listed(store: Store) -> None:
    missing = "".join(f" E{number}a" for number in range(400)) + " "
    listed(store, entry("a", missing=missing))
    ask = (store, "north", "demo", Tab.NOW, TODAY, SINCE)
    assert [each.patient for each in worklist.page(*ask, 5, wanted=Wanted(missing="E399a"))] == ["a"]
    assert worklist.count(*ask, Wanted(missing="E39a")) == worklist.count(*ask, Wanted(missing="E3a")) == 1


def _kept(store: Store) -> tuple[int, int]:
    """How many rows are kept of counts, and how many would do."""
    told = func.coalesce(rows.c.status, rows.c.standing)
    real = [told if name == "told" else rows.c[name] for name in worklist_counts.ALIKE]
    with store.reading() as connection:
        there = connection.scalar(select(func.count()).select_from(kept)) or 0
        least = len(connection.execute(select(*real).group_by(*real)).all())
    return there, least


def test_a_migration_counts_the_rows_that_there_are(empty_url: str) -> None:
    store = open_store(empty_url)
    with store.transaction() as whole, whole.writing() as connection:
        config = migration._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0013")
    dice = random.Random(5)
    there = [drawn(f"p{number}", dice, study) for number in range(20) for study in ("demo", "other")]
    told = {"against": [{"criterion": "E1", "sentence": "x"}, {"criterion": "E2", "sentence": "y"}]}
    _listed_before(store, *(replace(each, line=told if number % 2 else {}) for number, each in enumerate(there)))
    assert migration.migrate(store)
    assert_counted(store)
    assert sum(worklist_counts.by_stand(store, "north", "demo", TODAY).values()) == 20
    assert worklist.kept_out(store, "north", "other") == {"E1": 20, "E2": 20}
    assert worklist.kept_out(store, "north", "demo") == {}
    worklist.remove(store, "north", "demo", "p1")
    assert_counted(store)
    store.close()


def _listed_before(store: Store, *entries: Entry) -> None:
    """As an earlier version did, which did not know yet who is kept out by what."""
    columns = [each.name for each in rows.c if each.name != "against"]
    with store.writing() as connection:
        connection.execute(insert(rows), [{name: getattr(each, name) for name in columns} for each in entries])
