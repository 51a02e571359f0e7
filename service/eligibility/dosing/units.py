"""Units of doses: masses in mg, volumes in mL, counted things; each spelling to its family and exact factor."""

from fractions import Fraction
from typing import NamedTuple

from service.eligibility.dosing.model import Lapse
from service.eligibility.dosing.ranges import Range
from service.eligibility.quantity import Quantity

MASS, VOLUME, COUNT, PACKAGE = "mg", "mL", "{each}", "{pack}"

_MASS: dict[str, int | Fraction] = {
    "kg": 10**6, "g": 1000, "gm": 1000, "mg": 1, "ug": Fraction(1, 1000), "mcg": Fraction(1, 1000),
    "µg": Fraction(1, 1000), "μg": Fraction(1, 1000), "ng": Fraction(1, 10**6), "gram": 1000, "milligram": 1,
    "microgram": Fraction(1, 1000), "nanogram": Fraction(1, 10**6),
}  # fmt: skip
_VOLUME: dict[str, int | Fraction] = {
    "l": 1000,
    "dl": 100,
    "cl": 10,
    "ml": 1,
    "cc": 1,
    "cm3": 1,
    "millilitre": 1,
    "milliliter": 1,
    "ul": Fraction(1, 1000),
}
# One of these is one piece of the product: its strength is per piece.
_COUNT = {
    "{tbl}", "{tablet}", "{tab}", "{capsule}", "{cap}", "{caplet}", "{each}", "{pill}", "{suppository}", "{lozenge}",
    "tablet", "tablets", "tab", "tabs", "tbl", "capsule", "capsules", "cap", "caps", "caplet", "caplets", "each",
    "pill", "pills", "ea", "1", "tablette", "tabletten", "comprimé", "comprimés", "comprimido", "comprimidos",
    "tabl", "comp", "kapsel", "kapseln", "stück",
}  # fmt: skip
# What may as well count packages as pieces, where the product is a pack.
_GENERIC = {"{each}", "each", "ea", "1"}
_PACKAGE = {"{pack}", "{package}", "{box}", "pack", "package", "pkg", "pk", "box", "packung", "schachtel", "boîte"}
# Exact days in a unit of time; months and years as UCUM defines them (mean Julian), which dosing tables use.
_DAYS = {
    "s": Fraction(1, 86400), "min": Fraction(1, 1440), "h": Fraction(1, 24), "d": Fraction(1), "wk": Fraction(7),
    "mo": Fraction(487, 16), "a": Fraction(1461, 4),
}  # fmt: skip


class Measured(NamedTuple):
    """An exact range in the base unit of its family: mg, mL, pieces, or the unit itself where it has no family."""

    value: Range
    unit: str


def base(unit: str) -> tuple[str, Fraction]:
    """The base unit of a unit's family and the factor to it: `g` is ('mg', 1000). "Tablet(s)" is a tablet."""
    low = unit.strip().lower().removesuffix(".").replace("(s)", "s")
    for each in (low, low.removesuffix("s")):
        if each in _MASS:
            return MASS, Fraction(_MASS[each])
        if each in _VOLUME:
            return VOLUME, Fraction(_VOLUME[each])
        if each in _COUNT:
            return COUNT, Fraction(1)
        if each in _PACKAGE:
            return PACKAGE, Fraction(1)
    return unit.strip(), Fraction(1)


def generic(unit: str | None) -> bool:
    """Does the unit count things without saying which: one of them may be a tablet or a pack?"""
    return (unit or "").strip().lower().removesuffix(".") in _GENERIC


def measured(quantity: Quantity) -> Measured | None:
    """The quantity in its base unit; None where it has no unit: that is never guessed."""
    if quantity.unit is None or not quantity.unit.strip():
        return None
    unit, factor = base(quantity.unit)
    return Measured(Range.of(quantity.value).times(Range.exactly(factor)), unit)


def days(lapse: Lapse) -> Range:
    """A length of time in days, exactly."""
    return Range.of(lapse.value).times(Range.exactly(_DAYS[lapse.unit]))
