"""Charts that were read not long ago: the same chart is opened again and again, and says the same as before.

Kept is what was read of the last few charts that came along whole, in memory, for one day: the same bytes, the same
studies and the same day give the same record. Nothing of it is written anywhere.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable
from datetime import date

from service.fhir.cds.call import Call
from service.screening.cds.looked import Looked

MOST = 200  # charts


class Memory:
    """The last charts that were read; shared by the threads of a process."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._held: OrderedDict[bytes, Looked] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: bytes, at: date) -> Looked | None:
        """What was read of that chart; None if it is not known, or was read on another day."""
        with self._lock:
            found = self._held.get(key)
            if found is None or found.at != at:
                return None
            self._held.move_to_end(key)
            return found

    def keep(self, key: bytes, looked: Looked) -> None:
        """Remember it, and forget the chart that was not asked for the longest, and those of other days."""
        with self._lock:
            if self._held and next(iter(self._held.values())).at != looked.at:
                self._held.clear()
            self._held[key] = looked
            self._held.move_to_end(key)
            while len(self._held) > self._most:
                self._held.popitem(last=False)


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
