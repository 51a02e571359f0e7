"""What administrators do: give roles and take them, enter on which basis a study stands. Each of it is audited."""

from __future__ import annotations

from datetime import date, datetime

from service.errors import UsageError
from service.screening.access.audited import note_deed
from service.screening.access.known import NO_BASIS
from service.screening.access.policy import EVERY_STUDY, WORKING, BasisKind, Role
from service.screening.tenant import Tenant
from service.store import accounts, bases, sessions
from service.store.accounts import Given
from service.store.bases import Entered
from service.store.engine import Store

KINDS = (*BasisKind, NO_BASIS)
LONGEST = 200
OF_THEIR_OWN = "nobody gives a role to themselves; ask another administrator"


def give(store: Store, tenant: Tenant, study: str, account: str, role: str, actor: str, now: datetime) -> None:
    """Give somebody (by id or e-mail address) a role in a study (`*`: in each). Raises UsageError."""
    check_study(tenant, study)
    found = accounts.named(store, account)
    if found is None:
        raise UsageError("there is no such account; people who sign in by an issuer have to do so once before")
    if found.id == actor:
        raise UsageError(OF_THEIR_OWN)
    if role not in tuple(Role):
        raise UsageError(f"a role is one of {', '.join(Role)}")
    with store.transaction() as whole:
        accounts.give(whole, Given(found.id, tenant.name, study, role, actor, now))
        note_deed(whole, actor, tenant.name, study, "role-given", now, account=found.id, role=role)


def take(store: Store, tenant: Tenant, study: str, account: str, role: str, actor: str, now: datetime) -> bool:
    """Take a role away; False if it was not given."""
    with store.transaction() as whole:
        taken = accounts.take(whole, account, tenant.name, study, role)
        if taken:
            note_deed(whole, actor, tenant.name, study, "role-taken", now, account=account, role=role)
    return taken


def disable(store: Store, account: str, tenant: str, actor: str, now: datetime) -> bool:
    """Let somebody in no more, and end their sessions; False if there is no such account, or it is disabled."""
    found = accounts.find(store, account)
    if found is None or found.disabled is not None:
        return False
    with store.transaction() as whole:
        accounts.change(whole, account, disabled=now)
        sessions.end_all(whole, account)
        note_deed(whole, actor, tenant, None, "account-disabled", now, account=account)
    return True


def enter(
    store: Store,
    tenant: Tenant,
    study: str,
    kind: str,
    approval: str | None,
    expires: date | None,
    roles: tuple[str, ...],
    actor: str,
    now: datetime,
) -> None:
    """Enter the basis of a study; kind `none` ends the one that holds. Raises UsageError."""
    if study not in tenant.studies:
        raise UsageError("this is no open study of the tenant")
    if kind not in KINDS:
        raise UsageError(f"the kind of a basis is one of {', '.join(KINDS)}")
    number = (approval or "").strip() or None
    if kind not in (NO_BASIS, BasisKind.PREPARATORY) and number is None:
        raise UsageError("say under which number it was approved")
    if number is not None and (len(number) > LONGEST or not number.isprintable()):
        raise UsageError(f"the number of an approval has at most {LONGEST} characters, in one line")
    unknown = set(roles) - WORKING
    if unknown or (kind != NO_BASIS and not roles):
        raise UsageError(f"say which roles may see patients: some of {', '.join(sorted(WORKING))}")
    with store.transaction() as whole:
        bases.add(whole, Entered(tenant.name, study, kind, number, expires, tuple(sorted(set(roles))), actor, now))
        note_deed(whole, actor, tenant.name, study, "basis-entered", now, kind=kind)


def check_study(tenant: Tenant, study: str) -> None:
    """Raises UsageError for what is neither an open study nor `*`."""
    if study != EVERY_STUDY and study not in tenant.studies:
        listed = ", ".join(tenant.studies)
        raise UsageError(f"there is no open study of that id; there are: {listed}, and {EVERY_STUDY} for each")
