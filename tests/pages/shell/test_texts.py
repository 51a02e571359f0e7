"""Every text of a page can be read in every language; and none was guessed."""

import re
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import Environment

from service.eligibility.explain.recognise import SLOT
from service.web import language
from service.web.language import LANGUAGES, REGIONS, day_of, gettext, ngettext
from tests.pages.shell.source import TEMPLATES, names
from tests.translations import TRANSLATED, closed, path_of, read, updated, wanted

PLACEHOLDER = re.compile(r"%\((\w+)\)\w|%%|</?\w+>")
# What is the same in every language: names and marks.
SAME = {"fhir-prescreen", "GET /studies", "GET /studies/ID", "GET /health", "GET /fhir/metadata"}
SAME |= {"POST /assess?study=ID&amp;as_of=DATE"}


@pytest.mark.parametrize("name", TRANSLATED)
def test_a_catalog_holds_what_the_pages_say_and_nothing_else(name: str) -> None:
    """If this fails, run `make translations`, and translate what it names."""
    assert {each.id for each in read(name) if each.id} == {each.id for each in wanted() if each.id}
    assert path_of(name).read_bytes() == updated(name)


@pytest.mark.parametrize("name", TRANSLATED)
def test_nothing_is_left_untranslated_or_guessed(name: str) -> None:
    lacking = [each.id for each in read(name) if each.id and (not _strings(each.string) or each.fuzzy)]
    assert lacking == []


def _strings(string: object) -> tuple[str, ...]:
    """The forms of a translation, if none of them is empty."""
    forms = string if isinstance(string, tuple | list) else (string,)
    return tuple(map(str, forms)) if all(forms) else ()


@pytest.mark.parametrize("name", TRANSLATED)
def test_what_is_filled_in_and_what_is_stressed_is_the_same(name: str) -> None:
    for each in read(name):
        originals = each.id if isinstance(each.id, tuple) else (each.id,)
        known = {tuple(sorted(PLACEHOLDER.findall(text))) for text in originals}
        for text in _strings(each.string) if each.id else ():
            assert sorted(PLACEHOLDER.findall(text)) in [sorted(one) for one in known], text


@pytest.mark.parametrize("name", TRANSLATED)
def test_what_a_template_of_sentences_is_filled_with_is_the_same(name: str) -> None:
    """What stands in braces may move; it may neither be lost nor said twice."""
    told = {str(each.id): str(each.string) for each in read(name) if isinstance(each.id, str) and each.id}
    assert [text for text in told if sorted(SLOT.findall(text)) != sorted(SLOT.findall(told[text]))] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=names)
def test_a_template_says_nothing_that_is_not_translated(path: Path) -> None:
    assert plain_words(path.read_text(encoding="utf-8")) == []


def plain_words(source: str) -> list[str]:
    """The words of a template that stand there as they are, or in an attribute that people hear or read."""
    source = re.sub(r"\{% trans %\}.*?\{% endtrans %\}", "", source, flags=re.DOTALL)
    tokens = Environment(extensions=["jinja2.ext.i18n"]).lex(source)
    data = "".join(text if kind == "data" else "\x00" for _, kind, text in tokens)
    heard = re.findall(r'(?:aria-label|title|alt|placeholder|content)="([^"\x00]*[^\W\d_]{2}[^"\x00]*)"', data)
    heard = [each for each in heard if each not in ("width=device-width, initial-scale=1", "noindex")]
    shown = re.sub(r"<[^>]*>", "\x00", data)
    words = [" ".join(each.split()) for each in shown.split("\x00")]
    told = [each.removeprefix("· ").removesuffix(":") for each in words if re.search(r"[^\W\d_]{2}", each)]
    return [*heard, *(each for each in told if each not in SAME)]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Open</p>", ["Open"]),
        ('<p>{{ _("Open") }}</p>', []),
        ("<p>{% if x %}Open{% endif %}</p>", ["Open"]),
        ("{% trans %}Open{% endtrans %}", []),
        ('<nav aria-label="Main">', ["Main"]),
        ("<nav aria-label=\"{{ _('Main') }}\">", []),
        ("<p>✓ 12, –</p>", []),
    ],
)
def test_plain_words_are_found(source: str, found: list[str]) -> None:
    assert plain_words(source) == found


def test_a_language_that_is_offered_has_a_catalog_and_no_other_has() -> None:
    assert {path_of(each) for each in TRANSLATED} == set(language.CATALOGS.rglob("*.po"))


@pytest.fixture
def app() -> Flask:
    made = Flask("none")
    language.install(made)
    return made


@pytest.mark.parametrize(
    ("asked", "tag", "told"),
    [
        ("", "en", "Today"),
        ("fr", "en", "Today"),
        ("de-AT,en;q=0.5", "de", "Heute"),
        ("fr, zh-CN;q=0.8, de;q=0.4", "zh-Hans", "今日"),
        ("zh", "zh-Hans", "今日"),
        ("de;q=0, en", "en", "Today"),
        ("not a language at all", "en", "Today"),
    ],
)
def test_the_language_is_that_of_the_browser(app: Flask, asked: str, tag: str, told: str) -> None:
    with app.test_request_context(headers={"Accept-Language": asked}):
        app.preprocess_request()
        assert (language.language_tag(), gettext("Today")) == (tag, told)


def test_outside_of_a_request_it_is_english() -> None:
    assert gettext("Today") == "Today"
    assert gettext("100 %") == "100 %" and gettext("Version %(version)s", version="1%") == "Version 1%"
    assert ngettext("%(num)s day", "%(num)s days", 2) == "2 days"


@pytest.mark.parametrize(("asked", "told"), [("en", "30 Jun 2026"), ("de", "30.06.2026"), ("zh", "2026年6月30日")])
def test_a_day_is_written_as_the_language_does(app: Flask, asked: str, told: str) -> None:
    from datetime import date

    with app.test_request_context(headers={"Accept-Language": asked}):
        app.preprocess_request()
        assert day_of(date(2026, 6, 30)) == told


def test_what_is_translated_is_no_markup(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "de"}):
        app.preprocess_request()
        made = app.jinja_env.from_string("{{ _(given) }} {{ _('Version %(version)s', version=given) }}")
        assert made.render(given="<b>") == "&lt;b&gt; Version &lt;b&gt;"


def test_the_closed_sets_are_translated() -> None:
    for each in TRANSLATED:
        known = {message.id: message.string for message in read(each)}
        assert all(known[text] and (known[text] != text or not _has_words(text)) for text in closed())


def _has_words(text: str) -> bool:
    """Has it words of its own, besides what is filled in?"""
    return re.search(r"[^\W\d_]", PLACEHOLDER.sub("", text)) is not None


def test_every_region_is_of_a_language() -> None:
    assert set(REGIONS) <= set(LANGUAGES)
