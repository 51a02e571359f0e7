"""What an administrator may look after, and which part of the audit they may read."""

from datetime import UTC, date, datetime, time, timedelta

from flask import abort, request

from service.errors import Forbidden, UsageError
from service.screening.access import Action, Role
from service.screening.access.policy import EVERY_STUDY
from service.screening.tenant import Tenant
from service.store.audit import Wanted
from service.store.columns import is_fit
from service.web.pages.desk import NOT_YOURS, Desk, viewer


def mine(desk: Desk) -> dict[str, tuple[str, ...]]:
    """The studies that whoever is looking administers, by tenant. Raises Forbidden if there is none."""
    found = {
        name: tuple(each for each in tenant.studies if Role.ADMIN in viewer().roles_in(name, each))
        for name, tenant in sorted(desk.tenants.items())
    }
    found = {name: studies for name, studies in found.items() if studies}
    if not found:
        raise Forbidden(NOT_YOURS)
    return found


def looks_after_all(name: str) -> bool:
    """Do they administer every study of that tenant, also those that open later?"""
    return Role.ADMIN in viewer().roles.get((name, EVERY_STUDY), frozenset())


def scopes(desk: Desk) -> dict[str, tuple[str, ...]]:
    """In which studies they may give roles, by tenant; `*`: in each."""
    own = mine(desk)
    return {name: (*some, EVERY_STUDY) if looks_after_all(name) else some for name, some in own.items()}


def scope(desk: Desk, name: str, study: str) -> Tenant:
    """The tenant, if they may give roles in that study of it (or in each). Raises Forbidden."""
    if study != EVERY_STUDY:
        return desk.need(name, study, Action.ADMINISTER)
    if not looks_after_all(name):
        raise Forbidden(NOT_YOURS)
    return desk.tenant(name)


def entries_asked(desk: Desk) -> tuple[Tenant, Wanted]:
    """The entries that are asked for, of those that they may read: of no study only who administers all."""
    own = mine(desk)
    name = request.values.get("tenant") or next(iter(own))
    study = request.values.get("study") or None
    if name not in own or (study is not None and study not in own[name]):
        raise Forbidden(NOT_YOURS)
    studies = (study,) if study is not None else None if looks_after_all(name) else own[name]
    account = request.values.get("account") or None
    if account is not None and not is_fit(account):
        abort(400)
    try:
        since, until = _span(desk.tenants[name], day_in(request.values.get("day", "")))
    except UsageError:
        abort(400)
    return desk.tenants[name], Wanted(name, studies, account, since, until)


def day_in(text: str) -> date | None:
    """The day that was written; None: none was. Raises UsageError."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError("a day is written as YYYY-MM-DD") from None


def _span(tenant: Tenant, day: date | None) -> tuple[datetime | None, datetime | None]:
    """From when to when that day is at the site."""
    if day is None or day == date.max:
        return None, None
    zone = tenant.catalog.site.zone
    begins, ends = (datetime.combine(each, time(), zone) for each in (day, day + timedelta(days=1)))
    return begins.astimezone(UTC), ends.astimezone(UTC)
