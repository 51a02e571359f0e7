"""The steps by which missing events are made good: each is stored before the next one, and may be repeated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from service.ehr.connect import Connection
from service.ehr.subscribing import missed_events, reported_status
from service.errors import EhrRefused, UnusableAnswer
from service.fhir.notifications import Arrival, Kind, Notification, concerns, read_notification, read_statuses
from service.screening.receive import counted, happened
from service.screening.tenant import Hook, Tenant
from service.screening.whose import changed_since, pointed_to
from service.store import feeds, screenings
from service.store.counting import Gap
from service.store.engine import Store
from service.store.feeds import Feed

RECOVERED = "recovered"
LOOK_BACK = timedelta(days=90)  # for a feed of which nobody knows since when it was whole
CHUNK = 500  # patients in one transaction
MOST_EVENTS = 1000  # asked for at once


@dataclass(frozen=True, slots=True)
class Care:
    """What was done for one feed. `how` the missing events were made good: events, query or rescreen; None: none were.

    `screenings`: how many were asked for. `silent`: the server was asked for its status, as nothing had come.
    """

    feed: str
    how: str | None = None
    screenings: int = 0
    silent: bool = False
    reconciled: bool = False


def by_events(
    store: Store,
    tenant: Tenant,
    feed: Feed,
    hook: Hook,
    gaps: Iterable[Gap],
    now: datetime,
    connection: Connection,
) -> int:
    """Ask the server for the events themselves, and take in those that it still has. How many screenings came of it."""
    server_id = server_id_of(feed, hook)
    asked = 0
    if server_id is None:
        return asked
    for gap in gaps:
        last = min(gap.last, gap.first + MOST_EVENTS - 1)
        try:
            bundle = missed_events(connection.client, server_id, gap.first, last)
        except (EhrRefused, UnusableAnswer):
            return asked  # it has no $events, or no such events: the next step makes them good
        told = read_notification(Arrival("POST", bundle), tenant.own_bases)
        before = feeds.last_seen(store, tenant.name, feed.subscription, gap.first)
        asked += _take_in(store, tenant, feed, _within(told, gap), before or gap.since - LOOK_BACK, now, connection)
    return asked


def server_id_of(feed: Feed, hook: Hook) -> str | None:
    """The id of the Subscription on the server, as far as anybody told it."""
    told = feed.subscription.removeprefix(f"{hook.feed}/")
    return feed.server_id or hook.subscription or (told if told != feed.subscription else None)


def _within(told: Notification, gap: Gap) -> Notification:
    """What was asked for: a server may say more, but not of what it had said before."""
    events = tuple(each for each in told.events if each.number is not None and gap.first <= each.number <= gap.last)
    return replace(told, events=events)


def _take_in(
    store: Store,
    tenant: Tenant,
    feed: Feed,
    told: Notification,
    since: datetime,
    now: datetime,
    connection: Connection,
) -> int:
    """Events that say what they are about are taken in; the others stay missing, and are made good by a query.

    They happened after `since`, which is all that is known of it unless they say more.
    """
    events = tuple(each for each in told.events if each.focus is not None or each.foreign)
    if told.kind is not Kind.QUERY_EVENT or not events:
        return 0
    patients, _ = pointed_to(store, tenant, concerns(told, events, trusted=False), connection)
    with store.transaction() as whole:
        feeds.arrived(whole, tenant.name, feed.subscription, counted(events), now, seen=happened(events, since))
        for patient in sorted(patients):
            screenings.request(whole, tenant.name, patient, RECOVERED, now)
    return len(patients)


def by_query(
    store: Store,
    tenant: Tenant,
    feed: Feed,
    hook: Hook,
    gaps: Iterable[Gap] | None,
    now: datetime,
    connection: Connection,
) -> Care:
    """Ask for all that changed since the last event before the gaps; if the answer is not whole, for everybody.

    `gaps` None: nobody knows what is missing, so it is asked from when the feed was surely whole.
    """
    name = feed.subscription
    listed = tuple(gaps) if gaps is not None else ()
    since = feeds.last_seen(store, tenant.name, name, listed[0].first) if listed else _whole_until(feed)
    changed = changed_since(tenant, hook, connection, since - tenant.pace.overlap) if since is not None else None
    patients = changed.patients if changed is not None else frozenset()
    asked = request_all(store, tenant, patients, RECOVERED, now)
    complete = changed is not None and not changed.problems
    with store.transaction() as whole:
        if complete:
            feeds.queried(whole, tenant.name, name, now)
        else:
            feeds.reconcile(whole, tenant.name, name, now)
        if listed:
            feeds.settled(whole, tenant.name, name, max(each.last for each in listed))
    return Care(name, "query" if complete else "rescreen", asked)


def _whole_until(feed: Feed) -> datetime | None:
    """Until when surely nothing was missed; None: nobody knows.

    It was asked for what is new, or seen to be active, or it was heard: but that it was heard says nothing unless its
    events are counted, as several Subscriptions may send to one hook.
    """
    heard = feed.heard if feed.position.last else None
    return max((each for each in (feed.queried, feed.whole, heard) if each is not None), default=None)


def ask_status(store: Store, tenant: Tenant, feed: Feed, hook: Hook, now: datetime, connection: Connection) -> bool:
    """Ask the server how the Subscription stands, and how far it has counted. Did it say so?"""
    server_id = server_id_of(feed, hook)
    if server_id is None:
        return False
    try:
        told = [
            each
            for status in reported_status(connection.client, server_id)
            for each in read_statuses(status, tenant.own_bases)
            if each.subscription in (None, server_id)
        ]
    except (EhrRefused, UnusableAnswer):
        told = []
    if not told:
        return False
    feeds.heard(store, tenant.name, feed.subscription, now, told[0].count, told[0].status)
    return told[0].count is not None


def request_all(store: Store, tenant: Tenant, patients: Iterable[str], reason: str, now: datetime) -> int:
    """Ask for the screenings, some in each transaction, in sorted order."""
    everybody = sorted(patients)
    for start in range(0, len(everybody), CHUNK):
        with store.transaction() as whole:
            for patient in everybody[start : start + CHUNK]:
                screenings.request(whole, tenant.name, patient, reason, now)
    return len(everybody)
