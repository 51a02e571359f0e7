"""Reads FHIR ValueSets (R4 and later) into value sets: codes that decide, codes that suggest, and words.

`compose.include` and `exclude` list codes, or take all that begin alike (`filter` on `code`, a literal and `.*`). What
only a terminology server could resolve is refused with a word on what to do. A set without `compose` may carry an
`expansion` instead, as a server hands it out. Our extensions (docs/add-a-study.md) say the rest.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from service.eligibility.terms import Codes, Coding, ValueSet
from service.errors import CatalogError

EXTENSION = "https://fhir-prescreen.org/fhir/StructureDefinition/"
DECIDING = frozenset({"VERIFIED", "LOCAL"})
SUGGESTING = frozenset({"COMPONENT_ONLY", "WEAK_SINGLE_SOURCE", "JUDGEMENT"})
STATES = DECIDING | SUGGESTING | {"UNVERIFIED"}  # the last never counts
KINDS = frozenset(
    "condition observation medication procedure answer allergy adverse-event immunization consent encounter".split()
) | {"route", "form"}
LITERAL = re.compile(r"((?:[A-Za-z0-9-]|\\\.)+)\.\*")


@dataclass(frozen=True, slots=True)
class ValueSetFile:
    """A value set with what is said about it: what kind of thing its codes name, from where, and under what licence."""

    value_set: ValueSet
    kind: str
    path: Path
    version: str
    source: str
    licence: str


@dataclass
class _Codes:
    """Codes of one part of a set while it is read, by how far they decide."""

    sure: list[tuple[Coding, bool]] = field(default_factory=list)
    inexact: list[tuple[Coding, bool]] = field(default_factory=list)

    def add(self, coding: Coding, prefix: bool, verification: str) -> None:
        if verification in DECIDING:
            self.sure.append((coding.normalized(), prefix))
        elif verification in SUGGESTING:
            self.inexact.append((coding.normalized(), prefix))


def load_value_sets(paths: Iterable[Path]) -> dict[str, ValueSetFile]:
    """The value sets of these files by id. Raises CatalogError with every problem found, each with file and place."""
    problems: list[str] = []
    found = {path.stem: read for path in paths if (read := _file(path, problems)) is not None}
    if problems:
        raise CatalogError(problems)
    return found


def _file(path: Path, problems: list[str]) -> ValueSetFile | None:
    name = f"{path.parent.name}/{path.name}"
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        problems.append(f"{name}: cannot be read as JSON: {' '.join(str(error).split())}")
        return None
    before = len(problems)
    problems += [f"{name}: {each}" for each in _wrong_head(content, path)]
    if len(problems) > before:
        return None
    included, excluded = _parts(content, name, problems)
    return ValueSetFile(
        ValueSet(
            id=content["id"],
            title=content["title"],
            sure=_codes(included.sure),
            inexact=_codes(included.inexact),
            excluded=_codes([*excluded.sure, *excluded.inexact]),
            words=tuple(_marks(content, "word")),
            not_words=tuple(_marks(content, "not-word")),
            exhaustive=frozenset(_marks(content, "exhaustive-system")),
            self_limited_days=next(iter(_marks(content, "self-limited-days")), None),
        ),
        kind=next(iter(_marks(content, "kind"))),
        path=path,
        version=str(content.get("version", "")),
        source=str(content.get("purpose", "")),
        licence=str(content.get("copyright", "")),
    )


def _wrong_head(content: Any, path: Path) -> Iterator[str]:
    """What a set has to say of itself before its codes mean anything."""
    if not isinstance(content, Mapping) or content.get("resourceType") != "ValueSet":
        yield "not a FHIR ValueSet"
        return
    if content.get("id") != path.stem:
        yield f"its id is {content.get('id')!r}; it has to be the name of the file, {path.stem!r}"
    if not str(content.get("title") or "").strip():
        yield "title is missing; explanations call the set by it"
    kinds = list(_marks(content, "kind"))
    if len(kinds) != 1 or kinds[0] not in KINDS:
        yield f"extension kind has to say once what the codes are codes of: {', '.join(sorted(KINDS))}"
    if not list(_marks(content, "word")) and not list(_marks(content, "no-words-reason")):
        yield "no extension word, so an unlisted code is never recognised by its text; give one, or no-words-reason"
    for each in [*_marks(content, "word"), *_marks(content, "not-word")]:
        if not isinstance(each, str) or not each.strip() or each != each.lower():
            yield f"the word {each!r} has to be in lower case"
    days = list(_marks(content, "self-limited-days"))
    if days and (len(days) > 1 or not isinstance(days[0], int) or days[0] < 1):
        yield "extension self-limited-days has to be one whole number of days"


def _parts(content: Mapping[str, Any], name: str, problems: list[str]) -> tuple[_Codes, _Codes]:
    included, excluded = _Codes(), _Codes()
    compose = content.get("compose", {})
    for part, codes in (("include", included), ("exclude", excluded)):
        for index, group in enumerate(compose.get(part, ())):
            _group(group, codes, f"{name}: compose.{part}[{index}]", problems)
    if not compose:
        for each in _expanded(content.get("expansion", {}).get("contains", ())):
            _code(each.get("system"), each, codes=included, where=f"{name}: expansion", problems=problems)
    return included, excluded


def _group(group: Mapping[str, Any], codes: _Codes, where: str, problems: list[str]) -> None:
    system, concepts, conditions = group.get("system"), group.get("concept", ()), group.get("filter", ())
    if group.get("valueSet"):
        problems.append(f"{where}: takes codes of another value set; name both in the criterion, or list the codes")
    elif not isinstance(system, str) or not system:
        problems.append(f"{where}: system is missing")
    elif not concepts and not conditions:
        problems.append(f"{where}: takes a whole code system; list codes, or give a filter on their beginning")
    elif len(conditions) + bool(concepts) > 1:
        problems.append(f"{where}: FHIR takes what passes all of concept and filters; write one include for each")
    for each in concepts:
        _code(system, each, codes=codes, where=where, problems=problems)
    for each in conditions[:1]:
        _beginning(system, each, _verification(group, where, problems), codes, where, problems)


def _code(system: Any, concept: Mapping[str, Any], *, codes: _Codes, where: str, problems: list[str]) -> None:
    code = concept.get("code")
    if not isinstance(code, str) or not code.strip() or code != code.strip():
        problems.append(f"{where}: a concept without a proper code: {code!r}")
    elif isinstance(system, str):
        codes.add(Coding(system, code), False, _verification(concept, f"{where} {code}", problems))


def _beginning(
    system: Any, condition: Mapping[str, Any], verification: str, codes: _Codes, where: str, problems: list[str]
) -> None:
    """A filter `code regex C50\\..*`: every code that begins so."""
    how = condition.get("property"), condition.get("op")
    literal = LITERAL.fullmatch(str(condition.get("value", "")))
    if how != ("code", "regex") or literal is None:
        said = f"{how[0]} {how[1]} {condition.get('value')}"
        problems.append(
            f"{where}: the filter {said!r} needs a terminology server; let one expand it, or use code regex 'C50.*'"
        )
    elif isinstance(system, str):
        codes.add(Coding(system, literal[1].replace("\\.", ".")), True, verification)


def _verification(element: Mapping[str, Any], where: str, problems: list[str]) -> str:
    """How sure the code is; a code about which nothing is said is its giver's own, and decides."""
    state = next(iter(_marks(element, "verification")), "LOCAL")
    if state not in STATES:
        problems.append(f"{where}: verification {state!r} is none of {', '.join(sorted(STATES))}")
    return str(state)


def _expanded(contains: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for each in contains:
        if not each.get("abstract"):
            yield each
        yield from _expanded(each.get("contains", ()))


def _marks(element: Mapping[str, Any], name: str) -> Iterator[Any]:
    """The values of an extension of ours."""
    for each in element.get("extension", ()):
        if each.get("url") == EXTENSION + name:
            yield next((value for key, value in each.items() if key.startswith("value")), None)


def _codes(found: Iterable[tuple[Coding, bool]]) -> Codes:
    listed = frozenset(coding for coding, prefix in found if not prefix)
    return Codes(listed, tuple(dict.fromkeys(coding for coding, prefix in found if prefix)))
