"""The server as tests use it: started on a free port of 127.0.0.1, seeded, changed, broken, and asked what it saw."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from tests.fhir_server.faults import Fault, Faults, Log
from tests.fhir_server.rest import Rest
from tests.fhir_server.smart import Client, Smart
from tests.fhir_server.storage import Storage
from tests.fhir_server.subscriptions import Subscriptions
from tests.fhir_server.web import app_of

Resource = dict[str, Any]
HOST = "127.0.0.1"


class Quiet(WSGIRequestHandler):
    """Writes no log of its own; connections that a fault cut are no errors."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing."""

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            return


class FhirServer:
    """A FHIR server of R4 (`release` 5.0: of R5, as far as Subscriptions go) with these parts, all of which may be
    changed while it runs:

    `storage` (resources), `rest` (page sizes, outcomes, next links), `subscriptions` (topics, style, lost
    notifications), `smart` (clients, grants, lifetime; without clients nobody needs a token), `faults` (see Fault),
    `log` (requests seen).
    """

    def __init__(
        self,
        *,
        clients: tuple[Client, ...] = (),
        topics: dict[str, set[str]] | None = None,
        software: str = "Test server",
        release: str = "4.0.1",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.storage = Storage(now)
        self.subscriptions = Subscriptions(self.storage, topics or {}, r5=release.startswith("5.0"))
        self.rest = Rest(self.storage, self.subscriptions)
        self.smart = Smart(now, {each.id: each for each in clients})
        self.faults, self.log = Faults(), Log()
        self.software, self.release = software, release
        self.without: set[str] = set()  # what the CapabilityStatement does not declare
        self.answers_empty = False  # nothing but headers after a write
        self.has_events = True  # the operation $events
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def root(self) -> str:
        """Scheme, host and port."""
        assert self._server is not None, "the server is not running"
        return f"http://{HOST}:{self._server.server_port}"

    @property
    def base(self) -> str:
        """The FHIR base."""
        return f"{self.root}/fhir"

    @property
    def token_endpoint(self) -> str:
        return f"{self.root}/auth/token"

    def app(self) -> Flask:
        """What answers; a server that can do more adds to it."""
        return app_of(self)

    def __enter__(self) -> Self:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = make_server(HOST, 0, self.app(), threaded=True, request_handler=Quiet)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        self.rest.base = self.subscriptions.base = self.base
        self.subscriptions.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.subscriptions.stop()
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    def seed(self, *resources: Resource) -> None:
        """Store these as they are, with their ids, without telling anybody."""
        for each in resources:
            self.storage.put(each["resourceType"], each["id"], each)
        self.storage.taken()

    def load_topic(self, topic: Resource) -> None:
        """Take a SubscriptionTopic: it is listed, and tells of the types that it triggers on."""
        self.seed(topic)
        types = {each["resource"].rpartition("/")[2] for each in topic["resourceTrigger"]}
        self.subscriptions.topics[topic["url"]] = types

    def change(self, *resources: Resource) -> None:
        """Store these, with their ids, and tell the Subscriptions."""
        for each in resources:
            self.storage.put(each["resourceType"], each["id"], each)
        self.subscriptions.after(self.storage.taken())

    def remove(self, kind: str, id: str) -> None:
        """Delete one, and tell the Subscriptions."""
        self.storage.delete(kind, id)
        self.subscriptions.after(self.storage.taken())

    def all(self, kind: str) -> list[Resource]:
        """What stands there now, of one type."""
        return self.storage.current(kind)

    def fail(self, **what: Any) -> Fault:
        """Let something go wrong: the fields of Fault."""
        return self.faults.add(Fault(**what))
