"""Notifications: kept as they come (`accept`), and worked off into patients to screen (`process`). STANDARDS 2C, 2D.

What a notification says is never used to judge a patient: it tells whose chart has to be read anew, and the chart is
read from the server. So an old version, a repetition or a wrong order does no harm.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from service.ehr.connect import Connection
from service.ehr.subscriptions import instant
from service.errors import EhrUnavailable, StoreUnavailable
from service.fhir.notifications import Arrival, Concerns, Event, Kind, Notification, concerns, read_notification
from service.screening.tenant import Hook, Tenant
from service.screening.whose import Whose, whose
from service.store import feeds, inbox, screenings
from service.store.counting import Event as Counted, arrive
from service.store.engine import Store
from service.store.inbox import INBOX, ClaimedDelivery, Delivery
from service.twofold import decode

DELETED = "X-Medplum-Deleted-Resource"
SUBSCRIPTION = re.compile(r"(https?://[^\s?#]+)/Subscription/[A-Za-z0-9._-]{1,128}(?:/_history/[^/\s]+)?$")
NO_HOOK, NO_SOURCE = "no-hook", "no-source"
EVENT = "event"
COUNTED = frozenset({Kind.EVENT, Kind.QUERY_EVENT})


@dataclass(frozen=True, slots=True)
class Unknown:
    """The notification is of a Subscription that we do not know: it is not kept."""


@dataclass(frozen=True, slots=True)
class Processed:
    """What came of a delivery: counts alone.

    `kind` is what it was; None where it could not be worked off, and `error` says why. `screenings`: requested;
    `repeated`: events that came before; `unneeded`: events about types that no open study needs; `foreign`: about
    another server's resources; `restarted`: the counter began anew, so all of the feed will be reconciled.
    """

    kind: str | None
    screenings: int = 0
    repeated: int = 0
    unneeded: int = 0
    foreign: int = 0
    restarted: bool = False
    error: str | None = None


def accept(
    store: Store, tenant: Tenant, hook: Hook, arrival: Arrival, raw: bytes, now: datetime
) -> Notification | Unknown:
    """Keep what arrived, and say how it was read. It is committed when this returns, unless it is refused.

    Raises StoreUnavailable if it could not be kept.
    """
    notification = read_notification(arrival, _bases(tenant, arrival.body))
    if notification.refused:
        return notification
    with store.transaction() as whole:  # one, as beginning and ending a second takes a quarter of the time
        feed = _feed_of(whole, tenant, hook, notification)
        if feed is None:
            return Unknown()
        inbox.deliver(whole, _delivery(tenant, feed, arrival, notification, raw, now))
    return notification


def process(
    store: Store, tenant: Tenant, claimed: ClaimedDelivery, now: datetime, connection: Connection | None
) -> Processed:
    """Work off a delivery: read from the EHR whose it is, then, in one transaction, count the events, ask for the
    screenings and end the delivery.

    Raises EhrError if the EHR does not let us, and StoreError: the caller lets it fail, and it is tried again. A
    delivery that nobody can work off (its hook is gone, there is no EHR to read from) is dead at once.
    """
    delivery = claimed.delivery
    hook = tenant.hook_of(delivery.subscription)
    if hook is None:
        return _give_up(store, claimed, NO_HOOK)
    notification = read_again(tenant, delivery)
    fresh = _fresh(store, tenant, delivery.subscription, notification, now)
    concerned = concerns(notification, fresh, trusted=hook.trusted and hook.secret is not None)
    if connection is None and (concerned.to_read or concerned.query):
        if tenant.source is not None:
            raise EhrUnavailable("there is no connection to the EHR")
        return _give_up(store, claimed, NO_SOURCE)
    found = whose(store, tenant, hook, _not_yet_asked(store, tenant, delivery, concerned), connection, delivery, now)
    return _finish(store, tenant, claimed, notification, fresh, found, now)


def read_again(tenant: Tenant, delivery: Delivery) -> Notification:
    """A delivery as a notification once more, as it was read when it came."""
    kind, _, identity = delivery.path.partition("/")
    body = decode(delivery.body).content if delivery.body.strip() else None
    deleted = delivery.headers.get(DELETED)
    arrival = Arrival(delivery.method, body, kind or None, identity or None, deleted)
    return read_notification(arrival, _bases(tenant, body))


def counted(events: Iterable[Event]) -> tuple[Counted, ...]:
    """The events as they are counted, one for each number, by what they are about.

    Two of one number in one notification are one event about both. The time does not count: some servers say when they
    sent it, not when it happened.
    """
    parts: dict[int, list[str]] = {}
    for each in events:
        if each.number is not None:
            parts.setdefault(each.number, []).append(f"{each.focus or ''} {each.foreign:d}")
    return tuple(Counted(number, _digest("\n".join(sorted(said)).encode())) for number, said in parts.items())


def happened(events: Iterable[Event], come: datetime) -> datetime:
    """When the first of them happened, as far as they say so; at the latest, when they had come."""
    return min((come, *(at for each in events if (at := instant(each.timestamp)) is not None)))


def _bases(tenant: Tenant, body: object) -> tuple[str, ...]:
    """The addresses of the sender. Where nothing is ever read from it, it may call itself what it likes."""
    if tenant.source is not None:
        return tenant.own_bases
    listed = body.get("entry") if isinstance(body, dict) else None
    first = listed[0] if isinstance(listed, list) and listed else None
    found = SUBSCRIPTION.match(_reference(first.get("resource") if isinstance(first, dict) else None))
    return (*tenant.bases, *((found[1],) if found else ()))


def _reference(status: object) -> str:
    """The reference to the Subscription in a status, as it is written; empty if there is none."""
    if not isinstance(status, dict):
        return ""
    parameters = status.get("parameter")
    listed = parameters if isinstance(parameters, list) else ()
    named = (each.get("valueReference") for each in listed if isinstance(each, dict))
    reference = next((each for each in (status.get("subscription"), *named) if isinstance(each, dict)), {})
    written = reference.get("reference")
    return written.strip() if isinstance(written, str) else ""


def _feed_of(store: Store, tenant: Tenant, hook: Hook, notification: Notification) -> str | None:
    """The feed that the notification belongs to; None: it names a Subscription that does not send to this hook.

    A Subscription whose id is not known yet has a feed of its own, as counters are never mixed: a handshake may come
    before the server has told us the id.
    """
    told = notification.subscription
    if told is None or told == hook.subscription:
        return hook.feed
    if hook.subscription is not None:
        return None
    feed = feeds.find(store, tenant.name, hook.feed)
    known = feed.server_id if feed is not None else None
    if told == known:
        return hook.feed
    is_new = known is None or notification.kind is Kind.HANDSHAKE
    return f"{hook.feed}/{told}" if is_new else None


def _delivery(
    tenant: Tenant, feed: str, arrival: Arrival, notification: Notification, raw: bytes, now: datetime
) -> Delivery:
    path = f"{arrival.type}/{arrival.id}" if arrival.type is not None else ""
    headers = {DELETED: arrival.deleted} if arrival.deleted is not None else {}
    said = [arrival.method, path, arrival.deleted or ""]
    digest = _digest("\n".join(said).encode() + b"\n" + raw)
    once = _is_once(notification)
    return Delivery(tenant.name, feed, digest, once, arrival.method, path, headers, raw, now)


def _is_once(notification: Notification) -> bool:
    """Does the content say itself which event it is, so that the same bytes can be no other event?

    Topic-based: by numbers and times (a counter alone may begin anew). Rest-hook: by the version of the resource.
    """
    if notification.kind in COUNTED:
        events = notification.events
        return bool(events) and all(each.number is not None and each.timestamp is not None for each in events)
    if notification.kind is not Kind.RESOURCE or not notification.carried:
        return False
    metas = [each.resource.get("meta") for each in notification.carried]
    return all(isinstance(each, dict) and each.get("versionId") and each.get("lastUpdated") for each in metas)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _fresh(store: Store, tenant: Tenant, feed: str, notification: Notification, now: datetime) -> tuple[Event, ...]:
    """The events to work off: those that did not come before, and those without a number.

    A count below ours may mean that the notification is late, or that the server counts anew and tells of another
    event about the same resource: then all are worked off, which does no harm.
    """
    events = counted(notification.events)
    there = feeds.find(store, tenant.name, feed)
    if not events or there is None or notification.count is None or notification.count < there.position.last:
        return notification.events
    known = feeds.digests(store, tenant.name, feed, [each.number for each in events])
    numbers = set(arrive(there.position, known, events, now).fresh)
    return tuple(each for each in notification.events if each.number is None or each.number in numbers)


def _not_yet_asked(store: Store, tenant: Tenant, delivery: Delivery, concerned: Concerns) -> Concerns:
    """A question for what changed that was asked after the notification came has answered it, too.

    So many notifications that say nothing, true or forged, lead to one question.
    """
    if not concerned.query:
        return concerned
    feed = feeds.find(store, tenant.name, delivery.subscription)
    answered = feed is not None and feed.queried is not None and feed.queried >= delivery.received
    return replace(concerned, query=not answered)


def _finish(
    store: Store,
    tenant: Tenant,
    claimed: ClaimedDelivery,
    notification: Notification,
    fresh: Sequence[Event],
    found: Whose,
    now: datetime,
) -> Processed:
    feed, come = claimed.delivery.subscription, claimed.delivery.received
    with store.transaction() as whole:
        restarted, repeated = _count(whole, tenant, feed, notification, fresh, come)
        found.keep(whole, tenant.name, feed, now)
        for patient in sorted(found.patients):
            pace = tenant.pace
            screenings.request(whole, tenant.name, patient, EVENT, now + pace.quiet, until=now + pace.coalesce)
        inbox.done(whole, claimed.lease, now)
    return Processed(notification.kind.value, len(found.patients), repeated, found.unneeded, found.foreign, restarted)


def _count(
    store: Store, tenant: Tenant, feed: str, notification: Notification, fresh: Sequence[Event], come: datetime
) -> tuple[bool, int]:
    """Advance the counter of the feed. Whether it began anew, and how many events came before.

    What counts is when the notification came, not when somebody had time for it.
    """
    if notification.kind in COUNTED:
        total = notification.count if notification.kind is Kind.EVENT else None
        seen = happened(notification.events, come)
        arrival = feeds.arrived(store, tenant.name, feed, counted(notification.events), come, total, seen)
        if set(arrival.fresh) - {each.number for each in fresh}:
            raise StoreUnavailable("the counter of this feed was changed meanwhile; try again")
        return arrival.restarted, len(arrival.repeated)
    told = notification.count if notification.kind is not Kind.UNKNOWN else None
    return feeds.heard(store, tenant.name, feed, come, told, notification.status).restarted, 0


def _give_up(store: Store, claimed: ClaimedDelivery, error: str) -> Processed:
    INBOX.failed(store, claimed.lease, error, None)
    return Processed(None, error=error)
