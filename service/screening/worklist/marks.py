"""Claiming a row and putting it off: decisions of people like any other, about a row that there is."""

from datetime import date, datetime

from service.errors import UsageError
from service.screening.access import Viewer
from service.screening.decisions import Kind
from service.screening.decisions.given import Given
from service.screening.decisions.make import decide
from service.screening.tenant import Tenant
from service.store import worklist
from service.store.engine import Store
from service.store.worklist import Entry


def claim(
    store: Store, tenant: Tenant, viewer: Viewer, study: str, patient: str, take: bool, seen: int, now: datetime
) -> Entry | None:
    """Look after a row, or leave it to others. `seen`: the id of the last claim that the person knew of (0: none).

    Raises Outpaced if somebody else claimed it meanwhile, Forbidden, and UsageError for a row that is gone.
    """
    return _decide(store, tenant, viewer, Given(study, patient, Kind.CLAIM, content={"claimed": take}), seen, now)


def snooze(
    store: Store, tenant: Tenant, viewer: Viewer, study: str, patient: str, until: date | None, seen: int, now: datetime
) -> Entry | None:
    """Put a row off until a day, or (None) take that back. Raises as `claim`, and UsageError for a day gone by."""
    content = {"until": None if until is None else until.isoformat()}
    return _decide(store, tenant, viewer, Given(study, patient, Kind.SNOOZE, content=content), seen, now)


def _decide(store: Store, tenant: Tenant, viewer: Viewer, given: Given, seen: int, now: datetime) -> Entry | None:
    with store.transaction() as whole:
        if worklist.find(whole, tenant.name, given.study, given.patient) is None:
            raise UsageError("this patient stands in no worklist of the study any more")
        decide(whole, tenant, viewer, given, now, seen)
        return worklist.find(whole, tenant.name, given.study, given.patient)
