"""Reads `absence.yaml`: per kind of fact, what the lack of any record means, and why."""

from collections.abc import Mapping
from pathlib import Path

from service.catalog.documents import read_yaml, violations
from service.eligibility.facts import Kind
from service.eligibility.outcome import Outcome
from service.errors import CatalogError

OUTCOMES = {each.code: each for each in Outcome}


def load_absence(path: Path, schema: Path) -> Mapping[Kind, Outcome]:
    """The table, complete: the schema wants every kind. Raises CatalogError with every problem, file and line."""
    document = read_yaml(path)
    problems = violations(document, schema)
    if problems:
        raise CatalogError(problems)
    return {kind: OUTCOMES[document.content[kind.value]["outcome"]] for kind in Kind}
