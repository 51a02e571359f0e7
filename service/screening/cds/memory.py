"""What a process remembers of the last charts: the same chart is opened again and again, and says the same as before.

Kept is what was told and read of charts that came along whole, in memory, for one day: the same bytes of the same
patient on the same day give the same record, which studies it may speak for, and the same words. What people decided,
answered and corrected is asked of the database each time. Nothing of it is written anywhere, and what came is not kept
itself. What was read of a chart takes about three times the room of its JSON, and is looked through with every garbage
collection, so it is kept of a few charts alone; of many, only what they say.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Generic, NamedTuple, TypeVar

from service.fhir.cds.call import Call
from service.fhir.cds.cards import Card
from service.screening.cds.looked import Glance, Looked
from service.screening.cds.prefetched import bases_of
from service.screening.cds.templates import PATIENT
from service.screening.cds.words import Words

T = TypeVar("T")
MOST = 20  # charts as they were read
MOST_BYTES = 32_000_000  # of the JSON that they came in
MOST_SEEN = 2_000  # charts of which only what they say is kept: some thousand characters
MOST_SHOWN = 2_000  # cards
MOST_TOLD = 20_000  # charts of which only a digest is kept, and which studies they may speak for


class Recent(Generic[T]):
    """The last things of one day, by keys; shared by the threads of a process."""

    def __init__(self, most: int, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._held: OrderedDict[bytes, tuple[T, int]] = OrderedDict()
        self._bytes = 0
        self._day: date | None = None
        self._lock = threading.Lock()

    def get(self, key: bytes, at: date) -> T | None:
        """What was kept under that key; None if nothing was, or on another day."""
        with self._lock:
            found = self._held.get(key) if self._day == at else None
            if found is None:
                return None
            self._held.move_to_end(key)
            return found[0]

    def keep(self, key: bytes, at: date, thing: T, size: int = 0) -> None:
        """Remember it, and forget what was not asked for the longest, and everything of other days.

        `size`: the bytes that it came in; what is larger than all that is kept is not remembered.
        """
        with self._lock:
            if self._day != at:
                self._held.clear()
                self._bytes, self._day = 0, at
            self._bytes -= self._held.pop(key, (thing, 0))[1]
            if size > self._most_bytes:
                return
            self._held[key] = thing, size
            self._bytes += size
            while len(self._held) > self._most or self._bytes > self._most_bytes:
                self._bytes -= self._held.popitem(last=False)[1][1]


class Shown(NamedTuple):
    """A card, and the studies that it is about."""

    studies: tuple[str, ...]
    card: Card

    def says(self, studies: tuple[str, ...], words: Words) -> bool:
        """Would another card about these studies with these words be the same?"""
        return (self.studies, self.card.summary, self.card.detail) == (studies, *words)


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of charts. `told`: the studies that each may speak for; `glances`: what each says; `read`: the
    last few as they were read; `shown`: the card about each that was shown to somebody."""

    told: Recent[frozenset[str]] = field(default_factory=lambda: Recent(MOST_TOLD))
    glances: Recent[Glance] = field(default_factory=lambda: Recent(MOST_SEEN))
    read: Recent[Looked] = field(default_factory=lambda: Recent(MOST))
    shown: Recent[Shown] = field(default_factory=lambda: Recent(MOST_SHOWN))


def key_of_chart(call: Call, keys: Iterable[str], own: tuple[str, ...] = ()) -> bytes:
    """What tells the chart of a call from all others: for whom it is, and all that came along under keys that are read.

    Whose call it is and its token are not in it: of a chart that came along whole, nothing else is asked. Which server
    it is of is, unless it is our source (`own`): an absolute reference to another one means somebody else.
    """
    digest = hashlib.sha256(b"%d:%s" % (len(call.patient), call.patient.encode()))
    for base in bases_of(call, own):
        digest.update(b"%d:%s" % (len(base), base.encode()))
    for key in sorted({PATIENT, *keys}):
        value = call.prefetch.get(key)
        digest.update(b"%s:%d:" % (key.encode(), -1 if value is None else len(value)))
        digest.update(value or b"")
    return digest.digest()
