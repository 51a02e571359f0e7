"""Claiming a row and putting it off: decisions of people like any other, kept and then shown."""

from datetime import date, datetime

from service.errors import UsageError
from service.screening.decisions import Kind
from service.screening.worklist.projection import refresh
from service.store import decisions, worklist
from service.store.decisions import Decision
from service.store.engine import Store
from service.store.worklist import Entry


def claim(
    store: Store, tenant: str, study: str, patient: str, actor: str, take: bool, seen: int, now: datetime
) -> Entry | None:
    """Look after a row, or leave it to others. `seen`: the id of the last claim that the person knew of (0: none).

    Raises Outpaced if somebody else claimed it meanwhile.
    """
    content = {"by": actor if take else None}
    return _decide(store, Decision(tenant, study, patient, Kind.CLAIM, None, content, None, actor, now), seen)


def snooze(
    store: Store,
    tenant: str,
    study: str,
    patient: str,
    actor: str,
    until: date | None,
    today: date,
    seen: int,
    now: datetime,
) -> Entry | None:
    """Put a row off until a day, or (None) take that back. Raises Outpaced as `claim`, UsageError for a day gone by."""
    if until is not None and until <= today:
        raise UsageError("a row is put off until a day to come; choose a later one")
    content = {"until": None if until is None else until.isoformat()}
    return _decide(store, Decision(tenant, study, patient, Kind.SNOOZE, None, content, None, actor, now), seen)


def _decide(store: Store, decision: Decision, seen: int) -> Entry | None:
    assert decision.study is not None, "a row is of one study"
    with store.transaction() as whole:
        if worklist.find(whole, decision.tenant, decision.study, decision.patient) is None:
            raise UsageError("this patient stands in no worklist of the study any more")
        decisions.add(whole, decision, seen)
        return refresh(whole, decision.tenant, decision.study, decision.patient, decision.at)
