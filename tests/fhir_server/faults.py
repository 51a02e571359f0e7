"""What goes wrong on purpose, and what was asked."""

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Fault:
    """Something that goes wrong for requests of this method whose path and query the pattern is found in.

    It goes wrong `times` times after `after` requests went well. `status`: answered with it. `delay`: seconds before
    the answer. `drop`: the connection ends without an answer. `cut`: the answer breaks off half way. `change`: the JSON
    of the answer is changed. `swallow`: the request is carried out, but the connection ends without an answer.
    """

    method: str = ".*"
    where: str = ""
    times: int = 1
    after: int = 0
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    content_type: str = "application/fhir+json"
    delay: float = 0.0
    drop: bool = False
    swallow: bool = False
    cut: bool = False
    change: Callable[[Any], Any] | None = None

    def is_for(self, method: str, address: str) -> bool:
        return bool(re.fullmatch(self.method, method) and re.search(self.where, address))


@dataclass(frozen=True)
class Logged:
    """A request that came in; `status` None: it was left without an answer."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    at: float
    status: int | None = None

    @property
    def address(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path


class Faults:
    """The faults that are still to happen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(self, method: str, address: str) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.times > 0 and fault.is_for(method, address):
                    if fault.after > 0:
                        fault.after -= 1
                        continue
                    fault.times -= 1
                    return fault
        return None


class Log:
    """All requests, in order of their answers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[Logged] = []

    def add(self, entry: Logged) -> None:
        with self._lock:
            self._entries.append(entry)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)

    def of(self, method: str = ".*", where: str = "") -> list[Logged]:
        """The requests of a method whose path and query the pattern is found in."""
        with self._lock:
            entries = list(self._entries)
        return [each for each in entries if re.fullmatch(method, each.method) and re.search(where, each.address)]


def now() -> float:
    return time.monotonic()
