"""Charts that were read not long ago: the same chart is opened again and again, and says the same as before.

Kept is what was read of the last few charts that came along whole, in memory, for one day: the same bytes, the same
studies and the same day give the same record. Nothing of it is written anywhere. What is read of a chart takes about
three times the room of its JSON, so there is a bound for that, too.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable
from datetime import date

from service.fhir.cds.call import Call
from service.screening.cds.looked import Looked

MOST = 200  # charts
MOST_BYTES = 32_000_000  # of the JSON that they came in


class Memory:
    """The last charts that were read; shared by the threads of a process."""

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._held: OrderedDict[bytes, tuple[Looked, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: bytes, at: date) -> Looked | None:
        """What was read of that chart; None if it is not known, or was read on another day."""
        with self._lock:
            found = self._held.get(key)
            if found is None or found[0].at != at:
                return None
            self._held.move_to_end(key)
            return found[0]

    def keep(self, key: bytes, looked: Looked, size: int) -> None:
        """Remember it, and forget the charts that were not asked for the longest, and those of other days.

        `size`: the bytes that it came in; what is larger than all that is kept is not remembered.
        """
        with self._lock:
            if self._held and next(iter(self._held.values()))[0].at != looked.at:
                self._held.clear()
                self._bytes = 0
            self._bytes -= self._held.pop(key, (looked, 0))[1]
            if size > self._most_bytes:
                return
            self._held[key] = looked, size
            self._bytes += size
            while len(self._held) > self._most or self._bytes > self._most_bytes:
                self._bytes -= self._held.popitem(last=False)[1][1]


def key_of_chart(call: Call, studies: Iterable[str]) -> bytes:
    """What tells the chart of a call from all others: for whom it is, all that came along, for which studies."""
    digest = hashlib.blake2b(digest_size=32)
    for part in (call.patient.encode(), *(each.encode() for each in sorted(studies))):
        digest.update(b"%d:%s" % (len(part), part))
    for key in sorted(call.prefetch):
        value = call.prefetch[key]
        digest.update(b"%d:%s%d:" % (len(key), key.encode(), len(value)))
        digest.update(value)
    return digest.digest()
