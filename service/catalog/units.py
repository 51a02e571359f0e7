"""Reads `mappings/units` into a `UnitTable`: how charts write units, what a code measures, how analytes convert.

`spellings.yaml` and `analytes.yaml` are written by people, `factors.json` by `service.catalog.unit_factors`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import yaml

from service.catalog.documents import FASTEST
from service.eligibility.ucum import Scale
from service.eligibility.unit_text import tidied
from service.eligibility.units import Relation, UnitTable
from service.errors import CatalogError

_LOINC = "http://loinc.org"
Value = TypeVar("Value")


def load_units(directory: Path, own: Path | None = None) -> UnitTable:
    """The unit table of `mappings/units`; a file that the site has in `own` takes the place of the shipped one.

    Raises CatalogError with every problem found, each with its file and path.
    """
    problems: list[str] = []

    def section(name: str) -> _Section:
        instead = None if own is None else own / name
        return _Section.of(instead if instead is not None and instead.is_file() else directory / name, problems)

    scales = _scales(section("factors.json"))
    table = _table(section("spellings.yaml"), section("analytes.yaml"), scales)
    problems += _unknown_codes(directory, table)
    if problems:
        raise CatalogError(problems)
    return table


class _Section:
    """A place in a file, which notes what is wrong there instead of stopping at the first problem."""

    def __init__(self, content: Any, where: str, problems: list[str]) -> None:
        self.content, self.where, self.problems = content, where, problems

    @classmethod
    def of(cls, path: Path, problems: list[str]) -> "_Section":
        """A whole file; unreadable ones are a problem, and empty."""
        try:
            text = path.read_text(encoding="utf-8")
            content = json.loads(text) if path.suffix == ".json" else yaml.load(text, FASTEST)
        except OSError as error:
            problems.append(f"{path}: cannot be read ({type(error).__name__}); the unit table needs this file")
            content = {}
        except (ValueError, yaml.YAMLError) as error:
            problems.append(f"{path}: not well-formed {path.suffix[1:].upper()}: {' '.join(str(error).split())}")
            content = {}
        return cls(content, f"{path}:", problems)

    def wrong(self, expected: str) -> None:
        """Notes that something else stands here."""
        self.problems.append(f"{self.where} expected {expected}")

    def __getitem__(self, key: str) -> "_Section":
        content = self.content.get(key) if isinstance(self.content, Mapping) else None
        return _Section(content, f"{self.where} {key}", self.problems)

    def items(self) -> Iterator["_Section"]:
        """The members of a list."""
        if not isinstance(self.content, list):
            return self.wrong("a list")
        for index, item in enumerate(self.content):
            yield _Section(item, f"{self.where}[{index}]", self.problems)

    def pairs(self) -> Iterator[tuple[str, "_Section"]]:
        """The entries of a mapping."""
        if not isinstance(self.content, Mapping):
            return self.wrong("a mapping")
        for key, item in self.content.items():
            yield str(key), _Section(item, f"{self.where} {key}", self.problems)

    def text(self) -> str:
        """A text that is not empty."""
        if not isinstance(self.content, str) or not self.content:
            self.wrong("a text (in quotes where YAML would read something else)")
            return ""
        return self.content

    def texts(self) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(item.text() for item in self.items())

    def decimal(self) -> Decimal:
        """A decimal number written as text, so that none of its digits is lost."""
        try:
            number = Decimal(self.text() or "1")
        except InvalidOperation:
            number = Decimal("nan")
        if not number.is_finite():
            self.wrong("a decimal number in quotes")
            return Decimal(1)
        return number

    def fraction(self) -> Fraction:
        """A whole number or a fraction, as text."""
        try:
            return Fraction(self.text() or "1")
        except (ValueError, ZeroDivisionError):
            self.wrong('a fraction such as "1/60"')
            return Fraction(1)


def _scales(factors: _Section) -> dict[str, Scale]:
    found = {}
    for group in factors["scales"].items():
        powers = tuple(sorted((base, int(power.content or 0)) for base, power in group["dimension"].pairs()))
        cancelled = frozenset(group["cancelled"].texts())
        for code, size in group["units"].pairs():
            numbers = (
                [each.fraction() for each in size.items()] if isinstance(size.content, list) else [size.fraction()]
            )
            found[code] = Scale(powers, cancelled, *numbers)
    return found


def _table(spellings: _Section, analytes: _Section, scales: Mapping[str, Scale]) -> UnitTable:
    uncased = (
        (text, code.text(), code) for group in spellings["uncased"].items() for text, code in group["spellings"].pairs()
    )
    return UnitTable(
        aliases=_unique(_spelled(spellings["anywhere"])),
        text_aliases=_unique(_spelled(spellings["text"])),
        uncased=_unique(uncased),
        refused=frozenset(text for group in spellings["refused"].items() for text in group["texts"].texts()),
        countable=frozenset(name for group in spellings["countable"].items() for name in group["names"].texts()),
        scales=scales,
        molar_masses=_unique(_molar_masses(analytes["molar_masses"])),
        linear=_relations(analytes["relations"]),
    )


def _unique(entries: Iterable[tuple[str, Value, _Section]]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for key, value, place in entries:
        if found.setdefault(key, value) != value:
            place.wrong(f"each name once, but {key!r} already means {found[key]}")
    return found


def _spelled(groups: _Section) -> Iterator[tuple[str, str, _Section]]:
    for group in groups.items():
        group["note"].text()
        code = group["ucum"].text()
        yield from ((tidied(text), code, group) for text in group["spellings"].texts())


def _keys(entry: _Section) -> tuple[str, ...]:
    return (entry["analyte"].text(), *(f"{_LOINC}|{code}" for code in entry["loinc"].texts()))


def _molar_masses(entries: _Section) -> Iterator[tuple[str, Decimal, _Section]]:
    for entry in entries.items():
        entry["source"].text()
        mass = entry["molar_mass"].decimal()
        if mass <= 0:
            entry["molar_mass"].wrong("a molar mass above 0 g/mol")
        yield from ((key, mass, entry) for key in _keys(entry))


def _relations(entries: _Section) -> dict[str, tuple[Relation, ...]]:
    found: dict[str, tuple[Relation, ...]] = {}
    for entry in entries.items():
        entry["source"].text()
        factor = entry["factor"].decimal()
        if factor <= 0:
            entry["factor"].wrong("a factor above 0")
        relation = Relation(entry["source_unit"].text(), entry["target_unit"].text(), factor, entry["offset"].decimal())
        for key in _keys(entry):
            found[key] = (*found.get(key, ()), relation)
    return found


def _unknown_codes(directory: Path, table: UnitTable) -> list[str]:
    named = {*table.aliases.values(), *table.text_aliases.values(), *table.uncased.values()}
    named |= {
        code for each in table.linear.values() for relation in each for code in (relation.source, relation.target)
    }
    return [
        f"{directory}: {code!r} is not in factors.json; correct it, or add it to service/catalog/unit_factors.py"
        " and write the file anew"
        for code in sorted(named)
        if not table.lists(code)
    ]
