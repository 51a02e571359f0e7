"""By which names things are kept: persons, records, drugs. As bytes, since an id may hold half a character."""

from __future__ import annotations

from collections.abc import Mapping

from service.fhir.references import reference_key
from service.screening.buckets.parcels import texts_in
from service.screening.lines import Raw, parse
from service.screening.sifting.blocks import numbers_of

DRUG = "Medication"
PERSONS = b"\1"  # before the name of a person, or of what is of no known one
NO_PERSON = b"\0"  # before the name of anything else
WITHOUT_DRUGS = frozenset({"Patient", "Encounter", "Condition", "Observation"})  # refer to none that is ever read


def bytes_of(text: str) -> bytes:
    """In the order of the characters."""
    return text.encode("utf-8", "surrogatepass")


def text_of(name: bytes) -> str:
    """What `bytes_of` was given."""
    return name.decode("utf-8", "surrogatepass")


def unit_of(person: str) -> bytes:
    """All that is of one person, by their id."""
    return PERSONS + bytes_of(person)


def drug_unit(reference: str) -> bytes:
    """A drug is of nobody."""
    return NO_PERSON + bytes_of(reference)


def drug_in(unit: bytes) -> bytes | None:
    """The reference of the drug that a unit is; None: it is none."""
    return unit.removeprefix(NO_PERSON) if unit.startswith(NO_PERSON + DRUG.encode()) else None


def glimpsed_name(type_name: str, number: int) -> bytes:
    """The record of a line of which only the number of its id is known."""
    return type_name.encode() + b"#" + number.to_bytes(8, "big")


def number_of(identity: str) -> int | None:
    """The number of an id; None: it is one that has none."""
    try:
        found = numbers_of([identity])
    except UnicodeEncodeError:
        return None
    return int(found[0]) if len(found) else None


def name_of_line(type_name: str, raw: bytes) -> bytes | None:
    """The record that stands on a line; None: it cannot be told."""
    resource, _, _, twofold = parse(Raw(0, raw))
    identity = None if resource is None or twofold else resource.get("id")
    return bytes_of(f"{type_name}/{identity.strip()}") if isinstance(identity, str) else None


def drugs_in(resource: Mapping[str, object]) -> set[str]:
    """The Medications that a resource may refer to, anywhere in it."""
    if resource.get("resourceType") in WITHOUT_DRUGS:
        return set()
    keys = (reference_key(each, DRUG) for each in texts_in(resource) if DRUG in each)
    return {key for key in keys if key is not None and key.startswith(f"{DRUG}/")}
