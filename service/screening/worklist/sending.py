"""How a digest leaves: by mail, over SMTP, or to a webhook. Sent, or a code says why not; nothing is tried twice here.

No code, and no message to a log, holds an address or what a server said.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import smtplib
import ssl
from contextlib import closing, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum

import requests

from service.ehr.addresses import is_protected
from service.ehr.transport import Transport, as_given

SECONDS = 10.0  # for each step
SIGNATURE = "Prescreen-Signature"
IN_SEVEN_BITS = SMTP.clone(cte_type="7bit")  # not every server takes more, and the text may be Chinese
# One mailbox and nothing else: no name, no list, no comment, no line break.
MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


class Tls(StrEnum):
    """How the way to a mail server is protected."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"


PORTS = {Tls.STARTTLS: 587, Tls.IMPLICIT: 465, Tls.NONE: 25}


@dataclass(frozen=True, slots=True)
class MailServer:
    """The server that takes our mails. Without protection (`none`) only on this machine, which the settings check."""

    host: str
    port: int
    tls: Tls
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent. `identity`: the same each time the same news are sent, so that a repetition can be told."""

    identity: str
    subject: str
    text: str


def mail(server: MailServer, to: str, letter: Letter) -> str | None:
    """Send it by mail. None: the server took it; else the code of why not."""
    if not MAILBOX.fullmatch(to):
        return "mail-address"
    message = EmailMessage(policy=IN_SEVEN_BITS)
    message["From"], message["To"], message["Subject"] = server.sender, to, letter.subject
    message["Message-ID"] = f"<{letter.identity}@{server.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    try:
        with closing(_connected(server)) as connection:
            connection.send_message(message)
            with suppress(OSError):  # it was taken: a server that is rude when we part changes nothing
                connection.quit()
    except smtplib.SMTPAuthenticationError:
        return "mail-login"
    except smtplib.SMTPNotSupportedError:
        return "mail-not-offered"
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError):
        return "mail-refused"
    except ssl.SSLError:
        return "mail-certificate"
    except OSError:  # SMTPException is one
        return "mail-unreachable"
    return None


def _connected(server: MailServer) -> smtplib.SMTP:
    """Protected and signed in. Raises OSError."""
    if server.tls is Tls.IMPLICIT:
        context = ssl.create_default_context()
        connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=context)
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
    try:
        if server.tls is Tls.STARTTLS:
            connection.starttls(context=ssl.create_default_context())
        if server.user is not None and server.password is not None:
            connection.login(server.user, server.password)
    except OSError:
        connection.close()
        raise
    return connection


def webhook(transport: Transport, url: str, key: str, body: bytes) -> str | None:
    """Send it to a webhook, signed. None: it took it; else the code of why not. A redirection is not followed."""
    if not is_protected(url):
        return "webhook-address"
    headers = {"Content-Type": "application/json", SIGNATURE: signature(key, body)}
    try:
        answer = transport.request(
            "POST",
            url,
            headers=headers,
            data=body,
            timeout=(SECONDS, SECONDS),
            allow_redirects=False,
            stream=True,
            auth=as_given,
        )
    except requests.exceptions.SSLError:
        return "webhook-certificate"
    except (requests.RequestException, UnicodeError):
        return "webhook-unreachable"
    answer.close()
    if 200 <= answer.status_code < 300:
        return None
    return "webhook-redirected" if 300 <= answer.status_code < 400 else "webhook-refused"


def signature(key: str, body: bytes) -> str:
    """By which the receiver knows that it is from us, and whole."""
    return f"sha256={hmac.new(key.encode(), body, hashlib.sha256).hexdigest()}"
