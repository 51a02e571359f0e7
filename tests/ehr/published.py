"""Somebody who publishes keys, over real HTTP, and remembers each time that they were asked for."""

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from service.ehr.keys import SigningKey, public_keys


@dataclass
class Published:
    """A server on a free port of this machine. What it answers may be changed while it runs.

    `delay`: seconds before the answer. `drop`: the connection ends without an answer.
    """

    content: bytes = b'{"keys": []}'
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drop: bool = False
    asked: list[str] = field(default_factory=list)

    def publish(self, *keys: SigningKey) -> None:
        """From now on, these are the keys."""
        self.content = json.dumps(public_keys(keys)).encode()

    @property
    def url(self) -> str:
        """Where the keys are."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/jwks.json"

    def __enter__(self) -> "Published":
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _answering(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: Any, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _answering(place: Published) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place.asked.append(self.path)
            time.sleep(place.delay)
            if place.drop:
                return
            self.send_response(place.status)
            for name, value in {"Content-Type": "application/jwk-set+json", **place.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(place.content)))
            self.end_headers()
            self.wfile.write(place.content)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is written to the terminal of the tests."""

    return Answering
