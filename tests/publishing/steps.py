"""Every step of a worker that a crash may come before or after: requests, and transactions of the store."""

from collections.abc import Callable
from typing import Any

import requests
from sqlalchemy import event

from service.ehr.transport import Transport
from service.store.engine import Store

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


def watch_commits(store: Store, step: Step) -> None:
    """Tell of each transaction before it is committed, and once it is."""

    def before(_: object) -> None:
        step()

    def after(*_: object) -> None:
        step()

    event.listen(store.engine, "commit", before)
    event.listen(store.engine, "checkin", after)
