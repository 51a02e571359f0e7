"""In which language a page speaks: that of the account, else the first of the browser's that there is, else English.

The catalogs are gettext's (service/translations); they are compiled when the service starts, so that nothing has to be
built. Templates say `{{ _("…") }}` or `{% trans %}`; what is translated is escaped like any other text.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache, partial
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.dates import format_date, format_datetime, format_skeleton, format_time
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, g, has_request_context, request

from service.eligibility.explain.wording import ENGLISH as IN_ENGLISH, Wording

LANGUAGES = {"en": "English", "de": "Deutsch", "zh_Hans": "简体中文"}
ENGLISH = "en"
CATALOGS = Path(__file__).parents[1] / "translations"
# How a language writes its dates; the British way cannot be mistaken.
REGIONS = {ENGLISH: "en_GB"}
Preferred = Callable[[], str | None]


def install(app: Flask, preferred: Preferred = lambda: None) -> None:
    """Let all templates of the application be translated. `preferred`: the language of who is signed in, if any."""
    for each in LANGUAGES:
        _catalog(each)

    @app.before_request
    def later() -> None:
        g.preferred_language = preferred

    app.jinja_env.add_extension("jinja2.ext.i18n")
    # Not the new style: that one takes what is translated for markup.
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=False)  # type: ignore[attr-defined]
    app.jinja_env.globals.update(
        _=gettext,
        day_of=day_of,
        written_of=written_of,
        moment_of=moment_of,
        time_of=time_of,
        language_tag=language_tag,
        language_name=language_name,
    )


def language() -> str:
    """The language of this request, a key of LANGUAGES."""
    if not has_request_context():
        return ENGLISH
    if "language" not in g:
        wanted = g.preferred_language() if "preferred_language" in g else None
        g.language = wanted if wanted in LANGUAGES else _of_the_browser()
    known: str = g.language
    return known


def language_tag() -> str:
    """The same as HTML names it."""
    return language().replace("_", "-")


def language_name() -> str:
    """The same as its readers call it."""
    return LANGUAGES[language()]


def gettext(text: str, **values: object) -> str:
    """The text in the language of this request. `values` fill its `%(name)s`; without any, a `%` is just that."""
    told = _catalog(language()).gettext(text)
    return told % values if values else told


def told_in(name: str | None, text: str) -> str:
    """The text in this language, outside of any request; in English, where it is none of ours."""
    return _catalog(ENGLISH if name is None or name not in LANGUAGES else name).gettext(text)


def ngettext(one: str, many: str, number: int, **values: object) -> str:
    """The same, for a number of things."""
    told = _catalog(language()).ngettext(one, many, number)
    return told % {"num": number, **values}


def day_of(value: date) -> str:
    """A day, as the reader's language writes it."""
    return format_date(value, "medium", locale=_region())


def written_of(text: str) -> str:
    """A day or month that FHIR writes, as the reader's language does; a year, and other text, stays."""
    try:
        if len(text) == len("2026-06"):
            return format_skeleton("yMMM", date.fromisoformat(f"{text}-01"), locale=_region())
        return day_of(date.fromisoformat(text)) if len(text) == len("2026-06-30") else text
    except ValueError:
        return text


def moment_of(value: datetime) -> str:
    """A day and the time of day, in the zone of the value."""
    return format_datetime(value, "d MMM y, HH:mm" if language() == ENGLISH else "medium", locale=_region())


def time_of(value: datetime) -> str:
    """The time of day alone."""
    return format_time(value, "HH:mm" if language() == ENGLISH else "short", locale=_region())


def wording() -> Wording:
    """For what is composed of templates: the sentences of the machine, in the language of this request."""
    return wording_in(language())


@cache
def wording_in(name: str) -> Wording:
    """The same for a language, a key of LANGUAGES."""
    if name == ENGLISH:
        return IN_ENGLISH
    return Wording(
        translated=_texts(name).get,
        day=partial(format_date, format="medium", locale=name),
        month=partial(format_skeleton, "yMMM", locale=name),
        short=partial(format_skeleton, "MMMd", locale=name),
    )


@cache
def _texts(name: str) -> Mapping[str, str]:
    """Every text of one form that has a translation: what has none is not there, and so not taken for English."""
    messages = ((each.id, each.string) for each in _read(name))
    return {one: other for one, other in messages if isinstance(one, str) and isinstance(other, str) and one and other}


def _region() -> str:
    return REGIONS.get(language(), language())


def _of_the_browser() -> str:
    by_name = {each.partition("_")[0]: each for each in LANGUAGES}
    for tag, quality in request.accept_languages:
        found = by_name.get(tag.replace("_", "-").partition("-")[0].lower())
        if found is not None and quality > 0:
            return found
    return ENGLISH


@cache
def _catalog(name: str) -> NullTranslations:
    if name == ENGLISH:
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, _read(name))
    compiled.seek(0)
    return GNUTranslations(compiled)


@cache
def _read(name: str) -> Catalog:
    with (CATALOGS / name / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file)
