"""What keeps a feed whole: missing events are fetched, silence is asked about, and a doubtful feed is reconciled.

The order is that of STANDARDS 2.47: `$events`, then a question for all that changed meanwhile, then everybody anew.
Each step is stored before the next one, and repeating a step changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from service.ehr.connect import Connection
from service.fhir.notifications import is_silent
from service.screening.recovery_steps import LOOK_BACK, Care, ask_status, by_events, by_query, request_all
from service.screening.tenant import Hook, Tenant
from service.screening.whose import changed_since
from service.store import assessments, feeds
from service.store.counting import Gap
from service.store.engine import Store
from service.store.feeds import Feed

RESCREEN = "rescreen"
PAGE = 500  # patients read at once
SILENCE_MARGIN = timedelta(seconds=60)


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


def recover(
    store: Store, tenant: Tenant, feed: str, now: datetime, connection: Connection, kinds: tuple[str, ...] = ()
) -> Care:
    """Make good all that is missing of this feed now, however lately it was noticed.

    `kinds`: its Subscription is by criteria and tells of these types alone; what it tells is not counted.

    For a Subscription in error, before it is requested again (STANDARDS 2.50): the server may have counted events of
    which nobody told us, so it is asked for its counter first; where it has none, for all that changed.
    """
    hook, there = _hook(tenant, feed, kinds), feeds.find(store, tenant.name, feed)
    if hook is None or there is None:
        return Care(feed)
    if kinds or not ask_status(store, tenant, there, hook, now, connection):
        return by_query(store, tenant, there, hook, None, now, connection)
    there = feeds.find(store, tenant.name, feed) or there
    return _recover(store, tenant, there, hook, there.position.missing, now, connection)


def refill(
    store: Store, tenant: Tenant, feed: Feed, now: datetime, connection: Connection, kinds: tuple[str, ...] = ()
) -> Care:
    """Ask for all that changed since this feed was surely whole: its Subscription was not active for a while."""
    hook = _hook(tenant, feed.subscription, kinds)
    if hook is None:
        return Care(feed.subscription)
    return by_query(store, tenant, feed, hook, None, now, connection)


def rescreen_all(
    store: Store, tenant: Tenant, now: datetime, others: Iterable[str] = (), reason: str = RESCREEN
) -> int:
    """Ask for a screening of everybody who ever was screened, and of these others. Returns how many that are."""
    asked = request_all(store, tenant, others, reason, now)
    after = ""
    while known := assessments.patients(store, tenant.name, PAGE, after):
        asked += request_all(store, tenant, known, reason, now)
        after = known[-1]
    return asked


def _hook(tenant: Tenant, feed: str, kinds: tuple[str, ...]) -> Hook | None:
    hook = tenant.hook_of(feed)
    return replace(hook, kinds=kinds) if hook is not None and kinds else hook


def _look_after(store: Store, tenant: Tenant, feed: Feed, now: datetime, connection: Connection) -> Care | None:
    hook = tenant.hook_of(feed.subscription)
    if hook is None:
        return None
    silent = _is_silent(feed, hook, now)
    if silent:
        ask_status(store, tenant, feed, hook, now, connection)
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
    asked = by_events(store, tenant, feed, hook, gaps, now, connection)
    there = feeds.find(store, tenant.name, feed.subscription)
    left = [each for each in there.position.missing if each.since <= gaps[-1].since] if there is not None else []
    if not left:
        return Care(feed.subscription, "events", asked)
    care = by_query(store, tenant, feed, hook, left, now, connection)
    return replace(care, screenings=care.screenings + asked)


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
