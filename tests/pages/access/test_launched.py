"""Whoever opens this service from a chart, and has an account here, is signed in by that."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from service.app import app_of
from service.settings import Settings
from service.store import accounts, audit
from service.store.accounts import Account
from service.store.audit import Wanted
from service.store.engine import Store
from tests.launch.world import OURS, Browser, launchable
from tests.screening.world import encounter, haemoglobin, patient
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
