"""The Subscriptions that a tenant's open studies need: which they are.

By a topic (our own where the server lists it, or the one that is set), one for each hook; else by criteria, one for
each type that the studies need. By criteria, the most numerous types are narrowed to the codes that the studies ask
for: `code_groups` says why that makes no answer wrong.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from service.ehr.connect import Connection
from service.ehr.subscribing import offered_topics
from service.ehr.subscriptions import chosen_topic
from service.ehr.wanted import Wanted, criteria_for
from service.errors import UsageError
from service.fhir.own import BASE
from service.screening.code_groups import searches_for
from service.screening.needs import Needs
from service.screening.tenant import Hook, Tenant

TOPIC = f"{BASE}/SubscriptionTopic/prescreening"
NOT_WATCHED = frozenset({"Medication"})  # it tells of no patient


@dataclass(frozen=True, slots=True)
class Asked:
    """A Subscription of a hook. `feed`: how the store calls it; `known`: its id on the server, if it is set.

    `kinds`: the types that it tells of; empty: all that the hook is about.
    """

    feed: str
    wanted: Wanted
    known: str | None = None
    kinds: tuple[str, ...] = ()


def needed_types(tenant: Tenant, hook: Hook) -> tuple[str, ...]:
    """The types that are told of at this hook, sorted: those of the hook, of what the open studies need."""
    needed = _needs(tenant).types - NOT_WATCHED
    return tuple(sorted(needed & set(hook.kinds) if hook.kinds else needed))


def wanted_by(tenant: Tenant, address: str, connection: Connection) -> tuple[Asked, ...]:
    """What to ask this server for. `address`: where it reaches this service, without a slash at the end.

    Raises UsageError where the server has no Subscriptions, or none that would do, or the tenant has no hook.
    """
    features = connection.features
    if not tenant.hooks:
        raise UsageError(f"the tenant {tenant.name} has no hook at which notifications could come in")
    if reasons := features.missing("subscriptions"):
        raise UsageError("; ".join(reasons))
    if features.release is None:
        raise UsageError("Subscriptions are made on servers of R4, R4B and R5; this one says that it is neither")
    unset = any(hook.topic is None for hook in tenant.hooks)
    offered = offered_topics(connection.client, features) if unset else frozenset()
    return tuple(each for hook in tenant.hooks for each in _of_hook(tenant, hook, address, connection, offered))


def _of_hook(
    tenant: Tenant, hook: Hook, address: str, connection: Connection, offered: frozenset[str]
) -> Iterator[Asked]:
    release = str(connection.features.release)
    topic = hook.topic or chosen_topic(offered, (TOPIC,))
    if topic is not None:
        yield Asked(hook.feed, _wanted(hook, address, release, topic, by_topic=True), hook.subscription)
        return
    if release == "R5":
        raise UsageError(_no_topic(hook, offered))
    listed = tuple(_searches(tenant, hook, connection))
    if hook.subscription is not None and len(listed) > 1:
        raise UsageError(
            f"the hook {hook.feed} names one subscription, and {len(listed)} are needed; "
            "remove `subscription`, or set `kinds` and `narrowed` so that there is one"
        )
    for name, kind, criteria in listed:
        feed = hook.feed if len(listed) == 1 and name == kind else f"{hook.feed}/{name}"
        wanted = _wanted(hook, address, release, criteria, by_topic=False)
        yield Asked(feed, wanted, hook.subscription, (kind,))


def _searches(tenant: Tenant, hook: Hook, connection: Connection) -> Iterator[tuple[str, str, str]]:
    """(name, type, criteria): a narrowed type has a name with a number for each group, however many there are."""
    needs = _needs(tenant)
    for kind in needed_types(tenant, hook):
        if kind not in hook.narrowed:
            yield kind, kind, criteria_for(kind, ())[0]
            continue
        for number, criteria in enumerate(searches_for(kind, needs, connection.features), 1):
            yield f"{kind}/{number}", kind, criteria


def _wanted(hook: Hook, address: str, release: str, criteria: str, *, by_topic: bool) -> Wanted:
    heartbeat = int(hook.heartbeat.total_seconds()) if hook.heartbeat is not None else None
    # By criteria there is no id-only. What is not believed need not be sent.
    by_criteria = "full-resource" if hook.trusted else "empty"
    return Wanted(
        f"{address}/hooks/{hook.name}",
        criteria,
        by_topic=by_topic,
        payload="id-only" if by_topic else by_criteria,
        secret=hook.secret,
        secret_header=hook.secret_header,
        heartbeat=heartbeat if by_topic else None,
        release=release,
    )


def _no_topic(hook: Hook, offered: frozenset[str]) -> str:
    return (
        "the server is of R5, where Subscriptions are by topic alone, and it does not list ours; it lists: "
        f"{', '.join(sorted(offered)) or 'none that we may see'}. Load profiles/SubscriptionTopic-prescreening.json "
        f"into it ({TOPIC}), or set `topic` of the hook {hook.feed} to one that tells of the same changes"
    )


def _needs(tenant: Tenant) -> Needs:
    return Needs(tenant.open_studies, tenant.catalog.terminology)
