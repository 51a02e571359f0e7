"""Reads `concept-maps/drug-products.json` and `drug-names.json` (FHIR R4 ConceptMaps) into the catalogue of drugs.

A product is an element; its targets are its ingredients. What else the map says of an ingredient stands in the target's
`product` list: property `strength` ("5 mg/1 {tbl}", "40 mg/1 mL"), of a pack `package` ("84 mg") and, for the whole
product, property `form` ("Oral Tablet"). In `drug-names.json` an element's code is a name (or brand) in lower case and
its target the ingredient.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from service.eligibility.dosing.model import Strength
from service.eligibility.dosing.products import DrugCatalog, Product
from service.eligibility.dosing.units import base
from service.eligibility.quantity import Interval, Quantity
from service.eligibility.terms import Coding
from service.errors import CatalogError

PRODUCTS, NAMES = "drug-products", "drug-names"
Element = tuple[Coding, Mapping[str, Any], str]


def is_drug_map(path: Path) -> bool:
    """Is this a map of products or names? All others say what a site's own codes mean (`code_maps`)."""
    return path.name.startswith((PRODUCTS, NAMES))


def load_drugs(directory: Path, own: Path | None = None) -> DrugCatalog:
    """The drugs of a `concept-maps` directory: `drug-products*.json` and `drug-names*.json`.

    What a site says in `own` of a product or name takes the place of what is shipped. Raises CatalogError with every
    problem, each with its file and code.
    """
    problems: list[str] = []
    products: dict[Coding, Product] = {}
    names: dict[str, Coding] = {}
    for root in (directory, own):
        if root is not None:
            products |= _products(_maps(root, PRODUCTS, required=root is directory), problems)
            names |= _names(_maps(root, NAMES, required=root is directory), problems)
    if problems:
        raise CatalogError(problems)
    return DrugCatalog(products, names)


def _maps(directory: Path, name: str, *, required: bool) -> list[Path]:
    """The files of a kind; where the kind is required and there is none, its plain name, so that it is missed."""
    found = sorted(directory.glob(f"{name}*.json"))
    return found or ([directory / f"{name}.json"] if required else [])


def _products(paths: Iterable[Path], problems: list[str]) -> dict[Coding, Product]:
    found: dict[Coding, Product] = {}
    for product, element, where in (each for path in paths for each in _elements(path, problems)):
        if product in found:
            problems.append(f"{where}: this product is mapped twice")
        found[product] = _product(element, where, problems)
    return found


def _names(paths: Iterable[Path], problems: list[str]) -> dict[str, Coding]:
    found: dict[str, Coding] = {}
    for name, element, where in (each for path in paths for each in _elements(path, problems)):
        targets = list(_targets(element, where, problems))
        if len(targets) != 1:
            problems.append(f"{where}: a name leads to exactly one ingredient")
        else:
            found[" ".join(name.code.lower().split())] = targets[0][0]
    return found


def _elements(path: Path, problems: list[str]) -> Iterator[Element]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        problems.append(f"{path}: cannot be read as JSON: {error}")
        return
    for group in content.get("group", []) if isinstance(content, dict) else []:
        for element in group.get("element", []):
            code, where = element.get("code"), f"{path}: {element.get('code')}"
            if not isinstance(code, str) or not code.strip():
                problems.append(f"{path}: an element without a code")
                continue
            yield (
                Coding(str(group.get("source", "")), code).normalized(),
                {**element, "_target": group.get("target", "")},
                where,
            )


def _targets(element: Mapping[str, Any], where: str, problems: list[str]) -> Iterator[tuple[Coding, Mapping[str, Any]]]:
    for target in element.get("target", []):
        if not isinstance(target.get("code"), str):
            problems.append(f"{where}: a target without a code")
            continue
        yield Coding(str(element["_target"]), target["code"]).normalized(), target


def _product(element: Mapping[str, Any], where: str, problems: list[str]) -> Product:
    ingredients: list[Coding] = []
    strengths: list[Strength] = []
    form: str | None = None
    for coding, target in _targets(element, where, problems):
        ingredients.append(coding)
        stated = {_last(each.get("property")): each.get("value") for each in target.get("product", [])}
        form = form or stated.get("form")
        if stated.get("strength"):
            name, package = str(target.get("display") or coding.code), stated.get("package")
            strengths += _strength(coding, name, stated["strength"], package, where, problems)
    if not ingredients:
        problems.append(f"{where}: a product without an ingredient")
    return Product(tuple(dict.fromkeys(ingredients)), tuple(strengths), form)


def _last(property_: object) -> str:
    return str(property_).rstrip("/").rsplit("/", 1)[-1]


def _strength(
    coding: Coding, name: str, written: str, package: str | None, where: str, problems: list[str]
) -> list[Strength]:
    """`5 mg/1 {tbl}`: an amount of mass, per a quantity of product; `105 mg` in a whole package."""
    above, _, below = str(written).partition("/")
    try:
        (amount, unit), (size, per) = (part.split(maxsplit=1) for part in (above, below))
        family, factor = base(unit)
        value = Decimal(amount) * factor.numerator / factor.denominator
        whole = None if package is None else _mass(str(package), unit)
        if value <= 0 or Decimal(size) <= 0:
            raise ValueError(written)
    except (ValueError, InvalidOperation):
        problems.append(f"{where}: a strength is written like '5 mg/1 {{tbl}}', not {written!r}")
        return []
    quantity = Quantity(Interval.exactly(size), per)
    return [Strength(coding, name, Interval.exactly(value), quantity, "product-map", unit=family, package=whole)]


def _mass(written: str, unit: str) -> Interval:
    """`105 mg`, in the same unit as the strength. Raises ValueError for another."""
    amount, own = written.split(maxsplit=1)
    family, factor = base(own)
    if family != base(unit)[0] or Decimal(amount) <= 0:
        raise ValueError(written)
    return Interval.exactly(Decimal(amount) * factor.numerator / factor.denominator)
