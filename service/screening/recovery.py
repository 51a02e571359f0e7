"""What keeps a feed whole: missing events are fetched, silence is asked about, and a doubtful feed is reconciled.

The order is that of STANDARDS 2.47: `$events`, then a question for all that changed meanwhile, then everybody anew.
Each step is stored before the next one, and repeating a step changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from service.ehr.connect import Connection
from service.ehr.subscribing import missed_events, reported_status
from service.errors import EhrRefused, UnusableAnswer
from service.fhir.notifications import (
    Arrival,
    Kind,
    Notification,
    concerns,
    is_silent,
    read_notification,
    read_statuses,
)
from service.screening.receive import counted
from service.screening.tenant import Hook, Tenant
from service.screening.whose import changed_since, needed_kinds, patients_with, read_patients
from service.store import assessments, feeds, screenings
from service.store.counting import Gap
from service.store.engine import Store
from service.store.feeds import Feed

RECOVERED, RESCREEN = "recovered", "rescreen"
LOOK_BACK = timedelta(days=90)  # for a feed that was never asked for what is new
SILENCE_MARGIN = timedelta(seconds=60)
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


def look_after(store: Store, tenant: Tenant, now: datetime, connection: Connection) -> tuple[Care, ...]:
    """Do for every feed of the tenant what is due. Raises EhrError and StoreError; then it is done again later."""
    done = [_look_after(store, tenant, each, now, connection) for each in feeds.of_tenant(store, tenant.name)]
    return tuple(each for each in done if each is not None and (each.how or each.silent or each.reconciled))


def is_due(store: Store, tenant: Tenant, now: datetime) -> bool:
    """Is there anything to do for a feed of this tenant? Asks the database alone."""
    listed = ((each, tenant.hook_of(each.subscription)) for each in feeds.of_tenant(store, tenant.name))
    return any(
        hook is not None and (_overdue(each, tenant, now) or each.reconcile_since or _is_silent(each, hook, now))
        for each, hook in listed
    )


def recover(store: Store, tenant: Tenant, feed: str, now: datetime, connection: Connection) -> Care:
    """Make good all that is missing of this feed now, however lately it was noticed.

    For a Subscription in error, before it is requested again (STANDARDS 2.50): the server may have counted events of
    which nobody told us, so it is asked for its counter first; where it has none, for all that changed.
    """
    hook, there = tenant.hook_of(feed), feeds.find(store, tenant.name, feed)
    if hook is None or there is None:
        return Care(feed)
    if not _ask_status(store, tenant, there, hook, now, connection):
        return _by_query(store, tenant, there, hook, None, now, connection)
    there = feeds.find(store, tenant.name, feed) or there
    return _recover(store, tenant, there, hook, there.position.missing, now, connection)


def rescreen_all(
    store: Store, tenant: Tenant, now: datetime, others: Iterable[str] = (), reason: str = RESCREEN
) -> int:
    """Ask for a screening of everybody who ever was screened, and of these others. Returns how many that are."""
    asked = _request(store, tenant, others, reason, now)
    after = ""
    while known := assessments.patients(store, tenant.name, CHUNK, after):
        asked += _request(store, tenant, known, reason, now)
        after = known[-1]
    return asked


def _look_after(store: Store, tenant: Tenant, feed: Feed, now: datetime, connection: Connection) -> Care | None:
    hook = tenant.hook_of(feed.subscription)
    if hook is None:
        return None
    silent = _is_silent(feed, hook, now)
    if silent:
        _ask_status(store, tenant, feed, hook, now, connection)
        feed = feeds.find(store, tenant.name, feed.subscription) or feed
    care = Care(feed.subscription)
    if overdue := _overdue(feed, tenant, now):
        care = _recover(store, tenant, feed, hook, overdue, now, connection)
        feed = feeds.find(store, tenant.name, feed.subscription) or feed
    if feed.reconcile_since is not None:
        asked = _reconcile(store, tenant, feed, hook, now, connection)
        care = replace(care, reconciled=True, screenings=care.screenings + asked)
    return replace(care, silent=silent)


def _overdue(feed: Feed, tenant: Tenant, now: datetime) -> tuple[Gap, ...]:
    """The gaps that had their time of grace."""
    return tuple(each for each in feed.position.missing if each.since + tenant.pace.grace <= now)


def _is_silent(feed: Feed, hook: Hook, now: datetime) -> bool:
    if hook.heartbeat is None or feed.heard is None or feed.subscription != hook.feed:
        return False
    return is_silent(feed.heard, now, hook.heartbeat, SILENCE_MARGIN)


def _recover(
    store: Store,
    tenant: Tenant,
    feed: Feed,
    hook: Hook,
    gaps: tuple[Gap, ...],
    now: datetime,
    connection: Connection,
) -> Care:
    if not gaps:
        return Care(feed.subscription)
    asked = _by_events(store, tenant, feed, hook, gaps, now, connection)
    there = feeds.find(store, tenant.name, feed.subscription)
    left = [each for each in there.position.missing if each.since <= gaps[-1].since] if there is not None else []
    if not left:
        return Care(feed.subscription, "events", asked)
    care = _by_query(store, tenant, feed, hook, left, now, connection)
    return replace(care, screenings=care.screenings + asked)


def _by_events(
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
        asked += _take_in(store, tenant, feed, _within(told, gap), now, connection)
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
    store: Store, tenant: Tenant, feed: Feed, told: Notification, now: datetime, connection: Connection
) -> int:
    """Events that say what they are about are taken in; the others stay missing, and are made good by a query."""
    events = tuple(each for each in told.events if each.focus is not None or each.foreign)
    if told.kind is not Kind.QUERY_EVENT or not events:
        return 0
    todo = concerns(told, events, trusted=False)
    needed = needed_kinds(tenant)
    patients, gone = set(todo.patients), list(todo.gone)
    for key in todo.to_read:
        if key.partition("/")[0] in needed:
            found = read_patients(tenant, connection, key)
            patients.update(found or ())
            gone += [key] if found is None else []
    patients |= patients_with(store, tenant, gone)
    with store.transaction() as whole:
        feeds.arrived(whole, tenant.name, feed.subscription, counted(events), now)
        for patient in sorted(patients):
            screenings.request(whole, tenant.name, patient, RECOVERED, now)
    return len(patients)


def _by_query(
    store: Store,
    tenant: Tenant,
    feed: Feed,
    hook: Hook,
    gaps: Iterable[Gap] | None,
    now: datetime,
    connection: Connection,
) -> Care:
    """Ask for all that changed since the last event before the gaps; if the answer is not whole, for everybody.

    `gaps` None: nobody knows what is missing, so it is asked from when the feed was last heard.
    """
    name = feed.subscription
    listed = tuple(gaps) if gaps is not None else ()
    since = feeds.last_seen(store, tenant.name, name, listed[0].first) if listed else feed.queried or feed.heard
    changed = changed_since(tenant, hook, connection, since - tenant.pace.overlap) if since is not None else None
    patients = changed.patients if changed is not None else frozenset()
    asked = _request(store, tenant, patients, RECOVERED, now)
    complete = changed is not None and not changed.problems
    with store.transaction() as whole:
        if complete:
            feeds.queried(whole, tenant.name, name, now)
        else:
            feeds.reconcile(whole, tenant.name, name, now)
        if listed:
            feeds.settled(whole, tenant.name, name, max(each.last for each in listed))
    return Care(name, "query" if complete else "rescreen", asked)


def _reconcile(store: Store, tenant: Tenant, feed: Feed, hook: Hook, now: datetime, connection: Connection) -> int:
    """Screen everybody anew: whom we know, and whose records changed since the feed was last whole."""
    since = feed.queried - tenant.pace.overlap if feed.queried is not None else now - LOOK_BACK
    changed = changed_since(tenant, hook, connection, since)
    asked = rescreen_all(store, tenant, now, changed.patients)
    with store.transaction() as whole:
        if not changed.problems:
            feeds.queried(whole, tenant.name, feed.subscription, now)
        feeds.reconciled(whole, tenant.name, feed.subscription, now)
    return asked


def _ask_status(store: Store, tenant: Tenant, feed: Feed, hook: Hook, now: datetime, connection: Connection) -> bool:
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


def _request(store: Store, tenant: Tenant, patients: Iterable[str], reason: str, now: datetime) -> int:
    """Ask for the screenings, some in each transaction, in sorted order."""
    everybody = sorted(patients)
    for start in range(0, len(everybody), CHUNK):
        with store.transaction() as whole:
            for patient in everybody[start : start + CHUNK]:
                screenings.request(whole, tenant.name, patient, reason, now)
    return len(everybody)
