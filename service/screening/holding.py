"""Holding a piece of work while it is done: a thread renews its lease, so that a lease can be short.

What a killed process had begun is taken up when its lease is over, so that has to be soon. A server may take much
longer to answer: whoever waits for it keeps the work. Who makes no request for longer than any answer takes is stuck,
and lets go; what it brings after another took the work up does not count.
"""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from service.ehr.clock import Clock
from service.errors import LeaseLost, StoreError
from service.store.engine import Store
from service.store.leases import Lease
from service.store.queues import Queue

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
RENEWALS = 3  # in the time of one lease, so that one may fail


class Holding:
    """A context within which the lease is renewed. `requests` counts those made so far; `patience`, in seconds, is how
    long it may stay the same."""

    def __init__(
        self,
        store: Store,
        queue: Queue[Any],
        lease: Lease,
        length: timedelta,
        *,
        clock: Clock,
        requests: Callable[[], int],
        patience: float,
    ) -> None:
        self._store, self._queue, self._lease, self._length = store, queue, lease, length
        self._clock, self._requests, self._patience = clock, requests, patience
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="holding", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()

    def _keep(self) -> None:
        made, since = self._requests(), self._clock.seconds()
        while not self._ended.wait(self._length.total_seconds() / RENEWALS):
            if (count := self._requests()) != made:
                made, since = count, self._clock.seconds()
            if self._clock.seconds() - since > self._patience:
                log.error("a piece of work is stuck: no request for %.0f s; another may take it up", self._patience)
                return
            try:
                self._queue.renew(self._store, self._lease, self._clock.now() + self._length)
            except LeaseLost:
                return  # it was ended just now; or is somebody else's, and whoever ends it will hear so
            except StoreError as problem:
                log.warning("a lease could not be renewed: %s", problem)
