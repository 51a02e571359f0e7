"""The frame of the pages: where one can go, in which language, by which policy, and what is kept by a browser."""

import re

import pytest

from service.screening.access import Refusal, Role
from service.store import accounts
from service.store.engine import Store
from service.web.pages.refusals import REFUSALS, SAID
from tests.pages.world import world

ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


def test_a_page_says_who_is_signed_in_and_lets_them_out(store: Store) -> None:
    anna = world(store).person("anna", ("demo", Role.COORDINATOR))
    shown = anna.get("/sign-in").text
    assert "Anna" in shown and 'action="/sign-out"' in shown and anna.form_token in shown
    assert "Anna" not in world(store).stranger().get("/sign-in").text


def test_the_language_is_that_of_the_account(store: Store) -> None:
    made = world(store)
    anna = made.person("anna")
    german = {"Accept-Language": "de"}
    assert '<html lang="de">' in anna.get("/sign-in", headers=german).text
    accounts.change(store, "anna", preferences={"language": "zh_Hans"})
    assert '<html lang="zh-Hans">' in anna.get("/sign-in", headers=german).text
    accounts.change(store, "anna", preferences={"language": "tlh"})
    assert '<html lang="de">' in anna.get("/sign-in", headers=german).text


def test_the_policy_of_the_pages(store: Store) -> None:
    made = world(store)
    policy = made.stranger().get("/sign-in").headers["Content-Security-Policy"]
    given = dict(each.split(" ", 1) for each in policy.split("; "))
    assert given == {
        "default-src": "'none'",
        "style-src": "'self'",
        "script-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    refused = made.person("anna").client.post("/sign-out")
    assert refused.headers["Content-Security-Policy"] == policy
    assert "script-src" not in made.stranger().get("/").headers["Content-Security-Policy"]


def test_a_browser_keeps_a_file_under_the_address_of_its_version_alone(store: Store) -> None:
    client = world(store).stranger()
    names = re.findall(r'(?:href|src)="(static/[^"]+)"', client.get("/sign-in").text)
    assert {each.partition("?")[0] for each in names} == {"static/pages.css", "static/pages.js", "static/mark.svg"}
    for each in names:
        answer = client.get(f"/{each}", environ_overrides=ELSEWHERE)
        assert answer.status_code == 200 and "immutable" in answer.headers["Cache-Control"]
        for other in ("", "?v=", "?v=0000000000000000"):
            plain = client.get(f"/{each.partition('?')[0]}{other}")
            assert plain.status_code == 200 and plain.headers["Cache-Control"] == "no-store"
    assert client.get("/static/nothing?v=").headers["Cache-Control"] == "no-store"
    assert client.get("/static/..%2fhome.py").status_code == 404
    assert client.get("/sign-in").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_what_went_wrong_is_a_page_for_people(store: Store, language: str) -> None:
    anna = world(store).person("anna")
    refused = anna.client.post("/sign-out", headers={"Accept-Language": language})
    assert (refused.status_code, refused.mimetype) == (403, "text/html")
    title = {"en": "This is not open to you", "de": "Das steht Ihnen nicht offen", "zh": "您无权查看"}[language]
    assert f"<h1>{title}</h1>" in refused.text
    out = world(store).stranger().post("/sign-out")
    assert (out.status_code, out.mimetype) == (401, "text/html") and 'href="/sign-in"' in out.text


def test_every_refusal_has_a_sentence_that_never_says_eligible() -> None:
    assert set(REFUSALS) == set(Refusal)
    said = [*REFUSALS.values(), *(text for pair in SAID.values() for text in pair)]
    assert not any("eligible" in each.lower() for each in said)


def test_the_first_page_lets_other_machines_no_further_than_the_door(store: Store) -> None:
    made = world(store)
    answer = made.stranger().get("/", environ_overrides=ELSEWHERE)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in")
    assert made.stranger().get("/").status_code == 200
    assert "/sign-in" in made.stranger().get("/").text
