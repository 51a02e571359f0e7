"""Bundles: their entries, and what a `fullUrl` stands for in them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from service.fhir.references import LITERAL
from service.twofold import TWICE, Twofold, is_twofold_beside_resources

DEEPEST = 4  # a batch response holds searchsets; nothing sensible nests deeper
DELETED = "the same Bundle says that it was deleted, and nobody can tell which came later"


class Entry(NamedTuple):
    """One entry, numbered from 1: its resource (with the id that its fullUrl gives), or what is wrong with it.

    With both, it is clear which resource it is, and that nobody can tell what to make of it.
    """

    number: int
    resource: dict[str, object] | None
    problem: str | None = None


Within = tuple[tuple[int, ...], dict[str, object], Mapping[str, str], Entry]


def is_bundle(resource: Mapping[str, object]) -> bool:
    """Is this resource a Bundle?"""
    return resource.get("resourceType") == "Bundle"


def entries(bundle: Mapping[str, object]) -> Iterator[Entry]:
    """All entries. One may hold a request or response alone: it has neither resource nor problem."""
    listed = bundle.get("entry")
    if listed is not None and not isinstance(listed, list):
        yield Entry(1, None, "Bundle.entry is not a list")
        return
    deleted = _deleted(listed or ())
    for number, entry in enumerate(listed or (), 1):
        if not isinstance(entry, dict):
            yield Entry(number, None, "an entry of a Bundle is an object, this is not")
        elif isinstance(entry.get("resource"), dict):
            resource = _identified(entry["resource"], entry.get("fullUrl"))
            gone = f"{resource.get('resourceType')}/{resource.get('id')}" in deleted
            yield Entry(number, resource, DELETED if gone else None)
        else:
            wrong = "resource" in entry
            yield Entry(number, None, "the resource of a Bundle's entry is an object, this is not" if wrong else None)


def _deleted(listed: Iterable[object]) -> frozenset[str]:
    """What entries of a history or a transaction say was deleted, as `Type/id`: they say so by their request."""
    found: set[str] = set()
    for entry in listed:
        request = entry.get("request") if isinstance(entry, dict) else None
        if isinstance(entry, dict) and isinstance(request, dict) and request.get("method") == "DELETE":
            written = (request.get("url"), entry.get("fullUrl"))
            literals = (LITERAL.search(each) for each in written if isinstance(each, str))
            found.update(f"{each['type']}/{each['id']}" for each in literals if each)
            resource = entry.get("resource")
            if isinstance(resource, dict):
                found.add(f"{resource.get('resourceType')}/{resource.get('id')}")
    return frozenset(found)


def aliases(bundle: Mapping[str, object]) -> dict[str, str]:
    """What each `fullUrl` stands for: `urn:uuid:…` and absolute URLs to `Type/id`."""
    listed = bundle.get("entry")
    found: dict[str, str] = {}
    for entry in listed if isinstance(listed, list) else ():
        if (
            isinstance(entry, dict)
            and isinstance(entry.get("resource"), dict)
            and isinstance(entry.get("fullUrl"), str)
        ):
            resource = _identified(entry["resource"], entry["fullUrl"])
            if isinstance(resource.get("resourceType"), str) and isinstance(resource.get("id"), str):
                found[entry["fullUrl"]] = f"{resource['resourceType']}/{resource['id']}"
    return found


def _identified(resource: dict[str, object], url: object) -> dict[str, object]:
    """The resource; one without an id takes that of its fullUrl."""
    if resource.get("id") is not None or not isinstance(url, str) or isinstance(resource, Twofold):
        return resource
    if url.startswith("urn:"):
        identity = url.rpartition(":")[2]
    else:
        literal = LITERAL.search(url)
        identity = literal["id"] if literal and literal["type"] == resource.get("resourceType") else ""
    return {**resource, "id": identity} if identity else resource


def entries_within(bundle: dict[str, object], path: tuple[int, ...], twofold: bool) -> Iterator[Within]:
    """(path to the Bundle, the Bundle, its aliases, entry) for every entry; a nested Bundle's stand in its place."""
    if twofold and is_twofold_beside_resources(bundle):
        yield path, bundle, {}, Entry(1, None, TWICE)
        return
    known = aliases(bundle)
    for entry in entries(bundle):
        if entry.resource is None or not is_bundle(entry.resource):
            yield path, bundle, known, entry
        elif len(path) >= DEEPEST:
            yield path, bundle, known, Entry(entry.number, None, "Bundles nested too deeply")
        else:
            yield from entries_within(entry.resource, (*path, entry.number), twofold)
