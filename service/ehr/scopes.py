"""SMART scopes: what is asked for, how far what was granted reaches. STANDARDS 3.65-3.67, 4.21-4.25."""

import re
from collections.abc import Iterable, Mapping
from enum import Enum

LETTERS = "cruds"  # in the order that the standard wants: create, read, update, delete, search
OLD = {"read": "rs", "write": "cud", "*": "cruds"}
READ = "rs"
SYSTEM = "system"  # whose rights they are: of this service itself, or
PATIENT, USER = "patient", "user"  # of a person, for the patient in context, or for whomever that person may see
SCOPE = re.compile(r"(?P<whose>[a-z]+)/(?P<kind>[A-Z][A-Za-z]*|\*)\.(?P<may>[a-z]+|\*)(?P<narrowed>\?\S+)?$")


class Reach(Enum):
    """How much of a type a token reaches."""

    ALL = "all"
    PART = "part"  # granular: only some categories; what lies outside is unknown, not absent
    NONE = "none"


def wanted(types: Mapping[str, str], *, old: bool, whose: str = SYSTEM) -> str:
    """The scopes for these types, each with its letters (`rs`, `cruds`); `old`: in the words of version 1."""
    written = _old if old else _new
    parts = {part for kind, letters in types.items() for part in written(kind, letters)}
    return " ".join(sorted(f"{whose}/{each}" for each in parts))


def reach(granted: Iterable[str], kind: str, letters: str, whose: Iterable[str] = (SYSTEM,)) -> Reach:
    """How far the granted scopes reach into one type, for all of these letters."""
    whole, partly = set[str](), set[str]()
    for scope in granted:
        found = SCOPE.match(scope)
        if found is None or found["whose"] not in whose or found["kind"] not in (kind, "*"):
            continue
        (partly if found["narrowed"] else whole).update(_letters(found["may"]))
    if set(letters) <= whole:
        return Reach.ALL
    return Reach.PART if set(letters) <= whole | partly else Reach.NONE


def _letters(may: str) -> str:
    """The letters of the part behind the dot; none for one that is neither of version 1 nor of version 2."""
    return OLD.get(may, may if set(may) <= set(LETTERS) else "")


def _new(kind: str, letters: str) -> Iterable[str]:
    return (f"{kind}.{''.join(each for each in LETTERS if each in letters)}",)


def _old(kind: str, letters: str) -> Iterable[str]:
    return tuple(f"{kind}.{word}" for word in ("read", "write") if set(OLD[word]) & set(letters))
