"""The content that is shipped, read once for all tests of a process: they would read it hundreds of times.

Nothing is ever changed in what was read. Other content, and a site's own, is read whenever it is asked for; of the
shipped files beside it, those that mean the same whatever a site has are read once, too.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from service.catalog import load, value_sets
from service.catalog.content import mappings_dir
from service.catalog.documents import Document, Where
from service.catalog.load import Catalog
from service.catalog.studies import load as studies

_read = load.load_catalog
_value_set, _violations = value_sets._file, studies.violations_at


@cache
def _shipped() -> Catalog:
    return _read(mappings_dir())


def _load(mappings: Path, site: Path | None = None) -> Catalog:
    return _shipped() if site is None and mappings == mappings_dir() else _read(mappings, site)


def _is_shipped(*given: Any) -> bool:
    return all(each.is_relative_to(mappings_dir()) for each in given if each is not None)


def _known(read: Callable[..., Any]) -> Callable[..., Any]:
    """The same, of places; where all are shipped, it is read once."""
    remembered = cache(read)
    return lambda *places: (remembered if _is_shipped(*places) else read)(*places)


@cache
def _shipped_value_set(path: Path) -> tuple[value_sets.ValueSetFile | None, tuple[str, ...]]:
    problems: list[str] = []
    return _value_set(path, problems), tuple(problems)


def _value_set_file(path: Path, problems: list[str]) -> value_sets.ValueSetFile | None:
    if not _is_shipped(path):
        return _value_set(path, problems)
    found, own = _shipped_value_set(path)
    problems += own
    return found


@cache
def _shipped_violations(path: Path, schema: Path) -> list[tuple[Where, str]]:
    return _violations(studies.read_yaml(path), schema)


def _violations_at(document: Document, schema: Path) -> list[tuple[Where, str]]:
    read = _is_shipped(document.path, schema) and studies.read_yaml(document.path) is document
    return _shipped_violations(document.path, schema) if read else _violations(document, schema)


def read_once() -> None:
    """From now on, in this process: before anybody else has imported the function."""
    load.load_catalog = _load
    value_sets._file = _value_set_file
    load.load_units, load.load_drugs = _known(load.load_units), _known(load.load_drugs)
    load.load_equivalents, load.load_half_lives = _known(load.load_equivalents), _known(load.load_half_lives)
    studies.read_yaml, studies.violations_at = _known(studies.read_yaml), _violations_at
