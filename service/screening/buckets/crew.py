"""Doing many tasks alike, in this process or in several."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from threading import Thread
from time import sleep
from typing import Any, TypeVar

from service.errors import UsageError

T = TypeVar("T")
R = TypeVar("R")
Do = Callable[[Callable[[Any, T], R], Iterable[T]], Iterator[tuple[T, R]]]
_own: list[object] = []  # what does the tasks of this process, when it is one of several
ENDED = "a process of the screening was ended from outside, perhaps for want of memory; use fewer --processes"


@contextmanager
def at_work(make: Callable[..., Any], given: tuple[object, ...], processes: int) -> Iterator[Do[Any, Any]]:
    """`make(*given)` in every process; tasks are given to one of its methods, and come back as they are done. What was
    made in this process is closed in the end."""
    if processes == 1:
        own = make(*given)
        try:
            yield lambda method, tasks: ((task, method(own, task)) for task in tasks)
        finally:
            own.close()
        return
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("fork" if "fork" in methods else None)  # nothing has to be sent over, then
    pool = ProcessPoolExecutor(processes, context, _begin, (make, given))

    def do(method: Callable[[Any, Any], Any], tasks: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        waiting = {pool.submit(_done, method, task): task for task in tasks}
        try:
            for each in as_completed(waiting):
                yield waiting.pop(each), each.result()
        except BrokenProcessPool:
            raise UsageError(ENDED) from None

    try:
        yield do
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(make: Callable[..., object], given: tuple[object, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that asked for it tells the others
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    gc.freeze()  # what came over from the process that began this one stays, and need not be looked through for garbage
    Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    _own[:] = [make(*given)]


def _end_with(parent: int) -> None:
    """Nobody would give tasks to a process whose parent was killed, and it would wait for ever."""
    while os.getppid() == parent:
        sleep(1)
    os._exit(1)


def _done(method: Callable[[Any, Any], Any], task: object) -> object:
    return method(_own[0], task)
