"""Migrations: they make what the code expects, once, all or nothing, from anywhere."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, inspect, text

from service.errors import StoreError, StoreOutdated
from service.store.engine import open_store
from service.store.migration import is_current, migrate
from service.store.tables import metadata

MIGRATE = "import sys; from service.store import engine, migration; migration.migrate(engine.open_store(sys.argv[1]))"


def test_the_migrations_make_the_tables_that_the_code_expects(empty_url: str) -> None:
    store = open_store(empty_url)
    migrate(store)
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        found = inspect(connection)
        for table in metadata.sorted_tables:
            checks = {each.name for each in table.constraints if isinstance(each, CheckConstraint)}
            assert {each["name"] for each in found.get_check_constraints(table.name)} == checks
    store.close()


def test_a_migration_is_made_once(empty_url: str) -> None:
    store = open_store(empty_url)
    assert not is_current(store)
    assert [migrate(store), migrate(store)] == [True, False]
    assert is_current(store)
    store.close()


def test_tables_of_a_newer_version_are_left_alone(empty_url: str) -> None:
    store = open_store(empty_url)
    migrate(store)
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert not is_current(store)
    with pytest.raises(StoreOutdated, match="newer"):
        migrate(store)
    store.close()


def test_a_migration_that_fails_leaves_nothing(empty_url: str) -> None:
    store = open_store(empty_url)
    with store.writing() as connection:
        connection.execute(text("CREATE TABLE forgetting (id INTEGER)"))  # in the way of the last table
    with pytest.raises(StoreError):
        migrate(store)
    with store.reading() as connection:
        assert inspect(connection).get_table_names() == ["forgetting"]
    store.close()


def test_processes_that_start_together_migrate_once_and_from_anywhere(empty_url: str, tmp_path: Path) -> None:
    running = [
        subprocess.Popen([sys.executable, "-c", MIGRATE, empty_url], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    complaints = [each.communicate(timeout=60)[1] for each in running]
    assert [each.returncode for each in running] == [0, 0, 0], complaints
    store = open_store(empty_url)
    assert is_current(store)
    store.close()
