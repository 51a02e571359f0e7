"""The yardstick of receiving: gunicorn, and one row for each request, committed to the disk. Nothing else."""

import os
import sqlite3
from collections.abc import Callable, Iterable
from typing import Any

import psycopg

DATABASE = os.environ.get("BARE_DATABASE", "")
Keep = Callable[[bytes], object]


def keeper(url: str) -> Keep:
    """Keeps a body in the database, opened as the service opens its own."""
    if url.startswith("postgresql:"):
        server = psycopg.connect(url, autocommit=True)
        server.execute("CREATE TABLE IF NOT EXISTS bodies (id BIGSERIAL PRIMARY KEY, body BYTEA)")
        return lambda body: server.execute("INSERT INTO bodies (body) VALUES (%s)", (body,))
    file = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
    file.execute("PRAGMA journal_mode = WAL")
    file.execute("PRAGMA synchronous = FULL")
    file.execute("CREATE TABLE IF NOT EXISTS bodies (id INTEGER PRIMARY KEY, body BLOB)")
    return lambda body: file.execute("INSERT INTO bodies (body) VALUES (?)", (body,))


def app(environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]) -> Iterable[bytes]:
    """Keep the body, answer 204."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length)
    if body:
        KEEP(body)
    start_response("204 No Content", [])
    return []


KEEP = keeper(DATABASE) if DATABASE else None
