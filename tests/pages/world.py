"""People who are signed in to the pages of a small tenant, each with their own browser."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from service.app import app_of
from service.catalog.load import Catalog
from service.ehr.clock import Clock
from service.screening.access import BasisKind, Role
from service.screening.tenant import Tenant
from service.settings import Settings
from service.store import accounts, bases, sessions
from service.store.accounts import Account, Given
from service.store.bases import Entered
from service.store.engine import Store
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
