"""What a page says for a code, and for a sentence that is told apart from what fills it."""

from datetime import date

import pytest
from flask import Flask

from service.screening.access import Role
from service.screening.access.known import NO_BASIS
from service.screening.access.policy import BasisKind
from service.screening.decisions.kinds import OUTCOMES, WHYS, Kind, PersonStatus
from service.screening.person.sentence import Sentence
from service.web import language, words
from service.web.language import LANGUAGES
from service.web.words import told, word

AT = Sentence("With no new data, %(criterion)s changes on %(day)s to: %(word)s.", {
    "criterion": "I1 (“at least 50 % of it”)",
    "day": date(2026, 12, 14),
    "word": Sentence("Met"),
})  # fmt: skip


@pytest.fixture
def app() -> Flask:
    made = Flask("none")
    language.install(made)
    words.install(made)
    return made


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("en", "With no new data, I1 (“at least 50 % of it”) changes on 14 Dec 2026 to: Met."),
        ("de", "Ohne neue Daten ändert sich I1 (“at least 50 % of it”) am 14.12.2026 zu: Erfüllt."),
        ("zh", "若无新数据，I1 (“at least 50 % of it”) 将于 2026年12月14日 变为：满足。"),
    ],
)
def test_a_sentence_is_told_with_its_days_and_words(app: Flask, asked: str, said: str) -> None:
    with app.test_request_context(headers={"Accept-Language": asked}):
        app.preprocess_request()
        assert told(AT) == said


def test_a_sentence_without_values_may_hold_a_percent_sign() -> None:
    assert str(Sentence("100 % sure")) == "100 % sure" == told(Sentence("100 % sure"))
    assert str(AT).endswith("changes on 2026-12-14 to: Met.")


def test_what_fills_a_sentence_is_no_markup(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "de"}):
        app.preprocess_request()
        shown = app.jinja_env.from_string("{{ told(said) }} {{ word('<i>') }}")
        assert shown.render(said=Sentence("%(criterion)s speaks against.", {"criterion": "<b>"})) == (
            "&lt;b&gt; spricht dagegen. &lt;i&gt;"
        )


@pytest.mark.parametrize("asked", [each.partition("_")[0] for each in LANGUAGES if each != "en"])
def test_every_code_of_a_closed_set_has_a_word(app: Flask, asked: str) -> None:
    codes = {*PersonStatus, *Role, *Kind, *BasisKind, *OUTCOMES, *WHYS, NO_BASIS, *(f"decided-{each}" for each in Kind)}
    with app.test_request_context(headers={"Accept-Language": asked}):
        app.preprocess_request()
        assert {each for each in codes if word(each) == each} == set()


def test_what_is_no_code_stays_as_it_is() -> None:
    assert word("2026-06-30") == "2026-06-30" and word("–") == "–"
