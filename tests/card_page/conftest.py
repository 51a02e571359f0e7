"""A database, and a browser."""

from tests.databases import empty_url, postgres, postgres_url, sqlite_template, store, url

__all__ = ["empty_url", "postgres", "postgres_url", "sqlite_template", "store", "url"]
