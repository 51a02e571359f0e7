"""Who can sign in to the demonstration: people invented anew each time, with passwords that nobody knows before.

Only `app.demo_of` lets them in, and only into the database of the demonstration, which is gone with it.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from service.screening.access import BasisKind, Role
from service.screening.access.policy import EVERY_STUDY, WORKING
from service.screening.tenant import Tenant
from service.store import accounts, bases
from service.store.accounts import Account, Given
from service.store.bases import Entered
from service.store.engine import Store

ENTERED_BY = "demo"
APPROVAL = "invented for the demonstration"
PASSWORD_BYTES = 12
# Two, so that one can see what happens when both decide: one may do everything, the other only what coordinators may.
PEOPLE: dict[str, tuple[str, tuple[Role, ...]]] = {
    "demo": ("Dana Muster", (Role.COORDINATOR, Role.INVESTIGATOR, Role.ADMIN)),
    "second": ("Kim Beispiel", (Role.COORDINATOR,)),
}


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody of the demonstration."""

    account: str
    name: str
    roles: tuple[Role, ...]
    password: str = field(repr=False)


def invited() -> tuple[Invited, ...]:
    """The people of one demonstration."""
    return tuple(
        Invited(account, name, roles, secrets.token_urlsafe(PASSWORD_BYTES))
        for account, (name, roles) in PEOPLE.items()
    )


def admit(store: Store, tenant: Tenant, people: Iterable[Invited], now: datetime, hashed: Callable[[str], str]) -> None:
    """Give them accounts and their roles in each study, each study a basis. `hashed`: what is kept of a password."""
    for each in people:
        accounts.add(store, Account(each.account, each.name, now, password=hashed(each.password)))
        for role in each.roles:
            accounts.give(store, Given(each.account, tenant.name, EVERY_STUDY, str(role), ENTERED_BY, now))
    roles = tuple(sorted(map(str, WORKING)))
    for study in tenant.studies:
        bases.add(
            store,
            Entered(tenant.name, study, str(BasisKind.WAIVER), APPROVAL, None, roles, ENTERED_BY, now),
        )
