"""Body weight and height near a dose, for what is dosed by kilogram or by square metre. SEMANTICS §6.4.

The measured weight is used, never an ideal or adjusted one. A dose is taken to be worked out on its first day, from the
measurement nearest to it, and perhaps again at each measurement while it lasts: then it lies anywhere between.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from math import ceil, floor, isqrt
from typing import Literal, NamedTuple

from service.eligibility.dates import ANY_DAY, Days, Duration, Span, Unit
from service.eligibility.quantity import Interval, Quantity, plain
from service.eligibility.terms import Concept

Basis = Literal["weight", "surface"]
ADULT = Duration(18, Unit.YEAR)
PLAIN = frozenset({type(None), str, bool, int, Decimal, date, Days, Span, Concept})  # which hold no quantity
MICRO = 10**6  # a square root is rounded outward to millionths: both ends of the range stay true
# What a unit is per, in lower case and without annotations: mg/kg, mg/kg body weight; mg/m2, mg/m².
_PER: dict[str, Basis] = {
    **dict.fromkeys(("kg", "kg bw", "kgbw", "kg kg", "kgkg", "kg body weight", "kilogram"), "weight"),
    **dict.fromkeys(("m2", "m²", "m^2", "sqm", "m2 bsa", "square meter", "square metre"), "surface"),
}
_SPACED = str.maketrans("{}_", "   ")
NAMES: dict[Basis, str] = {"weight": "a body weight", "surface": "a body weight and a height"}
MARKS: dict[Basis, str] = {"weight": "weight-based", "surface": "surface-based"}


@dataclass(frozen=True, slots=True)
class Measurement:
    """A weight (kg) or height (cm); `value` None where what stands there cannot be one. `sure`: it is final."""

    when: Days
    value: Interval | None
    reference: str
    sure: bool = True


class Sized(NamedTuple):
    """What a dose per kg or m² is multiplied by, and in words from which measurements; None, and why not."""

    value: Interval | None
    words: str


@dataclass(frozen=True, slots=True)
class Size:
    """The weight (kg) and body surface (m²) that a dose is worked out from."""

    weight: Sized
    surface: Sized

    def of(self, basis: Basis) -> Sized:
        """The one that the dose goes by."""
        return self.weight if basis == "weight" else self.surface


@dataclass(frozen=True, slots=True)
class Body:
    """All measurements of one person. `birth` tells who is a minor, for whom the horizon is shorter: they grow.

    A measurement further from the dose than the horizon says nothing of it; whose age is not known may be a minor.
    `whole` False: there may be others, which were not loaded or cannot be read, so that nobody knows which is nearest.
    """

    weights: tuple[Measurement, ...] = ()
    heights: tuple[Measurement, ...] = ()
    birth: Days = ANY_DAY
    horizon: Duration = field(default=Duration(12, Unit.MONTH))
    minor_horizon: Duration = field(default=Duration(3, Unit.MONTH))
    whole: bool = True

    def during(self, span: Span) -> Size:
        """The size on the days of a dose."""
        weight = self._measured(self.weights, "body weight", "kg", span)
        height = self._measured(self.heights, "height", "cm", span)
        return Size(weight, _surface(weight, height))

    def _measured(self, found: Sequence[Measurement], name: str, unit: str, span: Span) -> Sized:
        horizon = self._horizon(span.start.latest)
        dated = [each for each in found if each.when.known]
        near = _nearest(dated, span.start)
        if not any(each.sure and _within(each.when, span.start, horizon) for each in near):
            return Sized(None, f"no {name} was measured within {horizon} of {span.start}")
        blind = [each.reference for each in near if each.value is None]
        if blind:
            return Sized(None, f"the {name} nearest to {span.start} cannot be read ({', '.join(sorted(blind))})")
        if not self.whole:
            return Sized(
                None, f"not all results are loaded and readable, so another {name} may be nearer to {span.start}"
            )
        later = [each for each in dated if each.value is not None and each.when.overlaps(span.hull())]
        used = sorted(dict.fromkeys((*near, *later)), key=lambda each: (each.when.earliest, each.reference))
        value = _hull([each.value for each in used if each.value is not None])
        from_ = "; ".join(f"{each.reference}, {each.when}" for each in used)
        return Sized(value, f"{name} {value} {unit} [{from_}]")

    def _horizon(self, day: date) -> Duration:
        return self.horizon if self.birth.known and ADULT.after(self.birth.latest) <= day else self.minor_horizon


NOBODY = Body()


def per_body(unit: str | None) -> tuple[str, Basis] | None:
    """A unit per kilogram or square metre (`mg/kg`): the unit above, and what it goes by; None for another."""
    above, stroke, per = (unit or "").partition("/")
    plain_per = per.lower().translate(_SPACED)
    basis = _PER.get(" ".join(plain_per.split()))
    return (above.strip(), basis) if stroke and above.strip() and basis is not None else None


def by_body_size(part: object) -> bool:
    """Does any quantity in this medication fact go by weight or surface? True wherever that is not certain."""
    waiting = [part]
    while waiting:
        each = waiting.pop()
        if isinstance(each, tuple):
            waiting += each
        elif isinstance(each, Quantity):
            _, stroke, per = (each.unit or "").partition("/")
            if stroke and any(letter in per.lower() for letter in ("k", "m")):
                return True
        else:
            parts = (getattr(each, name) for name in _parts(type(each)))  # type: ignore[arg-type]
            waiting += [part for part in parts if type(part) not in PLAIN]
    return False


@cache
def _parts(of: type) -> tuple[str, ...]:
    """The fields of a type of ours; of any other, none."""
    return tuple(each.name for each in fields(of)) if is_dataclass(of) else ()


def sized(quantity: Quantity, size: Size | None) -> tuple[Quantity | None, str, Basis | None]:
    """The quantity for this body, the words of its arithmetic, and what it goes by; None if the size is not known."""
    found = per_body(quantity.unit)
    if found is None:
        return quantity, str(quantity), None
    unit, basis = found
    if size is None:
        return None, f"{quantity} needs {NAMES[basis]}", basis
    own = size.of(basis)
    if own.value is None:
        return None, f"{quantity} needs {NAMES[basis]}: {own.words}", basis
    return Quantity(quantity.value.times(own.value), unit), f"{quantity} x {own.words}", basis


def _nearest(found: Sequence[Measurement], on: Days) -> list[Measurement]:
    """Those that may be the nearest, whichever days are the true ones; one that is not final displaces no other."""
    limit = min((_furthest(each.when, on) for each in found if each.sure), default=None)
    return [each for each in found if limit is not None and _closest(each.when, on) <= limit]


def _closest(one: Days, other: Days) -> int:
    return max((one.earliest - other.latest).days, (other.earliest - one.latest).days, 0)


def _furthest(one: Days, other: Days) -> int:
    return max((one.latest - other.earliest).days, (other.latest - one.earliest).days)


def _within(when: Days, on: Days, horizon: Duration) -> bool:
    return when.earliest >= horizon.before(on.latest) and horizon.before(when.latest) <= on.earliest


def _hull(values: Sequence[Interval]) -> Interval:
    found = values[0]
    for each in values[1:]:
        found = found.hull(each)
    return found


def _surface(weight: Sized, height: Sized) -> Sized:
    """Mosteller's formula, N Engl J Med 1987;317:1098: the square root of height (cm) x weight (kg) / 3600, in m²."""
    if weight.value is None or height.value is None:
        return weight if weight.value is None else height
    product = weight.value.times(height.value)
    high = None if product.high is None else _root(Fraction(product.high) / 3600, up=True)
    value = Interval(_root(Fraction(product.low or 0) / 3600, up=False), high)
    shown = plain(value.low or Decimal(0)) if value.exact else f"{value}"
    return Sized(value, f"surface {shown} m2 (Mosteller: {height.words}, {weight.words})")


def _root(square: Fraction, *, up: bool) -> Decimal:
    """The square root in millionths, rounded down or up: exact where it is a whole number of them."""
    scaled = square * MICRO**2
    whole = isqrt(ceil(scaled) if up else floor(scaled))
    if up and whole * whole < scaled:
        whole += 1
    return Decimal(whole) / MICRO
