"""Whose charts changed: read from the EHR what a notification points to, or ask it for all that is new."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from service.ehr.connect import Connection
from service.errors import ResourceGone
from service.fhir.notifications import Bases, Concerns
from service.fhir.notifications.entries import patients_of
from service.screening.needs import Needs
from service.screening.tenant import Hook, Tenant
from service.store import assessments, feeds
from service.store.engine import Store
from service.store.inbox import Delivery

FIRST_LOOK = timedelta(days=1)  # before the first notification that says nothing
# Looked up where orders refer to it; it belongs to nobody.
NOBODYS = frozenset({"Medication"})


@dataclass(frozen=True, slots=True)
class Changed:
    """The patients (ids) whose records changed since some instant. `problems`: why these may not be all."""

    patients: frozenset[str]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Whose:
    """The patients to screen, and what the feed learns from how they were found.

    `queried`: up to when the server was asked for all that is new. `doubtful`: the answer was not whole, so everybody
    has to be screened anew.
    """

    patients: frozenset[str] = frozenset()
    unneeded: int = 0
    foreign: int = 0
    queried: datetime | None = None
    doubtful: bool = False
    problems: tuple[str, ...] = field(default=(), repr=False)

    def keep(self, store: Store, tenant: str, feed: str, now: datetime) -> None:
        """Store what the feed learned."""
        if self.queried is not None:
            feeds.queried(store, tenant, feed, self.queried)
        if self.doubtful:
            feeds.reconcile(store, tenant, feed, now)


def whose(
    store: Store,
    tenant: Tenant,
    hook: Hook,
    concerned: Concerns,
    connection: Connection | None,
    delivery: Delivery,
    now: datetime,
) -> Whose:
    """Find the patients that a notification concerns. Raises EhrError.

    `connection` is there if anything is to be asked. What is about a type that no open study needs is not read at all.
    """
    patients, unneeded = pointed_to(store, tenant, concerned, connection)
    if not concerned.query or connection is None:
        return Whose(patients, unneeded, concerned.foreign)
    changed = changed_since(tenant, hook, connection, _since(store, tenant, delivery))
    complete = not changed.problems
    return Whose(
        patients | changed.patients,
        unneeded,
        concerned.foreign,
        now if complete else None,
        not complete,
        changed.problems,
    )


def pointed_to(
    store: Store, tenant: Tenant, concerned: Concerns, connection: Connection | None
) -> tuple[frozenset[str], int]:
    """The patients of what a notification points to, and how much of it no open study needs. Raises EhrError."""
    needed = needed_kinds(tenant)
    to_read = [each for each in concerned.to_read if each.partition("/")[0] in needed]
    patients, gone = set(concerned.patients), list(concerned.gone)
    if connection is not None:
        for key in to_read:
            found = read_patients(tenant, connection, key)
            patients.update(found or ())
            gone += [key] if found is None else []
    return frozenset(patients | patients_with(store, tenant, gone)), len(concerned.to_read) - len(to_read)


def needed_kinds(tenant: Tenant) -> frozenset[str]:
    """The types whose records can change an answer of an open study."""
    return Needs(tenant.open_studies, tenant.catalog.terminology).types - NOBODYS


def read_patients(tenant: Tenant, connection: Connection, key: str) -> tuple[str, ...] | None:
    """The patients that a resource (`Type/id`) is about, from the resource itself; None: it is gone.

    Raises EhrError.
    """
    kind, _, identity = key.partition("/")
    try:
        resource = connection.client.read(kind, identity, twofold=True)
    except ResourceGone:
        return None
    return patients_of(resource, Bases(tenant.own_bases))


def patients_with(store: Store, tenant: Tenant, keys: Iterable[str]) -> set[str]:
    """The patients whose assessments rest on one of these resources; of a Patient, that one."""
    found: set[str] = set()
    for key in keys:
        kind, _, identity = key.partition("/")
        found.update([identity] if kind == "Patient" else assessments.resting_on(store, tenant.name, key))
    return found


def changed_since(tenant: Tenant, hook: Hook, connection: Connection, since: datetime) -> Changed:
    """Whose records of the types that matter changed since then. Raises EhrUnavailable.

    A deletion does not show. Where the server does not tell every change, or not of every type, that is a problem.
    """
    bases = Bases(tenant.own_bases)
    needed = needed_kinds(tenant)
    kinds = sorted(needed & frozenset(hook.kinds) if hook.kinds else needed)
    problems = []
    patients: set[str] = set()
    if connection.client.dialect.last_updated_is_partial:
        problems.append("the server does not tell of every change by _lastUpdated")
    instant = since.astimezone(UTC).isoformat(timespec="seconds")
    for kind in kinds:
        result = connection.client.search(kind, {"_lastUpdated": f"ge{instant}"})
        problems += result.problems
        for resource in result.resources:
            patients.update(patients_of(resource, bases))
    return Changed(frozenset(patients), tuple(problems))


def _since(store: Store, tenant: Tenant, delivery: Delivery) -> datetime:
    feed = feeds.find(store, tenant.name, delivery.subscription)
    if feed is not None and feed.queried is not None:
        return feed.queried - tenant.pace.overlap
    return delivery.received - FIRST_LOOK
