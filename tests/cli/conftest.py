"""A database and a settings file of one's own, and the command line on them."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.cli import main
from service.store.engine import Store, open_store
from tests.bulk_server import BulkServer
from tests.cli.export_world import save

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
Prescreen = Callable[..., tuple[int, str, str]]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of an installation for development: a tenant `demo`, and a database file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRESCREEN_ENV", "development")
    return tmp_path


@pytest.fixture
def store(place: Path, sqlite_template: Path) -> Iterator[Store]:
    """The database of that installation, migrated."""
    shutil.copy(sqlite_template, place / "prescreen.db")
    opened = open_store(f"sqlite:///{place}/prescreen.db")
    yield opened
    opened.close()


@pytest.fixture
def prescreen(place: Path, capsys: pytest.CaptureFixture[str]) -> Prescreen:
    """Give a command: its exit status, what it printed, what it complained about."""

    def give(*words: str) -> tuple[int, str, str]:
        try:
            status = main(words)
        except SystemExit as end:
            status = int(end.code or 0)
        said = capsys.readouterr()
        return status, said.out, said.err

    return give


@pytest.fixture
def sample(prescreen: Prescreen, place: Path) -> Path:
    """Twelve invented people."""
    prescreen("sample", "--patients", "12", "--seed", "7", "--out", "sample")
    return place / "sample"


@pytest.fixture
def bulk_server(prescreen: Prescreen, sample: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BulkServer]:
    """A server that holds them, the settings to reach it, and a database."""
    monkeypatch.setenv("PRESCREEN_CONFIG", "settings.json")
    monkeypatch.setenv("PRESCREEN_ENV", "production")
    with BulkServer() as running:
        for file in sample.glob("*.ndjson"):
            running.seed(*(json.loads(line) for line in file.read_text().splitlines()))
        running.ways.split, running.ways.waits = 100, [{"Retry-After": "0"}]
        save(running)
        prescreen("db", "migrate")
        yield running
