"""The moments of a worker at which others may act: before each of its requests, and after it."""

from collections.abc import Callable
from typing import Any

import requests

from service.ehr.transport import Transport

Step = Callable[[], None]


class Watched:
    """A transport that tells of each request before it is sent, and after it was answered."""

    def __init__(self, inner: Transport, step: Step) -> None:
        self._inner, self._step = inner, step

    def request(self, method: str, url: str, **how: Any) -> requests.Response:
        self._step()
        answer = self._inner.request(method, url, **how)
        self._step()
        return answer
