"""Units: what a chart's spelling means as a UCUM code, and how a number passes from one unit to another.

Nothing is guessed. A spelling that could mean two things (`Mg`, `G/L`) or nothing (`N/A`) is not understood; a missing
unit stays missing; what has no exact relation does not convert. The tables come from `mappings/units` as values.

Kept apart although they look alike: equivalents and moles (without the ion's charge), international units and
everything else, mass and amount (without a known molar mass), mmol/mol and % (HbA1c has its own relation), calendar
months or years and days: look-backs count in calendar units and never convert `mo` or `a`.

Annotations (`{cells}/uL`): UCUM ignores them, we do not. Two units convert if their annotations are the same, or if one
has none and those of the other only name what is counted (`countable`: cells, copies, score …). `{1.73_m2}` is not
such a name: mL/min is not mL/min/{1.73_m2}. An annotation alone (`{score}`) converts only to itself and to `1`; a COUNT
to any of them, as it may count whatever it is. None of them ever becomes a %.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any, NamedTuple

from service.eligibility import ucum
from service.eligibility.quantity import COUNT, Interval
from service.eligibility.ucum import MASS, SUBSTANCE, Scale
from service.eligibility.unit_text import annotations, bare, canonical, numbered, tidied

# Factors carry 28 digits, exact where their decimal expansion ends; converted numbers are rounded to 12 digits only
# where it does not, so that 90 min are 1.5 h and 100.4 [degF] are 38 Cel, and inclusive thresholds do not flip.
_FACTOR_DIGITS, _VALUE_DIGITS = 28, 12
_REMEMBERED = 20_000


class Affine(NamedTuple):
    """`converted = factor * value + offset`; the factor is positive."""

    factor: Decimal
    offset: Decimal


SAME = Affine(Decimal(1), Decimal(0))


@dataclass(frozen=True, slots=True)
class Relation:
    """For one analyte: so many `target` are `factor` times so many `source`, plus `offset` (both UCUM codes)."""

    source: str
    target: str
    factor: Decimal
    offset: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, eq=False)
class UnitTable:
    """The unit knowledge of one installation; see `mappings/units`. Answers are remembered: units repeat.

    `aliases`: spellings, exactly as written, in codes and texts alike. `text_aliases`: as written, in texts only.
    `uncased`: lower-case spellings, for texts written wholly in lower or wholly in upper case.
    `refused`: texts that are not understood although a unit of that name exists.
    `countable`: annotations, in lower case, that only name what is counted.
    `scales`: the committed scales of common codes; others are asked of `ucum`, which is slow to start.
    `molar_masses`: analyte (`system|code`, or a plain name) to g/mol; `linear`: analyte to its own relations.
    """

    aliases: Mapping[str, str] = field(default_factory=dict)
    molar_masses: Mapping[str, Decimal] = field(default_factory=dict)
    linear: Mapping[str, tuple[Relation, ...]] = field(default_factory=dict)
    text_aliases: Mapping[str, str] = field(default_factory=dict)
    uncased: Mapping[str, str] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()
    countable: frozenset[str] = frozenset()
    scales: Mapping[str, Scale] = field(default_factory=dict)
    _read: dict[tuple[str, bool], str | None] = field(default_factory=dict, repr=False)
    _affines: dict[tuple[str, str, str | None], Affine | None] = field(default_factory=dict, repr=False)

    def ucum(self, text: str | None, *, coded: bool = False) -> str | None:
        """The canonical UCUM code that a unit means, or None where it is missing or not understood.

        `coded`: the text stands in `Quantity.code` under the UCUM system, so that any valid code is taken, unless only
        its case tells it from a common one (`Mg`, `G/L`) or it holds a bare number. A free text must be in a table.
        """
        if text is None:
            return None
        key = (text, coded)
        if key not in self._read:
            _make_room(self._read)
            self._read[key] = self._understood(tidied(text), coded)
        return self._read[key]

    def _understood(self, text: str, coded: bool) -> str | None:
        if text in self.aliases:
            return self.aliases[text]
        code = canonical(text)
        if coded:
            return code if self.lists(code) or self._rare(code) else None
        if text in self.refused:
            return None
        if text in self.text_aliases:
            return self.text_aliases[text]
        if self.lists(code):
            return code
        return self.uncased.get(text.lower()) if text in (text.lower(), text.upper()) else None

    def _rare(self, code: str) -> bool:
        """A valid code that nobody lists, and that is no broken spelling of one that is listed."""
        plain = bare(code)
        mistaken = numbered(code) or any(plain.lower() == each.lower() for each in self.scales)
        return bool(code) and not mistaken and ucum.valid(code)

    def same(self, one: str, other: str) -> bool:
        """May both codes be meant as one unit: of one size, whatever is counted? And IU, as many write enzyme units."""
        if one == other:
            return True
        notes = annotations(one), annotations(other)
        if all(notes) and notes[0] != notes[1] and not self.countable.issuperset(notes[0] + notes[1]):
            return False
        first, second = (self.scale(each.replace("[iU]", "U")) for each in (one, other))
        if first is None or second is None:
            return True
        return (first.dimension, first.factor, first.offset) == (second.dimension, second.factor, second.offset)

    def lists(self, code: str) -> bool:
        """Is this one of the common codes, its annotations aside?"""
        return bool(code) and bare(code) in self.scales

    def scale(self, code: str) -> Scale | None:
        """The scale of a UCUM code, its annotations aside; None where it is not one."""
        plain = bare(code)
        return self.scales.get(plain) or self.scales.get(canonical(plain)) or ucum.scale(plain)


def conversion(table: UnitTable, source: str, target: str, analyte: str | None = None) -> Affine | None:
    """How numbers in UCUM unit `source` become numbers in `target`; None where they cannot.

    `analyte` (`http://loinc.org|2160-0`) opens its molar mass and its own relations, which come first.
    Convert with `converted`, which also rounds as it must.
    """
    if not source or not target:
        return None
    if source == target:
        return SAME
    key = (source, target, analyte)
    if key not in table._affines:
        _make_room(table._affines)
        line = _related(table, source, target, analyte) or _direct(table, source, target, analyte)
        table._affines[key] = None if line is None else Affine(_decimal(line.factor), _decimal(line.offset))
    return table._affines[key]


def converted(value: Interval, affine: Affine) -> Interval:
    """The interval in the new unit: exact where the factor is, else rounded to 12 significant digits."""
    scaled = value.scaled(affine.factor, affine.offset)
    if all(len(number.as_tuple().digits) < _FACTOR_DIGITS for number in affine):
        return scaled
    low, high = (_rounded(end, affine.offset) for end in (scaled.low, scaled.high))
    if low == high and not scaled.exact:
        return scaled
    return Interval(low, high, scaled.low_open, scaled.high_open)


class _Line(NamedTuple):
    factor: Fraction
    offset: Fraction

    def then(self, other: "_Line") -> "_Line":
        return _Line(self.factor * other.factor, self.offset * other.factor + other.offset)

    def inverse(self) -> "_Line":
        return _Line(1 / self.factor, -self.offset / self.factor)


def _related(table: UnitTable, source: str, target: str, analyte: str | None) -> _Line | None:
    """By a relation of the analyte: into its one unit, along it, and out of its other."""
    for start, line, end in _relations(table, analyte):
        to_start = _direct(table, source, start)
        from_end = _direct(table, end, target)
        if to_start is not None and from_end is not None:
            return to_start.then(line).then(from_end)
    return None


def _relations(table: UnitTable, analyte: str | None) -> Iterator[tuple[str, _Line, str]]:
    for relation in table.linear.get(analyte or "", ()):
        line = _Line(Fraction(relation.factor), Fraction(relation.offset))
        yield relation.source, line, relation.target
        yield relation.target, line.inverse(), relation.source


def _direct(table: UnitTable, source: str, target: str, analyte: str | None = None) -> _Line | None:
    if not _same_annotations(table, source, target):
        return None
    one, other = table.scale(source), table.scale(target)
    if one is None or other is None:
        return None
    bridge = _bridge(one, other, table.molar_masses.get(analyte or ""))
    if bridge is None:
        return None
    return _Line(one.factor * bridge / other.factor, (one.offset - other.offset) / other.factor)


def _bridge(one: Scale, other: Scale, molar_mass: Decimal | None) -> Fraction | None:
    """What base units are multiplied by: 1 in the same dimension, the molar mass between amount and mass."""
    if one.dimension == other.dimension:
        return Fraction(1) if _same_kind(one, other) else None
    if molar_mass is None or SUBSTANCE in one.cancelled | other.cancelled:
        return None
    gained = dict(other.dimension)
    for base, power in one.dimension:
        gained[base] = gained.get(base, 0) - power
    changes = {base: power for base, power in gained.items() if power}
    if changes == {MASS: 1, SUBSTANCE: -1}:
        return Fraction(molar_mass)
    return 1 / Fraction(molar_mass) if changes == {MASS: -1, SUBSTANCE: 1} else None


def _same_kind(one: Scale, other: Scale) -> bool:
    """Ratios of one kind convert (g/g), and to plain numbers and % unless they are ratios of amounts (mmol/mol)."""
    if one.cancelled == other.cancelled:
        return True
    plain = not one.dimension and (not one.cancelled or not other.cancelled)
    return plain and SUBSTANCE not in one.cancelled | other.cancelled


def _same_annotations(table: UnitTable, source: str, target: str) -> bool:
    one, other = annotations(source), annotations(target)
    if one == other:
        return True
    if not table.countable.issuperset(one + other):
        return False
    if source == COUNT:
        return bare(target) == "1"
    if one and other:
        return False
    annotated, plain = (source, target) if one else (target, source)
    return bare(annotated) != "1" or plain == "1"


def _decimal(number: Fraction) -> Decimal:
    with localcontext(prec=_FACTOR_DIGITS):
        return Decimal(number.numerator) / Decimal(number.denominator)


def _rounded(number: Decimal | None, offset: Decimal) -> Decimal | None:
    """To 12 digits of the larger of what was added up: 32 [degF] are 0 Cel, not 1E-26."""
    if number is None:
        return None
    largest = max(abs(number), abs(number - offset), abs(offset))
    return number.quantize(Decimal(1).scaleb(largest.adjusted() - _VALUE_DIGITS + 1)) if largest else number


def _make_room(memory: MutableMapping[Any, Any]) -> None:
    """Spellings come from records: what is remembered stays bounded."""
    if len(memory) >= _REMEMBERED:
        memory.clear()
