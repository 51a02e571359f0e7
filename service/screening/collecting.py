"""How often Python looks for garbage while a whole population is screened.

What is read stays until it is judged, and hardly any of it points back at what holds it. Looking through it again and
again finds nothing, and takes a twentieth of the time; so that it is done for the newest of it only, and less often.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

SELDOM = (50_000, 20, 1000)  # objects more than before; and of these, and of those, how many times until all older ones
_lock = Lock()
_at_work = 0  # runs of this process
_before = (0, 0, 0)


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """While any run of this process is in here; after the last one, as before the first."""
    global _at_work, _before
    with _lock:
        if not _at_work:
            _before = gc.get_threshold()
            gc.set_threshold(*SELDOM)
        _at_work += 1
    try:
        yield
    finally:
        with _lock:
            _at_work -= 1
            if not _at_work:
                gc.set_threshold(*_before)
