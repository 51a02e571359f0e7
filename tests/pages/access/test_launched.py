"""Whoever opens this service from a chart, and has an account here, is signed in by that."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete

from service.app import app_of
from service.ehr.connect import Server
from service.settings import Settings
from service.store import accounts, audit, bases
from service.store.accounts import Account, Given
from service.store.audit import Wanted
from service.store.bases import Entered
from service.store.engine import Store
from service.store.tables import worklist
from tests.launch.world import OURS, Browser, launchable
from tests.pages.world import NORTH, stand
from tests.screening.world import STUDY, encounter, haemoglobin, patient
from tests.smart_server import SmartEhr
from tests.working.world import catalog

COOKIE = "__Host-prescreen-session"


@pytest.fixture
def ehr() -> Iterator[SmartEhr]:
    with SmartEhr() as running:
        running.seed(patient(), encounter(), haemoglobin())
        yield running


@pytest.fixture
def browser(ehr: SmartEhr, store: Store) -> Browser:
    accounts.add(store, Account("nora", "Nora Nurse", datetime.now(UTC)))
    accounts.link(store, "nora", ehr.base, "Practitioner/7")
    settings = Settings(public_url=OURS)
    return Browser(app_of(catalog(), settings, (launchable(ehr),), store), ehr)


def token(browser: Browser) -> str | None:
    found = browser.client.get_cookie(COOKIE, domain="prescreen.example")
    return found.value if found is not None else None


def test_whoever_has_an_account_is_signed_in(browser: Browser, store: Store) -> None:
    assert browser.opened().status_code == 200
    page = browser.get(f"{OURS}/account")
    assert page.status_code == 200 and "Nora Nurse" in page.text
    (entry,) = audit.page(store, Wanted("*"), 5)
    assert (entry.entry.actor, (entry.entry.detail or {})["source"]) == ("nora", "launch")


def test_each_launch_is_a_session_of_its_own(browser: Browser) -> None:
    browser.opened()
    first = token(browser)
    browser.opened()
    second = token(browser)
    assert first and second and first != second
    browser.client.set_cookie(COOKIE, first, domain="prescreen.example", secure=True)
    assert browser.get(f"{OURS}/account").status_code == 302


@pytest.mark.parametrize("user", ["Practitioner/8", "Practitioner/77", "https://other.example/fhir/Practitioner/7"])
def test_whoever_has_none_sees_the_patient_and_no_more(browser: Browser, user: str) -> None:
    assert browser.opened(user=user).status_code == 200
    assert token(browser) is None
    assert browser.get(f"{OURS}/account").status_code == 302


def test_the_same_id_in_another_ehr_is_somebody_else(browser: Browser, store: Store, ehr: SmartEhr) -> None:
    accounts.add(store, Account("other", "Other", datetime.now(UTC)))
    accounts.link(store, "other", "https://other.example/fhir", "Practitioner/9")
    browser.opened(user="Practitioner/9")
    assert token(browser) is None


def test_whoever_is_disabled_is_not_signed_in(browser: Browser, store: Store) -> None:
    accounts.change(store, "nora", disabled=datetime.now(UTC))
    assert browser.opened().status_code == 200
    assert token(browser) is None


def test_where_the_ehr_does_not_say_who_it_is_nobody_is_signed_in(browser: Browser, ehr: SmartEhr) -> None:
    ehr.granted = lambda asked: asked.replace("openid ", "").replace("fhirUser ", "")
    browser.opened()
    assert token(browser) is None


def test_an_account_is_found_by_what_the_ehr_signed_alone(browser: Browser, ehr: SmartEhr) -> None:
    ehr.claimed = lambda claims: {**claims, "fhirUser": "Practitioner/8", "name": "Nora Nurse", "sub": "nora"}
    browser.opened()
    assert token(browser) is None


def allowed(store: Store, study: str) -> None:
    """Nora may work on this study, and the patient stands in its worklist."""
    now = datetime.now(UTC)
    accounts.give(store, Given("nora", NORTH, study, "coordinator", "admin", now))
    bases.add(store, Entered(NORTH, study, "waiver", "EC 2026/17", None, ("coordinator",), "admin", now))
    stand(store, "p", study, handle="unguessable")


def test_the_page_leads_to_where_they_decide(browser: Browser, store: Store) -> None:
    allowed(store, STUDY.id)
    assert f'href="/p/unguessable/{STUDY.id}"' in browser.opened().text


def test_it_leads_nobody_else_there(browser: Browser, store: Store) -> None:
    """Not without a role, not for a patient in no worklist, not whoever opened it without an account of theirs."""
    assert "/p/" not in browser.opened().text
    stand(store, "p", STUDY.id, handle="unguessable")
    assert "/p/" not in browser.opened().text
    allowed(store, STUDY.id)
    assert "/p/" in browser.opened().text
    assert "/p/" not in browser.opened(user="Practitioner/8").text
    with store.writing() as connection:
        connection.execute(delete(worklist))
    assert "/p/" not in browser.opened().text


def test_the_same_id_in_an_ehr_that_is_not_screened_is_somebody_else(ehr: SmartEhr, store: Store) -> None:
    accounts.add(store, Account("nora", "Nora Nurse", datetime.now(UTC)))
    accounts.link(store, "nora", ehr.base, "Practitioner/7")
    allowed(store, STUDY.id)
    elsewhere = replace(launchable(ehr), source=Server("https://screened.example/fhir"))
    browser = Browser(app_of(catalog(), Settings(public_url=OURS), (elsewhere,), store), ehr)
    opened = browser.opened()
    assert opened.status_code == 200 and "/p/" not in opened.text
