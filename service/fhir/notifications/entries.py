"""The resources that a notification carries, and the patients they are about.

Used are those alone that stand on our server: a resource of another address, or one whose fullUrl and id disagree, is
left out, and what the event is about is read from the server instead.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from service.fhir.notifications import standard
from service.fhir.notifications.model import Carried
from service.fhir.notifications.places import KEY, Bases
from service.fhir.notifications.standard import Report
from service.twofold import readings

TYPE_NAME = re.compile(r"[A-Z][A-Za-z]{1,63}")
SUBJECTS = ("subject", "patient", "individual", "beneficiary")
Json = Mapping[str, object]


def entries(bundle: Json, report: Report) -> list[tuple[Json, str]]:
    """The entries of a Bundle with their places; what is no object is reported and left out."""
    listed = bundle.get("entry")
    if listed is not None and not isinstance(listed, list):
        report(standard.SHAPE, "Bundle.entry")
    found = []
    for index, each in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(each, Mapping):
            found.append((each, f"Bundle.entry[{index}]"))
        else:
            report(standard.SHAPE, f"Bundle.entry[{index}]")
    return found


def with_aliases(bases: Bases, listed: Sequence[tuple[Json, str]]) -> Bases:
    """The bases, and what the `urn:` addresses inside this Bundle stand for."""
    known = {}
    for entry, _ in listed:
        url, resource = entry.get("fullUrl"), entry.get("resource")
        key = key_of(resource) if isinstance(resource, Mapping) else None
        if isinstance(url, str) and url.startswith("urn:") and key is not None:
            known[url] = key
    return replace(bases, aliases=known)


def carried(listed: Sequence[tuple[Json, str]], bases: Bases, report: Report) -> tuple[Carried, ...]:
    """The resources of these entries that are used."""
    return tuple(found for entry, where in listed for found in _carried(entry, where, bases, report))


def _carried(entry: Json, where: str, bases: Bases, report: Report) -> Iterator[Carried]:
    resource = entry.get("resource")
    if resource is None:
        return
    if not isinstance(resource, Mapping) or not is_type(resource.get("resourceType")):
        report(standard.SHAPE, f"{where}.resource")
    elif _in_place(entry, resource, where, bases, report):
        yield carry(resource, bases)


def _in_place(entry: Json, resource: Json, where: str, bases: Bases, report: Report) -> bool:
    """Is it a resource of our server, by its fullUrl?"""
    url = entry.get("fullUrl")
    if url is None:
        report(standard.NO_FULL_URL, where)
        return True
    if not isinstance(url, str):
        report(standard.SHAPE, f"{where}.fullUrl")
        return False
    if url.startswith("urn:"):
        return True
    place = bases.place(url, where)
    if place.where == "foreign":
        report(standard.FOREIGN_ENTRY, f"{where}.fullUrl")
    elif place.key is None or place.key != key_of(resource):
        report(standard.FULL_URL_ID, f"{where}.fullUrl")
    else:
        return True
    return False


def carry(resource: Json, bases: Bases) -> Carried:
    """One resource with its key and patients."""
    return Carried(key_of(resource), patients_of(resource, bases), resource)


def key_of(resource: Json) -> str | None:
    """`Type/id` of a resource; None where one of the two is not there, or is none."""
    kind, identity = resource.get("resourceType"), resource.get("id")
    if not (isinstance(kind, str) and isinstance(identity, str)) or _is_several(resource):
        return None
    return f"{kind}/{identity}" if KEY.fullmatch(f"{kind}/{identity}") else None


def patients_of(resource: Json, bases: Bases) -> tuple[str, ...]:
    """The ids of the patients of our server that a resource is about. A Patient: itself and those it is linked to.

    Where a key stands twice, of every reading.
    """
    found = [each for name in SUBJECTS for each in readings(resource, name)]
    own = None
    if resource.get("resourceType") == "Patient":
        own = key_of(resource)
        links = [each for listed in readings(resource, "link") if isinstance(listed, list) for each in listed]
        found = [other for each in links for other in readings(each, "other")]
    written = [each for one in found for each in ([one] if isinstance(one, str) else readings(one, "reference"))]
    places = [bases.place(each, "subject").key for each in written]
    keys = [each for each in (own, *places) if each is not None and each.startswith("Patient/")]
    return tuple(dict.fromkeys(each.partition("/")[2] for each in keys))


def _is_several(resource: Json) -> bool:
    return any(len(list(readings(resource, name))) > 1 for name in ("resourceType", "id"))


def is_type(value: object) -> bool:
    """Could this be the name of a resource type?"""
    return isinstance(value, str) and TYPE_NAME.fullmatch(value) is not None
