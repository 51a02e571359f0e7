"""Bundles: their entries, what `urn:uuid:` stands for in them, and whether they are the whole answer to a search."""

from collections.abc import Iterator, Mapping


def is_bundle(resource: Mapping[str, object]) -> bool:
    """Is this resource a Bundle?"""
    return resource.get("resourceType") == "Bundle"


def complete_bundle(bundle: Mapping[str, object], given_as_complete: bool) -> bool:
    """A searchset without a next page is complete; any other Bundle only if its giver says so."""
    links = bundle.get("link")
    has_next = any(
        isinstance(each, dict) and each.get("relation") == "next" for each in (links if isinstance(links, list) else [])
    )
    return not has_next and (bundle.get("type") == "searchset" or given_as_complete)


def entries(bundle: Mapping[str, object]) -> Iterator[tuple[int, dict[str, object] | None, str | None]]:
    """(number from 1, resource, problem): Patients first, then Medications, as in a directory."""
    found = bundle.get("entry")
    numbered = []
    for number, entry in enumerate(found if isinstance(found, list) else [], 1):
        if not isinstance(entry, dict):
            numbered.append((number, None, "a Bundle entry is an object, this is not"))
        elif "resource" not in entry:
            continue  # an entry may hold a request or response alone
        elif isinstance(entry["resource"], dict):
            numbered.append((number, entry["resource"], None))
        else:
            numbered.append((number, None, "a Bundle entry's resource is an object, this is not"))
    yield from sorted(numbered, key=lambda each: (_rank(each[1]), each[0]))


def _rank(resource: Mapping[str, object] | None) -> int:
    order = {"Patient": 0, "Medication": 1, "Encounter": 3}
    return 2 if resource is None else order.get(str(resource.get("resourceType")), 2)


def aliases(bundle: Mapping[str, object]) -> dict[str, str]:
    """What each `fullUrl` stands for: `urn:uuid:…` and absolute URLs to `Type/id`."""
    found: dict[str, str] = {}
    entry = bundle.get("entry")
    for each in entry if isinstance(entry, list) else []:
        if isinstance(each, dict) and isinstance(each.get("fullUrl"), str) and isinstance(each.get("resource"), dict):
            resource = each["resource"]
            if isinstance(resource.get("resourceType"), str) and isinstance(resource.get("id"), str):
                found[each["fullUrl"]] = f"{resource['resourceType']}/{resource['id']}"
    return found
