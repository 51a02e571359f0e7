"""What no template may hold, and how people can tell things apart without colour."""

import re
from pathlib import Path

import pytest

from tests.pages.shell.source import SCRIPT, STYLE, TEMPLATES, WEB, names

# Markup that the policy of the pages would not let a browser use, or that would ask somebody else.
INLINE = {
    "a script in the page": re.compile(r"<script(?![^>]*\bsrc=)[^>]*>", re.IGNORECASE),
    "a style in the page": re.compile(r"<style\b|\sstyle\s*=", re.IGNORECASE),
    "an event's attribute": re.compile(r"\son[a-z]+\s*=", re.IGNORECASE),
    "a script for an address": re.compile(r"javascript:|data:text", re.IGNORECASE),
    "somebody else's address": re.compile(r"(?:src|href|action)\s*=\s*[\"']?(?:https?:)?//", re.IGNORECASE),
    "a meta that leads away": re.compile(r"http-equiv", re.IGNORECASE),
}


@pytest.mark.parametrize("path", TEMPLATES, ids=names)
@pytest.mark.parametrize("kind", INLINE)
def test_a_template_holds_nothing_that_the_policy_forbids(path: Path, kind: str) -> None:
    assert INLINE[kind].findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("kind", "markup"),
    [
        ("a script in the page", "<script>1</script>"),
        ("a style in the page", '<p style="color: red">'),
        ("an event's attribute", '<a onclick="x()">'),
        ("a script for an address", '<a href="javascript:x()">'),
        ("somebody else's address", '<img src="//cdn.example/x.png">'),
        ("a meta that leads away", '<meta http-equiv="refresh">'),
    ],
)
def test_it_would_be_found(kind: str, markup: str) -> None:
    assert INLINE[kind].search(markup)


@pytest.mark.parametrize("path", TEMPLATES, ids=names)
def test_nothing_is_shown_unescaped(path: Path) -> None:
    """But drawings of our own, which escape what they show."""
    source = path.read_text(encoding="utf-8")
    unescaped = re.findall(r"[\w.]+\s*\|\s*safe\b", source)
    assert [each for each in unescaped if not re.match(r"[\w.]*(svg|drawing|chart|trend|timeline)\b", each)] == []
    assert "autoescape" not in source


def test_no_narrative_of_fhir_is_shown() -> None:
    """A `text.div` is somebody else's HTML: neither templates nor the code of the pages take it."""
    code = [*TEMPLATES, *WEB.rglob("*.py")]
    shown = re.compile(r"\.div\b|[\"']div[\"']|\.narrative\b")
    assert [names(path) for path in code if shown.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("path", [STYLE, SCRIPT], ids=names)
def test_the_files_ask_nobody(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert re.findall(r"https?:|@import|url\(|\beval\b|innerHTML|document\.write|new Function", source) == []


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """As WCAG 2.2 defines it: 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def schemes() -> dict[str, dict[str, str]]:
    """The colours of the stylesheet, light and dark."""
    blocks = re.findall(r":root \{(.*?)\}", STYLE.read_text(encoding="utf-8"), re.DOTALL)
    found = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in blocks[:2]]
    return {"light": found[0], "dark": found[1]}


PAIRS = [(text, ground) for text in ("text", "quiet", "link", "demo") for ground in ("ground", "raised")]
PAIRS += [(each, f"{each}-ground") for each in ("for", "against", "open")] + [
    ("text", f"{each}-ground") for each in ("for", "against", "open")
]
PAIRS += [("on-button", "button"), ("against", "ground")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("pair", PAIRS, ids=" on ".join)
def test_text_stands_out_from_its_ground(scheme: str, pair: tuple[str, str]) -> None:
    colours = schemes()[scheme]
    assert contrast(colours[pair[0]], colours[pair[1]]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("edge", ["edge", "focus", "for", "against", "open"])
def test_what_bounds_a_control_stands_out(scheme: str, edge: str) -> None:
    colours = schemes()[scheme]
    assert contrast(colours[edge], colours["ground"]) >= 3


def test_both_schemes_have_the_same_colours() -> None:
    light, dark = schemes().values()
    assert light.keys() == dark.keys() | {"gap"} - {"gap"}


def test_every_class_of_a_template_is_in_the_stylesheet() -> None:
    style = STYLE.read_text(encoding="utf-8")
    given = {
        name
        for path in TEMPLATES
        for text in re.findall(r'class="([^"{]*)"', path.read_text())
        for name in text.split()
    }
    assert {each for each in given if f".{each}" not in style} == set()
