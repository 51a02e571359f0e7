"""Subscriptions kept alive by the worker, for tenants whose Subscriptions `prescreen subscribe` once asked for.

They are looked at where they were asked for last, and with the address that was given then: read again, compared,
renewed, recovered, made anew if somebody deleted them. One worker at a time does it. What a person has to look at is
kept with the feed, for `prescreen inbox list`, and logged once.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from service.ehr.clock import Clock
from service.ehr.connect import Connection
from service.errors import EhrError, LeaseLost, UsageError
from service.screening.subscribe import Seen, subscribe
from service.screening.tenant import Tenant
from service.store import feeds, upkeep
from service.store.engine import Store
from service.store.upkeep import Upkeep

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)  # for one Subscription
SOON = timedelta(minutes=1)  # until one that was just changed will be active
AFTER_FAILURE = timedelta(minutes=5)
ELSEWHERE = "they were asked for on another server than the source; give prescreen subscribe"


def asked_by_hand(store: Store, tenant: Tenant, server: str, address: str, clock: Clock) -> Upkeep:
    """Somebody asks for the Subscriptions of a tenant now: it is theirs, and the worker keeps them from then on."""
    return upkeep.take(store, tenant.name, server, address, clock.now() + LEASE)


def look_at_all(
    store: Store, tenant: Tenant, begun: Upkeep, connect: Callable[[], Connection], clock: Clock
) -> Iterator[Seen]:
    """Look after every Subscription, one after the other, and say when that is due again.

    Raises as `connect` and `subscribe`, when that was kept; and LeaseLost.
    """
    every = tenant.pace.upkeep
    settling = False
    try:
        if tenant.source is None or begun.server != tenant.source.base:
            raise UsageError(ELSEWHERE)
        for each in subscribe(store, tenant, begun.address, connect(), clock.now()):
            settling = settling or each.settling
            begun = upkeep.extend(store, begun, clock.now() + LEASE)
            yield each
    except (EhrError, UsageError) as problem:
        soon = AFTER_FAILURE if isinstance(problem, EhrError) else None
        upkeep.end(store, begun, clock.now(), _due(clock.now(), every, soon), str(problem))
        raise
    upkeep.end(store, begun, clock.now(), _due(clock.now(), every, SOON if settling else None))


def keep_alive(store: Store, tenant: Tenant, clock: Clock, connect: Callable[[], Connection]) -> None:
    """Look after the Subscriptions of a tenant if that is due, and nobody else does. Raises EhrError and StoreError.

    `connect` makes the connection to the source.
    """
    if tenant.pace.upkeep is None or not tenant.hooks:
        return
    begun = upkeep.begin(store, tenant.name, clock.now(), clock.now() + LEASE)
    if begun is None:
        return
    known = {each.subscription: each.error for each in feeds.of_tenant(store, tenant.name)}
    try:
        for seen in look_at_all(store, tenant, begun, connect, clock):
            _tell(tenant, seen, known.get(seen.feed))
    except LeaseLost:
        log.info("the Subscriptions of tenant %s are looked after by somebody else", tenant.name)
    except UsageError as problem:
        if str(problem) != begun.problem:
            log.warning("the Subscriptions of tenant %s are not kept alive: %s", tenant.name, problem)


def _due(now: datetime, every: timedelta | None, soon: timedelta | None) -> datetime | None:
    if every is None:
        return None
    return now + (every if soon is None else min(soon, every))


def _tell(tenant: Tenant, seen: Seen, before: str | None) -> None:
    """What a person has to look at is logged when it is new."""
    if seen.attention is not None and seen.attention != before:
        log.warning("a Subscription of tenant %s (feed %s): %s", tenant.name, seen.feed or "none", seen.attention)
