"""This service on a port of this machine, over TLS, as browsers reach it."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import Flask
from werkzeug.serving import make_server

from tests.fhir_server.server import HOST, Quiet


@contextmanager
def served(make: Callable[[str], Flask]) -> Iterator[str]:
    """Its address; `make` makes the application for that address. The certificate is made up for the occasion."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server(HOST, 0, Flask("nothing"), threaded=True, request_handler=Quiet, ssl_context="adhoc")
    address = f"https://{HOST}:{server.server_port}"
    server.app = make(address)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield address
    server.shutdown()
    server.server_close()
