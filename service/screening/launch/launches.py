"""Launches from an EHR, from the click in the chart to the page: each in its own browser, for its own patient.

Two stages: one that waits for the person's permission, once and for minutes, and one that shows the patient. Each has
an id and a key of its own; only the browser has the key, and what is stored is sealed with it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any

from service.ehr.clock import SYSTEM, Clock
from service.ehr.code_flow import Departure, departure, same
from service.ehr.granted import Granted
from service.ehr.id_token import Person
from service.ehr.jwks import KeySets
from service.ehr.smart_launch import App, Launching
from service.ehr.transport import Transport, new_session
from service.errors import LaunchRefused
from service.screening.tenant import Tenant
from service.store import launches
from service.store.engine import Store
from service.store.launches import Launch
from service.store.sealed import new_key

WAITING, OPEN = "waiting", "open"
PATIENCE = timedelta(minutes=5)  # between the click and the permission
LONGEST = timedelta(hours=8)  # that a page stays open by renewed tokens
AGAIN = "Open it again from the chart of the patient."
UNKNOWN_EHR = "This service is not set up for the EHR that opened it. Tell whoever looks after it."
NOT_HERE = f"This page was opened in another browser, or too long ago. {AGAIN}"
USED = f"This answer was used before, is too old, or belongs to another browser. {AGAIN}"
FOR_STAFF = "This page is for those who care for the patient; the account that opened it is not one of theirs."


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the browser is given: where to go, and for how long it keeps the key under which name."""

    id: str
    key: str = field(repr=False)
    app: App
    lasts: timedelta
    address: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Returned:
    """A launch that came back from the EHR, and can do so no second time."""

    tenant: Tenant
    app: App
    parting: Departure = field(repr=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """A launch that may show its patient. `person`: who opened it, if the EHR let us know."""

    tenant: Tenant
    app: App
    granted: Granted = field(repr=False)
    person: str | None = None


@dataclass(frozen=True, slots=True)
class _Entrance:
    tenant: Tenant
    launching: Launching


class Launches:
    """The launches of all tenants, in whatever process they go on."""

    def __init__(
        self, tenants: Iterable[Tenant], store: Store, clock: Clock = SYSTEM, transport: Transport | None = None
    ) -> None:
        self.store, self.clock = store, clock
        self.transport = transport or new_session()
        keys = KeySets(self.transport, clock)
        self._entrances = {
            app.iss: _Entrance(tenant, Launching(app, self.transport, keys, clock=clock))
            for tenant in tenants
            for app in tenant.launch
        }

    @property
    def apps(self) -> tuple[App, ...]:
        """All apps."""
        return tuple(each.launching.app for each in self._entrances.values())

    def app(self, iss: str) -> App | None:
        """The app that is registered with this EHR, if any: nothing is asked of any other one."""
        found = self._entrances.get(iss.rstrip("/"))
        return found.launching.app if found else None

    def begin(self, app: App, launch: str) -> Ticket:
        """Prepare a launch; its ticket says where the browser asks for permission. Raises EhrError, StoreError."""
        entrance = self._entrances[app.iss]
        identity = _new_id()
        parting = departure(f"{identity}.")
        address = entrance.launching.address(launch, parting)
        content = {"stage": WAITING, "iss": app.iss, **asdict(parting)}
        return replace(self._kept(identity, entrance, content, PATIENCE), address=address)

    def returned(self, identity: str, key: str, state: str) -> Returned:
        """The launch that this state belongs to, once. Raises LaunchRefused."""
        found = launches.find(self.store, identity, key, self.clock.now())
        content: Mapping[str, Any] = found.content if found is not None else {}
        entrance = self._entrances.get(content.get("iss", ""))
        if content.get("stage") != WAITING or entrance is None or not same(content["state"], state):
            raise LaunchRefused(USED)
        if not launches.remove(self.store, identity):
            raise LaunchRefused(USED)
        parting = Departure(content["state"], content["nonce"], content["verifier"])
        return Returned(entrance.tenant, entrance.launching.app, parting)

    def arrive(self, returned: Returned, code: str, sender: str | None = None) -> Ticket:
        """Exchange the code at once, and open the launch. Raises EhrError, LaunchRefused, StoreError.

        `sender`: which authorization server the answer says it is of; None: it does not.
        """
        entrance = self._entrances[returned.app.iss]
        entrance.launching.check_sender(sender)
        granted, person = entrance.launching.arrived(code, returned.parting)
        if person is not None and person.is_patient:
            raise LaunchRefused(FOR_STAFF)
        return self._kept(_new_id(), entrance, _content(returned.app, granted, person), _lasts(granted, self.clock))

    def opened(self, identity: str, key: str) -> Opened:
        """The launch of this browser, with a token that is good for now. Raises LaunchRefused, EhrError, StoreError."""
        now = self.clock.now()
        found = launches.find(self.store, identity, key, now)
        content: Mapping[str, Any] = found.content if found is not None else {}
        entrance = self._entrances.get(content.get("iss", ""))
        if found is None or content.get("stage") != OPEN or entrance is None or entrance.tenant.name != found.tenant:
            raise LaunchRefused(NOT_HERE)
        granted = Granted.of_json(content["granted"])
        if granted.until <= now:
            granted = self._renewed(found, key, entrance, granted)
        return Opened(entrance.tenant, entrance.launching.app, granted, content["person"])

    def _renewed(self, found: Launch, key: str, entrance: _Entrance, granted: Granted) -> Granted:
        if granted.refresh is None:
            raise LaunchRefused(NOT_HERE)
        renewed = entrance.launching.renewed(granted)
        content = {**found.content, "granted": renewed.as_json()}
        launches.change(self.store, replace(found, content=content), key)
        return renewed

    def _kept(self, identity: str, entrance: _Entrance, content: Mapping[str, object], lasts: timedelta) -> Ticket:
        now, key = self.clock.now(), new_key()
        launches.add(self.store, Launch(identity, entrance.tenant.name, content, now + lasts), key, now)
        return Ticket(identity, key, entrance.launching.app, lasts)


def _new_id() -> str:
    """128 bits."""
    return secrets.token_urlsafe(16)


def _content(app: App, granted: Granted, person: Person | None) -> dict[str, object]:
    """What is kept of an open launch; without a patient there is nothing that the token would be good for."""
    kept = granted if granted.patient is not None else replace(granted, token="", refresh=None)
    return {
        "stage": OPEN,
        "iss": app.iss,
        "granted": kept.as_json(),
        "person": person.name if person is not None else None,
    }


def _lasts(granted: Granted, clock: Clock) -> timedelta:
    return LONGEST if granted.refresh is not None else min(granted.until - clock.now(), LONGEST)
