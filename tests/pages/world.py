"""People who are signed in to the pages of a small tenant, each with their own browser."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, insert

from service.app import app_of
from service.catalog.load import Catalog
from service.ehr.clock import Clock
from service.screening.access import BasisKind, Role
from service.screening.tenant import Tenant
from service.settings import Settings
from service.store import accounts, bases, sessions
from service.store.accounts import Account, Given
from service.store.bases import Entered
from service.store.engine import Store, insert_into
from service.store.people import searchable
from service.store.tables import people, worklist
from service.web.pages.desk import COOKIE, FORM_TOKEN
from tests.working.world import NOON, catalog

HOURS = timedelta(hours=8)
NORTH = "north"


@dataclass
class World:
    """An application whose clock is `now`, over this store; its tenant is `north`."""

    store: Store
    tenant: Tenant
    now: datetime
    app: Flask

    def approve(
        self,
        study: str,
        kind: BasisKind | str = BasisKind.WAIVER,
        expires: date | None = None,
        roles: Iterable[str] = ("viewer", "coordinator", "investigator"),
    ) -> None:
        """Enter a basis for a study."""
        entered = Entered(NORTH, study, str(kind), "EC 2026/17", expires, tuple(roles), "admin", self.now)
        bases.add(self.store, entered)

    def person(self, name: str, *given: tuple[str, Role | str]) -> Browser:
        """Somebody with these roles (study, role), signed in, and their browser."""
        if accounts.find(self.store, name) is None:
            accounts.add(self.store, Account(name, name.title(), self.now))
        for study, role in given:
            accounts.give(self.store, Given(name, NORTH, study, str(role), "admin", self.now))
        token = sessions.begin(self.store, name, "local", self.now, HOURS)
        client = self.app.test_client()
        client.set_cookie(COOKIE, token)
        return Browser(client, token)

    def stranger(self) -> FlaskClient:
        """The browser of somebody who is not signed in."""
        return self.app.test_client()


@dataclass
class Browser:
    """A browser in which somebody is signed in; what it posts carries the form's token."""

    client: FlaskClient
    token: str

    @property
    def form_token(self) -> str:
        """What a form of this session carries."""
        import hmac

        return hmac.new(self.token.encode(), b"form", "sha256").hexdigest()

    def get(self, path: str, **more: Any) -> Any:
        """A page."""
        return self.client.get(path, **more)

    def post(self, path: str, **fields: Any) -> Any:
        """A form that is sent."""
        return self.client.post(path, data={FORM_TOKEN: self.form_token, **fields})


def world(store: Store, content: Catalog | None = None, now: datetime = NOON, **more: Any) -> World:
    """An application over this store, with a tenant that screens for all studies of this catalog."""
    content = content or catalog()
    tenant = Tenant(NORTH, content, tuple(sorted(content.studies)), **more)
    made = World(store, tenant, now, Flask("none"))
    made.app = app_of(content, Settings(), (tenant,), store, clock=Clock(now=lambda: made.now))
    return made


SUMMARY: dict[str, Any] = {
    "signal": "strong",
    "study_version": "1.0",
    "fit": 3,
    "of": 4,
    "against": [],
    "against_more": 0,
    "settle": [],
    "settle_more": 0,
    "judged": 1,
    "next_change": None,
    "machine": None,
    "status_by": None,
    "ehr_state": None,
    "snoozed": None,
    "silences": [],
    "newest": {"claim": 0, "snooze": 0},
}


def stand(
    store: Store,
    patient: str,
    *studies: str,
    handle: str,
    name: str | None = "Eva Muster",
    born: str | None = "1970-05-05",
    number: str = "MRN 4711",
) -> str:
    """Let somebody stand in the worklists of these studies under this handle; returns it.

    Where a screening has put them there already, the row stays and they get the handle and name.
    """
    who = {"tenant": NORTH, "patient": patient, "handle": handle, "name": name, "born": born, "sex": "female"}
    who |= {"found_by": searchable(name), "identifiers": {number: "MR"}, "numbers": f" {number} ", "touched": NOON}
    row = {"tenant": NORTH, "patient": patient, "place": "open", "standing": "needs_review", "rank": 0}
    row |= {"unresolved": 1, "look_again": False, "missing": "", "line": SUMMARY, "changed": NOON}
    with store.writing() as connection:
        connection.execute(delete(people).where(people.c.tenant == NORTH, people.c.patient == patient))
        connection.execute(insert(people).values(**who))
        for study in studies:
            there = insert_into(connection, worklist).values(**row, study=study, found_by=who["found_by"])
            connection.execute(there.on_conflict_do_nothing())
    return handle
