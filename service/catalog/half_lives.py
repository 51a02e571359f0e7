"""Reads `mappings/half-lives.json`: half-lives of drugs in days, each an interval with its source.

A file holds `version` and `rows`. A row has `name`, `codings`, optional further `names`, `low` and `high` (days; read
as decimals, exactly as written), `source` and `verification`: VERIFIED, or WEAK_SINGLE_SOURCE for one that decides
nothing. A drug that is not listed has no known half-life: nothing is guessed.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from service.eligibility.dosing.half_lives import HalfLife, HalfLives
from service.eligibility.quantity import Interval
from service.eligibility.terms import Coding
from service.errors import CatalogError, InvalidValue

VERIFIED = "VERIFIED"
LEVELS = (VERIFIED, "WEAK_SINGLE_SOURCE")


def load_half_lives(path: Path) -> HalfLives:
    """The half-lives of a file. Raises CatalogError with every problem, each with file and row."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal, parse_int=Decimal)
    except (OSError, ValueError) as error:
        raise CatalogError([f"{path}: cannot be read as JSON: {error}"]) from error
    listed = content.get("rows") if isinstance(content, dict) else None
    if not isinstance(listed, list) or not listed:
        raise CatalogError([f"{path}: `rows` has to be a list with at least one row"])
    rows: dict[Coding, HalfLife] = {}
    names: dict[str, HalfLife] = {}
    problems: list[str] = []
    for at, each in enumerate(listed):
        try:
            row, codings = _row(each), _codings(each)
        except (InvalidValue, KeyError, TypeError) as error:
            problems.append(f"{path}: rows[{at}]: {_said(error)}")
            continue
        problems += [f"{path}: rows[{at}]: the code {code.code} stands in two rows" for code in codings if code in rows]
        rows |= dict.fromkeys(codings, row)
        names |= {name.lower(): row for name in (each["name"], *each.get("names", ()))}
    if problems:
        raise CatalogError(problems)
    return HalfLives(rows, names)


def _row(each: Mapping[str, Any]) -> HalfLife:
    days = Interval(each["low"], each["high"])
    if days.low is None or days.low <= 0 or not str(each["source"]).strip():
        raise InvalidValue("a half-life is more than nothing, and has its source")
    if each["verification"] not in LEVELS:
        raise InvalidValue(f"`verification` is one of {', '.join(LEVELS)}")
    return HalfLife(each["name"], days, each["source"], each["verification"] == VERIFIED)


def _codings(each: Mapping[str, Any]) -> list[Coding]:
    return [Coding(coding["system"], coding["code"]).normalized() for coding in each["codings"]]


def _said(error: Exception) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
