"""Making a decision: whether this person may, it can be meant, and nobody was quicker; then all that follows.

Everything happens in one transaction: either the decision is kept, audited, shown and on its way to the target, or
nothing of it is.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from service.errors import Forbidden, UsageError
from service.screening import publish
from service.screening.access import Action, Refusal, Viewer, allows
from service.screening.access.known import bases_of
from service.screening.decisions.decided import Decided
from service.screening.decisions.given import Given, Ground, content_of
from service.screening.decisions.kinds import CONTACTS, FOR_ALL, TOGETHER, Kind, PersonStatus
from service.screening.decisions.known import of
from service.screening.patient import screening_date
from service.screening.tenant import Tenant
from service.screening.worklist import refresh
from service.store import assessments, audit, decisions, screenings
from service.store.decisions import Decision
from service.store.engine import Store

CORRECTED = "corrected"  # why somebody is screened again
TREATING = "treating-clinician"
NOT_APPROVED = "the treating clinician has not agreed to a contact yet; ask for that first"
UNKNOWN_CLINICIAN = "the EHR does not say who opened this page, so nobody can agree in their name"
NOBODY = "nobody of that id was screened for this study"
# Who may decide what; a status, and whatever stands against the machine, besides (see `action_of`).
ACTIONS: Mapping[Kind, Action] = {
    **dict.fromkeys(Kind, Action.DECIDE),
    Kind.OVERRIDE: Action.OVERRIDE,
    Kind.CORRECTION: Action.OVERRIDE,
    Kind.APPROVAL: Action.OVERRIDE,
}


def decide(
    store: Store,
    tenant: Tenant,
    viewer: Viewer,
    given: Given,
    now: datetime,
    seen: int | None,
) -> int:
    """Keep a decision of whoever is signed in; returns its id.

    `seen`: the newest decision about the same thing that they knew of (0: none); None: whatever stands may be replaced.
    Raises Forbidden, UsageError for what cannot be meant, and Outpaced where somebody, or the machine, was quicker.
    """
    with store.transaction() as whole, whole.writing() as connection:
        decisions.lock(connection, tenant.name, given.patient)
        decided = of(whole, tenant.name, given.study, given.patient)
        _permit(whole, tenant, viewer, action_of(given, decided), given.study, now)
        if _is(given, PersonStatus.CONTACTED):
            _may_contact(tenant, given.study, decided)
        ground = _ground(whole, tenant, given, decided, viewer.account, now)
        return _keep(whole, tenant, given, content_of(given, ground), viewer.account, now, seen)


def approve(
    store: Store,
    tenant: Tenant,
    given: Given,
    clinician: str | None,
    now: datetime,
    seen: int | None,
) -> int:
    """Keep the agreement of the clinician who has the chart open, as the EHR names them (an approval, nothing else)."""
    if given.kind is not Kind.APPROVAL:
        raise Forbidden("from a chart, only a contact can be agreed to")
    if clinician is None or given.study not in tenant.studies:
        raise Forbidden(UNKNOWN_CLINICIAN if clinician is None else NOBODY)
    with store.transaction() as whole, whole.writing() as connection:
        decisions.lock(connection, tenant.name, given.patient)
        decided = of(whole, tenant.name, given.study, given.patient)
        ground = _ground(whole, tenant, given, decided, clinician, now)
        return _keep(whole, tenant, given, content_of(given, ground), clinician, now, seen)


def action_of(given: Given, decided: Decided) -> Action:
    """What one has to be allowed for that: what replaces an override, or a contact, is as grave as they are."""
    if given.kind is Kind.STATUS:
        before = None if decided.status is None else decided.status.code
        return Action.CONTACT if {given.content.get("status"), before} & CONTACTS else Action.DECIDE
    if given.kind is Kind.ANSWER and given.about is not None:
        known = decided.answers.get(given.about)
        return Action.OVERRIDE if known is not None and known.against else Action.DECIDE
    return ACTIONS[given.kind]


def _is(given: Given, status: PersonStatus) -> bool:
    return given.kind is Kind.STATUS and given.content.get("status") == status


def _permit(store: Store, tenant: Tenant, viewer: Viewer, action: Action, study: str, now: datetime) -> None:
    bases = bases_of(store, tenant)
    if study not in bases:
        raise Forbidden(Refusal.NO_ROLE.value)
    refusal = allows(viewer, tenant.name, study, action, bases[study], screening_date(tenant, now))
    if refusal is not None:
        raise Forbidden(refusal.value)


def _may_contact(tenant: Tenant, study: str, decided: Decided) -> None:
    asks = tenant.catalog.studies[study].contact_approval == TREATING
    if asks and decided.approved is not True:
        raise UsageError(NOT_APPROVED)


def _ground(store: Store, tenant: Tenant, given: Given, decided: Decided, account: str, now: datetime) -> Ground:
    held = assessments.latest(store, tenant.name, given.study, given.patient)
    if held is None:
        raise Forbidden(NOBODY)
    mine = assessments.of_patient(store, tenant.name, given.patient) if given.kind is Kind.CORRECTION else ()
    lines: dict[str, Mapping[str, Any]] = {
        each.stored.study: each.stored.line for each in mine if each.withdrawn is None
    }
    return Ground(held, decided, lines, account, screening_date(tenant, now))


def _keep(
    store: Store,
    tenant: Tenant,
    given: Given,
    content: Mapping[str, Any],
    actor: str,
    now: datetime,
    seen: int | None,
) -> int:
    """Keep it, and let all that rests on it follow."""
    for_all = given.everywhere or given.kind in FOR_ALL
    study = None if for_all else given.study
    reason = (given.reason or "").strip() or None
    made = Decision(tenant.name, study, given.patient, given.kind, given.about, content, reason, actor, now)
    number = decisions.add(store, made, seen, TOGETHER[given.kind])
    detail = {"decision": number, "everywhere": given.everywhere}
    action = f"decided-{given.kind.value}"
    audit.append(store, audit.Entry(now, tenant.name, actor, action, given.study, given.patient, detail))
    if given.kind is Kind.CORRECTION and tenant.source is not None:
        screenings.request(store, tenant.name, given.patient, CORRECTED, now)
    for each in assessments.of_patient(store, tenant.name, given.patient):
        concerned = for_all or each.stored.study == given.study
        if concerned and each.withdrawn is None and each.stored.study in tenant.studies:
            publish.plan(store, tenant, each.stored.line, now)
            refresh(store, tenant.name, each.stored.study, given.patient, now)
    return number
