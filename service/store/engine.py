"""Opening a database, and its transactions."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn, cast

from sqlalchemy import URL, Connection, Engine, Select, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    OperationalError,
    StatementError,
    TimeoutError as NoConnectionFree,
)
from sqlalchemy.schema import Table

from service.errors import InvalidValue, PrescreenError, StoreError, StoreOutdated, StoreUnavailable, UsageError

OLDEST_SQLITE = (3, 35)  # the first with RETURNING
BUSY_SECONDS = 30
CONNECT_SECONDS = 10
UNDEFINED_TABLE, UNDEFINED_COLUMN = "42P01", "42703"
POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg")
WRITING = "prescreen_writing"
# SQLite: readers do not wait for the writer; a commit is on the disk; what is deleted is overwritten.
PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
)


class Question:
    """A SELECT of one row that is asked so often that it is put into words once. Its values are ids, as plain text."""

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self.statement = statement
        self._words: dict[str, str] = {}

    def words(self, engine: Engine) -> str:
        """As this database understands it, with values by their names."""
        name = engine.dialect.name
        if name not in self._words:
            dialect = sqlite.dialect(paramstyle="named") if name == "sqlite" else engine.dialect
            self._words[name] = str(self.statement.compile(dialect=dialect))
        return self._words[name]


@dataclass(frozen=True, slots=True)
class Store:
    """A database; or, where `joined` is set, one open transaction on it. Threads may share the former."""

    engine: Engine
    joined: Connection | None = None

    @property
    def on_sqlite(self) -> bool:
        """Is it SQLite, rather than PostgreSQL?"""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator["Store"]:
        """Join several functions: all that are given the Store that is yielded take effect together, or not at all.

        An error that leaves the block undoes all of it; do not catch one inside and go on.
        """
        with self.writing() as connection:
            yield replace(self, joined=connection)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection in a transaction that may write: the one joined, or a new one that ends with the block."""
        with self._connection(writing=True) as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection in a transaction that only reads."""
        with self._connection(writing=False) as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator["Store"]:
        """Join several functions that only read: one transaction costs less than several, and sees one state."""
        with self.reading() as connection:
            yield replace(self, joined=connection)

    def ask(self, question: Question, values: Mapping[str, str | None]) -> Sequence[Any]:
        """The row that answers it. One SELECT sees one state, so that it needs no transaction of its own.

        What goes wrong is told by asking in the ordinary way.
        """
        if self.joined is None:
            try:
                return self._row(question.words(self.engine), values)
            except self.engine.dialect.loaded_dbapi.Error:
                pass
            except NoConnectionFree as error:
                _refuse(error)
        with self.reading() as connection:
            return connection.execute(question.statement, dict(values)).one()

    def _row(self, words: str, values: Mapping[str, str | None]) -> Sequence[Any]:
        """A row, with a connection that is used by nobody else meanwhile; one that fails is given up."""
        raw = self.engine.raw_connection()
        try:
            cursor = raw.cursor()
            cursor.execute(words, dict(values))
            return cast(Sequence[Any], cursor.fetchone())
        except self.engine.dialect.loaded_dbapi.Error:
            raw.invalidate()
            raise
        finally:
            raw.close()

    @contextmanager
    def _connection(self, *, writing: bool) -> Iterator[Connection]:
        if self.joined is not None:
            yield self.joined
            return
        try:
            with self.engine.connect() as connection:
                connection.execution_options(**{WRITING: writing})
                with connection.begin():
                    yield connection
        except (StatementError, NoConnectionFree) as error:
            _refuse(error)

    def close(self) -> None:
        """Close the connections of this process; a forked child calls it before its first use."""
        self.engine.dispose()


def open_store(url: str) -> Store:
    """The database at `url`: `sqlite:///file` or `postgresql://user:password@host/name`. Touches neither yet.

    Raises UsageError for any other URL, and where the driver of PostgreSQL is not installed. The tables are not made
    or changed here: see `migration`.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UsageError(f"the database {EXPECTED}") from None
    if parsed.drivername == "sqlite":
        return Store(_sqlite(parsed))
    if parsed.drivername in POSTGRESQL:
        return Store(_postgresql(parsed))
    raise UsageError(f"the database {EXPECTED}")


EXPECTED = "has to be given as sqlite:///path/of/a/file or postgresql://user:password@host/name"


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say ON CONFLICT, which each database spells in its own dialect."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:" or url.query:
        raise UsageError("a database in memory would be lost with the process; give sqlite:///path/of/a/file")
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise UsageError(f"SQLite {sqlite3.sqlite_version} is too old; this service needs 3.35 or newer")
    path = Path(url.database)
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "do_connect")
    def private(*_: object) -> None:
        """Patients' data are for this account alone; the files beside it take over the mode of this one."""
        if path.parent.is_dir() and not path.exists():
            path.touch(mode=0o600)

    @event.listens_for(engine, "connect")
    def settle(connection: Any, _: object) -> None:
        """Transactions begin where we say so, not where the driver guesses."""
        connection.isolation_level = None
        for pragma in PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        """A writer takes its lock at once: it could otherwise fail between reading and writing.

        A reader takes none before it reads, so that nothing can go wrong here that would have to be told.
        """
        if connection.get_execution_options().get(WRITING, True):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.connection.cursor().execute("BEGIN")

    return engine


def _postgresql(url: URL) -> Engine:
    try:
        return create_engine(
            url.set(drivername="postgresql+psycopg"),
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "fhir-prescreen"},
        )
    except ImportError:
        raise UsageError("for PostgreSQL, install its driver: pip install 'fhir-prescreen[postgres]'") from None


def _refuse(error: StatementError | NoConnectionFree) -> NoReturn:
    """Raise our error for theirs. The message of a database may quote a row, so none of it is passed on."""
    original = error.orig if isinstance(error, StatementError) else None
    if isinstance(original, PrescreenError):
        raise original from None
    if isinstance(error, StatementError) and not isinstance(error, DBAPIError):
        raise InvalidValue(f"a value cannot be stored ({type(original).__name__})") from None
    code = getattr(original, "sqlite_errorname", None) or getattr(original, "sqlstate", None)
    told = code or type(original or error).__name__
    if code in (UNDEFINED_TABLE, UNDEFINED_COLUMN) or "no such " in str(original):
        raise StoreOutdated("the database does not have the tables of this version; migrate it") from None
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if lost or isinstance(error, OperationalError | InterfaceError | NoConnectionFree):
        raise StoreUnavailable(f"the database does not answer, or is busy ({told}); try again") from None
    raise StoreError(f"the database refused a change ({told})") from None
