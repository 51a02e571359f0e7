"""Patient -> who it is, as people tell patients apart: name, birth date, identifier. STANDARDS 4.14."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

OLD = frozenset({"old", "maiden"})
USUAL, OFFICIAL = "usual", "official"
RECORD_NUMBER = "MR"
UNKNOWN = "not recorded"


@dataclass(frozen=True, slots=True)
class Banner:
    """What stands at the top of a page about a patient; whatever is not there is said to be so."""

    name: str = UNKNOWN
    birth: str = UNKNOWN
    identifier: str = UNKNOWN


def banner_of(patient: Mapping[str, object]) -> Banner:
    """The banner of a Patient. What cannot be read is left out: nothing is decided by it."""
    birth = patient.get("birthDate")
    return Banner(
        next(filter(None, map(_name, _preferred(_objects(patient.get("name"))))), UNKNOWN),
        birth if isinstance(birth, str) else UNKNOWN,
        next(filter(None, map(_value, _numbers(_objects(patient.get("identifier"))))), UNKNOWN),
    )


def numbers_of(patient: Mapping[str, object]) -> dict[str, str]:
    """The identifiers that are in use, the number of the medical record first: value -> `MR`, or its system."""
    found: dict[str, str] = {}
    for each in _numbers(_objects(patient.get("identifier"))):
        kind = RECORD_NUMBER if RECORD_NUMBER in set(_codes(each)) else each.get("system")
        if _value(each) and not _has_end(each):
            found.setdefault(_value(each), kind if isinstance(kind, str) else "")
    return found


def _preferred(listed: list[Mapping[str, object]]) -> list[Mapping[str, object]]:
    """Those in use, the usual one first; what has an end comes last, what was given up is left out."""
    now = [each for each in listed if each.get("use") not in OLD]
    return sorted(now, key=lambda each: (_has_end(each), each.get("use") != USUAL, each.get("use") != OFFICIAL))


def _numbers(listed: list[Mapping[str, object]]) -> list[Mapping[str, object]]:
    """The number of the medical record first."""
    return sorted(_preferred(listed), key=lambda each: RECORD_NUMBER not in set(_codes(each)))


def _codes(identifier: Mapping[str, object]) -> Iterator[object]:
    kind = identifier.get("type")
    for each in _objects(kind.get("coding") if isinstance(kind, Mapping) else None):
        yield each.get("code")


def _name(name: Mapping[str, object]) -> str:
    text, family = name.get("text"), name.get("family")
    if isinstance(text, str) and text.strip():
        return text.strip()
    given = name.get("given")
    parts = [*(given if isinstance(given, list) else ()), family]
    return " ".join(each for each in parts if isinstance(each, str))


def _value(identifier: Mapping[str, object]) -> str:
    value = identifier.get("value")
    return value if isinstance(value, str) else ""


def _has_end(part: Mapping[str, object]) -> bool:
    period = part.get("period")
    return isinstance(period, Mapping) and "end" in period


def _objects(value: object) -> list[Mapping[str, object]]:
    return [each for each in (value if isinstance(value, list) else []) if isinstance(each, Mapping)]
