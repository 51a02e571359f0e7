"""What one dose holds, from all that a sig says of it: pieces, masses, strengths, and whether they agree."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from service.eligibility.dosing.sigs.parts import (
    MASSES,
    PIECES,
    Amount,
    Divided,
    Equal,
    Lasting,
    Means,
    Numbered,
    Occasion,
    Often,
    Once,
    Part,
    Single,
    Strong,
    Twofold,
    Weekdays,
)  # fmt: skip
from service.eligibility.dosing.sigs.tokens import NotUnderstood
from service.eligibility.quantity import Interval

ONE = Interval.exactly(1)
MOST_PIECES = 4  # a bare number above this is more likely to be milligrams
TIMES = (Often, Once, Single, Occasion, Weekdays, Lasting, Numbered, Divided)
LEAST_MASS = 5  # and one below this is more likely to be pieces


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the product besides: the mg in one piece of it, and the words of its name."""

    piece: Interval | None = None
    names: frozenset[str] = frozenset()


def dose_of(
    parts: Sequence[Part], carried: Amount | None, known: Known, heading: Strong | None = None
) -> Amount | None:
    """The amount of one dose; None where none is stated. Raises NotUnderstood where the words do not agree.

    `carried`: the dose before, whose unit a bare number takes; `heading`: a strength that the sig stated before.
    """
    stated = [each for each in parts if isinstance(each, Amount)]
    equals = [each for each in parts if isinstance(each, Equal)]
    strong = _only([each for each in parts if isinstance(each, Strong)])
    if len(stated) == 2:
        stated, equals = _second_is_equal(stated, equals)
    if len(stated) > 1:
        raise NotUnderstood("two amounts stand beside each other")
    if stated and stated[0].unit is None and not any(isinstance(each, (*TIMES, Strong)) for each in parts):
        raise NotUnderstood("a number with neither unit nor time")
    if strong is None and heading is not None and stated and stated[0].unit in (None, heading.per.unit):
        strong = heading
    found = _with_unit(stated[0], strong, carried, known) if stated else None
    if found is None and strong is not None:
        found, equals = _pieces_of(strong, equals)
    elif found is None and equals:
        raise NotUnderstood("an amount in brackets follows none")
    elif found is not None and strong is not None:
        found = _through(found, strong)
    for each in equals:
        found = _agreed(found, each, known) if found is not None else None
    if found is not None and found.value.high == 0:
        raise NotUnderstood("a dose of nothing")
    if found is not None and any(isinstance(each, Twofold) for each in parts):
        found = Amount(found.value.scaled(Decimal(2)), found.unit)
    return found


def _only(found: list[Strong]) -> Strong | None:
    if len(set(found)) > 1:
        raise NotUnderstood("two strengths are stated")
    return found[0] if found else None


def _second_is_equal(stated: list[Amount], equals: list[Equal]) -> tuple[list[Amount], list[Equal]]:
    """`1 tablet 5 mg`, `5 mg 1 tablet`: the same dose twice, where the two can be told apart."""
    first, second = stated
    if first.pieces and second.mass:
        return [first], [Equal(second), *equals]
    if first.mass and second.pieces and second.value == ONE:
        return [first], [Equal(second), *equals]
    return stated, equals


def _with_unit(stated: Amount, strong: Strong | None, carried: Amount | None, known: Known) -> Amount:
    if stated.unit is not None:
        return stated
    high = stated.value.high or Decimal(0)
    if strong is not None and strong.per.unit in PIECES:
        carried = Amount(ONE, strong.per.unit)
    if carried is not None and carried.unit is not None:
        if carried.pieces and high <= max(MOST_PIECES, carried.value.high or 0):
            return Amount(stated.value, carried.unit)
        if not carried.pieces and (stated.value.low or 0) >= LEAST_MASS:
            return Amount(stated.value, carried.unit)
        raise NotUnderstood("a number without a unit may be pieces or milligrams")
    if known.piece is not None and known.piece.exact and known.piece.low:
        return _pieces_or_mass(stated, known.piece.low)
    raise NotUnderstood("a number has no unit")


def _pieces_or_mass(stated: Amount, piece: Decimal) -> Amount:
    """A bare number of a product in pieces: pieces if few; a mass too if whole and half pieces can make it up."""
    low, high = stated.value.low or Decimal(0), stated.value.high or Decimal(0)
    if high > MOST_PIECES or any(each * 2 % 1 for each in (low, high)):
        raise NotUnderstood("a number without a unit may be pieces or milligrams")
    pieces = stated.value.scaled(piece)
    could_be_mass = all((each * 2) % piece == 0 for each in (low, high))
    return Amount(pieces.hull(stated.value) if could_be_mass else pieces, "mg")


def _pieces_of(strong: Strong, equals: list[Equal]) -> tuple[Amount | None, list[Equal]]:
    counted = [each.amount for each in equals if each.amount.unit == strong.per.unit]
    if counted:
        return _through(counted[0], strong), [each for each in equals if each.amount.unit != strong.per.unit]
    if strong.one:
        return strong.amount, equals
    raise NotUnderstood("a strength is stated, but not how many")


def _through(found: Amount, strong: Strong) -> Amount:
    """Pieces or a volume times the strength that the sig itself states; a mass stays what it is."""
    if found.mass or found.unit != strong.per.unit:
        if found.mass or found.pieces == strong.per.pieces:
            return found
        raise NotUnderstood("the strength is of something else than the dose")
    return Amount(_scaled(found.value, strong.amount.value, strong.per.value), strong.amount.unit, found.product)


def _scaled(value: Interval, times: Interval, per: Interval) -> Interval:
    ends = [Fraction(each or 0) * Fraction(times.low or 0) / Fraction(per.low or 1) for each in (value.low, value.high)]
    low, high = (_exact(each) for each in ends)
    return Interval(low, high)


def _exact(value: Fraction) -> Decimal:
    found = Decimal(value.numerator) / Decimal(value.denominator)
    if Fraction(found) != value:
        raise NotUnderstood("the strength does not divide evenly")
    return found


def in_mg(amount: Amount) -> Interval:
    """A mass in mg."""
    return amount.value.scaled(MASSES[amount.unit or "mg"])


def _agreed(found: Amount, equal: Equal, known: Known) -> Amount:
    """The dose and what stands in brackets after it, together."""
    other, means = equal.amount, equal.means
    if other.unit is not None and "/" in other.unit:
        if found.mass:
            return found
        raise NotUnderstood("a dose by weight or surface beside another")
    if found.mass and other.mass:
        if in_mg(found) != in_mg(other) or means is Means.EACH:
            raise NotUnderstood("two masses that are not the same")
        return found
    if found.mass:
        if means is Means.EACH:
            raise NotUnderstood("what each of them holds is not clear")
        return found
    if not other.mass:
        raise NotUnderstood("two amounts that cannot be compared")
    if found.unit is not None and "/" in found.unit:
        return other
    return _pieces_with_mass(found, other, means, known)


def _pieces_with_mass(found: Amount, other: Amount, means: Means, known: Known) -> Amount:
    """`2 tablets (10 mg)`: ten in all, or ten each, unless the words or the known strength tell."""
    if not found.pieces and means is not Means.EACH:
        return other
    if means is Means.TOTAL or found.value == ONE:
        return other
    if found.unit is None or not found.pieces:
        raise NotUnderstood("what each of them holds is not clear")
    each = found.value.times(other.value)
    if means is Means.EACH:
        return Amount(each, other.unit)
    if known.piece is not None:
        if known.piece.times(found.value) == in_mg(other):
            return other
        if known.piece == in_mg(other):
            return Amount(each, other.unit)
    return Amount(other.value.hull(each), other.unit)
