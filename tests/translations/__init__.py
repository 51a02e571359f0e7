"""The catalogs of the pages' texts: what has to be in them, and how they are written (`make translations`)."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from service.eligibility.outcome import Reason
from service.web.language import CATALOGS, ENGLISH, LANGUAGES
from tests.shape.source import ROOT

WEB = ROOT / "service" / "web"
TRANSLATED = tuple(each for each in LANGUAGES if each != ENGLISH)
HOW = [("templates/**.html", "jinja2.ext:babel_extract"), ("**.py", "python")]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}
OPTIONS = {"templates/**.html": {"trimmed": "true", "silent": "false"}}


def wanted() -> Catalog:
    """Every text that a page may show in the reader's language; where it stands is not kept, so that a move changes
    nothing."""
    catalog = Catalog(charset="utf-8")
    for _, _, message, _, _ in extract_from_dir(WEB, HOW, OPTIONS, KEYWORDS):
        catalog.add(message)
    for text in closed():
        catalog.add(text)
    return catalog


def closed() -> Iterator[str]:
    """The closed sets that are not written in a template, but given to one."""
    from service.screening.person.study_part import ANSWERS, SIGNALS, STANDINGS
    from service.web.launch import ERRORS, REFUSED, WORDS
    from service.web.pages import digests
    from service.web.pages.refusals import REFUSALS, SAID

    yield from (each.sentence for each in Reason)
    yield from STANDINGS.values()
    yield from SIGNALS.values()
    yield from (word for _, word, _ in ANSWERS.values())
    yield from REFUSALS.values()
    yield from (text for pair in SAID.values() for text in pair)
    yield from ERRORS.values()
    yield from (*digests.OFTEN.values(), *digests.PROBLEMS.values())
    yield from (digests.NO_WAY, digests.NO_MAILBOX, digests.NO_ADDRESS)
    yield REFUSED
    yield from (said for _, said in WORDS.values() if said)


def path_of(language: str) -> Path:
    """Where the catalog of a language stands."""
    return CATALOGS / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> Catalog:
    """The catalog of a language, as it is committed."""
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language)


def updated(language: str) -> bytes:
    """The catalog with exactly the texts that are wanted; what is new has no translation yet."""
    old, made = read(language), Catalog(locale=language, charset="utf-8")
    for message in wanted():
        if message.id:
            key = message.id[0] if isinstance(message.id, tuple) else message.id
            known = old.get(key)
            string = known.string if known is not None and type(known.id) is type(message.id) else None
            made.add(message.id, string, flags=message.flags)
    content = BytesIO()
    write_po(content, made, width=120, omit_header=True, sort_output=True, no_location=True)
    head = b'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    plural = f'"Plural-Forms: {made.plural_forms}\\n"\n'.encode()
    return head + f'"Language: {language}\\n"\n'.encode() + plural + b"\n" + content.getvalue()


__all__ = ["TRANSLATED", "WEB", "closed", "path_of", "read", "updated", "wanted"]
