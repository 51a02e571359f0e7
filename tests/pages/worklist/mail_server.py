"""Mail servers and a webhook's receiver on loopback, which keep what they are sent."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "prescreen", "open-sesame-0123456789"


@dataclass
class Mailbox:
    """What a mail server took: (from, to, message). `answer`: what it says to a message."""

    taken: list[tuple[str, tuple[str, ...], str]] = field(default_factory=list)
    answer: str = "250 taken"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 as aiosmtpd has it
        if self.answer.startswith("250"):
            text = (envelope.original_content or b"").decode()
            self.taken.append((str(envelope.mail_from), tuple(map(str, envelope.rcpt_tos)), text))
        return self.answer


def let_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
    """Only the one user."""
    good = isinstance(given, LoginPassword) and given == LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)


class Anywhere(Controller):
    """On any free port."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_server(box: Mailbox, certificate: Path | None = None, *, login: bool = False) -> Iterator[int]:
    """Its port. With a certificate it takes nothing before STARTTLS."""
    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
    secured: dict[str, Any] = {} if context is None else {"tls_context": context, "require_starttls": True}
    if login:
        secured |= {"authenticator": let_in, "auth_required": True, "auth_require_tls": context is not None}
    controller = Anywhere(box, hostname="127.0.0.1", port=0, **secured)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def certificate(place: Path) -> Path:
    """A file with a key and a certificate of its own for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    no_password = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password)
    path = place / "mail.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@dataclass
class Hook:
    """A webhook's receiver: what came, as (path, headers, body), and what it answers."""

    port: int = 0
    status: int = 204
    location: str | None = None
    came: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/news"


@contextmanager
def receiver() -> Iterator[Hook]:
    """A receiver that runs."""
    hook = Hook()

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.came.append((self.path, dict(self.headers), body))
            self.send_response(hook.status)
            if hook.location is not None:
                self.send_header("Location", hook.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    hook.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
