"""A database of the fastest kind: what differs between databases is shown in tests/store."""

from tests.databases import sqlite_template, store
from tests.pages.conftest import url

__all__ = ["sqlite_template", "store", "url"]
