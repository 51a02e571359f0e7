"""Making the Subscriptions stand on the EHR that a tenant's open studies need (`subscriptions_needed`)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from service.ehr.connect import Connection
from service.ehr.subscribing import CHANGING, SUBSCRIPTION, Standing, ensure, switch_off
from service.ehr.subscription_forms import endpoint_of, shown
from service.ehr.subscriptions import Step
from service.errors import EhrRefused, UnusableAnswer, WritesStopped
from service.screening.recovery import recover, refill
from service.screening.subscriptions_needed import Asked, wanted_by
from service.screening.tenant import Tenant
from service.store import feeds
from service.store.engine import Store
from service.store.feeds import ACTIVE, Feed

REQUESTED, ERROR = "requested", "error"
ONE_BY_ONE = (EhrRefused, UnusableAnswer, WritesStopped)  # what befalls one of them need not befall the next


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of a Subscription that was asked for; or of one (`switched_off`) that nobody wants any more.

    `attention`: why a person has to look at it, as a sentence. `settling`: it was just changed, and is soon active.
    """

    feed: str
    standing: Standing | None = None
    switched_off: str | None = None
    attention: str | None = None
    settling: bool = False


def subscribe(store: Store, tenant: Tenant, address: str, connection: Connection, now: datetime) -> Iterator[Seen]:
    """Make every Subscription stand as wanted, one after the other, and keep what the server made of it.

    What one in error missed is made good before it is requested again, and once more when it is active. Of ours that
    nobody wants any more, as a study was closed, the server is asked to send nothing more. What the server refuses of
    one is told (`attention`), and the others are looked after. Raises UsageError, EhrUnavailable, StoreError.
    """
    asked = wanted_by(tenant, address, connection)
    standing: set[str] = set()
    for each in asked:
        seen = _looked_at(store, tenant, each, connection, now)
        if seen.standing is not None:
            standing.add(seen.standing.id)
        yield seen
    if len(standing) == len(asked):  # of one that was refused the id is not known, so that it would be switched off
        yield from _without_surplus(connection, {each.wanted.endpoint for each in asked}, standing)
    for feed in feeds.of_tenant(store, tenant.name):
        if feed.wanted is not None and feed.subscription not in {each.feed for each in asked}:
            feeds.forget(store, tenant.name, feed.subscription)


def _looked_at(store: Store, tenant: Tenant, asked: Asked, connection: Connection, now: datetime) -> Seen:
    try:
        return _ensured(store, tenant, asked, connection, now)
    except ONE_BY_ONE as problem:
        if feeds.find(store, tenant.name, asked.feed) is None:
            feeds.want(store, tenant.name, asked.feed, shown(asked.wanted))
        feeds.complain(store, tenant.name, asked.feed, str(problem))
        return Seen(asked.feed, attention=str(problem))


def _ensured(store: Store, tenant: Tenant, asked: Asked, connection: Connection, now: datetime) -> Seen:
    before = _before(store, tenant, asked, now)

    def make_good(id: str) -> None:
        feeds.observe(store, tenant.name, asked.feed, now, server_id=id, status=ERROR)
        recover(store, tenant, asked.feed, now, connection, asked.kinds)
        feeds.observe(store, tenant.name, asked.feed, now, server_id=id, status=ERROR, whole=now)

    known, there = (before.server_id, before.wanted) if before is not None else (None, None)
    found = ensure(connection.client, asked.wanted, known, now, make_good, before=there)
    touched = found.step is Step.CREATE or found.step in CHANGING
    if found.step is Step.CREATE and before is not None:  # somebody deleted it
        feeds.count_anew(store, tenant.name, asked.feed)
    feeds.want(store, tenant.name, asked.feed, shown(asked.wanted))
    if found.status == ACTIVE and before is not None and (touched or before.status != ACTIVE):
        _refill(store, tenant, asked, connection, now, found)
    again = before is not None and before.status == REQUESTED
    attention = _attention(found, again)
    _keep(store, tenant, asked, now, found, found.status, attention)
    feeds.forget(store, tenant.name, f"{asked.feed}/{found.id}")  # so it was called before its id was known
    return Seen(asked.feed, found, attention=attention, settling=touched and found.status == REQUESTED and not again)


def _before(store: Store, tenant: Tenant, asked: Asked, now: datetime) -> Feed | None:
    """What is known of it; of one whose id was set by a person, nothing but what was wanted."""
    before = feeds.find(store, tenant.name, asked.feed)
    if asked.known is not None and (before is None or before.server_id != asked.known):
        feeds.observe(store, tenant.name, asked.feed, now, server_id=asked.known, status=None)
        return feeds.find(store, tenant.name, asked.feed)
    return before


def _refill(store: Store, tenant: Tenant, asked: Asked, connection: Connection, now: datetime, found: Standing) -> None:
    """It is active again: what happened while it was not is asked for. Until that is answered, it is not whole.

    Of one that never was active nothing is missing: nobody relied on it.
    """
    _keep(store, tenant, asked, now, found, REQUESTED, None)
    feed = feeds.find(store, tenant.name, asked.feed)
    if feed is not None and feed.whole is not None:
        refill(store, tenant, feed, now, connection, asked.kinds)


def _keep(
    store: Store,
    tenant: Tenant,
    asked: Asked,
    now: datetime,
    found: Standing,
    status: str,
    attention: str | None,
) -> None:
    feeds.observe(
        store,
        tenant.name,
        asked.feed,
        now,
        server_id=found.id,
        status=status,
        error=attention,
        ends=found.end,
    )


def _attention(found: Standing, again: bool) -> str | None:
    """Why a person has to look at it."""
    reasons = [each.sentence for each in found.differences if each.grave]
    if found.step is Step.REVIEW:
        reasons.insert(0, found.reason)
    if found.step is Step.RECOVER and again:
        reasons.append("it is in error each time it is requested again; see whether the server reaches this service")
    elif found.status == ERROR and found.step is not Step.REVIEW:
        reasons.append("the server set it to error at once; see whether the server reaches this service")
    return "; ".join(dict.fromkeys(reasons)) or None


def _without_surplus(connection: Connection, endpoints: set[str], standing: set[str]) -> Iterator[Seen]:
    """Switch off those that send to our endpoints, are not off, and were not asked for."""
    for endpoint in sorted(endpoints):
        for each in connection.client.search(SUBSCRIPTION, {"url": endpoint}).resources:
            if endpoint_of(each) == endpoint and each.get("status") != "off" and str(each.get("id")) not in standing:
                try:
                    switch_off(connection.client, str(each["id"]))
                except ONE_BY_ONE as problem:
                    yield Seen("", attention=f"one that nobody needs any more could not be switched off: {problem}")
                else:
                    yield Seen("", switched_off=str(each["id"]))
