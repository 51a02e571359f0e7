"""The demonstration behind a real port, and every page of it: add a line to PAGES, and it is looked at, too."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Page
from sqlalchemy import select
from werkzeug.serving import make_server

from service.app import demo_of
from service.screening.demo_people import Invited, invited
from service.store import bases
from service.store.bases import Entered
from service.store.engine import open_store
from service.store.tables import people as people_table
from tests.fhir_server.server import HOST, Quiet

STUDY, UNAPPROVED = "igg4-rd-sirolimus", "heart-failure-reduced-ef"
TENANT = "demo"
# Of the patients: whom the pages show, and whose forms they fill in. Those of the journeys are others.
SHOWN, KEPT_OUT, FOUGHT_OVER = "sample-0007", "sample-0001", "sample-0013"
NEWCOMER = "newcomer"
# name: address, with {the id of a patient} for the handle of one.
PAGES = {
    "sign-in": "/sign-in",
    "sign-in-wrong": "/sign-in",
    "no-role": "/no-role",
    "home": "/",
    "today": "/today",
    "worklists": "/worklist",
    "worklist": f"/worklist/{TENANT}/{STUDY}?tab=now",
    "worklist-later": f"/worklist/{TENANT}/{STUDY}?tab=later",
    "worklist-checked": f"/worklist/{TENANT}/{STUDY}?tab=checked",
    "worklist-out": f"/worklist/{TENANT}/{STUDY}?tab=out",
    "worklist-found": f"/worklist/{TENANT}/{STUDY}",
    "worklist-counts": f"/worklist/{TENANT}/{UNAPPROVED}",
    "patient": f"/p/{{{SHOWN}}}",
    "patient-study": f"/p/{{{SHOWN}}}/{STUDY}",
    "patient-kept-out": f"/p/{{{KEPT_OUT}}}/{STUDY}",
    "patient-history": f"/p/{{{SHOWN}}}/{STUDY}/history",
    "patient-source": f"/p/{{{SHOWN}}}/{STUDY}/source/1",
    "patient-conflict": f"/p/{{{FOUGHT_OVER}}}/{STUDY}",
    "study": f"/study/{TENANT}/{STUDY}",
    "study-counts": f"/study/{TENANT}/{UNAPPROVED}",
    "study-versions": f"/study/{TENANT}/{STUDY}/versions",
    "account": "/account",
    "admin-people": "/admin/people",
    "admin-studies": "/admin/studies",
    "admin-audit": "/admin/audit",
    "not-open": "/p/no-such-handle",
    "refused": "/sign-out",
}
# Nobody may be signed in there.
BEFORE = {"sign-in", "sign-in-wrong"}
# What can be got with GET, and is no page of these. Why.
NO_PAGES = {
    "/health": "for monitoring",
    "/health/live": "for monitoring",
    "/health/ready": "for monitoring",
    "/metrics": "for Prometheus",
    "/studies": "JSON for programs",
    "/studies/<identity>": "JSON for programs",
    "/fhir/metadata": "FHIR for programs",
    "/cds-services": "JSON for EHRs",
    "/static/<name>": "the stylesheet and the script",
    "/worklist/<tenant>/<study>/table.csv": "a file for a spreadsheet",
    "/sign-in/oidc/<name>": "leads to where people sign in",
    "/sign-in/oidc/<name>/callback": "leads from there to the first page, or to one as `refused`",
    "/launch": "leads to the EHR; its pages are looked at in tests/launch/test_browser.py",
    "/launch/callback": "leads to the page of the patient, or to one of those",
    "/patient/<identity>": "opened from a chart alone; looked at in tests/launch/test_browser.py",
    "/api/openapi.json": "JSON",
    "/api/today": "JSON",
    "/api/worklist/<tenant>/<study>": "JSON",
    "/api/study/<tenant>/<study>": "JSON",
}


@dataclass(frozen=True)
class Demo:
    """The demonstration, and who can sign in."""

    address: str
    app: Flask
    people: tuple[Invited, ...]
    handles: Mapping[str, str]
    place: Path
    kept: dict[str, list[Any]] = field(default_factory=dict, compare=False, repr=False)

    def url(self, name: str) -> str:
        """Where the page stands."""
        return self.address + PAGES[name].format_map(self.handles)

    def enter(self, page: Page, account: str = "demo") -> None:
        """Sign in, as a person does."""
        (person,) = [each for each in self.people if each.account == account]
        self._try(page, person.account, person.password)
        page.wait_for_url(lambda address: "sign-in" not in address)

    def _try(self, page: Page, account: str, password: str) -> None:
        page.goto(f"{self.address}/sign-in")
        page.locator("#account").fill(account)
        page.locator("#password").fill(password)
        page.locator("main form button").click()

    def _come_back(self, page: Page, account: str) -> None:
        """As somebody who signed in once, in whichever browser."""
        if account not in self.kept:
            self.enter(page, account)
            self.kept[account] = page.context.cookies()
        page.context.add_cookies(self.kept[account])  # type: ignore[arg-type]

    def show(self, page: Page, name: str) -> None:
        """Open a page, signed in where one has to be."""
        if name not in BEFORE:
            self._come_back(page, NEWCOMER if name == "no-role" else "demo")
        if name in DEEDS:
            DEEDS[name](self, page)
        else:
            page.goto(self.url(name))

    def _without_a_token(self, page: Page) -> None:
        page.goto(self.url("sign-in"))
        page.evaluate("document.querySelector('.top .who form input').remove()")
        page.locator(".top .who form button").click()
        page.wait_for_selector("h1")

    def _with_a_wrong_password(self, page: Page) -> None:
        self._try(page, f"somebody-{secrets.token_hex(4)}", "not the password")
        page.wait_for_selector("[role=alert]")

    def _search(self, page: Page) -> None:
        page.goto(self.url("worklist-found"))
        page.locator("#search").fill("sample")
        page.locator("form[role=search] button").click()
        page.wait_for_load_state()

    def _too_late(self, page: Page) -> None:
        """Of two who decide, the second."""
        page.goto(self.url("patient-conflict"))
        page.evaluate("document.querySelector('form:has(select[name=status]) input[name=seen]').value = '999999'")
        page.locator("select[name=status]").first.select_option("screening")
        page.locator("form:has(select[name=status]) input[name=reason]").first.fill("wants to take part")
        page.locator("form:has(select[name=status]) button").first.click()
        page.wait_for_selector("[role=alert]")


DEEDS: Mapping[str, Callable[[Demo, Page], None]] = {
    "refused": Demo._without_a_token,
    "sign-in-wrong": Demo._with_a_wrong_password,
    "worklist-found": Demo._search,
    "patient-conflict": Demo._too_late,
}


@contextmanager
def demonstration(place: Path) -> Iterator[Demo]:
    """A demonstration of a few people, which screens anew when something changes."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server(HOST, 0, Flask("nothing"), threaded=True, request_handler=Quiet)
    address = f"http://{HOST}:{server.server_port}"
    newcomer = Invited(NEWCOMER, "Nova Prueba", (), secrets.token_urlsafe(12))
    people = (*invited(), newcomer)
    app, companion = demo_of(place, address, None, people, patients=40)
    server.app = app
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    companion.start()
    yield Demo(address, app, people, _without_basis(place), place)
    companion.stop()
    server.shutdown()
    server.server_close()


def _without_basis(place: Path) -> dict[str, str]:
    """End the basis of one study; the handle of each patient."""
    store = open_store(f"sqlite:///{place}/demo.db")
    when = bases.latest(store, TENANT)[UNAPPROVED].at
    bases.add(store, Entered(TENANT, UNAPPROVED, "none", "ended", None, (), "test", when))
    with store.reading() as connection:
        found = connection.execute(select(people_table.c.patient, people_table.c.handle)).all()
    store.close()
    return {each.patient: each.handle for each in found}
