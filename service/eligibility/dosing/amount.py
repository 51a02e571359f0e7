"""How much of an ingredient one dose holds: mass directly, pieces and volumes through the product's strength.

SEMANTICS §6.4.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

from service.eligibility.dosing.body import MARKS, Size, sized
from service.eligibility.dosing.model import Strength
from service.eligibility.dosing.ranges import Range, decimal
from service.eligibility.dosing.units import COUNT, MASS, PACKAGE, VOLUME, Measured, base, generic, measured
from service.eligibility.outcome import Reason
from service.eligibility.quantity import Interval, Quantity

UNKNOWN_AMOUNT = Range(Range.exactly(0).low, None)


@dataclass(frozen=True, slots=True)
class Holding:
    """What is known of one ingredient of a product: its strengths, and whether the product holds others beside it.

    `size` is that of the body that takes it, where known.
    """

    strengths: tuple[Strength, ...] = ()
    mixed: bool = False
    size: Size | None = None


@dataclass(frozen=True, slots=True)
class Amount:
    """What one dose holds, in `unit` (mg where it is a mass), and how that was found; `reason` where it was not."""

    value: Range
    unit: str
    words: str
    reason: Reason | None = None
    marks: tuple[str, ...] = ()


@lru_cache(maxsize=16384)  # a tablet of the same product stands in thousands of orders
def amount(quantity: Quantity | None, holding: Holding) -> Amount:
    """One dose of one ingredient of what is held, for the body that takes it.

    A mass stated for a product of several ingredients does not say which of them it weighs.
    """
    if quantity is None:
        return missing("no amount is stated")
    whole, words, basis = sized(quantity, holding.size)
    if whole is None:
        return missing(words)
    found = _held(whole, words if basis is not None else None, holding)
    return found if basis is None else replace(found, marks=(MARKS[basis],))


def _held(quantity: Quantity, words: str | None, holding: Holding) -> Amount:
    """The amount in a quantity of product; `words` say how the quantity was found, if not stated as it is."""
    dose = measured(quantity)
    if dose is None:
        return missing(f"{quantity.value} of no stated unit")
    said = str(quantity) if words is None else f"{words} = {dose.value} {dose.unit}"
    if dose.unit == MASS and not holding.mixed:
        return Amount(dose.value, MASS, said)
    through = _through_strength(dose, quantity, said, holding.strengths)
    if through is not None:
        return through
    if dose.unit in (COUNT, VOLUME, MASS) or "/" in dose.unit or dose.unit.startswith(("{", "[")):
        return _no_strength(dose, said)
    return Amount(dose.value, dose.unit, said)


def piece_of(holding: Holding) -> Interval | None:
    """The mg in one piece (tablet, capsule) of a product of one ingredient; None where that is not known."""
    one = amount(Quantity(Interval.exactly(1), COUNT), holding)
    if one.reason is not None or one.unit != MASS or holding.mixed or one.value.high is None:
        return None
    return Interval(decimal(one.value.low), decimal(one.value.high))


def missing(why: str, reason: Reason = Reason.DOSE_MISSING) -> Amount:
    """An amount that is not known: from nothing to no limit."""
    return Amount(UNKNOWN_AMOUNT, MASS, why, reason)


def _through_strength(dose: Measured, quantity: Quantity, said: str, strengths: tuple[Strength, ...]) -> Amount | None:
    held: list[tuple[Measured, Strength]] = []
    for strength in strengths:
        each = _packed(strength, dose.unit, generic(quantity.unit))
        if each is not None:
            held.append((each, strength))
    if not held or len({each.unit for each, _ in held}) > 1:
        return None
    value = held[0][0].value
    for each, _ in held[1:]:
        value = value.hull(each.value)
    per, unit = held[0][1].per, held[0][0].unit
    words = (
        f"{quantity.value} x {value} {unit}"
        if dose.unit in (COUNT, PACKAGE)
        else f"{said} x {value} {unit}/{per.unit if per else ''}"
    )
    return Amount(dose.value.times(value), unit, words)


def _packed(strength: Strength, unit: str, either: bool) -> Measured | None:
    """The strength per unit, be it of a piece or of a package; where either is meant, anything between."""
    piece = _per(strength, COUNT if unit == PACKAGE else unit)
    if piece is None or unit not in (COUNT, PACKAGE) or (unit == COUNT and not (either and strength.package)):
        return piece if unit != PACKAGE else None
    if strength.package is None:
        return None
    whole = Range.of(strength.package).times(Range.exactly(base(strength.unit)[1]))
    return Measured(whole if unit == PACKAGE else piece.value.hull(whole), piece.unit)


def _per(strength: Strength, unit: str) -> Measured | None:
    """The strength per one base unit (one piece, one mL, one mg of ointment); None where it is per something else."""
    if strength.amount is None or strength.per is None:
        return None
    per = measured(strength.per)
    if per is None or per.unit != unit or per.value.low == 0:
        return None
    to, factor = base(strength.unit)
    return Measured(Range.of(strength.amount).times(Range.exactly(factor)).over(per.value), to)


def _no_strength(dose: Measured, said: str) -> Amount:
    if "/" in dose.unit:
        return missing(f"{said} is an amount per something else, not one dose")
    if dose.unit == MASS:
        return missing(f"{said} of a product of several ingredients")
    if dose.unit in (COUNT, VOLUME, PACKAGE) or dose.unit.startswith(
        "{"
    ):  # puffs, applications: pieces of another kind
        return missing(f"{said} of unknown strength")
    return missing(f"{said} cannot be converted", Reason.UNIT_NOT_CONVERTIBLE)
