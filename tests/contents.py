"""The content that is shipped, read once for all tests of a process: they would read it hundreds of times.

Nothing is ever changed in what was read. Other content, and a site's own, is read whenever it is asked for.
"""

from functools import cache
from pathlib import Path

from service.catalog import load
from service.catalog.content import mappings_dir
from service.catalog.load import Catalog

_read = load.load_catalog


@cache
def _shipped() -> Catalog:
    return _read(mappings_dir())


def _load(mappings: Path, site: Path | None = None) -> Catalog:
    return _shipped() if site is None and mappings == mappings_dir() else _read(mappings, site)


def read_once() -> None:
    """From now on, in this process: before anybody else has imported the function."""
    load.load_catalog = _load
