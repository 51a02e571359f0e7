"""Which lines of an export are worth parsing: decided from their bytes, a block at a time, never from what they say.

A line may be passed over only if it is surely of its file's type, and no open study could need it: no trace of a code,
word or day that counts (`traces`), or a concept that none asks for. Whatever else is wrong with such a line, it could
not have been an answer; so that it is counted as not needed, and is neither parsed nor complained about. Lines that are
parsed for another reason are asked the same if they turn out wrong (`needless`), body sizes excepted.

What is passed over is remembered by the number of its id: where the same id is met on a line that is read, one may
replace the other, and everything is gone through again with all lines of that id read (`ledger.Recurring`).
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from service.eligibility.facts import Kind
from service.fhir.reading import Reading
from service.screening.contacts import ContactDays
from service.screening.needs import Needs
from service.screening.sifting.blocks import Block, Flags, Hashes, Headed, Positions, headed, numbers_of
from service.screening.sifting.coded import CODED, Coded
from service.screening.sifting.glimpse import CHANGED
from service.screening.sifting.ledger import NONE, Forced, Ledger
from service.screening.sifting.scan import Scan, count_in, lines_with, scan_for
from service.screening.sifting.traces import (
    HIDDEN,
    ID,
    TYPE,
    Trace,
    days_since,
    order_seen,
    result_seen,
    traces_of,
    visit_seen,
)

BEGINNING = rb'\{ *"resourceType" *: *"%s" *, *"id" *: *"'.replace(b" *", b"[ \t]{0,8}")
MOST_WAYS = 20  # in which the lines of a block may be written, each looked at apart
REACTION = Trace(rb'"reaction"')
ALWAYS_READ = frozenset({"Patient", "Medication", "Consent", "AdverseEvent"})


class Picked(NamedTuple):
    """Of a block: which lines are to be read, which surely are of the file's type, and how many are passed over.

    `glimpsed`: those to be read only where a glimpse tells nothing. `sizes`: body sizes, to be read later, if a dose of
    somebody goes by them. `ids`: the numbers of all lines' ids.
    """

    read: Flags
    sure: Flags
    passed_over: int
    glimpsed: Flags
    sizes: Flags
    ids: Hashes


class Looked(NamedTuple):
    """Where the lines begin, which of them are surely to be read, which hold a body size, and which may show that a
    person was seen."""

    found: Headed
    read: Flags
    sizes: Flags
    seen: Flags

    def take(self, lines: Positions, inner: "Looked") -> None:
        """Some lines were looked at apart."""
        self.found.sure[lines], self.found.ids[lines] = inner.found.sure, inner.found.ids
        self.read[lines], self.sizes[lines], self.seen[lines] = inner.read, inner.sizes, inner.seen


class Sieve:
    """Picks the lines to be read, type by type. `claimed`: records (`Type/id`) of which people said something.

    `forced`: numbers of ids whose lines are read whatever they hold, by type.
    """

    def __init__(
        self,
        needs: Needs,
        reading: Reading,
        seen: ContactDays,
        claimed: Iterable[str] = (),
        forced: Mapping[str, Hashes] = Forced(),
    ) -> None:
        self._needs = needs
        self._days = days_since(seen.since, seen.until)
        self._scans: dict[str, Scan] = {}
        self._coded: Mapping[str, Coded] = {each: Coded(each, needs, reading) for each in CODED}
        self._forced = {name: numbers_of(ids) for name, ids in _by_type(claimed).items()}
        for name, numbers in forced.items():
            self._forced[name] = np.concatenate((self._forced.get(name, NONE), numbers))
        self._expected: dict[str, Hashes] = {}
        self.ledger = Ledger()
        self.zone = reading.zone

    def sifts(self, type_name: str | None) -> bool:
        """Can lines of this type be passed over?"""
        if type_name is None or type_name in ALWAYS_READ:
            return False
        if type_name not in self._needs.types:
            return True
        if type_name == "Encounter":
            return not self._needs.wanted[Kind.ENCOUNTER]
        return type_name == "Observation" or type_name in CODED

    def expect(self, type_name: str, awaited: Iterable[str]) -> None:
        """From here on, lines with these ids are read: something refers to them."""
        self._expected[type_name] = numbers_of(awaited)

    def prepare(self, type_name: str | None) -> None:
        """Have at hand what finds the lines of this type, so that processes begun from here need not make it anew."""
        if type_name is not None:
            self._scan(type_name)

    def pick(self, type_name: str, block: Block) -> Picked:
        """Which lines of a block are to be read."""
        found, read, sizes, seen = self._looked_at(type_name, block)
        read |= sizes & seen  # it may count as both, and a glimpse tells but one
        seen &= ~read
        sizes &= ~read
        over = ~(read | seen | sizes)
        if type_name in self._needs.types:  # of another, none is ever read
            self.ledger.passed_over[type_name].append(found.ids[over])
        return Picked(read, found.sure, int(np.count_nonzero(over)), seen, sizes, found.ids)

    def _looked_at(self, type_name: str, block: Block) -> Looked:
        """All lines, those that begin with other blanks than the first line apart: what becomes of a line must not
        depend upon which others stand in its block."""
        prefix = _beginning(type_name, block)
        looked = self._alike(type_name, block, prefix)
        others = _written_otherwise(type_name, block, looked.found.sure, prefix)
        for _ in range(MOST_WAYS):
            if not len(others):
                break
            apart = block.some(others)
            prefix = _beginning(type_name, apart)
            inner = self._alike(type_name, apart, prefix)
            looked.take(others, inner)
            others = others[_written_otherwise(type_name, apart, inner.found.sure, prefix)]
        return looked

    def _alike(self, type_name: str, block: Block, prefix: bytes) -> Looked:
        """Lines that begin so."""
        found = headed(block, prefix)
        with block.without(found.sure, (prefix.index(TYPE.expression), prefix.index(ID.expression))):
            *others, begun = self._scan(type_name).ends(block.content)
        asked, sizes, seen, changed = (lines_with(each, block.starts) for each in others)
        read = asked | (seen & changed) | ~found.sure
        for wanted in (self._forced.get(type_name, NONE), self._expected.get(type_name, NONE)):
            if len(wanted):
                read |= np.isin(found.ids, wanted)
        if type_name in self._needs.types and type_name in CODED:
            read |= count_in(begun, block.starts) != 1
            rest = np.flatnonzero(~read)
            read[rest] = self._coded[type_name].needed(block, rest, alike=bool(found.sure.all()))
        return Looked(found, read, sizes, seen)

    def _scan(self, type_name: str) -> Scan:
        scan = self._scans.get(type_name)
        if scan is None:
            scan = self._scans[type_name] = scan_for(tuple(map(frozenset, self._traces(type_name))))
        return scan

    def _traces(self, type_name: str) -> tuple[Iterable[Trace], ...]:
        """Of what is to be read, of body sizes, of days that count, of what has to be read where it has such a day, and
        of the beginnings of concepts."""
        always = (*HIDDEN, TYPE, ID)
        if type_name not in self._needs.types:
            return (*HIDDEN, TYPE), (), (), (), ()  # whichever id it has, it is of no use
        if type_name == "Observation":
            asked = traces_of(self._needs.terminology, self._needs.asked_of_results)
            sizes = traces_of(self._needs.terminology, self._needs.helping)
            return (*always, *asked), sizes, result_seen(self._days), CHANGED, ()
        if type_name == "Encounter":
            return always, (), visit_seen(self._days), CHANGED, ()
        coded = self._coded[type_name]
        return (*always, REACTION, *coded.unclear), (), order_seen(self._days), CHANGED, coded.begun


def _beginning(type_name: str, block: Block) -> bytes:
    """How the first line begins, up to its id; one program writes all lines of a file alike."""
    name = type_name.encode()
    found = re.match(BEGINNING % name, block.content[int(block.starts[0]) :])
    return bytes(found[0]) if found else b'{"resourceType":"%s","id":"' % name


def _written_otherwise(type_name: str, block: Block, sure: Flags, prefix: bytes) -> Positions:
    """The lines that begin as one of this type does, but not with this prefix."""
    unsure = np.flatnonzero(~sure)
    begun = re.compile(BEGINNING % type_name.encode())
    found = (begun.match(line) for _, line in block.lines(unsure))
    return unsure[np.fromiter((each is not None and each[0] != prefix for each in found), np.bool_, len(unsure))]


def _by_type(references: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in references:
        name, _, identity = each.partition("/")
        found.setdefault(name, []).append(identity)
    return found
