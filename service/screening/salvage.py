"""What can be told of a line without reading it: which resource types it names, and whose it is. SEMANTICS §4.

From its bytes, or from its JSON where that could be parsed.
"""

import re
from collections.abc import Iterable, Mapping

from service.errors import UnreadableResource
from service.fhir.adapt import SUBJECTS
from service.fhir.references import reference_key
from service.literals import here
from service.screening.glued import is_glued
from service.twofold import readings

NAMED = re.compile(rb'"resourceType"\s*:\s*"([A-Za-z]{1,64})"')
FIRST = re.compile(rb'\s*\{\s*"resourceType"\s*:\s*"([A-Za-z]{1,64})"')
KEY = b'"resourceType"'
INSIDE = (b'"contained"', b'"resource"', b'"outcome"')  # where FHIR lets one resource stand inside another
HOLDERS = frozenset({"Bundle", "Parameters"})  # a broken one can have held anything
ID = rb"[^/?#|\s\"\\]{1,128}"
SUBJECT = re.compile(
    rb'"(?:subject|patient)"\s*:\s*\{[^{}]{0,400}?"reference"\s*:\s*"(?:[^"\\]{0,300}/)?Patient/('
    + ID
    + rb')(?:/_history/[^"]{0,64})?"'
)
SHOWN = 1 << 20  # of a line too long to be read, this many bytes are looked at
NOTHING: frozenset[str] = frozenset()
PRODUCT = "Medication"
MERGING = frozenset({"replaced-by", "replaces"})


def is_of_no_use(type_name: str, line: bytes, needed: frozenset[str]) -> bool:
    """Is a line of this type of no use, whatever is inside it, and though something in it is escaped?"""
    names = NOTHING if type_name in needed else names_in(line)
    return bool(names) and names.isdisjoint(needed)


def names_in(raw: bytes) -> frozenset[str]:
    """Every resource type that the bytes name; empty where they do not tell them all (none, escapes, odd values)."""
    count = raw.count(KEY)
    if count == 0 or b"\\u" in raw:
        return NOTHING
    if count == 1:
        found = NAMED.search(raw, raw.index(KEY))
        return frozenset((found[1].decode(),)) if found else NOTHING
    names = NAMED.findall(raw)
    return frozenset(each.decode() for each in names) if len(names) == count else NOTHING


def own_type(raw: bytes, names: frozenset[str]) -> str | None:
    """The type of the resource itself, if the bytes leave no doubt that it is not one of a resource inside it."""
    first = FIRST.match(raw)
    if first:
        return first[1].decode()
    alone = len(names) == 1 and raw.count(KEY) == 1 and not any(each in raw for each in INSIDE)
    return next(iter(names)) if alone else None


def framed(raw: bytes) -> bool:
    """Does it begin and end with a brace, as an object does?"""
    inner = raw.strip()
    return inner.startswith(b"{") and inner.endswith(b"}")


def types_of(raw: bytes, hint: str | None) -> frozenset[str]:
    """What a line that is not JSON can have been: its type if the bytes begin with it, and nothing else begins on it;
    else all they and its file name.

    Empty where that could be any type.
    """
    first = FIRST.match(raw)
    if first and not is_glued(raw):
        found = frozenset((first[1].decode(),))
    else:
        found = NOTHING if hint is None else frozenset((hint, *(each.decode() for each in NAMED.findall(raw))))
    return found if found.isdisjoint(HOLDERS) else NOTHING


def subject_of(raw: bytes) -> str | None:
    """The patient the line is about, if its bytes name exactly one, wholly, and there is but one resource on it."""
    ids: set[bytes] = set(SUBJECT.findall(raw))
    if len(ids) != 1 or is_glued(raw):
        return None
    try:
        return ids.pop().decode()
    except UnicodeDecodeError:
        return None


def is_one(resource: Mapping[str, object]) -> bool:
    """Is it clear at least which resource it is, whatever else it says twice?"""
    return all(len(list(readings(resource, name))) == 1 for name in ("resourceType", "id"))


def subject_told(resource: Mapping[str, object], aliases: Mapping[str, str]) -> str | None:
    """Whose resource it is, as far as it tells at all, and of one patient alone. A product is of nobody."""
    types = tuple(_readings(resource, "resourceType"))
    if "Patient" in types:
        identity = resource.get("id")
        return identity.strip() if isinstance(identity, str) else None
    if PRODUCT in types:
        return None
    named = {
        key
        for name in SUBJECTS
        for reference in _readings(resource, name)
        for written in (_readings(reference, "reference") if isinstance(reference, dict | Mapping) else (reference,))
        if (key := _key(written, aliases)) is not None
    }
    key = named.pop() if len(named) == 1 else ""
    return key.removeprefix("Patient/") if key.startswith("Patient/") else None


def subject_read(resource: Mapping[str, object], aliases: Mapping[str, str]) -> str | None:
    """The patient whose facts it gives, should it name another one besides: the first of its subjects is read."""
    written = next((each for name in SUBJECTS if (each := resource.get(name)) is not None), None)
    if PRODUCT in _readings(resource, "resourceType"):
        return None
    key = _key(written, aliases) or ""
    return key.removeprefix("Patient/") if key.startswith("Patient/") else None


def _readings(value: object, name: str) -> Iterable[object]:
    """As readings; of nearly all objects, no key stands twice in them."""
    if type(value) is not dict:
        return readings(value, name)
    inner = value.get(name)
    return () if inner is None else (inner,)


def merged_with(resource: Mapping[str, object], aliases: Mapping[str, str], bases: tuple[str, ...] = ()) -> set[str]:
    """The Patients that a Patient may be merged with, by any reading of its links. `bases`: the addresses of its server
    where they are known; those of another one are not meant."""
    links = (each for listed in readings(resource, "link") for each in (listed if isinstance(listed, list) else ()))
    merging = (each for each in links if not MERGING.isdisjoint(map(str, readings(each, "type"))))
    written = (each for link in merging for each in readings(link, "other", "reference"))
    keys = (_key(each, aliases) for each in written if not bases or _is_here(each, bases))
    return {key.removeprefix("Patient/") for key in keys if key is not None and key.startswith("Patient/")}


def _is_here(written: object, bases: tuple[str, ...]) -> bool:
    return isinstance(written, str) and here(bases, written.strip()) is not None


def _key(written: object, aliases: Mapping[str, str]) -> str | None:
    try:
        return reference_key(written, "subject", aliases)
    except UnreadableResource:
        return None


def is_unmodified(written: bytes | None) -> bool:
    """Do the bytes of a resource show that nothing in it can change its meaning? Keys are written there plainly."""
    return written is not None and b"modifierExtension" not in written and b"implicitRules" not in written
