"""A patient's pages in German and Chinese: no sentence of the machine stays in English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from service.catalog.content import mappings_dir
from service.catalog.load import load_catalog
from service.screening.person.study_part import short
from service.store.engine import open_store
from service.store.tables import assessments, decisions, people
from tests.pages.shell.site import STUDY, TENANT, Demo

# Words of English sentences that neither German nor Chinese text has; names as they were recorded are taken out before.
ENGLISH = re.compile(
    r"\b(?:the|of|is|are|on|not|and|or|with|within|at|before|after|records?|taken|dose|day|days|since|from|to|no|yes|"
    r"unknown|met|loaded|because|highest|above|below|least|most|latest|any|every|present|absent|asked|results?|limit|"
    r"window|months?|weeks?|years?|recorded|year|that|this|there|whether|between|once|surely|perhaps|counts?|normal)\b",
    re.IGNORECASE,
)
LANGUAGES = ("de", "zh-CN")
HEARD = ("aria-label", "title", "alt")


class Read(HTMLParser):
    """What a page says in its own language (`own`), and what it marks as English (`english`)."""

    def __init__(self) -> None:
        super().__init__()
        self.own: list[str] = []
        self.english: list[str] = []
        self._open: list[tuple[str, bool, bool]] = []  # each element: is it English, and is it to be read?

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        before = self._open[-1][1] if self._open else False
        english = before if "lang" not in given or tag == "html" else given["lang"] == "en"
        silent = tag in ("code", "style", "script") or (bool(self._open) and self._open[-1][2])
        (self.english if english else self.own).extend(str(given[each]) for each in HEARD if given.get(each))
        if tag not in ("meta", "link", "input", "br", "hr", "img"):
            self._open.append((tag, english, silent))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        english, silent = (self._open[-1][1], self._open[-1][2]) if self._open else (False, False)
        if data.strip() and not silent:
            (self.english if english else self.own).append(" ".join(data.split()))


def read(text: str) -> Read:
    found = Read()
    found.feed(text)
    return found


@pytest.fixture(scope="module")
def client(demo: Demo) -> FlaskClient:
    """Signed in as the demonstration's coordinator."""
    browser = demo.app.test_client()
    (person,) = [each for each in demo.people if each.account == "demo"]
    form = browser.get("/sign-in", base_url=demo.address).text
    hidden = dict(re.findall(r'name="(\w+)"[^>]* value="([^"]*)"', form))
    browser.post(
        "/sign-in",
        base_url=demo.address,
        data={**hidden, "account": person.account, "password": person.password},
        headers={"Origin": demo.address},
    )
    return browser


def handles(demo: Demo) -> tuple[str, ...]:
    with open_store(f"sqlite:///{demo.place}/demo.db").reading() as connection:
        return tuple(connection.execute(select(people.c.handle)).scalars())


def recorded(demo: Demo) -> Iterator[str]:
    """What stays as somebody wrote it: the names of what is on record, and what people gave as their reasons."""
    with open_store(f"sqlite:///{demo.place}/demo.db").reading() as connection:
        for line in connection.execute(select(assessments.c.line)).scalars():
            for finding in line["findings"]:
                yield from (part for each in finding["evidence"] for part in str(each["value"]).split(": "))
        yield from (each for each in connection.execute(select(decisions.c.reason)).scalars() if each)


@cache
def protocol() -> set[str]:
    """What stays in the protocol's own words, and the names of studies."""
    catalog = load_catalog(mappings_dir())
    own = {" ".join(each.text.split()) for study in catalog.studies.values() for each in study.criteria}
    return own | {each.title for each in catalog.studies.values()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_says_a_sentence_of_the_machine_in_english(demo: Demo, client: FlaskClient, language: str) -> None:
    stays = sorted({*recorded(demo), *protocol(), *map(short, protocol())}, key=len, reverse=True)
    places = [
        f"/study/{TENANT}/{STUDY}",
        *(f"/worklist/{TENANT}/{STUDY}?tab={each}" for each in ("now", "later", "out")),
    ]
    for handle in handles(demo):
        places += [f"/p/{handle}", f"/p/{handle}/{STUDY}", f"/p/{handle}/{STUDY}/history"]
    left, marked, seen = set[str](), set[str](), 0
    for place in places:
        answer = client.get(place, base_url=demo.address, headers={"Accept-Language": language})
        if answer.status_code == 403:  # another study's patient
            continue
        assert answer.status_code == 200
        found, seen = read(answer.text), seen + 1
        marked.update(found.english)
        left.update(bare for bare in (without(each, stays) for each in found.own) if ENGLISH.search(bare))
    assert seen > 20
    assert left == set()
    assert marked <= protocol()


def without(text: str, stays: list[str]) -> str:
    for each in stays:
        text = text.replace(each, "")
    return text
