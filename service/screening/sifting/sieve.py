"""Which lines of an export are worth parsing: decided from their bytes, a block at a time, never from what they say.

A line may be passed over only if it is surely of its file's type, and no open study could need it: no trace of a code,
word or day that counts (`traces`), or a concept that none asks for. Whatever else is wrong with such a line, it could
not have been an answer; so that it is counted as not needed, and is neither parsed nor complained about.

What is passed over is remembered by the number of its id: where the same id is met on a line that is read, one may
replace the other, and everything is gone through again with all lines of that id read (`Recurring`).
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

import numpy as np

from service.eligibility.facts import Kind
from service.fhir.reading import Reading
from service.screening.contacts import ContactDays
from service.screening.needs import Needs
from service.screening.salvage import subject_of
from service.screening.sifting.blocks import Block, Flags, Hashes, Headed, headed, numbers_of
from service.screening.sifting.coded import CODED, Coded
from service.screening.sifting.scan import Scan, lines_with, scan_for
from service.screening.sifting.traces import (
    HIDDEN,
    Trace,
    another_id,
    days_since,
    order_seen,
    result_seen,
    traces_of,
    visit_seen,
)

NONE = np.zeros(0, dtype=np.uint64)
BEGINNING = rb'\{[ \t]*"resourceType"[ \t]*:[ \t]*"%s"[ \t]*,[ \t]*"id"[ \t]*:[ \t]*"'
REACTION = Trace(rb'"reaction"')
ALWAYS_READ = frozenset({"Patient", "Medication", "Consent", "AdverseEvent"})


class Picked(NamedTuple):
    """Of a block: which lines are to be read, which surely are of the file's type, and how many are passed over (below
    zero: so many that were, before, are read now). `glimpsed`: those to be read only where a glimpse tells nothing; the
    numbers of their ids are `ids`."""

    read: Flags
    sure: Flags
    passed_over: int
    glimpsed: Flags
    ids: Hashes


class Forced(dict[str, Hashes]):
    """Numbers of ids whose lines have to be read, by type."""


class Recurring(Exception):
    """Ids stand on lines that were read and on lines that were passed over: all lines with one of these numbers have to
    be read, by type."""

    def __init__(self, ids: Mapping[str, Hashes]) -> None:
        self.ids = ids
        super().__init__(", ".join(sorted(ids)))

    def added_to(self, forced: "Forced") -> "Forced":
        """These and those that had to be read before."""
        merged = {name: np.concatenate((forced.get(name, NONE), numbers)) for name, numbers in self.ids.items()}
        return Forced({**forced, **merged})


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
        self._passed_over: dict[str, list[Hashes]] = defaultdict(list)
        self._put_off: dict[str, list[Hashes]] = defaultdict(list)
        self._with_sizes: set[str | None] = set()
        self._read: dict[str, list[str]] = defaultdict(list)
        self._glimpsed: dict[str, list[np.uint64]] = defaultdict(list)
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
        self._forced[type_name] = np.concatenate((self._forced.get(type_name, NONE), numbers_of(awaited)))

    def pick(self, type_name: str, block: Block) -> Picked:
        """Which lines of a block are to be read."""
        found, read, sizes, seen = self._looked_at(type_name, block)
        if type_name in self._needs.types and type_name in CODED:
            needed = self._coded[type_name].needed
            for index in np.flatnonzero(~read).tolist():
                read[index] = needed(block.line(index))
        seen &= ~read
        sizes &= ~(read | seen)
        over = ~(read | seen)
        if sizes.any():
            self._with_sizes.add(type_name)
            self._put_off[type_name].append(found.ids[sizes])
        if type_name in self._needs.types:  # of another, none is ever read
            self._passed_over[type_name].append(found.ids[over & ~sizes])
        return Picked(read, found.sure, int(np.count_nonzero(over)), seen, found.ids)

    def put_off(self, type_name: str | None) -> bool:
        """Are there lines that matter only of somebody of whom a dose goes by body size?"""
        return type_name in self._with_sizes

    def pick_sizes(self, type_name: str, block: Block, sized: Collection[str]) -> Picked:
        """Which of the lines that `pick` put off are to be read after all: those of the persons `sized`."""
        self._put_off.pop(type_name, None)
        found, read, sizes, seen = self._looked_at(type_name, block)
        read |= seen
        wanted = sizes & ~read
        for index in np.flatnonzero(wanted).tolist():
            subject = subject_of(block.line(index))
            wanted[index] = subject is None or subject in sized
        self._passed_over[type_name].append(found.ids[sizes & ~read & ~wanted])
        return Picked(wanted, found.sure, -int(np.count_nonzero(wanted)), wanted & ~wanted, found.ids)

    def was_read(self, type_name: str, identity: str) -> None:
        """A resource was read that may stand on another line, too."""
        self._read[type_name].append(identity)

    def was_glimpsed(self, type_name: str, number: np.uint64) -> None:
        """A line was not read, but counts: it may stand elsewhere, too."""
        self._glimpsed[type_name].append(number)

    def check(self) -> None:
        """When all was gone through: raises Recurring if what was passed over may concern what was read."""
        found = {each: self._recurring(each) for each in sorted(self._passed_over.keys() | self._put_off.keys())}
        if any(map(len, found.values())):
            raise Recurring({name: numbers for name, numbers in found.items() if len(numbers)})

    def _recurring(self, type_name: str) -> Hashes:
        read = numbers_of(self._read.get(type_name, ()))
        glimpsed, times = np.unique(np.array(self._glimpsed.get(type_name, ()), dtype=np.uint64), return_counts=True)
        counted = np.sort(np.concatenate((read, glimpsed)))
        if not len(counted):
            return NONE
        passed_over = (*self._passed_over.get(type_name, ()), *self._put_off.get(type_name, ()))
        found = [_found_in(counted, each) for each in passed_over]
        return np.concatenate((NONE, *found, glimpsed[times > 1], np.intersect1d(read, glimpsed)))

    def _looked_at(self, type_name: str, block: Block) -> tuple[Headed, Flags, Flags, Flags]:
        """Where the lines begin, which of them are surely to be read, which hold a body size, and which may show that
        a person was seen."""
        found = headed(block, _beginning(type_name, block))
        scan = self._scans.get(type_name)
        if scan is None:
            scan = self._scans[type_name] = scan_for(tuple(map(frozenset, self._traces(type_name))))
        needed, sizes, seen = (lines_with(each, block.starts) for each in scan.ends(block.content))
        forced = self._forced.get(type_name, NONE)
        if len(forced):
            needed |= np.isin(found.ids, forced)
        return found, needed | ~found.sure, sizes, seen

    def _traces(self, type_name: str) -> tuple[Iterable[Trace], Iterable[Trace], Iterable[Trace]]:
        always = (*HIDDEN, *another_id(type_name))
        if type_name not in self._needs.types:
            return HIDDEN, (), ()  # whichever id it has, it is of no use
        if type_name == "Observation":
            asked = traces_of(self._needs.terminology, self._needs.asked_of_results)
            sizes = traces_of(self._needs.terminology, self._needs.helping)
            return (*always, *asked), sizes, result_seen(self._days)
        if type_name == "Encounter":
            return (*always, *visit_seen(self._days)), (), ()
        return (*always, REACTION, *order_seen(self._days)), (), ()


def _beginning(type_name: str, block: Block) -> bytes:
    """How the first line begins, up to its id; one program writes all lines of a file alike."""
    name = type_name.encode()
    found = re.match(BEGINNING % name, block.content)
    return bytes(found[0]) if found else b'{"resourceType":"%s","id":"' % name


def _found_in(read: Hashes, some: Hashes) -> Hashes:
    places = np.searchsorted(read, some)
    places[places == len(read)] = 0
    found: Hashes = some[read[places] == some]
    return found


def _by_type(references: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in references:
        name, _, identity = each.partition("/")
        found.setdefault(name, []).append(identity)
    return found
