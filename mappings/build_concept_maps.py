"""Build mappings/concept-maps/drug-*.json from drug-names.yaml and the table of codes.

    python mappings/build_concept_maps.py --codes PATH/codes.csv            write the files
    python mappings/build_concept_maps.py --codes PATH/codes.csv --check    exit 1 where a committed file differs

`drug-products.json`: a coded product (RxNorm product, ATC substance) and the ingredients it holds, with strength and
form as read from its name. `drug-names.json`: a name in lower case and its ingredient. Both are FHIR R4 ConceptMaps.
"""

import argparse
import csv
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from service.eligibility.dosing.names import NamedStrength, read_name
from service.eligibility.quantity import plain

BASE = "https://fhir-prescreen.org/fhir"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"
LOCAL = f"{BASE}/CodeSystem/local-drug"
HERE = Path(__file__).resolve().parent
PRODUCTS = ("gc.product", "gc.nonsystemic_default", "immunosuppressant_or_biologic.product")
SUBSTANCES = (
    "gc.atc_systemic",
    "immunosuppressant_or_biologic.atc",
    "immunosuppressant_or_biologic.atc_retired",
    "immunosuppressant.topical_only",
)
Ingredient = tuple[str, str, str]  # system, code, name


def ingredients(table: Mapping[str, Any]) -> dict[str, Ingredient]:
    """Every name, in lower case, and the ingredient it means."""
    found: dict[str, Ingredient] = {}
    for code, names in table["rxnorm"].items():
        found |= {name.lower(): (RXNORM, code, names[0]) for name in names}
    for inn, names in table["local"].items():
        found |= {name.lower(): (LOCAL, inn, inn) for name in [inn, *names]}
    return found


def ingredient(name: str, known: Mapping[str, Ingredient]) -> Ingredient | None:
    """The ingredient of a name: the longest beginning that is known (salts follow the name)."""
    words = name.lower().replace(",", " ").split()
    beginnings = (" ".join(words[:length]) for length in range(len(words), 0, -1))
    return next((known[each] for each in beginnings if each in known), None)


def products(rows: list[dict[str, str]], known: Mapping[str, Ingredient]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(source system, target system, element) of every product and substance whose ingredient is known."""
    for row in rows:
        if row["status"] != "VERIFIED":
            continue  # what one weak source says may suggest a drug by its name, not decide it
        if row["concept"] in PRODUCTS and row["level"] not in ("IN", "PIN"):
            yield from _product(row, known)
        elif row["concept"] in SUBSTANCES and row["system"] == "ATC" and len(row["code"]) == 7:
            found = ingredient(row["display"], known)
            if found is not None:
                yield ATC, found[0], _element(row, [(found, None)], None)


def _product(row: dict[str, str], known: Mapping[str, Ingredient]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    name = read_name(row["display"])
    held = [(ingredient(each.ingredient, known), each) for each in name.strengths]
    named = [(found, strength) for found, strength in held if found is not None]
    for system in sorted({found[0] for found, _ in named}):
        mine = [(found, strength) for found, strength in named if found[0] == system]
        yield RXNORM, system, _element(row, mine, name.rest.strip() or None)


def _element(
    row: dict[str, str], held: list[tuple[Ingredient, NamedStrength | None]], form: str | None
) -> dict[str, Any]:
    return {
        "code": row["code"],
        "display": row["display"],
        "target": [_target(found, strength, form, alone=len(held) == 1) for found, strength in held],
    }


def _target(found: Ingredient, strength: NamedStrength | None, form: str | None, *, alone: bool) -> dict[str, Any]:
    """The ingredient with what the name says of it; a pack of several strengths (not `alone`) has no one package."""
    stated = []
    if strength is not None and strength.amount.low is not None and strength.per.value.low is not None:
        size = f"{plain(strength.per.value.low)} {strength.per.unit}"
        stated.append(
            {"property": f"{BASE}/property/strength", "value": f"{plain(strength.amount.low)} {strength.unit}/{size}"}
        )
        if strength.pieces is not None and alone:
            whole = f"{plain(strength.amount.low * strength.pieces)} {strength.unit}"
            stated.append({"property": f"{BASE}/property/package", "value": whole})
    if form:
        stated.append({"property": f"{BASE}/property/form", "value": form})
    target: dict[str, Any] = {"code": found[1], "display": found[2], "equivalence": "wider"}
    return {**target, "product": stated} if stated else target


def concept_map(identity: str, title: str, groups: Mapping[tuple[str, str], list[dict[str, Any]]]) -> str:
    """The JSON text of a ConceptMap with these groups."""
    content = {
        "resourceType": "ConceptMap",
        "id": identity,
        "url": f"{BASE}/ConceptMap/{identity}",
        "version": "1.0.0",
        "name": "".join(word.title() for word in identity.split("-")),
        "title": title,
        "status": "active",
        "publisher": "fhir-prescreen",
        "copyright": "RxNorm names and codes (SAB=RXNORM): public, courtesy of the U.S. National Library of Medicine. "
        "ATC codes: WHO Collaborating Centre for Drug Statistics Methodology; not for commercial distribution.",
        "group": [
            {"source": source, "target": target, "element": sorted(elements, key=lambda each: each["code"])}
            for (source, target), elements in sorted(groups.items())
        ],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def build(codes: Path) -> dict[str, str]:
    """File name -> JSON text."""
    table = yaml.safe_load((HERE / "drug-names.yaml").read_text(encoding="utf-8"))
    with codes.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    known = ingredients(table)
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    seen: set[tuple[str, str]] = set()
    for source, target, element in products(rows, known):
        if (source + target, element["code"]) not in seen:
            seen.add((source + target, element["code"]))
            groups.setdefault((source, target), []).append(element)
    names: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for name, (system, code, display) in known.items():
        target = {"code": code, "display": display, "equivalence": "equivalent"}
        names.setdefault((f"{BASE}/CodeSystem/drug-name", system), []).append({"code": name, "target": [target]})
    return {
        "drug-products.json": concept_map("drug-products", "Drug products and their ingredients", groups),
        "drug-names.json": concept_map("drug-names", "Names of drugs and their ingredients", names),
    }


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or with --check compare them; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--codes", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=HERE / "concept-maps")
    parser.add_argument("--check", action="store_true")
    chosen = parser.parse_args(arguments)
    built = build(chosen.codes)
    if chosen.check:
        drifted = [name for name, text in built.items() if _text(chosen.out / name) != text]
        sys.stderr.writelines(f"{name}: differs from what the table gives; run without --check\n" for name in drifted)
        return 1 if drifted else 0
    chosen.out.mkdir(exist_ok=True)
    for name, text in built.items():
        (chosen.out / name).write_text(text, encoding="utf-8")
    return 0


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
