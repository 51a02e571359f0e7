"""Lines with which something is wrong, though by their bytes nobody can need them: what becomes of them, however they
were reached.

A sieve passes over lines, or glimpses at them, whatever else is wrong with them. So the same is asked of every line
that was parsed and found wrong: it may have stood in a file that is not sifted, or begun with a blank. No others are
asked, so that this takes no time where nothing is wrong.
"""

import re
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from service.errors import UnreadableResource
from service.fhir.adapt import adapt
from service.fhir.reading import Adapted, Reading
from service.screening.contacts import ContactDays
from service.screening.lines import TOO_LONG, TORN
from service.screening.met import Found, Json
from service.screening.needs import Needs
from service.screening.salvage import is_unmodified, subject_of
from service.screening.sifting.blocks import block_of
from service.screening.sifting.glimpse import Glimpse, glimpse_of
from service.screening.sifting.sieve import ALWAYS_READ, BEGINNING, Sieve

BEGUN = re.compile(BEGINNING % b"([A-Za-z]{1,64})")
NOT_WHOLE = frozenset({TOO_LONG, TORN})  # nobody knows what stood behind such a line's beginning
BLANKS = b" \t\r"


class Told(NamedTuple):
    """What a line's bytes tell that nobody can need: which resource it is. `size`: one of a body, needed only by doses.
    `glimpse`: it shows that somebody was seen.
    """

    type: str
    identity: str
    size: bool = False
    glimpse: Glimpse | None = None

    @property
    def adapted(self) -> Adapted:
        """All that counts of it."""
        return Adapted(None) if self.glimpse is None else Adapted(self.glimpse.patient, contacts=(self.glimpse.day,))


class Needless:
    """Tells it of single lines, as a sieve of the same run does of all. `claims`: as there."""

    def __init__(self, needs: Needs, reading: Reading, seen: ContactDays, claims: Iterable[str] = ()) -> None:
        self._needs, self._reading, self._seen, self._claims = needs, reading, seen, claims

    def told(self, raw: bytes) -> Told | None:
        """None: it has to be taken for what it is."""
        line = raw.strip(BLANKS)
        begun = BEGUN.match(line)
        name = begun[1].decode() if begun and b"\n" not in line else ""
        if begun is None or name not in self._needs.types or not self._sieve.sifts(name) or self._needs.whole:
            return None
        picked = self._sieve.pick(name, block_of(line + b"\n"))
        self._sieve.ledger.passed_over.clear()
        glimpse = glimpse_of(line, self._sieve.zone) if picked.glimpsed[0] else None
        size = bool(picked.sizes[0])
        if not (picked.passed_over or size or glimpse):
            return None
        identity = line[begun.end() : line.index(b'"', begun.end())].decode(errors="replace")
        return Told(name, identity.strip(), size, glimpse)

    def read(self, found: Found, resource: Json, reading: Reading) -> Adapted:
        """The facts of a resource; of one with which something is wrong, all that counts of it. Raises
        UnreadableResource where that cannot be told."""
        wrong = UnreadableResource(found.problem, "")
        if not found.problem:
            try:
                adapted = adapt(resource, reading, unmodified=is_unmodified(found.written))
                return self.adapted(found) or adapted if adapted.unreadable else adapted
            except UnreadableResource as problem:
                wrong = problem
        needless = self.adapted(found)
        if needless is None:
            raise wrong
        return needless

    def says_nothing(self, found: Found, resource: Json, reading: Reading) -> bool:
        """Does nobody need what it says?"""
        if resource["resourceType"] in ALWAYS_READ:
            return False
        try:
            adapted = self.read(found, resource, reading)
        except UnreadableResource:
            return False
        needed = any(map(self._needs.keep, adapted.facts)) or any(map(self._seen.holds, adapted.contacts))
        return not adapted.unreadable and not needed

    def adapted(self, found: Found) -> Adapted | None:
        """All that counts of a resource with which something is wrong, if nobody can need more of it."""
        told = None if found.place.entry or found.problem in NOT_WHOLE else self.told(found.raw)
        return None if told is None or told.size else told.adapted

    def identified(self, found: Found) -> Found:
        """Of a line that is no JSON: as much of a resource as tells which one it is, and whose, if nobody can need it.

        A body size that is needed has to be taken for what it is, as whoever needs it cannot do without.
        """
        if found.resource is not None or found.problem in NOT_WHOLE:
            return found
        told = self.told(found.raw)
        if told is None or told.size:
            return found
        subject = subject_of(found.raw)
        shown: Json = {"resourceType": told.type, "id": told.identity, "line": found.raw.decode("latin-1")}
        if subject is not None:
            shown["subject"] = {"reference": f"Patient/{subject}"}
        return found._replace(resource=shown)

    @cached_property
    def _sieve(self) -> Sieve:
        return Sieve(self._needs, self._reading, self._seen, self._claims)
