"""The catalogs of the pages' texts: what has to be in them, and how they are written (`make translations`)."""

import ast
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from inspect import getsource
from io import BytesIO
from pathlib import Path
from types import ModuleType

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from service.eligibility.outcome import Reason
from service.web.language import CATALOGS, ENGLISH, LANGUAGES
from tests.shape.source import ROOT
from tests.translations.composed import composed, content

WEB = ROOT / "service" / "web"
TRANSLATED = tuple(each for each in LANGUAGES if each != ENGLISH)
HOW = [("templates/**.html", "jinja2.ext:babel_extract"), ("**.py", "python")]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}
# Who refuses what people ask for on a page.
REFUSING = [
    *(f"service.screening.decisions.{each}" for each in ("given", "make")),
    *(f"service.screening.access.{each}" for each in ("administered", "passwords", "identified")),
    *(f"service.screening.worklist.{each}" for each in ("asked", "marks")),
    "service.screening.launch.launches",
    "service.web.launch",
    *(f"service.web.pages.{each}" for each in ("administration", "decisions", "desk", "patient", "worklist")),
]
OPTIONS = {"templates/**.html": {"trimmed": "true", "silent": "false"}}


@cache
def wanted() -> Catalog:
    """Every text that a page may show in the reader's language; where it stands is not kept, so that a move changes
    nothing."""
    catalog = Catalog(charset="utf-8")
    for _, _, message, _, _ in extract_from_dir(WEB, HOW, OPTIONS, KEYWORDS):
        catalog.add(message)
    for text in (*closed(), *composed(), *content()):
        catalog.add(text)
    return catalog


def closed() -> Iterator[str]:
    """The closed sets that are not written in a template, but given to one."""
    from service.eligibility.explain.study_text import NO_OTHER
    from service.screening.person import history, page, source, study_part
    from service.screening.person.study_part import ANSWERS, SIGNALS
    from service.screening.stand import STANDINGS
    from service.screening.studying.plain import ANY_OTHER, AT_VISIT
    from service.screening.worklist import changes, digests as mails, reasons
    from service.web.launch import BUSY, ERRORS, REFUSED, WORDS
    from service.web.pages import account, digests, issuers, sign_in
    from service.web.pages.refusals import REFUSALS, SAID
    from service.web.words import WORDS as CODES

    yield from CODES.values()
    yield from (*study_part.GROUPS.values(), *study_part.TITLES, *study_part.SENTENCES, *study_part.BECOMES.values())
    yield from (*history.WHYS, *history.SENTENCES)
    yield from (*changes.SENTENCES.values(), changes.CHANGES)
    yield from reasons.SENTENCES
    yield from (*page.WITHDRAWN.values(), page.HELD_BACK, page.NOTHING_HOLDS, NO_OTHER, ANY_OTHER, AT_VISIT)
    yield from source.PROBLEMS
    yield from (account.AS_ASKED, *account.NAMES.values(), account.OLD_IS_WRONG, account.NOT_THE_SAME)
    yield from (sign_in.WRONG, sign_in.ANOTHER_PAGE, issuers.AWAY, BUSY)
    yield from raised()
    yield from (each.sentence for each in Reason)
    yield from STANDINGS.values()
    yield from SIGNALS.values()
    yield from (word for _, word, _ in ANSWERS.values())
    yield from REFUSALS.values()
    yield from (text for pair in SAID.values() for text in pair)
    yield from ERRORS.values()
    yield from (*digests.OFTEN.values(), *digests.PROBLEMS.values())
    yield from (digests.NO_WAY, digests.NO_MAILBOX, digests.NO_ADDRESS)
    yield from mails.TEXTS
    yield REFUSED
    yield from (said for _, said in WORDS.values() if said)


def raised() -> Iterator[str]:
    """What is said when something is refused, where it is a sentence as it stands: not one that is filled."""
    for name in REFUSING:
        module = import_module(name)
        for each in ast.walk(ast.parse(getsource(module))):
            if isinstance(each, ast.Raise) and isinstance(each.exc, ast.Call) and each.exc.args:
                yield from _sentences(each.exc.args[0], module)


def _sentences(said: ast.expr, module: ModuleType) -> Iterator[str]:
    if isinstance(said, ast.IfExp):
        yield from _sentences(said.body, module)
        yield from _sentences(said.orelse, module)
    text = getattr(module, said.id, "") if isinstance(said, ast.Name) else getattr(said, "value", "")
    if isinstance(text, str) and " " in text:
        yield text


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
