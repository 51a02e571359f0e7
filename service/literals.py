"""Literal references, seen from a FHIR server: `Type/id`, or the same below one of its addresses. STANDARDS 2.38, 3.51.

What stands elsewhere has an id of its own: `Patient/1` of another server, or of another part of this one, is another.
"""

import re
from collections.abc import Iterable

LITERAL = re.compile(r"(?P<type>[A-Z][A-Za-z]+)/(?P<id>[^/?#|\s]{1,128})(?:/_history/[^/?#\s]+)?(?:#.*)?")
ANYWHERE = re.compile(r"[a-z]+://[^?#\s]+/", re.IGNORECASE)  # an address, up to the type


def below(bases: Iterable[str], written: str) -> str:
    """What follows upon an address of the server; the whole of what begins with none."""
    for base in bases:
        root = f"{base.rstrip('/')}/"
        if base and written.startswith(root):
            return written[len(root) :]
    return written


def here(bases: Iterable[str], written: str) -> tuple[str, str] | None:
    """Type and id of what a reference names on the server with these addresses; None: elsewhere, or nothing."""
    found = LITERAL.fullmatch(below(bases, written))
    return (found["type"], found["id"]) if found else None


def is_of(bases: tuple[str, ...], written: str, kind: str, identity: str) -> bool:
    """Does it name this very resource of the server? Without any address nobody knows which server that is, and an
    absolute reference is believed."""
    written = written.strip()
    found = LITERAL.fullmatch(below(bases, written) if bases else ANYWHERE.sub("", written, count=1))
    return found is not None and (found["type"], found["id"]) == (kind, identity)
