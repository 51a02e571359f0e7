"""The server that takes our mails, from the settings file."""

from collections.abc import Mapping
from typing import Any

from service.catalog.documents import Where
from service.ehr.addresses import THIS_MACHINE
from service.screening.worklist.sending import MAILBOX, PORTS, MailServer, Tls
from service.settings.secrets import Secrets

PLACE: Where = ("mail",)


def read_mail(secrets: Secrets, content: Mapping[str, Any], public_url: str | None) -> MailServer:
    """The part `mail` of the file; what is wrong is noted in the problems."""
    tls, host, sender = Tls(content.get("tls", Tls.STARTTLS)), content["host"], content["from"]
    before = len(secrets.problems)
    password = secrets.find(PLACE, "password", content)
    is_missing = password is None and len(secrets.problems) == before
    if ("user" in content) == is_missing:
        _note(secrets, PLACE, "user and password_env or password_file belong together; set both, or none")
    if tls is Tls.NONE and host not in THIS_MACHINE:
        _note(secrets, (*PLACE, "tls"), "none is for a server on this machine; others need starttls or implicit")
    if not MAILBOX.fullmatch(sender):
        _note(secrets, (*PLACE, "from"), "this is one address alone, such as prescreen@hospital.example")
    if public_url is None:
        _note(secrets, PLACE, "mails hold a link to this service; set public_url")
    return MailServer(host, content.get("port", PORTS[tls]), tls, sender, content.get("user"), password)


def _note(secrets: Secrets, where: Where, problem: str) -> None:
    secrets.problems.append(f"{secrets.document.at(where)}: {problem}")
