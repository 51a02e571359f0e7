"""Whoever sees badly, uses no mouse, or reads on a phone can use every page (WCAG 2.2 AA)."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.axe import complaints
from tests.browsers import Seen, page_of
from tests.pages.shell.site import PAGES, Demo

PICTURES = os.environ.get("TEST_PICTURES")  # a directory for pictures, for whoever wants to look
WIDE, NARROW = 1280, 360
MOST = 60  # stops of the keyboard on one page


@dataclass(frozen=True)
class Look:
    """How somebody looks at a page."""

    width: int
    scheme: str
    language: str

    def __str__(self) -> str:
        return f"{self.width}-{self.scheme}-{self.language}"


USUAL = Look(WIDE, "light", "en")
OTHERS = (Look(NARROW, "dark", "de"), Look(NARROW, "dark", "zh-CN"))
# Each page as most see it, and once with all else: narrow, dark, and by turns in each of the other languages.
TAG = {"en": "en", "de": "de", "zh-CN": "zh-Hans"}


def picture(page: Page, name: str, look: Look) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}-{look}.png", full_page=True)


WHERE = """() => {
    const at = document.activeElement, style = getComputedStyle(at), all = [...document.querySelectorAll('*')];
    return {dated: at.type === 'date', place: all.indexOf(at),
            line: style.outlineStyle, width: parseFloat(style.outlineWidth),
            seen: at.getBoundingClientRect().top < innerHeight && at.getBoundingClientRect().bottom > 0};
}"""
REACHABLE = """() => [...document.querySelectorAll(
    'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')]
    .filter((each) => !each.disabled && each.checkVisibility() && (each.type !== 'radio' || each.checked)).length"""


UNFOLD = """() => document.querySelectorAll('details:not([open])').forEach((each) => {
    each.open = true; each.dataset.folded = '';
})"""
FOLD = "() => document.querySelectorAll('details[data-folded]').forEach((each) => { each.open = false; })"
SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"
MOVING = """() => [...document.querySelectorAll('*')].filter((each) => {
    const style = getComputedStyle(each);
    return parseFloat(style.transitionDuration) > 0 || parseFloat(style.animationDuration) > 0;
}).length"""
# 24 pixels each way, but for links within sentences.
SMALL = """() => [...document.querySelectorAll('button, .button, select, summary, nav a, input:not([type=hidden])')]
    .filter((each) => each.checkVisibility() && !each.closest('.trail'))
    .map((each) => [each.outerHTML.slice(0, 80), each.getBoundingClientRect()])
    .filter(([_, box]) => box.height < 24 || box.width < 24).map(([text]) => text)"""


def looked_at(seen: Seen, demo: Demo, name: str, look: Look) -> None:
    """Open the page; it is as it has to be for whoever looks at it so."""
    demo.show(seen.page, name)
    picture(seen.page, name, look)
    assert seen.page.locator("html").get_attribute("lang") == TAG[look.language]
    assert complaints(seen.page) == []
    seen.page.evaluate(UNFOLD)
    assert complaints(seen.page) == [], "with all that can be unfolded"
    seen.page.evaluate(FOLD)
    assert seen.page.evaluate(SIDEWAYS) <= 0
    # Nothing was refused by the policy, and nobody else was asked for anything.
    assert [each for each in seen.complaints if "status of 40" not in each] == []
    assert {f"http://{each}" for each in seen.hosts} == {demo.address}


def reached(page: Page) -> None:
    """With the keyboard alone everything is reached, in order, and seen."""
    wanted = page.evaluate(REACHABLE)
    page.evaluate("document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex')")
    places: list[int] = []
    while len(places) < min(wanted, MOST):
        page.keyboard.press("Tab")
        at = page.evaluate(WHERE)
        assert at["line"] != "none" and at["width"] >= 2 and at["seen"], at
        if not (at["dated"] and places[-1:] == [at["place"]]):  # a day has parts, each with a stop of its own
            places.append(at["place"])
    assert wanted > 0 and places == sorted(set(places))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_as_most_see_it_and_by_the_keyboard_alone_at_twice_the_size(
    chromium: Browser, demo: Demo, name: str
) -> None:
    """And nothing moves for whoever does not want it."""
    with page_of(chromium, USUAL.width, color_scheme=USUAL.scheme, locale=USUAL.language) as seen:
        looked_at(seen, demo, name, USUAL)
        seen.page.set_viewport_size({"width": WIDE // 2, "height": 900})
        seen.page.emulate_media(reduced_motion="reduce")
        assert seen.page.evaluate(SIDEWAYS) <= 0
        assert seen.page.evaluate(MOVING) == 0
        reached(seen.page)


@pytest.mark.parametrize(("name", "look"), [(name, OTHERS[at % 2]) for at, name in enumerate(PAGES)], ids=str)
def test_a_page_on_a_phone_in_the_dark_and_in_another_language(
    chromium: Browser, demo: Demo, name: str, look: Look
) -> None:
    with page_of(chromium, look.width, color_scheme=look.scheme, locale=look.language) as seen:
        looked_at(seen, demo, name, look)
        assert seen.page.evaluate(SMALL) == []


def test_the_first_key_skips_to_the_content(chromium: Browser, demo: Demo) -> None:
    with page_of(chromium, WIDE) as seen:
        seen.page.goto(demo.url("sign-in"))
        seen.page.keyboard.press("Tab")
        assert seen.page.locator(".skip").is_visible()
        seen.page.keyboard.press("Enter")
        assert seen.page.evaluate("document.activeElement.id") == "main"
