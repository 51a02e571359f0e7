"""What the worker does for the pages of studies: it keeps what each study says, and counts once a day and when asked.

A count reads every assessment that holds, page by page, and keeps nothing but numbers: 100,000 of them take seconds
that nobody should wait for in front of a page, so the page shows what was counted last, and says when that was.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from service.eligibility.criteria import Study
from service.screening.decisions import decided_of, with_decisions
from service.screening.patient import screening_date
from service.screening.studying.counts import Counts
from service.screening.studying.versions import version_of
from service.screening.tenant import Tenant
from service.store import studying
from service.store.engine import Store

LEASE = timedelta(minutes=15)


def never() -> bool:
    """Nobody wants to stop."""
    return False


def look_after(store: Store, tenant: Tenant, now: datetime, stopping: Callable[[], bool] = never) -> int:
    """Count those studies for which that is due, unless somebody else does. Returns how many were counted."""
    return sum(count_due(store, tenant, study, now, stopping) for study in tenant.open_studies)


def keep_versions(store: Store, tenant: Tenant, now: datetime) -> int:
    """Keep what each open study says now; how many say something new."""
    kept = {
        (each.study, each.version, each.digest)
        for study in tenant.studies
        for each in studying.versions(store, tenant.name, study)
    }
    said = [version_of(tenant, study, now) for study in tenant.open_studies]
    new = [each for each in said if (each.study, each.version, each.digest) not in kept]
    return sum(studying.keep_version(store, each) for each in new)


def count_due(store: Store, tenant: Tenant, study: Study, now: datetime, stopping: Callable[[], bool] = never) -> bool:
    """Count a study, if today's count is missing or was asked for."""
    day, until = screening_date(tenant, now), now + LEASE
    if not studying.begin(store, tenant.name, study.id, day, now, until):
        return False
    content = counted_now(store, tenant, study, stopping)
    if content is None:
        studying.give_back(store, tenant.name, study.id, day, until, now)
        return False
    return studying.end(store, tenant.name, study.id, day, content, now, until)


def count_now(store: Store, tenant: Tenant, study: Study, now: datetime) -> bool:
    """Count a study anew, unless somebody is at it."""
    studying.ask(store, tenant.name, study.id, screening_date(tenant, now), now)
    return count_due(store, tenant, study, now)


def counted_now(
    store: Store, tenant: Tenant, study: Study, stopping: Callable[[], bool] = never
) -> dict[str, Any] | None:
    """What the assessments that hold add up to; None if it was to stop."""
    counts = Counts(each.id for each in study.criteria)
    for each in studying.holding(store, tenant.name, study.id):
        if stopping():
            return None
        if each.withdrawn:
            counts.add_withdrawn()
        else:
            decided = decided_of(each.decisions)
            counts.add(with_decisions(each.line, decided), decided)
    return counts.document()
