"""How an answer, or a resource in it, says that it is not all there is: the same for servers and for files. Pure."""

from collections.abc import Mapping

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
