"""Which servers of a tenant are out of reach, and what is not loaded, as the worker and the exports found it last.

An answer of a study rests on the absence of records only where all of their type were loaded (SEMANTICS §4). So where a
type is lacking for everybody, criteria stay open, and somebody has to be told.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from service.eligibility.criteria import Study
from service.eligibility.criteria.walk import within
from service.eligibility.evaluate.context import RESOURCE_TYPES
from service.eligibility.facts import Kind, Loaded
from service.eligibility.policy import MEDICATION_TYPES, Policy
from service.errors import EhrError, EhrRefused
from service.screening.needs import kinds_of
from service.screening.publish_results import code_of
from service.screening.tenant import Tenant
from service.store import troubles
from service.store.engine import Store
from service.store.troubles import WHOLE, Trouble

SOURCE, TARGET, SUBSCRIPTIONS, APPOINTMENTS = "source", "target", "subscriptions", "appointments"
EXPORT, REFUSED = "export", "refused"
NOT_LOADED, PARTLY_LOADED = "not-loaded", "partly-loaded"


@dataclass(frozen=True, slots=True)
class Away:
    """A use of a server that did not work when it was tried last, `at`. `refused`: it answers, and does not let us."""

    use: str
    refused: bool
    since: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class Unloaded:
    """A type of which something is lacking at a place (`source`, `export`), and the criteria of each open study that
    need it. `partly`: something of it was loaded."""

    place: str
    type: str
    partly: bool
    since: datetime
    at: datetime
    criteria: Mapping[str, tuple[str, ...]]


def missed(store: Store, tenant: str, use: str, problem: EhrError, now: datetime) -> None:
    """A server did not answer, or did not let us."""
    code = code_of(problem)
    told = f"{REFUSED}-{code}" if isinstance(problem, EhrRefused) and not code.startswith(REFUSED) else code
    troubles.whole_place(store, tenant, use, told, now)


def reached(store: Store, tenant: str, use: str, now: datetime) -> None:
    """A server did what it was asked."""
    troubles.whole_place(store, tenant, use, None, now)


def note_loaded(store: Store, tenant: Tenant, place: str, loaded: Mapping[str, Loaded], now: datetime) -> None:
    """How completely each type was loaded at a place, the last time."""
    needed = frozenset[str]().union(*(needed_by(each, tenant.catalog.policy) for each in tenant.open_studies))
    found = {each: loaded.get(each, Loaded.ABSENT) for each in needed}
    half = {each for each in MEDICATION_TYPES if loaded.get(each) is Loaded.INCOMPLETE and needed & {*MEDICATION_TYPES}}
    found |= dict.fromkeys(half - tenant.catalog.policy.not_kept, Loaded.INCOMPLETE)
    codes = {Loaded.ABSENT: NOT_LOADED, Loaded.INCOMPLETE: PARTLY_LOADED}
    lacking = {each: codes[how] for each, how in found.items() if how is not Loaded.COMPLETE}
    troubles.types_of(store, tenant.name, place, lacking, now)


def needed_by(study: Study, policy: Policy) -> frozenset[str]:
    """The types that have to be loaded whole before silence answers a criterion, but for those not kept at all."""
    return frozenset().union(*(_types(each.node, policy) for each in study.criteria))


def away(store: Store, tenant: Tenant) -> tuple[Away, ...]:
    """The servers that could not be reached, of those that are still in use."""
    reads = tenant.source is not None
    in_use = {
        SOURCE: reads,
        TARGET: tenant.target.server is not None,
        SUBSCRIPTIONS: reads and bool(tenant.hooks),
        APPOINTMENTS: reads and tenant.appointments,
    }
    found = {each.place: each for each in troubles.every(store, tenant.name) if each.about == WHOLE}
    chosen = [found[use] for use, used in in_use.items() if used and use in found]
    return tuple(Away(each.place, each.code.startswith(REFUSED), each.since, each.at) for each in chosen)


def unloaded(store: Store, tenant: Tenant, studies: Collection[str]) -> tuple[Unloaded, ...]:
    """The types of which something is lacking, that one of these studies needs."""
    open_ones = [each for each in tenant.open_studies if each.id in studies]
    found = []
    for each in troubles.every(store, tenant.name):
        criteria = {study.id: named for study in open_ones if (named := _needing(study, each, tenant.catalog.policy))}
        if criteria and (each.place == EXPORT or tenant.source is not None):
            partly = each.code == PARTLY_LOADED
            found.append(Unloaded(each.place, each.about, partly, each.since, each.at, criteria))
    return tuple(found)


def _needing(study: Study, trouble: Trouble, policy: Policy) -> tuple[str, ...]:
    """The criteria that need a type: any kind of drug record stands for drugs, where half of it is there."""
    half = {trouble.about} if trouble.about in MEDICATION_TYPES else set[str]()
    return tuple(
        each.id
        for each in study.criteria
        if trouble.about in _types(each.node, policy) or (half and Kind.MEDICATION in _kinds(each.node))
    )


def _types(node: object, policy: Policy) -> frozenset[str]:
    kinds = _kinds(node)
    types = {RESOURCE_TYPES[each] for each in kinds if each is not Kind.MEDICATION}
    types |= set(policy.medication_types) if Kind.MEDICATION in kinds else set()
    return frozenset(types - policy.not_kept)


def _kinds(node: object) -> frozenset[Kind]:
    return frozenset(kind for part in within(node) for kind in kinds_of(part))
