"""Strict readers of the FHIR data types that adapters share: concepts, and plain JSON shapes.

Every reader takes the raw JSON value and the FHIRPath of where it stands; null or absent is None or empty, a wrong JSON
type raises UnreadableResource. SEMANTICS §5.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

import orjson

from service.eligibility.terms import Coding, Concept
from service.errors import UnreadableResource
from service.lacking import PART, is_part

DATA_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
# Codes of these systems say why something is not said; so do the codes of the IPS such as `no-problem-info`.
NOTHING_SAID = frozenset(
    {
        DATA_ABSENT,
        "http://terminology.hl7.org/CodeSystem/data-absent-reason",
        "http://hl7.org/fhir/data-absent-reason",
        "http://terminology.hl7.org/CodeSystem/v3-NullFlavor",
        "http://hl7.org/fhir/v3/NullFlavor",
    }
)
ABSENT_UNKNOWN = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
NO_WORDS = frozenset(
    {
        "unknown", "other", "n/a", "not applicable", "no information", "noinformation", "not available",
        "temporarily unavailable", "asked but unknown", "temporarily unknown", "not asked", "asked but declined",
        "masked", "unsupported", "as text", "error", "invalid", "un-encoded", "not performed", "not permitted",
    }
)  # fmt: skip
LONGEST_TEXT = 100_000
MOST_DIGITS = 18  # before the point, or zeros behind it: FHIR asks for no more, and nothing is so many
CONTAINERS = frozenset({dict, list})  # of JSON; asked for every value of every resource, so by exact type
NO_CONCEPT = Concept()
# Concepts repeat, and reading one takes much longer than writing it: by its bytes, what was read of it before.
_CONCEPTS: dict[bytes, Concept] = {}
MOST_REMEMBERED, LONGEST_REMEMBERED = 20_000, 1_000


def text(value: object, element: str, name: str = "") -> str | None:
    """A string without its outer blanks; None if absent or blank. `name`: of a part of `element` that it is."""
    if value is None:
        return None
    if type(value) is not str and not isinstance(value, str):
        raise UnreadableResource("a string is expected here", f"{element}.{name}" if name else element)
    if len(value) > LONGEST_TEXT:
        where = f"{element}.{name}" if name else element
        raise UnreadableResource(f"a string longer than {LONGEST_TEXT} characters", where)
    return value.strip() or None


def boolean(value: object, element: str) -> bool | None:
    """A JSON boolean; None if absent. The text "true" is refused."""
    if value is not None and not isinstance(value, bool):
        raise UnreadableResource("true or false is expected here", element)
    return value


def number(value: object, element: str) -> Decimal:
    """A JSON number, exactly as it was written (a float by its shortest text). Refused: one as text, an absurd one."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise UnreadableResource("a number is expected here", element)
    exact = Decimal(repr(value)) if type(value) is float or isinstance(value, float) else Decimal(value)
    if not exact.is_finite():
        raise UnreadableResource("a finite number is expected here", element)
    if exact and not -MOST_DIGITS <= exact.adjusted() < MOST_DIGITS:
        raise UnreadableResource("an absurd number", element)
    return exact


def node(value: object, element: str) -> Mapping[str, object]:
    """A JSON object; an empty one if absent."""
    if value is None:
        return {}
    if type(value) is not dict and not isinstance(value, Mapping):  # asking an abstract class takes long
        raise UnreadableResource("an object is expected here", element)
    return value


def nodes(value: object, element: str) -> tuple[Mapping[str, object], ...]:
    """A list of JSON objects; empty if absent. A null among them is refused."""
    if value is None:
        return ()
    if not isinstance(value, list) or not all(type(each) is dict or isinstance(each, Mapping) for each in value):
        raise UnreadableResource("a list of objects is expected here", element)
    return tuple(value)


def one_or_many(value: object, element: str) -> tuple[Mapping[str, object], ...]:
    """An element that is one object in one release and a list in another (Encounter.class): always as a tuple."""
    return (value,) if type(value) is dict or isinstance(value, Mapping) else nodes(value, element)


def refuse_modifiers(resource: Mapping[str, object], element: str) -> None:
    """Raise UnreadableResource if anything in it carries a modifierExtension or implicitRules: we know none."""
    if resource.get("implicitRules") is not None:
        raise UnreadableResource("it follows implicitRules that are not known", f"{element}.implicitRules")
    if resource.get("modifierExtension") is None and not _may_be_modified(resource):
        return
    stack: list[object] = [resource]
    while stack:  # not recursive: nesting may be deeper than the interpreter's stack
        each = stack.pop()
        if isinstance(each, dict):
            if each.get("modifierExtension"):
                raise UnreadableResource(
                    "an unknown modifierExtension may change its meaning", f"{element}.modifierExtension"
                )
            stack += [inner for inner in each.values() if type(inner) in CONTAINERS]
        elif isinstance(each, list):
            stack += [inner for inner in each if type(inner) in CONTAINERS]


def refuse_part(resource: Mapping[str, object], kind: str) -> None:
    """Raise UnreadableResource if it is tagged as lacking some of its elements."""
    if is_part(resource):
        raise UnreadableResource(PART, f"{kind}.meta.tag")


def _may_be_modified(resource: Mapping[str, object]) -> bool:
    """Does the key stand in it anywhere? Writing it all and looking there takes less time than going through it."""
    try:
        return b"modifierExtension" in orjson.dumps(resource)
    except orjson.JSONEncodeError:  # nested too deeply
        return True


def read_concept(value: object, element: str) -> Concept:
    """A CodeableConcept, a Coding, or an R5 CodeableReference's concept: all codings, its text and every display.

    A coding without a system has the system "". The order of codings means nothing: they are sorted. Where it says no
    more than that something is unknown or masked, it is empty.
    """
    if value is None:
        return NO_CONCEPT
    try:
        written = orjson.dumps(value, option=orjson.OPT_PASSTHROUGH_SUBCLASS)
    except orjson.JSONEncodeError:  # a key stands twice in it, or it is nested too deeply
        return _read_concept(value, element)
    known = _CONCEPTS.get(written)
    if known is None:
        known = _read_concept(value, element)
        if len(written) <= LONGEST_REMEMBERED:
            if len(_CONCEPTS) >= MOST_REMEMBERED:
                _CONCEPTS.clear()
            _CONCEPTS[trimmed(written)] = known
    return known


def _read_concept(value: object, element: str) -> Concept:
    whole = node(value, element)
    if "concept" in whole:
        whole = node(whole["concept"], f"{element}.concept")
    if "coding" in whole or "text" in whole:
        return _concept(
            nodes(whole.get("coding"), f"{element}.coding"), text(whole.get("text"), f"{element}.text"), element
        )
    return _concept((whole,), None, element)


def join(concepts: Iterable[Concept]) -> Concept:
    """One concept with all codings and words of several, in their order."""
    all_of_them = tuple(concepts)
    codings = dict.fromkeys(each for concept in all_of_them for each in concept.codings)
    texts = dict.fromkeys(each for concept in all_of_them for each in concept.texts)
    return Concept(tuple(codings), tuple(texts))


def read_concepts(value: object, element: str) -> Concept:
    """A list of CodeableConcepts (or one of them) as one concept that holds all their codings and words."""
    if value is None:
        return NO_CONCEPT
    found = one_or_many(value, element)
    if len(found) == 1:
        return read_concept(found[0], f"{element}[0]")
    return join(read_concept(each, f"{element}[{index}]") for index, each in enumerate(found))


@lru_cache(maxsize=16_384)
def codes(concept: Concept) -> frozenset[str]:
    """The bare codes of a concept, for elements whose value set is part of FHIR itself (statuses, categories)."""
    return frozenset(each.code for each in concept.codings)


def _concept(codings: Sequence[Mapping[str, object]], words: str | None, element: str) -> Concept:
    found: set[tuple[str, str]] = set()
    displays: set[tuple[bool, str]] = set()
    silent = NO_WORDS
    for each in codings:
        system = text(each.get("system"), f"{element}.coding.system")
        code = text(each.get("code"), f"{element}.coding.code")
        display = text(each.get("display"), f"{element}.coding.display")
        if says_nothing(system, code):
            silent |= {display.casefold()} if display else frozenset()
            continue
        if code:
            found.add((system or "", code))
        if display:
            displays.add((each.get("userSelected") is not True, display))
    texts = ((words,) if words else ()) + tuple(display for _, display in sorted(displays))
    if not found:
        texts = tuple(each for each in texts if each.casefold() not in silent)
    return _shared(tuple(sorted(found)), tuple(dict.fromkeys(texts)))


def says_nothing(system: str | None, code: str | None) -> bool:
    """Does this code only say why nothing is said?"""
    return system in NOTHING_SAID or (system == ABSENT_UNKNOWN and code is not None and code.endswith("-info"))


@lru_cache(maxsize=65536)
def _shared(codings: tuple[tuple[str, str], ...], texts: tuple[str, ...]) -> Concept:
    """Concepts repeat: equal ones share one object."""
    return Concept(tuple(Coding(system, code) for system, code in codings), texts)


def trimmed(written: bytes) -> bytes:
    """The same bytes in as much room as they need: orjson leaves 4 KB to the shortest text that it writes."""
    return memoryview(written).tobytes()
