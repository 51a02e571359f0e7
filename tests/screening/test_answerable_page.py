"""The page of `prescreen coverage`: by itself, in a browser, on every width, in print, whatever stands in the data."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browsers import Seen
from tests.screening.coverage_world import LOCAL_DRUG, Given, cancers, given, hospital, order, people
from tests.screening.dose_world import dosage
from tests.screening.world import Json

__all__ = ["given"]
NASTY = '<script>alert("malignant")</script><img src=x onerror=alert(1)> & malignant \x07 "quoted"'


class Markup(HTMLParser):
    """The elements of a page with their attributes, and what its text says."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def nasty() -> Json:
    return {"coding": [{"system": "urn:<b>", "code": '"><script>x', "display": NASTY}], "text": NASTY}


@pytest.fixture
def written(tmp_path: Path, given: Given) -> Path:
    """The page about a small hospital, in which texts look like markup."""
    orders = [order(number, LOCAL_DRUG, *([{"text": NASTY}] if number < 16 else [dosage(20)])) for number in range(40)]
    conditions = cancers(32, nasty())
    source = hospital(tmp_path / "in", 40, Patient=people(40), MedicationRequest=orders, Condition=conditions)
    given(source, "--out", str(tmp_path / "out"))
    return tmp_path / "out" / "coverage.html"


def test_it_stands_by_itself(written: Path) -> None:
    markup = Markup(written.read_text())
    tags = {tag for tag, _ in markup.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "form", "a"}
    names = {name for _, attributes in markup.elements for name in attributes}
    assert not {each for each in names if each.startswith("on")} and not names & {"src", "href", "style", "action"}
    policy = [each["content"] for tag, each in markup.elements if each.get("http-equiv") == "Content-Security-Policy"]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'"]
    assert "url(http" not in written.read_text() and "@import" not in written.read_text()


def test_what_looks_like_markup_is_told_as_text(written: Path) -> None:
    said = "".join(Markup(written.read_text()).said)
    assert '<script>alert("malignant")</script>' in said and '"><script>x' in said and "urn:<b>" in said


def test_ids_stand_once_and_drawings_are_told(written: Path) -> None:
    markup = Markup(written.read_text())
    ids = [attributes["id"] for _, attributes in markup.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    drawings = [attributes for tag, attributes in markup.elements if tag == "svg"]
    assert len(drawings) >= 2
    assert all(set((each["aria-labelledby"] or "").split()) <= set(ids) for each in drawings)


def opened(browser: Browser, written: Path, width: int, **how: Any) -> tuple[Page, Seen]:
    page = browser.new_page(viewport={"width": width, "height": 900}, **how)
    seen = Seen(page)
    page.goto(written.as_uri())
    return page, seen


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_every_width_and_can_be_read(width: int, scheme: str, chromium: Browser, written: Path) -> None:
    page, seen = opened(chromium, written, width, color_scheme=scheme, java_script_enabled=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    widths = page.evaluate("[...document.querySelectorAll('svg')].map(each => each.getBoundingClientRect().width)")
    assert widths and all(200 < each <= width for each in widths)
    letters = page.evaluate("[...document.querySelectorAll('svg text')].map(e => e.getBoundingClientRect().right)")
    assert max(letters) <= width
    assert [each.url for each in seen.requests] == [written.as_uri()] and seen.complaints == []
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_the_way_of_anybody(scheme: str, chromium: Browser, written: Path) -> None:
    context = chromium.new_context(color_scheme=scheme, bypass_csp=True)  # the checker is a script
    page = context.new_page()
    page.goto(written.as_uri())
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    context.close()


def test_it_is_light_in_print_even_where_the_screen_is_dark(chromium: Browser, written: Path) -> None:
    page, _ = opened(chromium, written, 800, color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('svg .ink')).fill") == "rgb(26, 26, 26)"
    assert page.evaluate("getComputedStyle(document.querySelector('details')).display") == "none"
    page.close()
