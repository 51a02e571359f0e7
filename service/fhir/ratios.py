"""Ratios as single quantities: an amount per something, or a titre. SEMANTICS §5."""

from collections.abc import Mapping
from decimal import Decimal

from service.eligibility.quantity import COUNT, Interval, Quantity
from service.errors import UnreadableResource
from service.fhir.elements import node, number, text
from service.fhir.quantities import UnitTable, compared, read_quantity

TITRE = "{titer}"


def read_ratio(value: object, element: str, units: UnitTable) -> Quantity | None:
    """A Ratio: 30 mg to 2 g is 15 mg/g; a titre 1:128 (unitless, from 1) is 128 {titer}; 35:1 without any unit is no
    more than the number 35. None if a part is missing.

    `<1:10` is read as laboratories mean it: a titre below 10. Raises UnreadableResource for a denominator that is not
    a positive number.
    """
    whole = node(value, element)
    above = read_quantity(whole.get("numerator"), f"{element}.numerator", units)
    below = read_quantity(whole.get("denominator"), f"{element}.denominator", units)
    if above is None or below is None:
        return None
    amount = number(node(whole["denominator"], element).get("value"), f"{element}.denominator.value")
    if amount <= 0:
        raise UnreadableResource("the denominator is not a positive number", f"{element}.denominator")
    if _unitless(whole, "numerator") and _unitless(whole, "denominator"):
        return _pure_ratio(whole, above, amount, below, element)
    if not below.value.exact:
        return Quantity(Interval(None, None), None)
    return _per_unit(above, amount, below.unit, units)


def _unitless(ratio: Mapping[str, object], part: str) -> bool:
    return (_written(ratio, part) or "1") in ("1", "{titer}", "{titre}")


def _written(ratio: Mapping[str, object], part: str) -> object:
    """The unit of a part as it stands there."""
    quantity = node(ratio.get(part), part)
    return quantity.get("code") or quantity.get("unit")


def _pure_ratio(
    whole: Mapping[str, object], above: Quantity, amount: Decimal, below: Quantity, element: str
) -> Quantity | None:
    numerator = node(whole["numerator"], element)
    if number(numerator["value"], f"{element}.numerator.value") == 1 and amount >= 1:
        comparator = text(numerator.get("comparator"), element) or text(
            node(whole["denominator"], element).get("comparator"), element
        )
        return Quantity(compared(amount, comparator, TITRE, element), TITRE)
    if not below.value.exact:
        return Quantity(Interval(None, None), None)
    alone = amount == 1 and not _written(whole, "numerator") and not _written(whole, "denominator")
    return Quantity(above.value.scaled(1 / amount), COUNT if alone else "1")


def _per_unit(above: Quantity, amount: Decimal, unit: str | None, units: UnitTable) -> Quantity:
    if unit == "h" and amount % 24 == 0:
        amount, unit = amount / 24, "d"  # 24 hours divide a number inexactly, one day does not
    scaled = above.value.scaled(1 / amount) if amount != 1 else above.value
    if above.unit is None or unit is None:
        return Quantity(scaled, None)
    both = above.unit if unit == "1" else f"{above.unit}/{unit}"
    return Quantity(scaled, units.ucum(both, coded=True))
