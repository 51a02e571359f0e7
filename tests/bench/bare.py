"""The yardstick of receiving: gunicorn, and one row in SQLite for each request, committed to the disk. Nothing else."""

import os
import sqlite3
from collections.abc import Callable, Iterable
from typing import Any

DATABASE = os.environ.get("BARE_DATABASE", "")


def opened() -> sqlite3.Connection:
    """The database as the service opens its own."""
    connection = sqlite3.connect(DATABASE, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS bodies (id INTEGER PRIMARY KEY, body BLOB)")
    return connection


def app(environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]) -> Iterable[bytes]:
    """Keep the body, answer 204."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length)
    if body:
        CONNECTION.execute("INSERT INTO bodies (body) VALUES (?)", (body,))
    start_response("204 No Content", [])
    return []


CONNECTION = opened() if DATABASE else None
