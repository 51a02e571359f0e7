"""What somebody wants to be told of, as /account shows it and takes it."""

from collections.abc import Mapping
from dataclasses import dataclass

from service.ehr.addresses import is_protected
from service.errors import UsageError
from service.screening.access import Action
from service.screening.worklist.digests import MAIL_LANGUAGE, How, Often, want
from service.store import accounts, digests
from service.store.digests import Digest
from service.web.language import language
from service.web.pages.desk import Desk, viewer
from service.web.pages.worklist import own_studies

OFTEN = {
    Often.AT_ONCE: "Soon after it happened",
    Often.DAILY: "In the morning of each day",
    Often.WEEKLY: "On Monday morning",
}
# Why nothing was sent when it was due last.
PROBLEMS = {
    "not-open": "The study is not open to you now, or has no valid legal basis.",
    "mail-off": "This service sends no mail now.",
    "mail-address": "Your account has no e-mail address that mail can be sent to.",
    "mail-login": "The mail server does not accept the name and password of this service.",
    "mail-not-offered": "The mail server does not offer what this service needs, such as encryption.",
    "mail-refused": "The mail server refused the mail.",
    "mail-certificate": "The certificate of the mail server is not accepted.",
    "mail-unreachable": "The mail server cannot be reached.",
    "webhook-address": "The address is not safe; it begins with https://.",
    "webhook-certificate": "The certificate of the receiver is not accepted.",
    "webhook-unreachable": "The receiver cannot be reached.",
    "webhook-redirected": "The receiver answered with a redirection, which is not followed.",
    "webhook-refused": "The receiver answered with an error.",
}
NO_WAY = "This service cannot tell you in that way."
NO_MAILBOX = "Your account has no e-mail address; an administrator can add one."
NO_ADDRESS = "The address of a webhook begins with https:// and names a host."
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Wish:
    """A study, and what of it somebody wants to be told; None: nothing. `problem`: why it could not be sent."""

    tenant: str
    study: str
    title: str
    wanted: Digest | None
    problem: str | None


def wishes(desk: Desk) -> tuple[Wish, ...]:
    """Of each study of whoever is looking, and of those that are not theirs any more."""
    kept = digests.of_account(desk.store, viewer().account)
    theirs = {(name, study) for name, tenant in desk.tenants.items() for study in own_studies(desk, tenant)}
    return tuple(_wish(desk, *each, kept.get(each)) for each in sorted(theirs | set(kept)))


def _wish(desk: Desk, tenant: str, study: str, wanted: Digest | None) -> Wish:
    found = desk.tenants[tenant].catalog.studies.get(study) if tenant in desk.tenants else None
    error = None if wanted is None else wanted.error
    return Wish(tenant, study, study if found is None else found.title, wanted, PROBLEMS.get(error or ""))


def keep_wish(desk: Desk, form: Mapping[str, str]) -> str | None:
    """Keep what the form asks for. Returns the key of a new webhook. Raises UsageError and Forbidden."""
    tenant, study, way = (form.get(each, "") for each in ("tenant", "study", "how"))
    if not way:
        digests.remove(desk.store, viewer().account, tenant, study)
        return None
    theirs = desk.need(tenant, study, Action.COUNT)
    if way not in desk.ways or form.get("often") not in tuple(Often):
        raise UsageError(NO_WAY)
    how, often = How(way), Often(form["often"])
    address = _webhook(desk, form.get("address", "").strip()) if how is How.WEBHOOK else None
    if how is How.MAIL:
        _ready_for_mail(desk)
    return want(desk.store, theirs, viewer().account, study, how, often, address, desk.clock.now())


def _webhook(desk: Desk, address: str) -> str:
    """Where browsers reach this service by https, a receiver on its own machine has to speak it, too."""
    safe = is_protected(address) and (address.startswith("https://") or not desk.encrypted)
    if not safe or len(address) > LONGEST:
        raise UsageError(NO_ADDRESS)
    return address


def _ready_for_mail(desk: Desk) -> None:
    """Keep in which language they read this now, as a mail asks no browser. Raises UsageError without an address."""
    found = accounts.find(desk.store, viewer().account)
    if found is None or not found.email:
        raise UsageError(NO_MAILBOX)
    accounts.change(desk.store, found.id, preferences={**found.preferences, MAIL_LANGUAGE: language()})
