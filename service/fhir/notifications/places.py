"""On which server a reference stands. What stands elsewhere is never read, and never taken for our own.

STANDARDS 2.38: a token goes to the configured server alone, and `Observation/2` of another server is another one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from service.errors import UnreadableResource
from service.fhir.references import reference_key
from service.literals import below

KEY = re.compile(r"(?P<type>[A-Z][A-Za-z]{1,63})/(?P<id>[A-Za-z0-9._-]{1,128})")
REFERENCE = re.compile(rf"{KEY.pattern}(?:/_history/[A-Za-z0-9._-]{{1,64}})?(?:#.*)?")
ABSOLUTE = re.compile(r"(?i)https?://")


@dataclass(frozen=True, slots=True)
class Place:
    """What a reference leads to: `Type/id` on our server, something on another one, or nothing that can be told."""

    where: Literal["own", "foreign", "nowhere"]
    key: str | None = None


NOWHERE = Place("nowhere")
FOREIGN = Place("foreign")


@dataclass(frozen=True, slots=True)
class Bases:
    """The addresses of one FHIR server: the first is that by which we read; the others it may call itself.

    `aliases`: fullUrl of a Bundle entry -> `Type/id`.
    """

    own: tuple[str, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)

    def place(self, reference: object, element: str) -> Place:
        """Where a Reference (or its bare text) leads, seen from our server. Never raises."""
        try:
            key = reference_key(reference, element, self.aliases)
        except UnreadableResource:
            return NOWHERE
        written = _text(reference)
        if written is not None and ABSOLUTE.match(written) and written not in self.aliases:
            return self._absolute(written)
        if written is None or key is None:
            return NOWHERE
        plain = KEY.fullmatch(key) if written in self.aliases else REFERENCE.fullmatch(written)
        return Place("own", key) if plain else NOWHERE

    def _absolute(self, written: str) -> Place:
        rest = below(self.own, written)
        if rest == written:
            return FOREIGN
        found = REFERENCE.fullmatch(rest)
        return Place("own", f"{found['type']}/{found['id']}") if found else NOWHERE


def _text(reference: object) -> str | None:
    written = reference.get("reference") if isinstance(reference, Mapping) else reference
    return written.strip() if isinstance(written, str) else None
