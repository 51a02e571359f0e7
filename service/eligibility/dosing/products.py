"""What is known of drug products: ingredients and strengths by a product's code, codes by an ingredient's name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from service.eligibility.dosing.model import Strength
from service.eligibility.dosing.names import NamedStrength, read_name
from service.eligibility.quantity import Interval
from service.eligibility.terms import Coding

NAME_SYSTEM = "urn:fhir-prescreen:ingredient-name"
CONFLICT = "strength-conflict"
SOURCES = ("ingredient", "product-map", "product-name")  # in the order of their precedence


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
        return tuple(self._named(each) for each in read_name(name).strengths)

    def _named(self, each: NamedStrength) -> Strength:
        return Strength(
            self.ingredient(each.ingredient), each.ingredient, each.amount, each.per, "product-name", unit=each.unit
        )

    def strengths(
        self, stated: tuple[Strength, ...], codings: Iterable[Coding], texts: Iterable[str]
    ) -> tuple[tuple[Strength, ...], tuple[str, ...]]:
        """One strength per ingredient from what record, product map and name say, and the marks of conflicts.

        The first source that gives one wins where all agree; where they do not, the amount is the interval that spans
        them.
        """
        product = self.product(codings)
        layers = [stated, product.strengths if product is not None else (), *(self.from_name(text) for text in texts)]
        told = [layer for layer in layers if layer]
        by_ingredient: dict[Coding, list[Strength]] = {}
        for layer in told:
            for strength in _alike(layer, told[0]):
                by_ingredient.setdefault(strength.ingredient.normalized(), []).append(strength)
        merged = [_merged(each) for each in by_ingredient.values()]
        marks = {mark for _, mark in merged if mark is not None}
        return tuple(strength for strength, _ in merged), tuple(sorted(marks))


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
        per_one, other_one = _per_one(best), _per_one(other)
        if other_one is None or per_one is None or other.unit != best.unit or not _comparable(best, other):
            continue
        if other_one != per_one and value is not None:
            conflict = True
            value = value.hull(_rescaled(other_one, best))
    return (replace(best, amount=value), CONFLICT) if conflict else (best, None)


def _comparable(a: Strength, b: Strength) -> bool:
    return a.per is not None and b.per is not None and a.per.unit == b.per.unit


def _per_one(strength: Strength) -> Interval | None:
    """The amount per one of `per`; None where that is not an exact number."""
    per = strength.per.value if strength.per is not None else None
    if strength.amount is None or per is None or not per.exact or not per.low:
        return None
    return strength.amount.scaled(1 / per.low)


def _rescaled(per_one: Interval, like: Strength) -> Interval:
    size = like.per.value.low if like.per is not None else None
    return per_one if size is None else per_one.scaled(size)
