"""What leaves, over real connections: a mail server and a webhook's receiver on loopback, and what goes wrong there."""

import socket
from collections.abc import Iterator
from email import message_from_string
from pathlib import Path

import pytest

from service.ehr.transport import new_session
from service.screening.worklist.sending import SIGNATURE, Letter, MailServer, Tls, mail, signature, webhook
from tests.pages.worklist.mail_server import PASSWORD, USER, Hook, Mailbox, certificate, mail_server, receiver

LETTER = Letter("abc123", "Prescreening: demo changed", "Standing changed: 2\n")
SENDER, TO = "prescreen@hospital.example", "anna@hospital.example"
KEY = "k" * 43


def server(port: int, tls: Tls = Tls.NONE, user: str | None = None, password: str | None = None) -> MailServer:
    return MailServer("127.0.0.1", port, tls, SENDER, user, password)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate that is trusted here."""
    made = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made))
    return made


@pytest.fixture
def hook() -> Iterator[Hook]:
    with receiver() as made:
        yield made


def closed_port() -> int:
    with socket.socket() as there:
        there.bind(("127.0.0.1", 0))
        return int(there.getsockname()[1])


def test_a_mail_arrives_as_it_was_written() -> None:
    box = Mailbox()
    with mail_server(box) as port:
        assert mail(server(port), TO, LETTER) is None
    ((sender, to, text),) = box.taken
    message = message_from_string(text)
    assert (sender, to) == (SENDER, (TO,))
    assert (message["From"], message["To"], message["Subject"]) == (SENDER, TO, LETTER.subject)
    assert message["Message-ID"] == "<abc123@hospital.example>"
    assert message.get_payload().replace("\r\n", "\n") == LETTER.text


def test_over_starttls_it_signs_in(own: Path) -> None:
    box = Mailbox()
    with mail_server(box, own, login=True) as port:
        assert mail(server(port, Tls.STARTTLS, USER, PASSWORD), TO, LETTER) is None
        assert len(box.taken) == 1
        assert mail(server(port, Tls.STARTTLS, USER, "wrong"), TO, LETTER) == "mail-login"
        assert mail(server(port, Tls.STARTTLS), TO, LETTER) == "mail-refused"
    assert len(box.taken) == 1


def test_without_starttls_nothing_is_sent_and_no_password() -> None:
    box = Mailbox()
    with mail_server(box) as port:
        assert mail(server(port, Tls.STARTTLS, USER, PASSWORD), TO, LETTER) == "mail-not-offered"
    assert box.taken == []


def test_a_certificate_that_nobody_vouches_for_is_not_accepted(tmp_path: Path) -> None:
    box = Mailbox()
    with mail_server(box, certificate(tmp_path)) as port:
        assert mail(server(port, Tls.STARTTLS), TO, LETTER) == "mail-certificate"
    assert box.taken == []


def test_a_server_that_is_down_or_says_no_is_told_apart() -> None:
    assert mail(server(closed_port()), TO, LETTER) == "mail-unreachable"
    with mail_server(Mailbox(answer="552 too much")) as port:
        assert mail(server(port), TO, LETTER) == "mail-refused"


@pytest.mark.parametrize(
    "to",
    [
        "",
        "anna",
        "anna@hospital.example\r\nBcc: eve@evil.example",
        "anna@hospital.example\n",
        "anna@hospital.example, eve@evil.example",
        "Anna <anna@hospital.example>",
        "anna@hospital.example> SIZE=1\r\nRCPT TO:<eve@evil.example",
        "anna@hospital.example\0",
        "@hospital.example",
        "a" * 65 + "@hospital.example",
    ],
)
def test_what_is_not_one_mailbox_is_sent_nothing(to: str) -> None:
    box = Mailbox()
    with mail_server(box) as port:
        assert mail(server(port), to, LETTER) == "mail-address"
    assert box.taken == []


def test_the_receiver_can_tell_that_it_is_from_us(hook: Hook) -> None:
    body = b'{"kind":"prescreen-digest"}'
    assert webhook(new_session(), hook.address, KEY, body) is None
    ((path, headers, came),) = hook.came
    assert (path, came, headers[SIGNATURE]) == ("/news", body, signature(KEY, body))
    assert signature(KEY, body + b" ") != headers[SIGNATURE] != signature("another", body)
    assert signature("key", b"The quick brown fox jumps over the lazy dog") == (
        "sha256=f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"  # as RFC 2104's algorithm gives it
    )


@pytest.mark.parametrize("status", [400, 401, 404, 410, 500, 503])
def test_an_error_is_no_success(hook: Hook, status: int) -> None:
    hook.status = status
    assert webhook(new_session(), hook.address, KEY, b"{}") == "webhook-refused"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirection_is_followed(hook: Hook, status: int) -> None:
    with receiver() as elsewhere:
        hook.status, hook.location = status, elsewhere.address
        assert webhook(new_session(), hook.address, KEY, b"{}") == "webhook-redirected"
        assert elsewhere.came == [] and len(hook.came) == 1


def test_nothing_goes_where_somebody_could_listen() -> None:
    for url in ("", "http://news.example/", "ftp://127.0.0.1/", "https://user:pw@news.example/", "https://a\\@b/"):
        assert webhook(new_session(), url, KEY, b"{}") == "webhook-address", url
    assert webhook(new_session(), f"http://127.0.0.1:{closed_port()}/", KEY, b"{}") == "webhook-unreachable"
    assert webhook(new_session(), f"https://127.0.0.1:{closed_port()}/", KEY, b"{}") == "webhook-unreachable"


def test_a_receiver_without_tls_behind_https_gets_nothing(hook: Hook) -> None:
    url = hook.address.replace("http://", "https://")
    assert webhook(new_session(), url, KEY, b"{}") == "webhook-certificate"
    assert hook.came == []


def test_no_password_is_shown() -> None:
    assert PASSWORD not in repr(server(25, user=USER, password=PASSWORD))
