"""What is known of drug products: ingredients and strengths by a product's code, codes by an ingredient's name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from service.eligibility.dosing.model import Strength
from service.eligibility.dosing.names import NamedStrength, ProductName, read_name
from service.eligibility.dosing.units import COUNT, base, measured
from service.eligibility.quantity import Interval
from service.eligibility.terms import Coding

NAME_SYSTEM = "urn:fhir-prescreen:ingredient-name"
CONFLICT = "strength-conflict"
SOURCES = ("ingredient", "product-map", "product-name")  # in the order of their precedence


Stated = tuple[tuple[Strength, ...], tuple[str, ...]]  # strengths, and the marks of conflicts
MOST_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Product:
    """A coded product: the codes of its ingredients, their strengths as far as known, and the words of its form."""

    ingredients: tuple[Coding, ...]
    strengths: tuple[Strength, ...] = ()
    form: str | None = None


@dataclass(frozen=True)
class DrugCatalog:
    """Products by code; ingredients by lower-case name (with brands, where listed)."""

    products: Mapping[Coding, Product] = field(default_factory=dict)
    names: Mapping[str, Coding] = field(default_factory=dict)
    _by_concept: dict[object, Stated] = field(default_factory=dict, init=False, compare=False, repr=False)

    def product(self, codings: Iterable[Coding]) -> Product | None:
        """The product of the first of these codes that the catalog knows."""
        return next((self.products[each.normalized()] for each in codings if each.normalized() in self.products), None)

    def ingredient(self, name: str) -> Coding:
        """The code of an ingredient's name: the longest beginning that is listed (salts come last), else its words."""
        words = name.lower().split()
        for length in range(len(words), 0, -1):
            known = self.names.get(" ".join(words[:length]))
            if known is not None:
                return known
        return Coding(NAME_SYSTEM, " ".join(words))

    def from_name(self, name: str) -> tuple[Strength, ...]:
        """The strengths that a product's name states."""
        read = read_name(name)
        found = tuple(self._named(each) for each in read.strengths)
        return tuple(replace(each, package=_package(each, found, read)) for each in found) if read.pack else found

    def _named(self, each: NamedStrength) -> Strength:
        return Strength(
            self.ingredient(each.ingredient), each.ingredient, each.amount, each.per, "product-name", unit=each.unit
        )

    def strengths(self, stated: tuple[Strength, ...], codings: Iterable[Coding], texts: Iterable[str]) -> Stated:
        """One strength per ingredient from what record, product map and name say, and the marks of conflicts.

        The first source that gives one wins where all agree; where they do not, the amount is the interval that spans
        them.
        """
        key = tuple(codings), tuple(texts)
        if stated:
            return self._merged(stated, *key)
        known = self._by_concept.get(key)
        if known is None:
            known = self._merged(stated, *key)
            if len(self._by_concept) < MOST_REMEMBERED:
                self._by_concept[key] = known
        return known

    def _merged(self, stated: tuple[Strength, ...], codings: tuple[Coding, ...], texts: tuple[str, ...]) -> Stated:
        product = self.product(codings)
        layers = [stated, product.strengths if product is not None else (), *(self.from_name(text) for text in texts)]
        told = [added_up(layer) for layer in layers if layer]
        by_ingredient: dict[Coding, list[Strength]] = {}
        for layer in told:
            for strength in _alike(layer, told[0]):
                by_ingredient.setdefault(strength.ingredient.normalized(), []).append(strength)
        merged = [_merged(each) for each in by_ingredient.values()]
        marks = {mark for _, mark in merged if mark is not None}
        return tuple(strength for strength, _ in merged), tuple(sorted(marks))


def _package(one: Strength, found: tuple[Strength, ...], read: ProductName) -> Interval | None:
    """What a whole pack holds of this ingredient; at least one piece where nobody says how many."""
    if one.amount is None or one.per is None or base(one.per.unit or "")[0] != COUNT:
        return None
    parts = [n for n, each in enumerate(found) if each.ingredient == one.ingredient]
    if any(read.strengths[n].pieces is None for n in parts):
        return Interval(one.amount.low, None)
    total = Interval.exactly(0)
    for n in parts:
        total = total + read.strengths[n].amount.scaled(read.strengths[n].pieces or Decimal(0))
    return total


def added_up(layer: tuple[Strength, ...]) -> tuple[Strength, ...]:
    """Strengths of one source: two salts of one drug add up; the same name twice (a pack) stays as it is."""
    found: list[Strength] = []
    for each in layer:
        at = next((n for n, other in enumerate(found) if _parts_of_one(each, other)), None)
        if at is None:
            found.append(each)
        else:
            found[at] = _sum(found[at], each)
    return tuple(found)


def _parts_of_one(one: Strength, other: Strength) -> bool:
    same = one.ingredient.normalized() == other.ingredient.normalized() and one.unit == other.unit
    return same and one.name.lower() != other.name.lower() and _ratio(one, other) is not None


def _sum(one: Strength, other: Strength) -> Strength:
    ratio = _ratio(one, other)
    if ratio is None or one.amount is None or other.amount is None:
        return one
    share = other.amount.scaled(Decimal(ratio.numerator) / ratio.denominator)
    return replace(one, name=f"{one.name} / {other.name}", amount=one.amount + share)


def _alike(layer: tuple[Strength, ...], first: tuple[Strength, ...]) -> tuple[Strength, ...]:
    """The strengths of a later source, by the ingredients of the first: a single one is the same, others go by code."""
    known = {each.ingredient.normalized() for each in first}
    if len(known) == 1 == len({each.ingredient.normalized() for each in layer}):
        return tuple(replace(each, ingredient=first[0].ingredient, name=first[0].name) for each in layer)
    return tuple(each for each in layer if each.ingredient.normalized() in known)


def _merged(found: list[Strength]) -> tuple[Strength, str | None]:
    usable = [each for each in found if each.amount is not None and each.per is not None]
    if not usable:
        return found[0], None
    best = min(usable, key=lambda each: SOURCES.index(each.source))
    value, conflict = best.amount, False
    for other in usable:
        ratio = _ratio(best, other)
        if ratio is None or other.unit != best.unit or other.amount is None or value is None or best.amount is None:
            continue
        ends = ((best.amount.low, other.amount.low), (best.amount.high, other.amount.high))
        if any(_scaled(theirs, ratio) != _scaled(own, Fraction(1)) for own, theirs in ends):
            conflict = True
            value = value.hull(other.amount.scaled(Decimal(ratio.numerator) / ratio.denominator))
    best = replace(best, package=_packages(usable))
    return (replace(best, amount=value), CONFLICT) if conflict else (best, None)


def _packages(found: list[Strength]) -> Interval | None:
    """What a package holds, by the sources that say how many pieces, else by those that only call it one."""
    said = [each.package for each in found if each.package is not None]
    counted = [each for each in said if each.high is not None] or said
    whole = counted[0] if counted else None
    for each in counted[1:]:
        whole = each if whole is None else whole.hull(each)
    return whole


def _scaled(end: Decimal | None, ratio: Fraction) -> Fraction | None:
    return None if end is None else Fraction(end) * ratio


def _ratio(one: Strength, other: Strength) -> Fraction | None:
    """How many times as much product the first is stated per; None where they are per different kinds of things."""
    if one.per is None or other.per is None:
        return None
    mine, theirs = measured(one.per), measured(other.per)
    if mine is None or theirs is None or mine.unit != theirs.unit or not (mine.value.exact and theirs.value.exact):
        return None
    return mine.value.low / theirs.value.low if theirs.value.low else None
