"""The databases that every test here runs on, and processes beside it."""

from tests.databases import empty_url, postgres, postgres_url, sqlite_template, store, url
from tests.store.processes import start

__all__ = ["empty_url", "postgres", "postgres_url", "sqlite_template", "start", "store", "url"]
