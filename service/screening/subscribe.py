"""The Subscriptions that a tenant's open studies need: which they are, and making them stand on the EHR.

By our own topic where the server lists it, one for each hook; else by criteria, one for each type that the studies
need. They are not narrowed by codes: a record may count by its text, by a code of the site's own, or by showing that
the person was seen, and none of that a code tells.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from service.ehr.capability import Features
from service.ehr.connect import Connection
from service.ehr.subscribing import Standing, ensure, switch_off
from service.ehr.subscriptions import Resource, Wanted, as_resource, chosen_topic, criteria_for
from service.errors import UsageError
from service.fhir.own import BASE
from service.screening.needs import Needs
from service.screening.tenant import Hook, Tenant
from service.store import feeds
from service.store.engine import Store

TOPIC = f"{BASE}/SubscriptionTopic/prescreening"
NOT_WATCHED = frozenset({"Medication"})  # it tells of no patient
SUBSCRIPTION = "Subscription"


@dataclass(frozen=True, slots=True)
class Asked:
    """A Subscription of a hook. `feed`: how the store calls it; `known`: its id on the server, if it is set."""

    feed: str
    wanted: Wanted
    known: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of a Subscription that was asked for; or (`asked` None) of one that nobody wants any more."""

    feed: str
    standing: Standing | None
    switched_off: str | None = None


def needed_types(tenant: Tenant, hook: Hook) -> tuple[str, ...]:
    """The types that are told of at this hook, sorted: those of the hook, of what the open studies need."""
    needed = Needs(tenant.open_studies, tenant.catalog.terminology).types - NOT_WATCHED
    return tuple(sorted(needed & set(hook.kinds) if hook.kinds else needed))


def wanted_by(tenant: Tenant, address: str, features: Features) -> tuple[Asked, ...]:
    """What to ask this server for. `address`: where it reaches this service, without a slash at the end.

    Raises UsageError where the server has no Subscriptions, or the tenant has no hook.
    """
    if not tenant.hooks:
        raise UsageError(f"the tenant {tenant.name} has no hook at which notifications could come in")
    if reasons := features.missing("subscriptions"):
        raise UsageError("; ".join(reasons))
    if features.release not in ("R4", "R4B"):
        raise UsageError("Subscriptions are made on servers of R4 and R4B")
    topic = chosen_topic(features, (TOPIC,))
    return tuple(each for hook in tenant.hooks for each in _of_hook(tenant, hook, address, features.release, topic))


def _of_hook(tenant: Tenant, hook: Hook, address: str, release: str, topic: str | None) -> Iterator[Asked]:
    heartbeat = int(hook.heartbeat.total_seconds()) if hook.heartbeat is not None else None

    def wanted(criteria: str, payload: str) -> Wanted:
        return Wanted(
            f"{address}/hooks/{hook.name}",
            criteria,
            by_topic=topic is not None,
            payload=payload,
            secret=hook.secret,
            secret_header=hook.secret_header,
            heartbeat=heartbeat if topic is not None else None,
            release=release,
        )

    if topic is not None:
        yield Asked(hook.feed, wanted(topic, "id-only"), hook.subscription)
        return
    kinds = needed_types(tenant, hook)
    for kind in kinds:
        (criteria,) = criteria_for(kind, ())
        # By criteria there is no id-only. What is not believed need not be sent.
        asked = wanted(criteria, "full-resource" if hook.trusted else "empty")
        yield Asked(hook.feed if len(kinds) == 1 else f"{hook.feed}/{kind}", asked, hook.subscription)


def shown(asked: Asked) -> Resource:
    """The Subscription as it would be created, without the secret and the address that nobody may know."""
    resource = as_resource(asked.wanted)
    channel = resource["channel"]
    assert isinstance(channel, dict), "a Subscription of ours has a channel"
    hidden: Resource = {"endpoint": asked.wanted.endpoint.rpartition("/")[0] + "/…"}
    if "header" in channel:
        hidden["header"] = [f"{asked.wanted.secret_header}: …"]
    return {**resource, "channel": {**channel, **hidden}}


def subscribe(
    store: Store,
    tenant: Tenant,
    address: str,
    connection: Connection,
    now: datetime,
    recover: Callable[[str], None],
) -> Iterator[Seen]:
    """Make every Subscription stand as wanted, one after the other, and keep what the server made of it.

    `recover(feed)` makes good what one in error missed, before it is requested again. Of ours that nobody wants any
    more, as a study was closed, the server is asked to send nothing more.
    """
    asked = wanted_by(tenant, address, connection.features)
    standing: set[str] = set()
    for each in asked:
        found = _ensured(store, tenant, each, connection, now, recover)
        standing.add(found.id)
        yield Seen(each.feed, found)
    for id in _surplus(connection, {each.wanted.endpoint for each in asked}, standing):
        switch_off(connection.client, id)
        yield Seen("", None, switched_off=id)
    for feed in feeds.of_tenant(store, tenant.name):
        if feed.wanted is not None and feed.subscription not in {each.feed for each in asked}:
            feeds.forget(store, tenant.name, feed.subscription)


def _ensured(
    store: Store,
    tenant: Tenant,
    asked: Asked,
    connection: Connection,
    now: datetime,
    recover: Callable[[str], None],
) -> Standing:
    before = feeds.find(store, tenant.name, asked.feed)
    feeds.want(store, tenant.name, asked.feed, shown(asked))
    known = asked.known or (before.server_id if before is not None else None)
    if known is not None and before is not None and before.server_id != known:
        feeds.observe(store, tenant.name, asked.feed, now, server_id=known, status=before.status)
    found = ensure(connection.client, asked.wanted, known, now, lambda _: recover(asked.feed))
    grave = "; ".join(each.sentence for each in found.differences if each.grave) or None
    feeds.observe(
        store, tenant.name, asked.feed, now, server_id=found.id, status=found.status, error=grave, ends=found.end
    )
    feeds.forget(store, tenant.name, f"{asked.feed}/{found.id}")  # so it was called before its id was known
    return found


def _surplus(connection: Connection, endpoints: set[str], standing: set[str]) -> Iterator[str]:
    """The ids of those that send to our endpoints, are not off, and were not asked for."""
    for endpoint in sorted(endpoints):
        for each in connection.client.search(SUBSCRIPTION, {"url": endpoint}).resources:
            channel = each.get("channel")
            ours = isinstance(channel, dict) and channel.get("endpoint") == endpoint
            if ours and each.get("status") != "off" and str(each.get("id")) not in standing:
                yield str(each["id"])
