"""What somebody wants to be told of, as /account takes and shows it."""

import re

import pytest

from service.app import app_of
from service.ehr.clock import Clock
from service.screening.access import Role
from service.screening.worklist.digests import language_of, retry_at
from service.screening.worklist.sending import MailServer, Tls
from service.settings import Mode, Settings
from service.store import accounts, digests
from service.store.engine import Store
from service.web.pages.desk import COOKIE
from tests.pages.worklist.world import STUDY, TENANT
from tests.pages.world import Browser, World, world

HERE = "/account/digests"
WEBHOOK = "https://news.hospital.example/in"
MAIL = MailServer("127.0.0.1", 25, Tls.NONE, "prescreen@hospital.example")
WISH = {"tenant": TENANT, "study": STUDY, "often": "daily"}


def told(store: Store, mode: Mode = Mode.DEVELOPMENT) -> World:
    """A small application that can tell. In development its browsers have the cookie that the tests give them."""
    made = world(store)
    settings = Settings(public_url="https://prescreen.example", mode=mode, mail=MAIL)
    made.app = app_of(made.tenant.catalog, settings, (made.tenant,), store, clock=Clock(now=lambda: made.now))
    return made


@pytest.fixture
def made(store: Store) -> World:
    return told(store)


@pytest.fixture
def anna(made: World) -> Browser:
    browser = made.person("anna", (STUDY, Role.COORDINATOR))
    accounts.change(made.store, "anna", email="anna@hospital.example")
    return browser


def kept(made: World) -> digests.Digest | None:
    return digests.of_account(made.store, "anna").get((TENANT, STUDY))


def test_a_webhook_gets_a_key_that_is_shown_once(made: World, anna: Browser) -> None:
    answer = anna.post(HERE, how="webhook", address=WEBHOOK, **WISH)
    wanted = kept(made)
    assert answer.status_code == 200 and wanted is not None and wanted.key
    assert f"<code>{wanted.key}</code>" in answer.text and answer.headers["Cache-Control"] == "no-store"
    assert (wanted.how, wanted.often, wanted.address, len(wanted.key)) == ("webhook", "daily", WEBHOOK, 43)
    page = anna.get("/account").text
    assert wanted.key not in page and WEBHOOK in page


def test_another_rhythm_keeps_the_key_and_another_address_does_not(made: World, anna: Browser) -> None:
    anna.post(HERE, how="webhook", address=WEBHOOK, **WISH)
    first = kept(made)
    assert anna.post(HERE, how="webhook", address=WEBHOOK, **{**WISH, "often": "weekly"}).status_code == 302
    second = kept(made)
    assert first and second and (second.key, second.often) == (first.key, "weekly")
    assert anna.post(HERE, how="webhook", address=f"{WEBHOOK}2", **WISH).status_code == 200
    third = kept(made)
    assert third and third.key != first.key


def test_a_mail_will_speak_as_the_page_on_which_it_was_asked_for(made: World, anna: Browser) -> None:
    """Who chose no language reads that of the browser, which no mail can ask."""
    anna.client.post(
        HERE, data={"csrf": anna.form_token, "how": "mail", **WISH}, headers={"Accept-Language": "zh-CN,en;q=0.5"}
    )
    account = accounts.find(made.store, "anna")
    assert account is not None and language_of(account) == "zh_Hans"
    anna.post("/account", language="de", names="shown")
    account = accounts.find(made.store, "anna")
    assert account is not None and language_of(account) == "de"


def test_what_was_told_already_is_not_told_again_by_another_rhythm(made: World, anna: Browser) -> None:
    anna.post(HERE, how="mail", **WISH)
    before = kept(made)
    made.now = retry_at(made.now, 1)
    assert anna.post(HERE, how="mail", **{**WISH, "often": "at-once"}).status_code == 302
    after = kept(made)
    assert before and after and after.told == before.told and after.due != before.due


def test_it_is_ended_by_whoever_asked_for_it_and_without_a_role_too(made: World, anna: Browser) -> None:
    anna.post(HERE, how="mail", **WISH)
    bert = made.person("bert", (STUDY, Role.COORDINATOR))
    bert.post(HERE, how="", **WISH)
    assert kept(made) is not None
    accounts.take(made.store, "anna", TENANT, STUDY, Role.COORDINATOR)
    assert 'name="study" value="demo"' in anna.get("/account").text
    assert anna.post(HERE, how="", **WISH).status_code == 302
    assert kept(made) is None and 'name="study" value="demo"' not in anna.get("/account").text


def test_nobody_is_told_of_a_study_that_is_not_theirs(made: World, anna: Browser) -> None:
    eve = made.person("eve", ("another", Role.COORDINATOR))
    for wish in (WISH, {**WISH, "study": "nothing"}, {**WISH, "tenant": "nowhere"}):
        assert eve.post(HERE, how="webhook", address=WEBHOOK, **wish).status_code == 403
    assert digests.of_account(made.store, "eve") == {}


@pytest.mark.parametrize(
    "address",
    [
        "",
        "http://news.hospital.example/",
        "ftp://news.hospital.example/",
        "https://user:password@news.hospital.example/",
        "https://news.hospital.example/#part",
        "https://news.hospital.example\\@evil.example/",
        "javascript:alert(1)",
        "https://news.hospital.example/" + "a" * 500,
    ],
)
def test_an_address_that_is_not_safe_is_refused_and_said_why(made: World, anna: Browser, address: str) -> None:
    answer = anna.post(HERE, how="webhook", address=address, **WISH)
    assert answer.status_code == 400 and "begins with https://" in answer.text and kept(made) is None


def test_what_cannot_be_done_is_refused(made: World, anna: Browser) -> None:
    for wrong in ({"how": "pigeon"}, {"how": "mail", "often": "hourly"}):
        assert anna.post(HERE, **{**WISH, **wrong}).status_code == 400
    accounts.change(made.store, "anna", email=None)
    answer = anna.post(HERE, how="mail", **WISH)
    assert answer.status_code == 400 and "no e-mail address" in answer.text
    assert kept(made) is None


def test_a_form_without_the_token_of_the_session_changes_nothing(made: World, anna: Browser) -> None:
    assert anna.client.post(HERE, data={**WISH, "how": "mail"}).status_code == 403
    assert made.stranger().post(HERE, data={**WISH, "how": "mail"}).status_code == 401
    assert kept(made) is None


def test_a_failure_is_shown_with_the_time_of_the_next_try(made: World, anna: Browser) -> None:
    anna.post(HERE, how="mail", **WISH)
    wanted = kept(made)
    assert wanted is not None
    digests.end(made.store, wanted, wanted.told, retry_at(made.now, 1), 1, "mail-login")
    page = re.sub(r"\s+", " ", anna.get("/account").text)
    assert "does not accept the name and password of this service. It is tried again at 2026-06-30 12:05 UTC" in page


def test_where_nothing_can_be_sent_that_is_said(store: Store) -> None:
    made = world(store)
    anna = made.person("anna", (STUDY, Role.COORDINATOR))
    assert "sends no messages" in anna.get("/account").text
    assert anna.post(HERE, how="webhook", address=WEBHOOK, **WISH).status_code == 400


@pytest.mark.parametrize(("mode", "status"), [(Mode.DEVELOPMENT, 200), (Mode.PRODUCTION, 400)])
def test_a_receiver_on_the_machine_itself_speaks_https_where_browsers_do(store: Store, mode: Mode, status: int) -> None:
    anna = told(store, mode).person("anna", (STUDY, Role.COORDINATOR))
    anna.client.set_cookie(f"__Host-{COOKIE}", anna.token, secure=True)
    sent = {**WISH, "how": "webhook", "address": "http://127.0.0.1:9/news", "csrf": anna.form_token}
    answer = anna.client.post(HERE, data=sent, base_url="https://localhost")
    assert answer.status_code == status
