"""Who somebody is, and on which basis a study stands, from what is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from service.screening.access.policy import Basis, BasisKind, Role, Viewer
from service.screening.tenant import Tenant
from service.store import accounts, bases, sessions
from service.store.bases import Entered
from service.store.engine import Store
from service.store.sessions import Session

IDLE = timedelta(hours=1)
GROUPS_LAST = timedelta(days=30)
ISSUER = "issuer:"  # before the name of the issuer that gave a role
NO_BASIS = "none"


def viewer_of(store: Store, account: str, now: datetime) -> Viewer | None:
    """The person of this account, with their roles; None if there is none, or it is disabled.

    A role by a group counts no longer than `GROUPS_LAST` after its issuer gave it last: who left the hospital does not
    sign in by it any more, and so is never looked up there again.
    """
    found = accounts.find(store, account)
    if found is None or found.disabled is not None:
        return None
    given: dict[tuple[str, str], set[Role]] = {}
    for each in accounts.roles_of(store, account):
        if each.given_by.startswith(ISSUER) and each.given + GROUPS_LAST <= now:
            continue
        given.setdefault((each.tenant, each.study), set()).add(Role(each.role))
    return Viewer(found.id, found.name, {key: frozenset(each) for key, each in given.items()})


def signed_in(store: Store, token: str, now: datetime, idle: timedelta = IDLE) -> tuple[Session, Viewer] | None:
    """The session of a browser's token, and whose it is; None: nobody is signed in there."""
    session = sessions.find(store, token, now, idle)
    viewer = None if session is None else viewer_of(store, session.account, now)
    if session is None or viewer is None:
        return None
    return session, replace(viewer, source=session.source)


def bases_of(store: Store, tenant: Tenant) -> Mapping[str, Basis | None]:
    """The basis of each open study of a tenant, whether it is valid today or not."""
    entered = bases.latest(store, tenant.name)
    return {each: _basis(entered.get(each)) for each in tenant.studies}


def _basis(entered: Entered | None) -> Basis | None:
    if entered is None or entered.kind == NO_BASIS:
        return None
    roles = frozenset(Role(each) for each in entered.roles)
    return Basis(BasisKind(entered.kind), entered.approval, entered.expires, roles)
