"""Reads `mappings/dose-equivalents/*.json` into equivalence tables, each row with its source.

A file holds `id`, `version`, `title`, `reference` (`system`, `code`, `name`), `reference_amount` (mg) and `rows`. A
row has `name`, `codings`, optional further `names`, `source`, and one of: `low` and `high` (mg equal to
`reference_amount`); `factor` (mg of the reference per mg of the drug: a number, or `low` and `high`); `unknown` (why
there is no sourced equivalence). `routes` names those for which alone the figure holds. `salts` are those whose own
mass labels may state: `words` that name one, `low` and `high` (how much of its mass is the drug) and `source`; of any
other salt the stated strength is taken for that of the drug. Numbers are read as decimals, exactly as written. `codes`
and `excluding` name the value sets of the drugs that count in this equivalent, and of those that do not.

One table serves every reference drug: each of its drugs with a factor may be asked for by name.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from service.eligibility.dosing.equivalence import EquivalenceTable, Equivalent, Salt
from service.eligibility.dosing.routes import FAMILIES
from service.eligibility.quantity import Interval
from service.eligibility.terms import Coding
from service.errors import CatalogError, InvalidValue

Tables = Mapping[str, EquivalenceTable]
ENDS = ("low", "high")


def load_equivalents(directory: Path, own: Path | None = None) -> Tables:
    """The tables of a directory by the name of the reference drug that a dose test uses.

    That is a table's own id, and each of its drugs that has a factor, by exact division; a drug of two tables only
    where one is made for it. A site's file in `own` replaces its namesake. Raises CatalogError with every problem.
    """
    tables: dict[str, EquivalenceTable] = {}
    problems: list[str] = []
    files = {path.name: path for root in (directory, own) if root is not None for path in root.glob("*.json")}
    for _, path in sorted(files.items()):
        try:
            table = read_table(
                json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal, parse_int=Decimal), path
            )
        except CatalogError as error:
            problems += error.problems
        except (OSError, ValueError) as error:
            problems.append(f"{path}: cannot be read as JSON: {error}")
        else:
            if table.id in tables:
                problems.append(f"{path}: the id {table.id!r} is used by another file")
            tables[table.id] = table
    if problems:
        raise CatalogError(problems)
    return {**_divided(tables.values()), **tables}


def _divided(tables: Iterable[EquivalenceTable]) -> Tables:
    """By each drug that has a factor in one table only, that table with the drug as its reference."""
    found: dict[str, list[EquivalenceTable]] = {}
    for table in tables:
        for name in {row.name for row in table.names.values() if row.sourced}:
            found.setdefault(name, []).append(table.to(name))
    return {name: each[0] for name, each in sorted(found.items()) if len(each) == 1}


def read_table(content: Any, path: Path) -> EquivalenceTable:
    """One table from its JSON. Raises CatalogError with every problem found, each with file and place."""
    problems = list(_missing(content, ("id", "version", "reference", "reference_amount", "rows"), str(path)))
    if problems:
        raise CatalogError(problems)
    rows: list[tuple[Equivalent, tuple[str, ...]]] = []
    for number, each in enumerate(content["rows"]):
        where = f"{path}: rows[{number}]"
        try:
            wrong = list(_missing(each, ("name", "codings", "source"), where))
            problems += wrong
            if not wrong:
                rows.append((_row(each), (each["name"], *each.get("names", ()))))
        except (InvalidValue, KeyError, TypeError) as error:
            problems.append(
                f"{where}: {error}; a row needs low and high (mg, low <= high), a factor, or `unknown` with the reason"
            )
    codings = [code for row, _ in rows for code in row.codings]
    problems += [f"{path}: the code {code.code} stands in two rows" for code in set(codings) if codings.count(code) > 1]
    if problems:
        raise CatalogError(problems)
    reference = content["reference"]
    return EquivalenceTable(
        content["id"],
        Coding(reference["system"], reference["code"]),
        reference["name"],
        Interval.exactly(content["reference_amount"]),
        str(content["version"]),
        {code: row for row, _ in rows for code in row.codings},
        {name.lower(): row for row, names in rows for name in names},
        tuple(content.get("codes", ())),
        tuple(content.get("excluding", ())),
    )


def _missing(content: Any, names: tuple[str, ...], where: str) -> Iterator[str]:
    if not isinstance(content, dict):
        yield f"{where}: an object is expected"
        return
    yield from (f"{where}: `{name}` is missing" for name in names if content.get(name) in (None, "", []))


def _row(each: Mapping[str, Any]) -> Equivalent:
    codings = tuple(Coding(code["system"], code["code"]).normalized() for code in each["codings"])
    if each.get("unknown"):
        return Equivalent(each["name"], codings, None, each["source"], each["unknown"])
    routes = tuple(each.get("routes", ()))
    if unknown := sorted(set(routes) - FAMILIES):
        raise InvalidValue(f"no such route: {', '.join(unknown)}; there are {', '.join(sorted(FAMILIES))}")
    salts = tuple(
        Salt(tuple(word.lower() for word in salt["words"]), _positive(salt), salt["source"])
        for salt in each.get("salts", ())
    )
    if "factor" in each:
        times = _positive(each["factor"] if isinstance(each["factor"], dict) else dict.fromkeys(ENDS, each["factor"]))
        return Equivalent(each["name"], codings, None, each["source"], times=times, routes=routes, salts=salts)
    return Equivalent(each["name"], codings, _positive(each), each["source"], routes=routes, salts=salts)


def _positive(ends: Mapping[str, Any]) -> Interval:
    found = Interval(*(ends[each] for each in ENDS))
    if found.low is None or found.low <= 0:
        raise InvalidValue("an equivalent amount is more than nothing")
    return found
