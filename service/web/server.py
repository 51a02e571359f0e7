"""The server process: gunicorn, on an address that only this machine reaches, unless others are let in."""

import gc
import os
import socket
import sys
from ipaddress import ip_address
from typing import Protocol

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from service.errors import UsageError

# `localhost` is looked up by nobody: a hosts file could lead it elsewhere.
LOCAL = {"127.0.0.1": "127.0.0.1", "localhost": "127.0.0.1", "::1": "::1"}
HIGHEST_PORT = 65535
LONGEST_ANSWER = 300  # seconds; the largest Bundles take tens of them
THREADS = 4  # of a worker: while one waits for an EHR, the others answer
OPTIONS = {
    "timeout": LONGEST_ANSWER,
    "loglevel": "warning",
    "control_socket_disable": True,
    "worker_class": "gthread",
    "threads": THREADS,
}


def listen(host: str, port: int, *, anywhere: bool = False, development: bool = False) -> socket.socket:
    """A socket that listens there. Raises UsageError for a port that is taken, and for any host but this machine.

    `anywhere`: another address may be given, as a number, because something is set up that knows who may ask; in
    `development` nobody is asked, so there it may not.
    """
    address = LOCAL.get(host) or (host if anywhere and not development and _is_number(host) else None)
    if address is None and development:
        raise UsageError(
            f"{host} could be reached from other machines, and in development nobody proves who they are. Listen on "
            f"{', '.join(LOCAL)}; or, for others, set PRESCREEN_ENV=production"
        )
    if address is None:
        raise UsageError(
            f"{host} could be reached from other machines, and nothing is set up that asks who they are. Listen on "
            f"{', '.join(LOCAL)}; for others, put a reverse proxy that authenticates in front, on this machine"
        )
    if port > HIGHEST_PORT:
        raise UsageError(f"there is no port {port}; the highest is {HIGHEST_PORT}")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.create_server((address, port), family=family)
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        raise UsageError(f"cannot listen on port {port} of {host}: {reason}; choose another --port") from error


def _is_number(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


class Beside(Protocol):
    """What runs in each process beside its answering."""

    def start(self) -> None:
        """Called when the process has begun."""

    def stop(self) -> None:
        """Called when it is about to end."""


def serve(app: Flask, listener: socket.socket, workers: int, beside: Beside | None = None) -> None:
    """Answer on this socket, which becomes the server's own, until interrupted."""
    gc.collect()
    gc.freeze()  # content that stays need not be looked through for garbage again, nor be copied after a fork
    _Server(app, listener, workers, beside).run()


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn carries no types
    """gunicorn with settings of ours alone: none from files, arguments or its environment variable."""

    def __init__(self, app: Flask, listener: socket.socket, workers: int, beside: Beside | None) -> None:
        self._app, self._workers, self._beside = app, workers, beside
        host, port = listener.getsockname()[:2]
        self._address = f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
        self._descriptor = listener.detach()  # gunicorn closes it
        super().__init__()

    def load_config(self) -> None:
        """Our settings, as far as this gunicorn knows them."""
        chosen = {**OPTIONS, "bind": f"fd://{self._descriptor}", "workers": self._workers}
        for name, value in chosen.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)
        self.cfg.set("when_ready", self._ready)
        if self._beside is not None:
            self.cfg.set("post_worker_init", self._begun)
            self.cfg.set("worker_exit", self._ending)

    def load(self) -> Flask:
        """The application, made before: its content is read once for all workers."""
        return self._app

    def _begun(self, _: object) -> None:
        assert self._beside is not None, "set only where there is something"
        self._beside.start()

    def _ending(self, _: object, __: object) -> None:
        assert self._beside is not None, "set only where there is something"
        self._beside.stop()

    def _ready(self, _: object) -> None:
        sys.stderr.write(f"Serving on {self._address} until interrupted (Ctrl-C).\n")
        sys.stderr.flush()
