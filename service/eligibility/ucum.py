"""What a UCUM code measures: its dimension and its exact size, read by ucumvert and pint.

Slow to start (building the registry takes more than half a second), so `units.conversion` asks here only about
codes that the committed table (`mappings/units/factors.json`) does not list. The answers are exact fractions.

Where ucumvert would say yes and medicine says no, this module keeps things apart:

- arbitrary units (`[iU]`, `[CFU]`, `[arb'U]` …), fields of view (`[HPF]`) and counts of decays are dimensions of
  their own; ucumvert makes them plain numbers, so that 5 [iU]/mL would be 5 copies/mL;
- equivalents and osmoles are not moles: the valence, or the number of particles, is not known here;
- calendar months and years convert into each other (12) and into nothing else: a month has no fixed number of days,
  and no look-back may ever be computed from UCUM's mean month of 30.4375 days;
- logarithmic units (`B`, `[pH]`) convert into nothing.
"""

import re
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from lark import Lark, Transformer
    from pint import UnitRegistry

SUBSTANCE = "mol"
MASS = "g"
_SYMBOLS = {"gram": MASS, "mole": SUBSTANCE, "meter": "m", "second": "s", "kelvin": "K", "radian": "rad"}
# Numbers that stand for themselves; every other unit without a dimension gets one of its own.
_PURE = {"percent", "_10", "dimensionless", "ppth", "ppm", "ppb", "pptr", "pi"}
_APART = {"equivalents": "eq", "osmole": "osm"}
_MONTH, _CALENDAR = "month", {"month", "year"}
_OFFSET_UNITS = {"degree_Celsius", "degree_Fahrenheit"}
_LONGEST = 80
# An exponent of three digits means nothing in medicine, and 10*999999999 would be computed.
_ABSURD = re.compile(r"[A-Za-z\]*^)][+-]?\d{3,}|\d{10,}")
# ucumvert reads g% as a hundredth of a gram; it is a gram in 100 mL (the spellings know it).
_MISREAD = re.compile(r"g%")


class Scale(NamedTuple):
    """A number `x` of this unit is `factor * x + offset` of its base.

    `dimension`: base symbols with their exponents, sorted, none zero; two units convert if these are equal.
    `cancelled`: bases that stand above and below the line and vanish (g/g, mol/mol): what a ratio is a ratio of.
    """

    dimension: tuple[tuple[str, int], ...]
    cancelled: frozenset[str]
    factor: Fraction
    offset: Fraction = Fraction(0)


def valid(code: str) -> bool:
    """Is this a UCUM code (case-sensitive form), by the grammar?"""
    from lark.exceptions import LarkError
    from ucumvert.parser import parse_ucum  # type: ignore[import-untyped]

    if _absurd(code) or not code.isascii():
        return False
    try:
        parse_ucum(code, _parser())
    except LarkError:
        return False
    return True


@lru_cache(maxsize=4096)
def scale(code: str) -> Scale | None:
    """The scale of a UCUM code without annotations; None where it is not one, or does not convert linearly."""
    from lark.exceptions import LarkError
    from ucumvert.parser import parse_ucum

    if _absurd(code) or _MISREAD.search(code):
        return None
    try:
        read: object = _reader().transform(parse_ucum(code, _parser()))
    except LarkError:
        return None
    if isinstance(read, _Product):
        return Scale(*_summed(read.parts), read.factor)
    return read if isinstance(read, Scale) else None


def _absurd(code: str) -> bool:
    return len(code) > _LONGEST or _ABSURD.search(re.sub(r"\{[^{}]*\}", "", code)) is not None


class _Product(NamedTuple):
    """A product of powers, not yet summed up, so that what cancels (mol/mol) is still seen."""

    factor: Fraction
    parts: tuple[tuple[str, int], ...]

    def times(self, other: "_Product", sign: int) -> "_Product":
        turned = tuple((base, sign * power) for base, power in other.parts)
        return _Product(self.factor * other.factor**sign, self.parts + turned)

    def power(self, exponent: int) -> "_Product":
        return _Product(self.factor**exponent, tuple((base, exponent * power) for base, power in self.parts))


_ONE = _Product(Fraction(1), ())


def _atom(registry: "UnitRegistry[Any]", quantity: Any) -> _Product | Scale:
    """One unit with its prefix, or one number, as pint understands it."""
    if not quantity._is_multiplicative:
        return _temperature(registry, quantity)
    atom = _Product(_exact(quantity.magnitude), ())
    for name, exponent in quantity.unit_items():
        atom = atom.times(_unit(registry, name).power(_whole(exponent)), 1)
    return atom


def _unit(registry: "UnitRegistry[Any]", name: str) -> _Product:
    magnitude, root = registry.get_root_units(name)
    size = _exact(magnitude)
    plain = registry.parse_unit_name(name)[0][1]
    if plain in _CALENDAR:
        return _Product(size / _exact(registry.get_root_units(_MONTH)[0]), (("mo", 1),))
    if plain in _APART:
        return _Product(size, ((_APART[plain], 1),))
    bases = tuple((_SYMBOLS.get(base, base), _whole(power)) for base, power in root._units.items())
    return _Product(size, bases if bases or plain in _PURE else ((plain, 1),))


def _temperature(registry: "UnitRegistry[Any]", quantity: Any) -> Scale:
    """Celsius and Fahrenheit standing alone; nothing else with a zero of its own is converted."""
    name = str(quantity.units)
    if name not in _OFFSET_UNITS:
        raise ValueError(f"{name} does not convert linearly")
    zero, one = (_exact(registry.Quantity(Fraction(n), name).to_root_units().magnitude) for n in (0, 1))
    return Scale((("K", 1),), frozenset(), one - zero, zero)


def _summed(parts: Iterable[tuple[str, int]]) -> tuple[tuple[tuple[str, int], ...], frozenset[str]]:
    totals: dict[str, int] = {}
    for base, power in parts:
        totals[base] = totals.get(base, 0) + power
    dimension = tuple(sorted((base, power) for base, power in totals.items() if power))
    return dimension, frozenset(base for base, power in totals.items() if not power)


def _exact(number: Any) -> Fraction:
    """pint falls back to floats here and there: 12 digits of those are true."""
    return Fraction(f"{number:.11e}") if isinstance(number, float) else Fraction(number)


def _whole(exponent: Any) -> int:
    if exponent != int(exponent):
        raise ValueError("a unit with a root does not convert")
    return int(exponent)


@lru_cache(maxsize=1)
def _parser() -> "Lark":
    from ucumvert.parser import get_ucum_parser

    return get_ucum_parser()  # type: ignore[no-any-return]


@lru_cache(maxsize=1)
def _reader() -> "Transformer[Any, Any]":
    """Walks a parsed code. Only single units are asked of pint; products are ours, exact and with what cancels.

    The registry is our own, with fractions: ucumvert's ready-made one changes pint's global registry and has floats.
    """
    from lark import Transformer
    from pint import UnitRegistry
    from ucumvert.ucum_pint import UcumToPintTransformer  # type: ignore[import-untyped]

    registry: UnitRegistry[Any] = UnitRegistry(non_int_type=Fraction)
    definitions = resources.files("ucumvert").joinpath("pint_ucum_defs.txt")
    registry.load_definitions(definitions.read_text(encoding="utf-8").splitlines())
    single = UcumToPintTransformer(ureg=registry)

    class Reader(Transformer[Any, Any]):
        """The methods are named after the rules of ucumvert's grammar."""

        def simple_unit(self, parts: list[Any]) -> _Product | Scale:
            return _atom(registry, registry.Quantity(single.simple_unit(parts)))

        def annotatable(self, parts: list[Any]) -> Any:
            return parts[0].power(int(parts[1])) if len(parts) == 2 else parts[0]

        def component(self, parts: list[Any]) -> Any:
            return parts[0]

        def term(self, parts: list[Any]) -> Any:
            return parts[0].times(parts[2], 1 if parts[1] == "." else -1) if len(parts) == 3 else parts[0]

        def main_term(self, parts: list[Any]) -> Any:
            return _ONE.times(parts[1], -1) if len(parts) == 2 else parts[0]

    return Reader()
