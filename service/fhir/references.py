"""References: every way of writing the same target gives the same key, `Type/id`. Nothing is ever fetched."""

import re
from collections.abc import Mapping
from functools import lru_cache

from service.fhir.elements import node, text

LITERAL = re.compile(r"(?:^|/)(?P<type>[A-Z][A-Za-z]+)/(?P<id>[^/?#|\s]{1,128})(?:/_history/[^/?#\s]+)?(?:#.*)?$")


def reference_key(value: object, element: str, aliases: Mapping[str, str] | None = None) -> str | None:
    """The key `Type/id` of a Reference (or of its bare text): relative, absolute, versioned, or an alias of a Bundle.

    None where it names no resource outside its own: contained (`#x`), by identifier or display alone, a search, a URN
    that no alias explains. Raises UnreadableResource for a wrong JSON type.
    """
    written = text(value if type(value) is str else node(value, element).get("reference"), element)
    if written is None:
        return None
    if aliases and (known := aliases.get(written)):
        return known
    if written.startswith(("#", "urn:")) or "?" in written:
        return None
    return _literal(written)


@lru_cache(8_192)
def _literal(written: str) -> str | None:
    found = LITERAL.search(written)
    return f"{found['type']}/{found['id']}" if found else None


def contained(resource: Mapping[str, object], value: object, element: str) -> Mapping[str, object] | None:
    """The contained resource that a `#x` reference points to; None if it points elsewhere or nowhere."""
    written = text(node(value, element).get("reference"), element)
    inside = resource.get("contained")
    if written is None or not written.startswith("#") or not isinstance(inside, list):
        return None
    return next((each for each in inside if isinstance(each, Mapping) and each.get("id") == written[1:]), None)
