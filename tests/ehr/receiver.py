"""Somebody who receives notifications, over real HTTP."""

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

import orjson


@dataclass(frozen=True)
class Received:
    """One notification."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def kind(self) -> str:
        """The type of a notification Bundle."""
        return next(str(each["valueCode"]) for each in self.parameters if each["name"] == "type")

    @property
    def parameters(self) -> list[dict[str, Any]]:
        return list(self.json["entry"][0]["resource"]["parameter"])

    @property
    def numbers(self) -> list[str]:
        parts = [each["part"] for each in self.parameters if each["name"] == "notification-event"]
        return [each["valueString"] for part in parts for each in part if each["name"] == "event-number"]


@dataclass
class Receiver:
    """Listens on a free port of loopback; `status` is what it answers, `answer` the body."""

    status: int = 200
    answer: bytes = b""
    received: list[Received] = field(default_factory=list)

    def __enter__(self) -> "Receiver":
        receiver = self

        class Listener(BaseHTTPRequestHandler):
            def take(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.received.append(Received(self.command, self.path, headers, body))
                self.send_response(receiver.status)
                self.send_header("Content-Length", str(len(receiver.answer)))
                self.end_headers()
                self.wfile.write(receiver.answer)

            do_POST = do_PUT = do_DELETE = take  # noqa: N815 - the library's names

            def log_message(self, *args: Any) -> None:
                """Nothing."""

        self._listening = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
        threading.Thread(target=self._listening.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.shutdown()
        self._listening.server_close()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._listening.server_port}/hooks/x7f3"
