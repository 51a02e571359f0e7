"""The databases that the tests of receiving run on."""

from tests.databases import postgres, postgres_url, sqlite_template, store, url

__all__ = ["postgres", "postgres_url", "sqlite_template", "store", "url"]
