"""Reads a site's FHIR ConceptMaps (R4 and R5): its own codes, and the standard ones that they mean.

A target that the map calls the same (`equivalent`, `equal`) decides; any other relation only suggests. A code without a
target (`unmatched`, `disjoint`, R5 `noMap`, `not-related-to`) is known to be none of ours, whatever its text says.

A target whose relation FHIR's data-absent-reason says to be unknown is a proposal that nobody has confirmed. As long as
a code has one, the map says nothing of it: neither what it is, nor that it is none of ours. `prescreen coverage` prints
such proposals. Texts that stand where no code does are codes of TEXT_SYSTEM.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from service.eligibility.terms import TEXT_SYSTEM, Coding, Mapped, text_code
from service.errors import CatalogError

SAME = frozenset({"equivalent", "equal"})
NONE = frozenset({"unmatched", "disjoint", "not-related-to"})
NEAR = frozenset(
    "wider narrower subsumes specializes inexact relatedto related-to source-is-narrower-than-target "
    "source-is-broader-than-target".split()
)
DATA_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
Maps = dict[Coding, tuple[Mapped, ...]]


def load_code_maps(paths: Iterable[Path]) -> Maps:
    """Local codes to what they mean. Raises CatalogError with every problem found, each with file and code."""
    problems: list[str] = []
    found: Maps = {}
    for path in paths:
        for coding, targets, where in _file(path, problems):
            if found.setdefault(coding, targets) != targets:
                problems.append(f"{where}: this code is mapped twice, to different targets; keep one")
    if problems:
        raise CatalogError(problems)
    return found


def _file(path: Path, problems: list[str]) -> Iterator[tuple[Coding, tuple[Mapped, ...], str]]:
    name = f"{path.parent.name}/{path.name}"
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        problems.append(f"{name}: cannot be read as JSON: {' '.join(str(error).split())}")
        return
    if not isinstance(content, Mapping) or content.get("resourceType") != "ConceptMap":
        problems.append(f"{name}: not a FHIR ConceptMap")
        return
    for index, group in enumerate(content.get("group", ())):
        systems = [_address(group.get(key)) for key in ("source", "target")]
        if None in systems:
            problems.append(f"{name}: group[{index}]: source and target, the two code systems, are both needed")
            continue
        yield from _group(group, str(systems[0]), str(systems[1]), name, problems)


def _address(system: Any) -> str | None:
    """The code system without the version that R5 may append to it."""
    return system.split("|")[0] if isinstance(system, str) and system else None


def _group(
    group: Mapping[str, Any], source: str, target: str, name: str, problems: list[str]
) -> Iterator[tuple[Coding, tuple[Mapped, ...], str]]:
    for element in group.get("element", ()):
        code, where = element.get("code"), f"{name}: {element.get('code')}"
        if not isinstance(code, str) or not code.strip():
            problems.append(f"{name}: an element without a code")
            continue
        if any(_unconfirmed(each) for each in element.get("target", ())):
            continue
        targets = [_target(each, target, where, problems) for each in element.get("target", ())]
        if not targets and element.get("noMap") is not True:
            problems.append(f"{where}: no target; where there is none to give, say so (unmatched, or noMap in R5)")
        own = text_code(code) if source == TEXT_SYSTEM else Coding(source, code).normalized()
        yield own, tuple(each for each in targets if each is not None), where


def _unconfirmed(target: Mapping[str, Any]) -> bool:
    """Does it say that nobody has said yet how it relates to the code?"""
    if "equivalence" in target or "relationship" in target:
        return False
    said = target.get("_equivalence", target.get("_relationship"))
    extensions = said.get("extension", ()) if isinstance(said, Mapping) else ()
    return any(each.get("url") == DATA_ABSENT for each in extensions)


def _target(target: Mapping[str, Any], system: str, where: str, problems: list[str]) -> Mapped | None:
    relation = target.get("equivalence") or target.get("relationship")
    if relation in NONE:
        return None
    if relation not in SAME | NEAR:
        problems.append(f"{where}: equivalence (R5: relationship) {relation!r} is none that FHIR defines")
        return None
    if not isinstance(target.get("code"), str):
        problems.append(f"{where}: a target without a code; where there is none to give, say unmatched")
        return None
    return Mapped(Coding(system, target["code"]).normalized(), relation in SAME)
