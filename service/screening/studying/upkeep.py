"""What the worker does for the pages of studies: it keeps what each study says, and counts once a day and when asked.

A count reads every assessment that holds, page by page, and keeps nothing but numbers: 100,000 of them take longer
than anybody should wait in front of a page, so the page shows what was counted last, and says when that was. Nor does
other work of the worker wait for it: it counts a page of patients, does what else there is, and counts on.
"""

from collections.abc import Callable, Generator
from contextlib import suppress
from datetime import datetime, timedelta

from service.eligibility.criteria import Study
from service.errors import StoreError
from service.screening.decisions import decided_of, with_decisions
from service.screening.patient import screening_date
from service.screening.studying.counts import Counts
from service.screening.studying.versions import version_of
from service.screening.tenant import Tenant
from service.store import studying, worklist_counts
from service.store.engine import Store

LEASE = timedelta(minutes=15)
DONE = object()


# A count at work: a step for each page of patients. Who closes it leaves the count to whoever comes next.
Counting = Generator[None, None, int]


def look_after(store: Store, tenant: Tenant, now: datetime) -> int:
    """Count those studies for which that is due, unless somebody else does. Returns how many were counted."""
    return _to_the_end(counting(store, tenant, lambda: now))


def counting(store: Store, tenant: Tenant, now: Callable[[], datetime]) -> Counting:
    """The same, step by step."""
    counted = 0
    for study in tenant.open_studies:
        counted += yield from _counting(store, tenant, study, now)
    return counted


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


class Upkeep:
    """What one worker does for the pages of its tenants; everything else goes on between two steps of a count."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now
        self._said: set[str] = set()
        self._counting: dict[str, Counting] = {}

    @property
    def goes_on(self) -> bool:
        """Is there a step to do?"""
        return bool(self._counting)

    def begin(self, tenant: Tenant) -> None:
        """Do what is quick, and look whether any study is to be counted, unless that is being done."""
        if tenant.name not in self._said:  # while this process lives, its studies do not change
            keep_versions(self._store, tenant, self._now())
            self._said.add(tenant.name)
        worklist_counts.put_together(self._store, tenant.name)
        self._counting.setdefault(tenant.name, counting(self._store, tenant, self._now))

    def step(self, tenant: Tenant) -> None:
        """One step, if anything of the tenant is being counted. One that fails is the last of this count."""
        steps = self._counting.pop(tenant.name, None)
        if steps is not None and next(steps, DONE) is not DONE:
            self._counting[tenant.name] = steps

    def close(self) -> None:
        """Leave what is being counted to whoever comes next: at once, or, without a database, when the lease ends."""
        while self._counting:
            with suppress(StoreError):
                self._counting.popitem()[1].close()


def count_now(store: Store, tenant: Tenant, study: Study, now: datetime) -> bool:
    """Count a study anew, unless somebody is at it."""
    studying.ask(store, tenant.name, study.id, screening_date(tenant, now), now)
    return _to_the_end(_counting(store, tenant, study, lambda: now)) > 0


def _counting(store: Store, tenant: Tenant, study: Study, now: Callable[[], datetime]) -> Counting:
    """Count a study, if today's count is missing or was asked for: 1 if that was done, 0 if not."""
    begun = now()
    key, until = (store, tenant.name, study.id, screening_date(tenant, begun)), begun + LEASE
    if not studying.begin(*key, begun, until):
        return 0
    counts, done = Counts(each.id for each in study.criteria), False
    try:
        for page in studying.holding(store, tenant.name, study.id):
            _add(counts, page)
            if len(page) == studying.PAGE:  # there may be more
                yield
                begun, longer = now(), now() + LEASE
                if not studying.renew(*key, until, longer):
                    return 0
                until = longer
        done = studying.end(*key, counts.document(), now(), until)
    finally:
        if not done:
            studying.give_back(*key, until, begun)
    return int(done)


def _add(counts: Counts, page: studying.Page) -> None:
    for each in page:
        if each.withdrawn:
            counts.add_withdrawn()
        else:
            decided = decided_of(each.decisions)
            counts.add(with_decisions(each.line, decided), decided)


def _to_the_end(steps: Counting) -> int:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return int(end.value)
