"""Bringing the tables of a database to what this version needs.

Alembic is imported where it is used: it takes a third of the time that a command takes to start, and most need none.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from service.errors import StoreOutdated
from service.store.engine import Store

if TYPE_CHECKING:
    from alembic.config import Config

# Any number that nothing else in the same database uses for a lock.
LOCK = 7_326_455_014


def migrate(store: Store) -> bool:
    """Make or change the tables, all or nothing; several processes may try at once. False if nothing was to be done.

    Raises StoreOutdated if a newer version of the service made them.
    """
    from alembic import command

    config = _config()
    with store.transaction() as whole, whole.writing() as connection:
        if not store.on_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        found, wanted = _revision(connection), _head(config)
        if found == wanted:
            return False
        if found is not None and found not in _known(config):
            raise StoreOutdated("the database was made by a newer version of the service; update the service")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return True


def is_current(store: Store) -> bool:
    """Are the tables those of this version?"""
    with store.reading() as connection:
        return _revision(connection) == _head(_config())


def _config() -> Config:
    """Where the migrations are: inside the package, wherever that is installed."""
    from alembic.config import Config

    config = Config()
    place = Path(str(files("service.store") / "migrations"))
    config.set_main_option("script_location", str(place).replace("%", "%%"))
    return config


def _revision(connection: Connection) -> str | None:
    from alembic.runtime.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


def _head(config: Config) -> str | None:
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(config).get_current_head()


def _known(config: Config) -> set[str]:
    from alembic.script import ScriptDirectory

    return {each.revision for each in ScriptDirectory.from_config(config).walk_revisions()}
