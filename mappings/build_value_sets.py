"""Build mappings/value-sets/*.json from the recipes and the table of codes.

    python mappings/build_value_sets.py --codes PATH/codes.csv            write the files
    python mappings/build_value_sets.py --codes PATH/codes.csv --check    exit 1 where a committed file differs

A recipe file (mappings/recipes/*.yaml) is `{version, sets: [...]}`. A set has

    id, title, description, kind, source    texts; `source` says where the codes come from
    table:     [{concept, systems?, only?, without?, verification?}]   rows of the table: a concept key (`gc.*` takes
               all that begin so), narrowed to systems, to codes, or without codes. UNVERIFIED rows are left out, and
               refused when named. `verification: JUDGEMENT` lowers the state of these rows
    rows:      [{system, code, display, verification?, source}]   own codes; one that the table holds too replaces it
    listed:    [{system, source, verification?, codes: {code: display}}]   many own codes of one source
    prefixes:  [{systems, codes, verification?}]   every code that begins so
    exclude:   {table?, rows?, listed?, prefixes?}          what the set leaves out although a prefix would take it
    words, not_words, no_words_reason, exhaustive (systems), self_limited_days

Systems are the short names of code-systems.yaml. `verification`: VERIFIED (the default of prefixes and own rows) and
LOCAL codes decide; COMPONENT_ONLY, WEAK_SINGLE_SOURCE and JUDGEMENT (a real code whose membership is for a person to
decide) match possibly. It stands as an extension on each concept, and on the include of each prefix.
"""

import argparse
import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

BASE = "https://fhir-prescreen.org/fhir"
HERE = Path(__file__).resolve().parent
_SYSTEMS = yaml.safe_load((HERE / "code-systems.yaml").read_text(encoding="utf-8"))
LICENCES: Mapping[str, str] = _SYSTEMS.pop("licences")
SYSTEMS: Mapping[str, str] = {name: each["uri"] for name, each in _SYSTEMS.items()}
LEVELS = {"VERIFIED", "LOCAL", "COMPONENT_ONLY", "WEAK_SINGLE_SOURCE", "JUDGEMENT"}
KINDS = {"condition", "observation", "medication", "procedure", "answer", "allergy", "route", "form"}
KINDS |= {"adverse-event", "immunization", "consent", "encounter"}
FIELDS = {"id", "title", "description", "kind", "source", "table", "rows", "listed", "prefixes", "exclude"}
FIELDS |= {"words", "not_words", "no_words_reason", "exhaustive", "self_limited_days"}

Recipe = Mapping[str, Any]


class Member(NamedTuple):
    """One code, or all codes that begin with `code` (`prefix`); `system` is a short name."""

    system: str
    code: str
    display: str
    verification: str
    source: str = ""
    prefix: bool = False


class RecipeError(Exception):
    """A recipe asks for what cannot or must not be built."""


def table_members(rows: list[dict[str, str]], wanted: Recipe) -> Iterator[Member]:
    """The rows of the table that one `table` entry asks for."""
    key, only, without = wanted["concept"], set(wanted.get("only", ())), set(wanted.get("without", ()))
    systems = wanted.get("systems")
    found = [row for row in rows if _named(row["concept"], key) and (systems is None or row["system"] in systems)]
    found = [row for row in found if (not only or row["code"] in only) and row["code"] not in without]
    absent = only - {row["code"] for row in found if row["status"] != "UNVERIFIED"}
    if not found or absent:
        raise RecipeError(f"the table has no usable row of {key} for {sorted(absent) or systems or 'any system'}")
    for member in (_table_member(row) for row in found if row["status"] != "UNVERIFIED"):
        yield member._replace(verification=_lowered(member.verification, wanted.get("verification")))


def _named(concept: str, key: str) -> bool:
    return concept.startswith(key[:-1]) if key.endswith("*") else concept == key


def _lowered(state: str, wanted: str | None) -> str:
    if wanted not in (None, "JUDGEMENT"):
        raise RecipeError(f"a table entry may only lower its rows to JUDGEMENT, not set {wanted}")
    return state if wanted is None or state in ("COMPONENT_ONLY", "WEAK_SINGLE_SOURCE") else wanted


def _table_member(row: Mapping[str, str]) -> Member:
    display = row["display"].removeprefix("(component) ")
    category = row["system"].startswith("ICD10") and (row["level"] == "category" or row["code"].endswith("-"))
    return Member(row["system"], row["code"].rstrip("-"), display, row["status"], prefix=category)


def own_members(recipe: Recipe) -> Iterator[Member]:
    """The codes and prefixes that a recipe states itself."""
    for row in [*recipe.get("rows", ()), *_listed(recipe)]:
        if not row.get("source"):
            raise RecipeError(f"{row.get('system')} {row.get('code')}: say its source")
        level = row.get("verification", "LOCAL" if row["system"] == "LOCAL" else "VERIFIED")
        yield Member(row["system"], str(row["code"]), row["display"], level, row["source"])
    for group in recipe.get("prefixes", ()):
        for system in group["systems"]:
            for code in group["codes"]:
                yield Member(system, str(code), "", group.get("verification", "VERIFIED"), prefix=True)


def _listed(recipe: Recipe) -> Iterator[dict[str, Any]]:
    for group in recipe.get("listed", ()):
        shared = {key: value for key, value in group.items() if key != "codes"}
        yield from ({**shared, "code": code, "display": display} for code, display in group["codes"].items())


def members(rows: list[dict[str, str]], recipe: Recipe) -> list[Member]:
    """All members of a set (or of its `exclude`), once each, sorted; an own row replaces that of the table."""
    found: dict[tuple[str, str, bool], Member] = {}
    for wanted in recipe.get("table", ()):
        found.update({(m.system, m.code, m.prefix): m for m in table_members(rows, wanted)})
    for member in own_members(recipe):
        found[member.system, member.code, member.prefix] = member
    for member in found.values():
        _refuse_bad(member)
    return sorted(found.values(), key=lambda m: (SYSTEMS[m.system], m.prefix, m.code))


def _refuse_bad(member: Member) -> None:
    if member.system not in SYSTEMS:
        raise RecipeError(f"unknown system {member.system}; known: {', '.join(SYSTEMS)}")
    if member.verification not in LEVELS:
        raise RecipeError(f"{member.system} {member.code}: verification {member.verification} may not be used")


def compose(found: Iterable[Member]) -> list[dict[str, Any]]:
    """Members as ValueSet.compose.include or exclude: codes by system, each prefix by itself (filters are ANDed)."""
    listed: dict[str, list[dict[str, Any]]] = {}
    prefixed: list[dict[str, Any]] = []
    for member in found:
        system = SYSTEMS[member.system]
        if member.prefix:
            prefixed.append(_prefix(system, member))
        else:
            listed.setdefault(system, []).append(_concept(member))
    return [{"system": system, "concept": concepts} for system, concepts in sorted(listed.items())] + prefixed


def _concept(member: Member) -> dict[str, Any]:
    marks = [_mark("verification", "valueCode", member.verification)]
    if member.source:
        marks.append(_mark("source", "valueString", member.source))
    return {"extension": marks, "code": member.code, "display": member.display}


def _prefix(system: str, member: Member) -> dict[str, Any]:
    literal = member.code.replace(".", "\\.") + ".*"
    return {
        "extension": [_mark("verification", "valueCode", member.verification)],
        "system": system,
        "filter": [{"property": "code", "op": "regex", "value": literal}],
    }


def _mark(name: str, key: str, value: Any) -> dict[str, Any]:
    return {"url": f"{BASE}/StructureDefinition/{name}", key: value}


def extensions(recipe: Recipe) -> list[dict[str, Any]]:
    """What a ValueSet has no element for: kind, words, exhaustive systems, duration."""
    found = [_mark("kind", "valueCode", recipe["kind"])]
    found += [_mark("exhaustive-system", "valueUri", SYSTEMS[each]) for each in sorted(recipe.get("exhaustive", ()))]
    if "self_limited_days" in recipe:
        found.append(_mark("self-limited-days", "valueInteger", recipe["self_limited_days"]))
    found += [_mark("word", "valueString", word) for word in sorted(set(recipe.get("words", ())))]
    # the longest first: a reader takes them out in this order, and a shorter one must not break a longer one
    silent = sorted(set(recipe.get("not_words", ())), key=_long_first)
    found += [_mark("not-word", "valueString", word) for word in silent]
    if "no_words_reason" in recipe:
        found.append(_mark("no-words-reason", "valueString", recipe["no_words_reason"]))
    return found


def _long_first(word: str) -> tuple[int, str]:
    return -len(word), word


def licences(found: Iterable[Member]) -> str:
    """The licence note of every code system used."""
    used = {_SYSTEMS[member.system]["licence"] for member in found}
    return " ".join(LICENCES[each] for each in sorted(used))


def value_set(rows: list[dict[str, str]], recipe: Recipe, version: str) -> dict[str, Any]:
    """One FHIR R4 ValueSet of a recipe. Raises RecipeError with the id of the set."""
    try:
        _refuse_incomplete(recipe)
        inside, outside = members(rows, recipe), members(rows, recipe.get("exclude", {}))
    except (RecipeError, KeyError) as error:
        raise RecipeError(f"{recipe.get('id', 'a set without id')}: {error}") from error
    body = {"include": compose(inside)} | ({"exclude": compose(outside)} if outside else {})
    return {
        "resourceType": "ValueSet",
        "id": recipe["id"],
        "extension": extensions(recipe),
        "url": f"{BASE}/ValueSet/{recipe['id']}",
        "version": version,
        "name": "".join(part.capitalize() for part in recipe["id"].split("-")),
        "title": recipe["title"],
        "status": "active",
        "publisher": "fhir-prescreen",
        "description": " ".join(recipe["description"].split()),
        "purpose": "Source: " + " ".join(recipe["source"].split()),
        **({"copyright": licences([*inside, *outside]), "compose": body} if inside else {}),
    }


def _refuse_incomplete(recipe: Recipe) -> None:
    if unknown := set(recipe) - FIELDS:
        raise RecipeError(f"unknown keys {sorted(unknown)}")
    if recipe["kind"] not in KINDS:
        raise RecipeError(f"kind {recipe['kind']} is none of {sorted(KINDS)}")
    if not recipe.get("words") and not recipe.get("no_words_reason"):
        raise RecipeError("give words, or no_words_reason")
    words = (*recipe.get("words", ()), *recipe.get("not_words", ()))
    if wrong := [word for word in words if not isinstance(word, str) or not word.strip() or word != word.lower()]:
        raise RecipeError(f"words are lower-case texts; quote those with a colon: {wrong}")
    # dose forms come as words of product names; no code system of forms is mapped
    if recipe["kind"] != "form" and not any(recipe.get(key) for key in ("table", "rows", "listed", "prefixes")):
        raise RecipeError("no codes: give table, rows, listed or prefixes")


def build(codes: Path, recipes: Path) -> dict[str, str]:
    """File name -> text of every value set."""
    with codes.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    texts: dict[str, str] = {}
    for path in sorted(recipes.glob("*.yaml")):
        recipe_file = yaml.safe_load(path.read_text(encoding="utf-8"))
        for recipe in recipe_file["sets"]:
            try:
                content = value_set(rows, recipe, recipe_file["version"])
            except RecipeError as error:
                raise RecipeError(f"{path.name}: {error}") from error
            name = f"{content['id']}.json"
            if name in texts:
                raise RecipeError(f"{path.name}: {content['id']} is defined twice")
            texts[name] = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    return texts


def drift(texts: Mapping[str, str], directory: Path) -> list[str]:
    """The names of files that differ from what the recipes say, are missing, or belong to no recipe."""
    present = {path.name: path.read_text(encoding="utf-8") for path in directory.glob("*.json")}
    return sorted(name for name in texts.keys() | present.keys() if texts.get(name) != present.get(name))


def main(arguments: list[str] | None = None) -> int:
    """Write or check the files; 0 when all is well, 1 on drift, 2 when a recipe is wrong."""
    parser = argparse.ArgumentParser(description="Build the value sets from recipes and the table of codes.")
    parser.add_argument("--codes", type=Path, required=True, help="the table of codes (codes.csv)")
    parser.add_argument("--recipes", type=Path, default=HERE / "recipes")
    parser.add_argument("--out", type=Path, default=HERE / "value-sets")
    parser.add_argument("--check", action="store_true", help="write nothing, report differences")
    options = parser.parse_args(arguments)
    try:
        texts = build(options.codes, options.recipes)
    except RecipeError as error:
        print(error, file=sys.stderr)
        return 2
    different = drift(texts, options.out)
    if options.check:
        for name in different:
            print(f"{name}: differs from its recipe; run build_value_sets.py and commit", file=sys.stderr)
        return 1 if different else 0
    options.out.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (options.out / name).write_text(text, encoding="utf-8")
    print(f"{len(texts)} value sets written, {len(different)} changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
