"""Signing in by an issuer: there and back in one browser, then an account with the roles of its groups."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from service.ehr.clock import Clock
from service.ehr.code_flow import Departure, departure, same
from service.ehr.jwks import KeySets
from service.ehr.openid import Identified, Identifying
from service.ehr.transport import Transport, new_session
from service.errors import LaunchRefused
from service.screening.access.known import ISSUER
from service.screening.access.ways import Issuer
from service.store import accounts, launches
from service.store.accounts import Account, Given
from service.store.attempts import digest_of
from service.store.engine import Store
from service.store.launches import Launch
from service.store.sealed import new_key

PATIENCE = timedelta(minutes=10)  # between leaving for the issuer and coming back: a password and a second factor
NO_TENANT = "*"
STAGE = "sign-in"
USED = "This answer was used before, is too old, or belongs to another browser. Sign in again."


@dataclass(frozen=True, slots=True)
class Way:
    """Where the browser goes, and what it keeps until it comes back."""

    id: str
    key: str = field(repr=False)
    address: str = field(repr=False)


class Issuers:
    """The issuers by which people sign in."""

    def __init__(
        self, issuers: Iterable[Issuer], store: Store, clock: Clock, transport: Transport | None = None
    ) -> None:
        self._store, self._clock = store, clock
        sent_by = transport or new_session()
        keys = KeySets(sent_by, clock)
        self._known = {each.name: (each, Identifying(each.client, sent_by, keys, clock=clock)) for each in issuers}

    def leave(self, name: str) -> Way | None:
        """To the issuer of this name; None: there is none. Raises EhrError, StoreError."""
        if name not in self._known:
            return None
        identity = secrets.token_urlsafe(16)
        parting = departure(f"{identity}.")
        address = self._known[name][1].address(parting)
        key, now = new_key(), self._clock.now()
        content = {"stage": STAGE, "issuer": name, **asdict(parting)}
        launches.add(self._store, Launch(identity, NO_TENANT, content, now + PATIENCE), key, now)
        return Way(identity, key, address)

    def returned(self, name: str, state: str, key: str, code: str | None, sender: str | None) -> Account:
        """Whose browser came back from the issuer of this name, once. Raises LaunchRefused, EhrError, StoreError."""
        identity = state.partition(".")[0]
        found = launches.find(self._store, identity, key, self._clock.now())
        content = found.content if found is not None else {}
        theirs = (content.get("stage"), content.get("issuer")) == (STAGE, name) and name in self._known
        if not theirs or not same(str(content["state"]), state) or not launches.remove(self._store, identity):
            raise LaunchRefused(USED)
        parting = Departure(str(content["state"]), str(content["nonce"]), str(content["verifier"]))
        if code is None:
            raise LaunchRefused("The issuer did not let you in. Sign in again, or ask whoever looks after it.")
        issuer, identifying = self._known[name]
        return _account(self._store, issuer, identifying.identified(code, parting, sender), self._clock.now())


def _account(store: Store, issuer: Issuer, person: Identified, now: datetime) -> Account:
    """The account of a person whom the issuer knows, made where there is none, with what its groups give now."""
    with store.transaction() as whole:
        found = accounts.linked(whole, issuer.client.issuer, person.subject)
        if found is None:
            # Of the issuer's own words nothing becomes an id: it could be that of somebody else here.
            identity = f"{issuer.name}-{digest_of(issuer.client.issuer, person.subject)[:20]}"
            found = Account(identity, person.name, now, person.email)
            accounts.add(whole, found)
            accounts.link(whole, identity, issuer.client.issuer, person.subject)
        elif (found.name, found.email) != (person.name, person.email):
            accounts.change(whole, found.id, name=person.name, email=person.email)
        _give_what_groups_give(whole, issuer, found.id, person.groups, now)
    return found


def _give_what_groups_give(store: Store, issuer: Issuer, account: str, groups: frozenset[str], now: datetime) -> None:
    """Roles that this issuer gave before and gives no longer go; what people gave stays."""
    giver = f"{ISSUER}{issuer.name}"
    due = {(each.tenant, each.study, str(each.role)) for each in issuer.roles if each.group in groups}
    for each in accounts.roles_of(store, account):
        if each.given_by == giver and (each.tenant, each.study, each.role) not in due:
            accounts.take(store, account, each.tenant, each.study, each.role)
    for tenant, study, role in sorted(due):
        accounts.confirm(store, Given(account, tenant, study, role, giver, now))
