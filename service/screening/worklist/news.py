"""What is new today in the studies of whoever looks: numbers alone."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.screening.reach import Away, Unloaded, away, unloaded
from service.screening.tenant import Tenant
from service.screening.worklist.listing import day_of
from service.store import upkeep, worklist_counts, worklist_news
from service.store.engine import Store
from service.store.inbox import INBOX
from service.store.outbox import OUTBOX
from service.store.queues import Queue
from service.store.screenings import SCREENINGS
from service.store.worklist_tabs import Tab

QUEUES: Mapping[str, Queue[Any]] = {"delivery": INBOX, "screening": SCREENINGS, "write": OUTBOX}


@dataclass(frozen=True, slots=True)
class News:
    """Of one study. `new`, `changed`: within a day. `back`: put off or kept out by time up to now, since a week ago.

    `changing`: by time alone, within two weeks.
    """

    tenant: str
    study: str
    open: int
    new: int
    changed: int
    back: int
    changing: int
    today: int
    week: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """Of a tenant: work that was given up, by kind; what keeps its subscriptions from standing; servers out of reach;
    types that studies need, of which something is lacking."""

    tenant: str
    dead: Mapping[str, int]
    waiting: int
    problem: str | None
    away: tuple[Away, ...] = ()
    unloaded: tuple[Unloaded, ...] = ()

    @property
    def is_down(self) -> bool:
        """Is there anything that should work, and does not?"""
        return bool(self.dead or self.problem or self.away)


def news_of(store: Store, tenant: Tenant, studies: Collection[str], now: datetime) -> tuple[News, ...]:
    """The numbers of these studies."""
    today, began = day_of(tenant, now)
    found = []
    for study in studies:
        counts = worklist_counts.by_stand(store, tenant.name, study, today)
        number = sum(number for (tab, _), number in counts.items() if tab is Tab.NOW)
        told = worklist_news.count(store, tenant.name, study, today, began, now)
        found.append(News(tenant.name, study, number, **{which.value: each for which, each in told.items()}))
    return tuple(found)


def trouble_of(store: Store, tenant: Tenant, studies: Collection[str]) -> Trouble:
    """What does not work for a tenant, and for these of its studies."""
    counts = {kind: queue.counts(store).get(tenant.name) for kind, queue in QUEUES.items()}
    dead = {kind: each.dead for kind, each in counts.items() if each is not None and each.dead}
    waiting = sum(each.waiting for each in counts.values() if each is not None)
    kept = next(iter(upkeep.every(store, tenant.name)), None)
    problem, lacking = None if kept is None else kept.problem, unloaded(store, tenant, studies)
    return Trouble(tenant.name, dead, waiting, problem, away(store, tenant), lacking)
