"""Whoever opens this service within the EHR is signed in within that frame alone, and nobody else frames anything."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from werkzeug.test import TestResponse

from service.app import app_of
from service.settings import Settings
from service.store import accounts, bases, sessions
from service.store.accounts import Account, Given
from service.store.bases import Entered
from service.store.engine import Store
from service.web.pages.desk import FORM_TOKEN
from tests.databases import ON_BOTH
from tests.launch.world import OURS, Browser, launchable
from tests.pages.access.test_launched import COOKIE, token
from tests.pages.world import NORTH, Browser as SignedIn, stand
from tests.screening.world import STUDY, encounter, haemoglobin, patient
from tests.smart_server import SmartEhr
from tests.working.world import catalog

CHART, OTHER = "https://chart.example", "https://other.example"
IN_FRAME = {"HTTP_SEC_FETCH_DEST": "iframe", "HTTP_SEC_FETCH_SITE": "same-origin"}
PLACE = f"/p/unguessable/{STUDY.id}"


@pytest.fixture
def ehr() -> Iterator[SmartEhr]:
    with SmartEhr() as running:
        running.seed(patient(), encounter(), haemoglobin())
        yield running


def browser_of(ehr: SmartEhr, store: Store, embed: tuple[str, ...] = (CHART,), public: str | None = OURS) -> Browser:
    """Nora's browser. She may work on the study of the patient whose chart is open."""
    now = datetime.now(UTC)
    accounts.add(store, Account("nora", "Nora Nurse", now))
    accounts.link(store, "nora", ehr.base, "Practitioner/7")
    accounts.give(store, Given("nora", NORTH, STUDY.id, "coordinator", "admin", now))
    bases.add(store, Entered(NORTH, STUDY.id, "waiver", "EC 2026/17", None, ("coordinator",), "admin", now))
    stand(store, "p", STUDY.id, handle="unguessable")
    return Browser(app_of(catalog(), Settings(public_url=public), (launchable(ehr, embed=embed),), store), ehr)


@pytest.fixture
def browser(ehr: SmartEhr, store: Store) -> Browser:
    made = browser_of(ehr, store)
    made.client.environ_base.update(IN_FRAME)
    return made


def framed_by(answer: TestResponse) -> str:
    """Who may show it in a frame, as the two headers say."""
    policy = dict(each.split(" ", 1) for each in answer.headers["Content-Security-Policy"].split("; "))
    assert ("X-Frame-Options" in answer.headers) is (policy["frame-ancestors"] == "'none'")
    return policy["frame-ancestors"]


def test_the_cookie_of_a_frame_is_kept_for_that_frame_alone(browser: Browser) -> None:
    back = browser.get(browser.permitted(browser.launch(browser.ehr.open("p"))))
    (given,) = [each for each in back.headers.getlist("Set-Cookie") if each.startswith(COOKIE)]
    assert {"Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/"} <= set(given.split("; "))


@ON_BOTH
def test_in_the_frame_one_works_on_the_pages(browser: Browser, store: Store) -> None:
    opened = browser.opened()
    assert f'href="{PLACE}"' in opened.text and "_blank" not in opened.text
    shown = browser.get(f"{OURS}/account")
    assert shown.status_code == 200 and "Nora Nurse" in shown.text and framed_by(shown) == CHART
    assert "form-action 'self'" in shown.headers["Content-Security-Policy"]
    kept = token(browser)
    assert kept is not None
    form = {FORM_TOKEN: SignedIn(browser.client, kept).form_token, "language": "de", "names": "shown"}
    answer = browser.client.post("/account", data=form, base_url=OURS)
    assert answer.status_code < 400
    found = accounts.find(store, "nora")
    assert found is not None and found.preferences["language"] == "de"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_around_the_frame_sends_no_form_of_ours(browser: Browser, site: str) -> None:
    browser.opened()
    kept = token(browser)
    assert kept is not None
    form = {FORM_TOKEN: SignedIn(browser.client, kept).form_token, "language": "de", "names": "shown"}
    answer = browser.client.post("/account", data=form, base_url=OURS, headers={"Sec-Fetch-Site": site})
    assert answer.status_code == 403
    assert browser.client.post("/account", data={**form, FORM_TOKEN: "x"}, base_url=OURS).status_code == 403


def test_where_nobody_is_signed_in_the_frame_shows_the_way_out_and_nothing_else(ehr: SmartEhr, store: Store) -> None:
    browser = browser_of(ehr, store)
    browser.client.environ_base.update(IN_FRAME)
    for asked in (PLACE, "/worklist", "/today"):
        answer = browser.client.get(asked, base_url=OURS)
        assert answer.status_code == 401 and framed_by(answer) == CHART
        assert f'href="{asked}" target="_blank" rel="noopener"' in answer.text
        assert "Eva" not in answer.text and "Nora" not in answer.text
    posted = browser.client.post(f"{PLACE}/decide", data={"kind": "status"}, base_url=OURS)
    assert posted.status_code == 401 and 'href="/" target="_blank"' in posted.text


def test_signing_out_of_the_frame_ends_the_session_and_says_so_in_it(browser: Browser, store: Store) -> None:
    browser.opened()
    kept = token(browser)
    assert kept is not None
    form = {FORM_TOKEN: SignedIn(browser.client, kept).form_token}
    out = browser.client.post("/sign-out", data=form, base_url=OURS)
    assert framed_by(out) == CHART and "Nora" not in out.text
    assert "Partitioned" in out.headers["Set-Cookie"] and "Max-Age=0" in out.headers["Set-Cookie"]
    assert sessions.of_account(store, "nora", datetime.now(UTC)) == ()


def test_a_session_of_a_window_is_in_no_frame(ehr: SmartEhr, store: Store) -> None:
    browser = browser_of(ehr, store)
    opened = browser.opened()
    assert 'target="_blank"' in opened.text
    assert framed_by(browser.get(f"{OURS}/account")) == "'none'"
    away = browser.client.get("/account", base_url=OURS, headers={"Sec-Fetch-Dest": "iframe"})
    assert away.status_code == 200 and framed_by(away) == "'none'"


def test_an_ehr_that_may_not_frame_any_more_frames_nothing(browser: Browser, ehr: SmartEhr, store: Store) -> None:
    """What the settings say counts, and not what the session was begun with."""
    browser.opened()
    kept = token(browser)
    other = replace(launchable(ehr), launch=(replace(launchable(ehr).launch[0], embed=(OTHER,)),))
    later = app_of(catalog(), Settings(public_url=OURS), (other,), store).test_client()
    later.set_cookie(COOKIE, str(kept), domain="prescreen.example", secure=True)
    answer = later.get("/account", base_url=OURS, environ_overrides=IN_FRAME)
    assert answer.status_code == 200 and framed_by(answer) == "'none'"


@pytest.mark.parametrize(("embed", "public"), [((), OURS), ((CHART,), None)], ids=["no frame", "no https"])
def test_otherwise_there_is_no_session_for_a_frame(
    ehr: SmartEhr, store: Store, embed: tuple[str, ...], public: str | None
) -> None:
    browser = browser_of(ehr, store, embed, public)
    browser.client.environ_base.update(IN_FRAME)
    back = browser.get(browser.permitted(browser.launch(ehr.open("p"))))
    ours = [each for each in back.headers.getlist("Set-Cookie") if "session" in each]
    assert [each for each in ours if "SameSite=Lax" not in each or "Partitioned" in each] == []
    assert framed_by(browser.client.get("/account", base_url=OURS)) == "'none'" or public is None


def test_no_page_to_sign_in_stands_in_a_frame(browser: Browser) -> None:
    assert framed_by(browser.client.get("/sign-in", base_url=OURS)) == "'none'"
    browser.opened()
    assert framed_by(browser.client.get("/static/pages.css", base_url=OURS)) == "'none'"
