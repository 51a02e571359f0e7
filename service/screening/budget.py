"""The budget of requests per hour that a site grants: no patient is begun whom it does not suffice to end.

What was spent stands in the audit, so that all workers of a tenant share the budget, and so does one that was started
anew. The gate of each process keeps to the same limit to the last request; this keeps half-read charts from being
thrown away.
"""

from datetime import datetime, timedelta

from service.screening.patient import ACTOR
from service.screening.plan import searches
from service.screening.tenant import Tenant
from service.store import audit
from service.store.engine import Store

HOUR = timedelta(hours=1)
FETCHED = "fetched"
BESIDE = 3  # requests of a patient besides the searches: the Patient, those linked to it, Medications
MOST_ENTRIES = 5000  # of one hour


def expected(tenant: Tenant, now: datetime) -> int:
    """How many requests a patient of this tenant takes, if every search has one page."""
    return BESIDE + len(searches(tenant.open_studies, tenant.catalog, now.date()))


def suffices(store: Store, tenant: Tenant, now: datetime) -> bool:
    """Does what is left of this hour's budget suffice for another patient? A tenant without a budget has enough.

    A budget that never would, lets one patient begin when nothing was spent for an hour.
    """
    budget = tenant.source.limits.per_hour if tenant.source is not None else None
    if budget is None:
        return True
    spent = spent_since(store, tenant.name, now - HOUR)
    return spent == 0 or spent + expected(tenant, now) <= budget


def spend(store: Store, tenant: Tenant, patient: str, number: int, now: datetime) -> None:
    """So many requests were made for a patient."""
    if tenant.source is not None and tenant.source.limits.per_hour is not None and number:
        audit.append(store, audit.Entry(now, tenant.name, ACTOR, FETCHED, patient=patient, detail={"requests": number}))


def spent_since(store: Store, tenant: str, since: datetime) -> int:
    """How many requests were made for patients since then."""
    spent = 0
    for each in audit.entries(store, tenant, MOST_ENTRIES):
        if each.at < since:
            break
        if each.action == FETCHED:
            spent += int((each.detail or {}).get("requests") or 0)
    return spent
