"""Opening a database: which ones, what it refuses in the same words on both, and what it never says."""

import sqlite3
import stat
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Text, bindparam, func, select, text

from service.errors import InvalidValue, StoreError, StoreOutdated, StoreUnavailable, UsageError
from service.store import engine, inbox, screenings, tables
from service.store.engine import Question, Store, open_store
from service.store.inbox import INBOX
from service.store.screenings import SCREENINGS
from tests.engines import SHIPPED
from tests.store.world import NOON, delivery

SECRET = "4711-of-nobody"


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "sqlite://", "sqlite:///:memory:", "sqlite:///a.db?mode=ro", "mysql://user:hunter2@host/name"],
)
def test_a_database_that_would_not_do_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        open_store(url)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_usual_spelling_of_postgresql_is_taken(scheme: str) -> None:
    assert not open_store(f"{scheme}://user@host/name").on_sqlite


def test_the_driver_of_postgresql_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise ImportError

    monkeypatch.setattr(engine, "create_engine", missing)
    with pytest.raises(UsageError, match=r"fhir-prescreen\[postgres\]"):
        open_store("postgresql://host/name")


def test_an_old_sqlite_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    with pytest.raises(UsageError, match=r"3\.35"):
        open_store(f"sqlite:///{tmp_path / 'a.db'}")


def test_a_file_of_sqlite_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    store = open_store(f"sqlite:///{path}")
    assert not path.exists()
    with store.writing() as connection:
        connection.execute(text("CREATE TABLE a (b INTEGER)"))
        made = [each for each in tmp_path.iterdir() if each.name.startswith("new.db")]
        assert len(made) == 3  # the log and its index
        assert {stat.S_IMODE(each.stat().st_mode) for each in made} == {0o600}
    store.close()


def test_sqlite_keeps_what_it_has_said_it_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PRAGMAS", SHIPPED)
    store = open_store(f"sqlite:///{tmp_path / 'a.db'}")
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1, "busy_timeout": 30_000}
    with store.reading() as connection:
        told = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted}
    store.close()
    assert told == wanted


def test_a_database_that_is_not_there_is_unavailable(empty_url: str, tmp_path: Path) -> None:
    nowhere = empty_url.replace("empty.db", "no/such.db").replace("host=", f"host={tmp_path}/none")
    store = open_store(nowhere)
    with pytest.raises(StoreUnavailable):
        INBOX.counts(store)
    store.close()


def test_tables_that_are_not_there_are_outdated(empty_url: str) -> None:
    store = open_store(empty_url)
    with pytest.raises(StoreOutdated, match="migrate"):
        inbox.deliver(store, delivery())
    store.close()


def test_a_writer_that_waits_too_long_gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PRAGMAS", ("PRAGMA busy_timeout = 50",))
    one, other = (open_store(f"sqlite:///{tmp_path / 'a.db'}") for _ in range(2))
    with one.writing(), pytest.raises(StoreUnavailable, match="SQLITE_BUSY"), other.writing():
        pytest.fail("two writers at once")
    one.close()
    other.close()


def test_a_reader_does_not_wait_for_the_writer(store: Store) -> None:
    with store.transaction() as whole:
        screenings.request(whole, "north", "a", "event", NOON)
        assert SCREENINGS.counts(store) == {}  # nor does it see what is not committed
    assert SCREENINGS.counts(store)["north"].waiting == 1


WAITING = Question(
    select(func.count(tables.screenings.c.id), bindparam("said", type_=Text)).where(
        tables.screenings.c.patient == bindparam("patient", type_=Text)
    )
)


def test_a_question_is_asked_of_what_is_committed_or_within_a_transaction(store: Store) -> None:
    asked = {"patient": "a:b'%s", "said": None}
    with store.transaction() as whole:
        screenings.request(whole, "north", "a:b'%s", "event", NOON)
        assert (tuple(whole.ask(WAITING, asked)), tuple(store.ask(WAITING, asked))) == ((1, None), (0, None))
    for said in ("once", "again"):
        assert tuple(store.ask(WAITING, {**asked, "said": said})) == (1, said)
    assert store.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert tuple(store.ask(WAITING, {**asked, "patient": "b"})) == (0, None)


def test_a_question_holds_nobody_up(store: Store) -> None:
    """Nothing stays open behind it, for which somebody who changes the tables would have to wait."""
    store.ask(WAITING, {"patient": "a", "said": None})
    with store.engine.connect() as connection, connection.begin() as change:
        if not store.on_sqlite:
            connection.execute(text("SET LOCAL lock_timeout = 2000"))
        connection.execute(text("DROP TABLE screenings"))
        change.rollback()
    assert tuple(store.ask(WAITING, {"patient": "a", "said": None})) == (0, None)


def test_a_question_that_fails_says_why_like_any_other(empty_url: str, tmp_path: Path) -> None:
    empty = open_store(empty_url)
    with pytest.raises(StoreOutdated, match="migrate"):
        empty.ask(WAITING, {"patient": "a", "said": None})
    nowhere = open_store(empty_url.replace("empty.db", "no/such.db").replace("host=", f"host={tmp_path}/none"))
    with pytest.raises(StoreUnavailable):
        nowhere.ask(WAITING, {"patient": "a", "said": None})
    empty.close()
    nowhere.close()


def test_a_question_outlives_a_connection_that_broke(store: Store) -> None:
    screenings.request(store, "north", "a", "event", NOON)
    held = store.engine.raw_connection()
    held.driver_connection.close()  # type: ignore[union-attr]
    held.close()
    assert tuple(store.ask(WAITING, {"patient": "a", "said": None})) == (1, None)


def test_the_functions_of_a_transaction_take_effect_together(store: Store) -> None:
    with store.transaction() as whole:
        inbox.deliver(whole, delivery())
        screenings.request(whole, "north", "a", "event", NOON)
    assert set(INBOX.counts(store)) == set(SCREENINGS.counts(store)) == {"north"}


@pytest.mark.parametrize("patient", ["with\0nul", "half \ud800 a pair", "x" * 201])
def test_an_identifier_that_one_database_could_not_keep_is_refused_by_both(store: Store, patient: str) -> None:
    with pytest.raises(InvalidValue):
        screenings.request(store, "north", patient, "event", NOON)


@pytest.mark.parametrize("patient", ["", "ä", "日本", "a'b", 'a"b', "a%b", "x" * 200, "\U0001f600" * 200, " "])
def test_any_other_identifier_is_kept_as_it_is(store: Store, patient: str) -> None:
    screenings.request(store, "north", patient, "event", NOON)
    (claimed,) = SCREENINGS.claim(store, NOON, NOON - NOON.replace(hour=0), 1)
    assert claimed.patient == patient


def test_identifiers_differ_by_case(store: Store) -> None:
    assert screenings.request(store, "north", "abc", "event", NOON)
    assert screenings.request(store, "north", "ABC", "event", NOON)


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(InvalidValue, match="time zone"):
        screenings.request(store, "north", "a", "event", datetime(2026, 6, 30))


def test_a_document_that_is_no_json_is_refused(store: Store) -> None:
    with pytest.raises(InvalidValue) as refused:
        inbox.deliver(store, delivery(headers={SECRET: object()}))
    assert SECRET not in str(refused.value)


def test_what_the_database_says_of_a_row_is_not_passed_on(store: Store) -> None:
    statement = text(f"INSERT INTO feed_events SELECT '{SECRET}', 'labs', 1, 'd', seen FROM feed_events WHERE 1 = 0")
    broken = text(f"INSERT INTO current (tenant, study, patient) VALUES ('{SECRET}', '{SECRET}', '{SECRET}')")
    with store.writing() as connection:
        connection.execute(statement)  # this one is sound
    with pytest.raises(StoreError) as refused, store.writing() as connection:
        connection.execute(broken)
    assert type(refused.value) is StoreError
    assert SECRET not in str(refused.value)
    assert refused.value.__cause__ is None and refused.value.__suppress_context__
