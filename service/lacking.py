"""How an answer, or a resource in it, says that it is not all there is: the same for servers and for files. Pure."""

from collections.abc import Collection, Mapping

# Issues of these codes say that something is missing, whatever their severity.
WITHHELD = frozenset("suppressed security forbidden incomplete timeout throttled transient too-costly".split())
SUBSETTED = "SUBSETTED"
PART = "it is tagged SUBSETTED: but a part of the resource is here"


def is_part(resource: Mapping[str, object]) -> bool:
    """Does its tag say that elements, or entries, were left out of it? STANDARDS 3.12."""
    meta = resource.get("meta")
    tags = meta.get("tag") if isinstance(meta, Mapping) else None
    listed = tags if isinstance(tags, list) else ()
    return any(isinstance(each, Mapping) and each.get("code") == SUBSETTED for each in listed)


def announced(bundle: Mapping[str, object]) -> float | None:
    """How many records a search found, as its Bundle says; 0 if it does not, None where that is no number."""
    total = bundle.get("total")
    if total is None:
        return 0
    return total if isinstance(total, int | float) and not isinstance(total, bool) else None


def hides_pages(bundle: Mapping[str, object], relations: Collection[str] = ("next",)) -> bool:
    """Has it links that nobody can read, or one to another page that does not say where that is?"""
    links = bundle.get("link")
    if links is None:
        return False
    if not isinstance(links, list):
        return True
    return any(
        not isinstance(each, Mapping) or (each.get("relation") in relations and not _leads(each)) for each in links
    )


def _leads(link: Mapping[str, object]) -> bool:
    url = link.get("url")
    return isinstance(url, str) and bool(url.strip())
