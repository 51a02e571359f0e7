"""A database, and a browser."""

from tests.browsers import chromium
from tests.databases import empty_url, postgres, postgres_url, sqlite_template, store, url

__all__ = ["chromium", "empty_url", "postgres", "postgres_url", "sqlite_template", "store", "url"]
