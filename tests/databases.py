"""A database of its own for each test: SQLite; and PostgreSQL, wherever its server is installed, for what may differ.

That are all tests of the store, and whatever says ON_BOTH: what several processes do, or one that is killed.

One private PostgreSQL cluster serves a whole run, however many workers the run has. The first that needs it starts
it and the last one stops it. It listens on a socket in a directory of its own alone. Each worker has one database in
it, which is emptied before each test. `TEST_POSTGRES=required` makes it a failure that there is no server.
"""

import fcntl
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from service.store.engine import Store, open_store
from service.store.migration import migrate
from service.store.tables import metadata

RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))[:12]
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
# The tests kill workers of ours, not the server: it may keep in memory what a real one would write to the disk.
SETTINGS = {
    "listen_addresses": "''",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "shared_buffers": "32MB",
}
# For measuring: what is committed is on the disk.
DURABLE = {each: SETTINGS[each] for each in ("listen_addresses", "max_connections")}


def server_programs() -> Path | None:
    """The directory of `initdb` and `pg_ctl`, which Debian keeps off the path; None if they are not installed."""
    found = shutil.which("pg_ctl")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists() and (place / "pg_ctl").exists()), None)


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL server in `place`, which belongs to whom it runs as."""

    programs: Path
    place: Path
    settings: Mapping[str, str] = field(default_factory=lambda: SETTINGS)

    def url(self, database: str) -> str:
        """Where a database of this server is."""
        return f"postgresql://tester@/{database}?host={self.place}"

    def start(self) -> None:
        """Make the cluster and start it."""
        self._run("initdb", "-D", "data", "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = " ".join(f"-c {name}={value}" for name, value in self.settings.items())
        options += f" -c unix_socket_directories={self.place}"
        self._run("pg_ctl", "start", "-w", "-s", "-D", "data", "-l", "log", "-o", options)

    def stop(self) -> None:
        """Stop it, and leave nothing."""
        self._run("pg_ctl", "stop", "-w", "-s", "-D", "data", "-m", "immediate")
        shutil.rmtree(self.place)

    def _run(self, program: str, *arguments: str) -> None:
        """PostgreSQL refuses to run as root."""
        account = _unprivileged()
        who = {} if account is None else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        subprocess.run(
            [str(self.programs / program), *arguments],
            cwd=self.place,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            **who,
        )


def _unprivileged() -> pwd.struct_passwd | None:
    """The account to run a server as, or None to run it as who we are."""
    if os.geteuid() != 0:
        return None
    names = {each.pw_name: each for each in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


@contextmanager
def lone_cluster(programs: Path, settings: Mapping[str, str]) -> Iterator[Cluster]:
    """A cluster that nobody else uses, with these settings."""
    served = Cluster(programs, Path(tempfile.gettempdir()) / f"prescreen-{uuid4().hex[:12]}", settings)
    _private(served.place)
    served.start()
    try:
        yield served
    finally:
        served.stop()


@contextmanager
def _users(place: Path) -> Iterator[list[str]]:
    """The workers that use the cluster; what is left in the list at the end of the block is kept."""
    with Path(f"{place}.users").open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        users = file.read().split()
        yield users
        file.truncate(0)
        file.write(" ".join(users))
        if not users:
            Path(file.name).unlink(missing_ok=True)


@contextmanager
def cluster(programs: Path) -> Iterator[Cluster]:
    """The cluster of this run, started if nobody uses it yet, and stopped if nobody does any more."""
    served = Cluster(programs, Path(tempfile.gettempdir()) / f"prescreen-{RUN}")
    with _users(served.place) as users:
        if not users:
            _private(served.place)
            served.start()
        users.append(WORKER)
    try:
        yield served
    finally:
        with _users(served.place) as users:
            users.remove(WORKER)
            if not users:
                served.stop()


def _private(place: Path) -> None:
    account = _unprivileged()
    place.mkdir(mode=0o700)
    if account is not None:
        os.chown(place, account.pw_uid, account.pw_gid)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL server. The test is skipped if there is none on this machine, and fails if there has to be one."""
    programs = server_programs()
    if programs is None:
        why = "no PostgreSQL server is installed here (Debian: apt-get install postgresql)"
        if os.environ.get("TEST_POSTGRES") == "required":
            pytest.fail(why)
        pytest.skip(why)
    with cluster(programs) as running:
        yield running


@pytest.fixture(scope="session")
def postgres_url(postgres: Cluster) -> Iterator[str]:
    """A database of this worker, with the tables in it."""
    with new_database(postgres, f"store_{WORKER}_{uuid4().hex[:8]}") as url:
        store = open_store(url)
        migrate(store)
        store.close()
        yield url


@contextmanager
def new_database(server: Cluster, name: str) -> Iterator[str]:
    """A new, empty database."""
    administrator = open_store(server.url("postgres"))
    with administrator.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
        yield server.url(name)
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    administrator.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the tables in it, to be copied."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    store = open_store(f"sqlite:///{path}")
    migrate(store)
    store.close()
    return path


def sqlite_url(template: Path, place: Path) -> str:
    """A copy of the template in this directory."""
    path = place / "store.db"
    shutil.copy(template, path)
    return f"sqlite:///{path}"


KINDS = ("sqlite", "postgresql")
ON_BOTH = pytest.mark.parametrize("url", KINDS, indirect=True)


def database(kind: str, request: pytest.FixtureRequest, place: Path) -> str:
    """A database of this kind with empty tables."""
    if kind == "sqlite":
        return sqlite_url(request.getfixturevalue("sqlite_template"), place)
    where: str = request.getfixturevalue("postgres_url")
    _empty(where)
    return where


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with empty tables: of the fastest kind, or of each that ON_BOTH says."""
    return database(getattr(request, "param", KINDS[0]), request, tmp_path)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """The same, opened."""
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture(params=KINDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any tables, of each kind in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    with new_database(request.getfixturevalue("postgres"), f"empty_{WORKER}") as where:
        yield where


def _empty(where: str) -> None:
    """Empty all tables and count from 1 again. Most are empty: then TRUNCATE takes ten times as long.

    The triggers that keep the history are not for the administrator of a test.
    """
    opened = open_store(where)
    emptied = "; ".join(f"DELETE FROM {table.name}" for table in metadata.sorted_tables)
    with opened.writing() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(emptied))
        connection.execute(text("SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'"))
    opened.close()
