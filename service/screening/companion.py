"""A worker in a thread of the process that receives: the whole service in one process, where that is enough."""

import threading
from collections.abc import Callable

from service.screening.worker import Worker

PATIENCE = 20.0  # seconds for the piece of work at hand; what is not ended by then, another takes up


class Companion:
    """Made before a process forks, started after it: threads and connections do not survive a fork."""

    def __init__(self, make: Callable[[], Worker]) -> None:
        self._make = make
        self._worker: Worker | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to work."""
        self._worker = self._make()
        self._thread = threading.Thread(target=self._worker.run, name="worker", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """There is news, so that it need not wait for its next look."""
        if self._worker is not None:
            self._worker.wake()

    def stop(self) -> None:
        """Finish the piece of work at hand, and end."""
        if self._worker is not None and self._thread is not None:
            self._worker.stop()
            self._thread.join(PATIENCE)

    def problem(self) -> str | None:
        """Why it does not work, if it was started and does not."""
        if self._thread is None or self._thread.is_alive():
            return None
        return "the worker of this process has ended; restart the service"
