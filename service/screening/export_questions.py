"""What an export was asked for, as its manifest says it, and how that differs from what would be asked now."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from service.errors import InputError

WHERE = re.compile(r"(?P<base>.*?)(?:/Patient|/Group/[^/]+)?/\$export$")


@dataclass(frozen=True, slots=True)
class Question:
    """`address`: of whom, at which server. `filters`: what narrows types. `others`: names of what else was asked.

    `since` is no part of what is compared: it is what changes from one export to the next.
    """

    address: str = field(repr=False)
    base: str = field(repr=False)
    types: frozenset[str]
    filters: frozenset[str]
    others: frozenset[str]
    since: str | None = field(default=None, compare=False)

    def differences(self, now: "Question") -> Iterator[str]:
        """In which ways it is not the question that is asked now, in words without ids of groups."""
        if self.address != now.address:
            yield "it is an export of another server, another group or other people"
        if missing := sorted(now.types - self.types):
            yield f"the studies need {', '.join(missing)}, which it was not asked for"
        if more := sorted(self.types - now.types):
            yield f"it was asked for {', '.join(more)}, which is not asked for now"
        if (self.filters, self.others) != (now.filters, now.others):
            yield "it was narrowed otherwise than it would be now (--narrow, and the codes that the studies ask for)"


def question_in(request: object) -> Question:
    """The question, from the `request` of a manifest. Raises InputError."""
    try:
        parts = urlsplit(request if isinstance(request, str) else "")
        asked = parse_qsl(parts.query)
    except ValueError:
        parts, asked = urlsplit(""), []
    address = f"{parts.scheme}://{parts.netloc}{parts.path}"
    types = {kind for name, value in asked if name == "_type" for kind in value.split(",")}
    where = WHERE.match(address)
    if where is None or not types:
        raise InputError("its manifest does not say what it was asked for")
    return Question(
        address,
        where["base"],
        frozenset(types),
        frozenset(value for name, value in asked if name == "_typeFilter"),
        frozenset(name for name, _ in asked if name not in ("_type", "_typeFilter", "_since")),
        next((value for name, value in asked if name == "_since"), None),
    )
