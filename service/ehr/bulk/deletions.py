"""What is no longer there: Bundles of DELETE entries, a Bundle on each line. STANDARDS 3.38."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from service.ehr.addresses import identity
from service.errors import UnusableAnswer
from service.twofold import decode

UNREADABLE = "a file of deletions: "


def deleted_in(line: bytes, base: str = "") -> Iterator[str]:
    """The references (`Type/id`) that a line says are gone. `base`: of the server, for absolute ones.

    Raises UnusableAnswer for what is no list of deletions: what it was to take away, nobody knows.
    """
    try:
        content, _, twofold = decode(line)
    except orjson.JSONDecodeError:
        raise UnusableAnswer(f"{UNREADABLE}a line is broken JSON") from None
    if twofold or not isinstance(content, dict) or content.get("resourceType") != "Bundle":
        raise UnusableAnswer(f"{UNREADABLE}a line is no Bundle")
    entries = content.get("entry")
    if not isinstance(entries, list) or not entries:
        raise UnusableAnswer(f"{UNREADABLE}a Bundle has no entry")
    for each in entries:
        request = each.get("request") if isinstance(each, dict) else None
        wanted = request if isinstance(request, dict) else {}
        if wanted.get("method") != "DELETE":
            raise UnusableAnswer(f"{UNREADABLE}an entry is no DELETE")
        yield _gone(wanted.get("url"), base)


def _gone(url: object, base: str) -> str:
    """`Type/id`; a version or a query besides would leave open what is gone."""
    written = url.strip("/") if isinstance(url, str) else ""
    found = identity(base, written)
    reference = "/".join(found) if found is not None else ""
    if not reference or written.removeprefix(base).strip("/") != reference:
        raise UnusableAnswer(f"{UNREADABLE}an entry does not say which resource is gone")
    return reference
