"""The demonstration behind a real port, and every page of it: add a line to PAGES, and it is looked at, too."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Page
from sqlalchemy import select
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.serving import make_server

from service.app import demo_of
from service.screening.demo_people import Invited, invited
from service.store.engine import open_store
from service.store.tables import people as people_table
from tests.fhir_server.server import HOST, Quiet

STUDY = "igg4-rd-sirolimus"
TENANT = "demo"
# name: address. {handle} is that of a patient. Those that the application does not have are left out.
PAGES = {
    "sign-in": "/sign-in",
    "home": "/",
    "today": "/today",
    "worklists": "/worklist",
    "worklist": f"/worklist/{TENANT}/{STUDY}?tab=now",
    "worklist-later": f"/worklist/{TENANT}/{STUDY}?tab=later",
    "patient": "/p/{handle}",
    "patient-study": f"/p/{{handle}}/{STUDY}",
    "patient-history": f"/p/{{handle}}/{STUDY}/history",
    "study": f"/study/{TENANT}/{STUDY}",
    "study-versions": f"/study/{TENANT}/{STUDY}/versions",
    "account": "/account",
    "admin-people": "/admin/people",
    "admin-studies": "/admin/studies",
    "admin-audit": "/admin/audit",
    "refused": "/sign-out",
}
# Nobody may be signed in there.
BEFORE = {"sign-in"}


@dataclass(frozen=True)
class Demo:
    """The demonstration, and who can sign in."""

    address: str
    app: Flask
    people: tuple[Invited, ...]
    handle: str | None
    place: Path
    kept: list[Any] = field(default_factory=list, compare=False, repr=False)

    def has(self, name: str) -> bool:
        """Does the application have this page yet?"""
        path = PAGES[name].partition("?")[0]
        if "{handle}" in path and self.handle is None:
            return False
        try:
            self.app.url_map.bind("localhost").match(path)
        except MethodNotAllowed:
            return True
        except HTTPException:
            return False
        return True

    def url(self, name: str) -> str:
        """Where the page stands."""
        return self.address + PAGES[name].format(handle=self.handle)

    def enter(self, page: Page, account: str = "demo") -> None:
        """Sign in, as a person does."""
        (person,) = [each for each in self.people if each.account == account]
        page.goto(f"{self.address}/sign-in")
        page.locator("#account").fill(person.account)
        page.locator("#password").fill(person.password)
        page.locator("main form button").click()
        page.wait_for_url(lambda address: "sign-in" not in address)

    def _come_back(self, page: Page) -> None:
        """As `demo`, who signed in once, in whichever browser."""
        if not self.kept:
            self.enter(page)
            self.kept.extend(page.context.cookies())
        page.context.add_cookies(self.kept)  # type: ignore[arg-type]

    def show(self, page: Page, name: str) -> None:
        """Open a page, signed in where one has to be."""
        if name not in BEFORE:
            self._come_back(page)
        if name == "refused":  # a form without its token
            page.goto(self.url("sign-in"))
            page.evaluate("document.querySelector('.top .who form input').remove()")
            page.locator(".top .who form button").click()
            page.wait_for_selector("h1")
        else:
            page.goto(self.url(name))


@contextmanager
def demonstration(place: Path, *, working: bool = False) -> Iterator[Demo]:
    """A demonstration of a few people; `working`: it screens anew when something changes."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server(HOST, 0, Flask("nothing"), threaded=True, request_handler=Quiet)
    address = f"http://{HOST}:{server.server_port}"
    people = invited()
    app, companion = demo_of(place, address, None, people, patients=40)
    server.app = app
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    if working:
        companion.start()
    yield Demo(address, app, people, _handle(place), place)
    companion.stop()
    server.shutdown()
    server.server_close()


def _handle(place: Path) -> str | None:
    with open_store(f"sqlite:///{place}/demo.db").reading() as connection:
        return connection.execute(select(people_table.c.handle).order_by(people_table.c.handle).limit(1)).scalar()
