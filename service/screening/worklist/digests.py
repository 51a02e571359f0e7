"""Digests: somebody is told that something changed in a study, by numbers alone, as often as they asked for.

What they may know is decided when it is sent: who has no role in the study then, or whose study has no valid basis, is
sent nothing. Nobody of whom nobody is to be told is in any number.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from functools import partial

import orjson

from service.ehr.transport import Transport
from service.screening.access import Action, Viewer, may
from service.screening.access.known import bases_of, viewer_of
from service.screening.studying.suppression import FEWEST
from service.screening.tenant import Tenant
from service.screening.worklist import sending
from service.screening.worklist.listing import day_of
from service.screening.worklist.sending import Letter, MailServer
from service.store import accounts, digests, worklist_news
from service.store.accounts import Account
from service.store.digests import Digest
from service.store.engine import Store

LEASE = timedelta(minutes=10)
# What happened by then has its row by now: a row bears the time at which the transaction that made it began.
SETTLED = timedelta(minutes=15)
SOON, MORNING = timedelta(minutes=5), time(7)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=6)
AT_ONE_GO = 20
EITHER = "new_or_changed"
# The mail, in English as all texts of this house; whoever sends it says it in the reader's language.
KINDS = {
    "new": "New on the list: %(number)s",
    "changed": "Standing changed: %(number)s",
    EITHER: "New on the list, or standing changed: %(number)s",
    "back": "Due again: %(number)s",
}
SUBJECT = "Prescreening: %(study)s changed"
CHANGED = "In the study %(study)s something changed since %(since)s."
LOOK = "Look at it here: %(link)s"
CLOSING = "This message holds no patient data. Change or end it here: %(link)s"
TEXTS = (*KINDS.values(), SUBJECT, CHANGED, LOOK, CLOSING)
NOT_OPEN = "not-open"
MAIL_LANGUAGE = "mail_language"  # among the preferences of an account
Say = Callable[[str | None, str], str]  # a text in this language; None: of somebody who chose none


def in_english(language: str | None, text: str) -> str:
    """Where nothing is translated."""
    return text


class How(StrEnum):
    """How somebody is told."""

    MAIL = "mail"
    WEBHOOK = "webhook"


class Often(StrEnum):
    """How often somebody is told, if there is anything to tell."""

    AT_ONCE = "at-once"
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class Telling:
    """By what digests leave. `base`: the address of this service for people; `mail` None: there is no mail; `say`: how
    a mail speaks."""

    base: str
    transport: Transport = field(repr=False)
    mail: MailServer | None = None
    say: Say = in_english

    @property
    def ways(self) -> tuple[How, ...]:
        """How people can be told."""
        return (How.WEBHOOK,) if self.mail is None else (How.MAIL, How.WEBHOOK)


@dataclass(frozen=True, slots=True)
class Changes:
    """How many rows changed in a study from `since` to `until`, by kind; None: not told, as it would be too few."""

    tenant: str
    study: str
    since: datetime
    until: datetime
    counts: Mapping[str, int | None]

    @property
    def are_there(self) -> bool:
        """Is there anything to tell?"""
        return any(self.counts.values())


def next_due(tenant: Tenant, often: Often, now: datetime) -> datetime:
    """When to look next: soon, or at seven in the morning at the site, of the next day or the next Monday."""
    if often is Often.AT_ONCE:
        return now + SOON
    zone = tenant.catalog.site.zone
    here = now.astimezone(zone)
    days = 7 - here.weekday() if often is Often.WEEKLY else 1
    if here.time() < MORNING and (often is Often.DAILY or here.weekday() == 0):
        days = 0
    return datetime.combine(here.date() + timedelta(days=days), MORNING, zone)


def retry_at(now: datetime, tries: int) -> datetime:
    """When to try again what could not be sent so often in a row."""
    return now + min(FIRST_PAUSE * (1 << min(tries - 1, 20)), LONGEST_PAUSE)


def sees(tenant: Tenant, viewer: Viewer | None, study: str, store: Store, now: datetime) -> bool | None:
    """May this person see the patients of the study now (True), or their numbers alone (False)? None: nothing."""
    if viewer is None or study not in tenant.studies:
        return None
    basis, (today, _) = bases_of(store, tenant)[study], day_of(tenant, now)
    if basis is None or not basis.is_valid(today):
        return None
    if may(viewer, tenant.name, study, Action.SEE, basis, today):
        return True
    return False if may(viewer, tenant.name, study, Action.COUNT, basis, today) else None


def changes_of(store: Store, tenant: Tenant, study: str, since: datetime, until: datetime, seen: bool) -> Changes:
    """What changed in that time. `seen`: for somebody who may see the patients; others get no small number."""
    (first, _), (last, _) = day_of(tenant, since), day_of(tenant, until)
    found: dict[str, int] = worklist_news.changed_since(store, tenant.name, study, last, since, until)
    found["back"] = (
        worklist_news.back(store, tenant.name, study, first + timedelta(days=1), last) if first < last else 0
    )
    if seen:
        return Changes(tenant.name, study, since, until, found)
    coarse = {EITHER: found["new"] + found["changed"], "back": found["back"]}
    told = {kind: number if number >= FEWEST else None for kind, number in coarse.items()}
    return Changes(tenant.name, study, since, until, told)


def identity_of(begun: Digest) -> str:
    """The same for all tries to tell somebody of what came after what they were told."""
    parts = (begun.account, begun.tenant, begun.study, begun.told.isoformat())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def letter_of(changes: Changes, identity: str, base: str, say: Callable[[str], str] = str) -> Letter:
    """The mail: numbers, and where to look. `say`: a text in the reader's language."""
    told = "\n".join(say(KINDS[kind]) % {"number": number} for kind, number in changes.counts.items() if number)
    study, since = changes.study, f"{changes.since:%Y-%m-%d %H:%M} UTC"
    parts = (
        say(CHANGED) % {"study": study, "since": since},
        told,
        say(LOOK) % {"link": link_of(changes, base)},
        say(CLOSING) % {"link": f"{base}/account"},
    )
    return Letter(identity, say(SUBJECT) % {"study": study}, "\n\n".join(parts) + "\n")


def body_of(changes: Changes, identity: str, base: str) -> bytes:
    """What a webhook gets, as JSON. A number that is null is not told."""
    return orjson.dumps(
        {
            "kind": "prescreen-digest",
            "id": identity,
            "tenant": changes.tenant,
            "study": changes.study,
            "since": changes.since.isoformat(),
            "until": changes.until.isoformat(),
            "counts": dict(changes.counts),
            "link": link_of(changes, base),
        }
    )


def link_of(changes: Changes, base: str) -> str:
    """The worklist of the study."""
    return f"{base}/worklist/{changes.tenant}/{changes.study}"


def never() -> bool:
    """Nobody wants to stop."""
    return False


def tell_due(
    store: Store, tenant: Tenant, telling: Telling, clock: Callable[[], datetime], stopping: Callable[[], bool] = never
) -> int:
    """Tell whom that is due, unless somebody else does; how many were told. One that fails ends it for now, so that a
    server that is down does not hold up all other work."""
    told = 0
    for _ in range(AT_ONE_GO):
        now = clock()
        begun = None if stopping() else digests.begin(store, tenant.name, now, now + LEASE)
        if begun is None:
            break
        sent, error = _told(store, tenant, telling, begun, now)
        told += sent
        if error is not None and error != NOT_OPEN:
            break
    return told


def _told(store: Store, tenant: Tenant, telling: Telling, begun: Digest, now: datetime) -> tuple[bool, str | None]:
    """Was something sent; and why not, if it should have been."""
    due, until = next_due(tenant, Often(begun.often), now), now - SETTLED
    seen = sees(tenant, viewer_of(store, begun.account, now), begun.study, store, now)
    if seen is None:
        digests.end(store, begun, begun.told, due, error=NOT_OPEN)
        return False, NOT_OPEN
    if until <= begun.told:
        digests.end(store, begun, begun.told, due, begun.tries, begun.error)
        return False, None
    changes = changes_of(store, tenant, begun.study, begun.told, until, seen)
    error = _sent(store, telling, begun, changes) if changes.are_there else None
    if error is None:
        # Numbers that are too small to be told are told when there are more of them.
        digests.end(store, begun, until if seen or changes.are_there else begun.told, due)
        return changes.are_there, None
    digests.end(store, begun, begun.told, retry_at(now, begun.tries + 1), begun.tries + 1, error)
    return False, error


def _sent(store: Store, telling: Telling, begun: Digest, changes: Changes) -> str | None:
    identity = identity_of(begun)
    if begun.how == How.WEBHOOK:
        body = body_of(changes, identity, telling.base)
        return sending.webhook(telling.transport, begun.address or "", begun.key or "", body)
    if telling.mail is None:
        return "mail-off"
    account = accounts.find(store, begun.account)
    if account is None or account.email is None:
        return "mail-address"
    letter = letter_of(changes, identity, telling.base, partial(telling.say, language_of(account)))
    return sending.mail(telling.mail, account.email, letter)


def language_of(account: Account) -> str | None:
    """The language that somebody chose for the pages, else the one in which they asked for mails; None: neither."""
    found = account.preferences.get("language") or account.preferences.get(MAIL_LANGUAGE)
    return found if isinstance(found, str) else None


def want(
    store: Store, tenant: Tenant, account: str, study: str, how: How, often: Often, address: str | None, now: datetime
) -> str | None:
    """Let somebody be told from now on. Returns the key of a new webhook: it is shown this once."""
    before = digests.of_account(store, account).get((tenant.name, study))
    kept = before is not None and before.how == how and before.address == address
    key = before.key if before is not None and kept else None
    made = secrets.token_urlsafe(32) if how is How.WEBHOOK and key is None else None
    wanted = Digest(account, tenant.name, study, how, often, address, key or made, now, next_due(tenant, often, now))
    digests.put(store, wanted)
    return made
