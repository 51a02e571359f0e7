"""The committed value sets as tests read them: straight from the JSON, without the catalog. And the check digits."""

import json
from functools import cache
from typing import Any, NamedTuple

from mappings import build_value_sets as builder

DIRECTORY = builder.HERE / "value-sets"
FILES = sorted(DIRECTORY.glob("*.json"))
SURELY, POSSIBLY, NO = "surely", "possibly", "no"
DECIDING = {"VERIFIED", "LOCAL"}
CM, WHO, GM, SCT, LOINC = (builder.SYSTEMS[each] for each in ("ICD10CM", "ICD10", "ICD10GM", "SNOMED", "LOINC"))
INTERPRETATION, LOCAL = builder.SYSTEMS["HL7-INTERPRETATION"], builder.SYSTEMS["LOCAL"]


class Entry(NamedTuple):
    """A code of a set, or the beginning of codes (`prefix`)."""

    system: str
    code: str
    display: str
    verification: str
    prefix: bool

    def holds(self, system: str, code: str) -> bool:
        return system == self.system and (code.startswith(self.code) if self.prefix else code == self.code)


@cache
def value_set(name: str) -> dict[str, Any]:
    return json.loads((DIRECTORY / f"{name}.json").read_text(encoding="utf-8"))


def marks(element: dict[str, Any], name: str) -> list[Any]:
    """The values of an extension of ours."""
    url = f"{builder.BASE}/StructureDefinition/{name}"
    found = [each for each in element.get("extension", []) if each["url"] == url]
    return [next(value for key, value in each.items() if key.startswith("value")) for each in found]


@cache
def entries(name: str, part: str = "include") -> tuple[Entry, ...]:
    found: list[Entry] = []
    for group in value_set(name).get("compose", {}).get(part, []):
        for each in group.get("concept", []):
            found.append(Entry(group["system"], each["code"], each["display"], marks(each, "verification")[0], False))
        for each in group.get("filter", []):
            beginning = each["value"].removesuffix(".*").replace("\\.", ".")
            found.append(Entry(group["system"], beginning, "", marks(group, "verification")[0], True))
    return tuple(found)


def membership(name: str, system: str, code: str) -> str:
    """Excluded codes are out; then a deciding code wins over one that only suggests."""
    if any(each.holds(system, code) for each in entries(name, "exclude")):
        return NO
    states = {each.verification for each in entries(name) if each.holds(system, code)}
    return SURELY if states & DECIDING else POSSIBLY if states else NO


def suggested(name: str, text: str) -> bool:
    """Do the words of the set suggest it for this text, once its not-words are taken out?"""
    padded = f" {text.lower()} "
    for phrase in marks(value_set(name), "not-word"):
        padded = padded.replace(phrase, " ")
    return any(word in padded for word in marks(value_set(name), "word"))


def mod10(code: str) -> bool:
    """The check digit of LOINC: the digits from the right, every other one doubled, summed digit by digit."""
    number, digit = code.split("-")
    doubled = [int(each) * (2 if place % 2 == 0 else 1) for place, each in enumerate(reversed(number))]
    return (10 - sum(each // 10 + each % 10 for each in doubled)) % 10 == int(digit)


PERMUTATION = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def verhoeff(code: str) -> bool:
    """The check digit of SNOMED CT (Verhoeff): the product of permuted digits in the dihedral group of order ten."""
    total = 0
    for place, each in enumerate(reversed(code)):
        digit = int(each)
        for _ in range(place % 8):
            digit = PERMUTATION[digit]
        total = _dihedral(total, digit)
    return total == 0


def _dihedral(left: int, right: int) -> int:
    """Rotations 0-4, reflections 5-9."""
    if left < 5:
        return (left + right) % 5 if right < 5 else (left + right - 5) % 5 + 5
    return (left - right) % 5 + 5 if right < 5 else (left - right) % 5
