"""English that was composed from templates, recognised by them and said in another language.

What is stored of an assessment is its finished English. Each of its sentences was made from a closed set of templates
(`templates.py`), so that it can be taken apart by them. What cannot be taken apart, or in more than one way, is not
said at all: the caller shows the English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import NamedTuple

from service.eligibility.dates import Days
from service.eligibility.explain.templates import TEMPLATES
from service.eligibility.explain.wording import Wording
from service.eligibility.quantity import Interval

# What fills a template and is no template itself. What was recorded somewhere (a name, a unit) stays as it is.
LONGEST = {
    "number": re.compile(r"-?\d+(?:\.\d+)?(?:E[-+]?\d+)?", re.ASCII),
    "age": re.compile(r"\d+", re.ASCII),
    "day": re.compile(r"\d{4}-\d\d-\d\d", re.ASCII),
    "month": re.compile(r"\d{4}-\d\d(?![-\d])", re.ASCII),
    "year": re.compile(r"\d{4}(?![-\d.])", re.ASCII),
    "several": re.compile(r"\d+(?:\.\d+)?-\d+(?:\.\d+)?(?![-\d])", re.ASCII),
    "reference": re.compile(r"[^\s,;\])]+"),
    "types": re.compile(r"[A-Z][A-Za-z]+(?:, [A-Z][A-Za-z]+)*", re.ASCII),
}
EVERY = {
    "unit": re.compile(r"[^\s,;()=]+"),
    "name": re.compile(r"[^\n;]{1,255}"),
    "word": re.compile(r"[^'\n]{1,100}"),
    "content": re.compile(r".{1,600}"),
}
NUMBERED = re.compile(r"_\d+$")
SLOT = re.compile(r"\{(\w+)\}")
Closed = Mapping[str, Mapping[str, str]]


class Said(NamedTuple):
    """How a part of the text is said; None: in more than one way. `foreign`: so many letters of it were recorded."""

    foreign: int
    text: str | None


@dataclass(frozen=True)
class Recogniser:
    """Says composed English in the language of `wording`.

    `closed`: by kind of slot what may stand there, and how it is said (the phrases of the criteria, for one).
    """

    wording: Wording
    closed: Closed = field(default_factory=dict)

    def said(self, kind: str, text: str) -> str | None:
        """The text in the language; None where it is no text of this kind, or one that has no translation."""
        found = _Reading(self, text).of(kind, 0).get(len(text))
        return None if found is None else found.text


def days_words(days: Days, wording: Wording) -> str:
    """Days in the language, as `str` says them in English."""
    return _of("days", str(days), wording)


def interval_words(interval: Interval, wording: Wording) -> str:
    """A number, or a range, in the language."""
    return _of("interval", str(interval), wording)


def _of(kind: str, text: str, wording: Wording) -> str:
    return text if wording.english else Recogniser(wording).said(kind, text) or text


class _Reading:
    """One text, every part of which is looked at once."""

    def __init__(self, by: Recogniser, text: str) -> None:
        self._by = by
        self._text = text
        self._known = dict[tuple[str, int], dict[int, Said]]()

    def of(self, kind: str, start: int) -> dict[int, Said]:
        """By where it ends: what begins at `start` and is of this kind."""
        key = kind, start
        if key not in self._known:
            self._known[key] = {}  # no template begins with itself
            found = dict[int, Said]()
            for end, said in self._all(kind, start):
                _keep(found, end, said)
            self._known[key] = found
        return self._known[key]

    def _all(self, kind: str, start: int) -> Iterator[tuple[int, Said]]:
        yield from self._recorded(kind, start)
        for english, said in self._by.closed.get(kind, {}).items():
            if self._text.startswith(english, start):
                yield start + len(english), Said(0, said)
        for form in _forms(kind):
            if form.may_begin(self._text, start):
                whole = SLOT.fullmatch(form.template)
                form_said = form.template if whole else self._by.wording.translated(form.template)
                if form_said is not None:
                    yield from self._by_form(form, form_said, start)

    def _recorded(self, kind: str, start: int) -> Iterator[tuple[int, Said]]:
        if kind in LONGEST:
            whole = LONGEST[kind].match(self._text, start)
            written = None if whole is None else self._written(kind, whole[0])
            if whole is not None and written is not None:
                yield whole.end(), Said(0, written)
        elif kind in EVERY:
            most = EVERY[kind].match(self._text, start)
            for end in range(start + 1, 0 if most is None else most.end() + 1):
                if self._text[end - 1 : end + 1].isalnum() and end < len(self._text):
                    continue  # no word is cut in two
                part = self._text[start:end]
                if kind != "content":
                    yield end, Said(end - start, part)
                elif (told := self._by.wording.translated(part)) is not None:
                    yield end, Said(0, told)

    def _written(self, kind: str, text: str) -> str | None:
        if kind not in ("day", "month"):
            return text
        try:
            day = date.fromisoformat(text if kind == "day" else f"{text}-01")
        except ValueError:
            return None
        return self._by.wording.day(day) if kind == "day" else self._by.wording.month(day)

    def _by_form(self, form: _Form, said: str, start: int) -> Iterator[tuple[int, Said]]:
        """Every way to fill the template from here."""
        parts = form.parts
        ways: list[tuple[int, int, dict[str, str | None]]] = [(start + len(parts[0][0]), 0, {})]
        for (_, slot), following in zip(parts, (*(literal for literal, _ in parts[1:]), ""), strict=True):
            if slot is not None:
                ways = [
                    (end + len(following), foreign + part.foreign, {**filled, slot: part.text})
                    for at, foreign, filled in ways
                    for end, part in self.of(NUMBERED.sub("", slot), at).items()
                    if self._text.startswith(following, end)
                ]
        for end, foreign, filled in ways:
            sure = {name: each for name, each in filled.items() if each is not None}
            yield end, Said(foreign, said.format(**sure) if len(sure) == len(filled) else None)


def _keep(found: dict[int, Said], end: int, said: Said) -> None:
    """Of two ways to take a part apart, that which leaves less of it as recorded; if neither does, none is sure."""
    known = found.get(end)
    if known is None or said.foreign < known.foreign:
        found[end] = said
    elif said.foreign == known.foreign and said.text != known.text:
        found[end] = Said(said.foreign, None)


class _Form(NamedTuple):
    """A template and its parts."""

    template: str
    parts: tuple[tuple[str, str | None], ...]

    def may_begin(self, text: str, start: int) -> bool:
        """Do its letters follow one another there? That is quicker to see than whether what is between them fits."""
        at = start
        for number, (literal, _) in enumerate(self.parts):
            found = text.find(literal, at) if number else start if text.startswith(literal, start) else -1
            if found < 0:
                return False
            at = found + len(literal) + 1
        return True


@cache
def _forms(kind: str) -> tuple[_Form, ...]:
    return tuple(_Form(each, _parts(each)) for each in TEMPLATES.get(kind, ()))


def _parts(template: str) -> tuple[tuple[str, str | None], ...]:
    """The letters before each slot, and the slot; after the last, none."""
    pieces = SLOT.split(template)
    pairs = zip(pieces[::2], [*pieces[1::2], None], strict=True)
    return tuple((literal, slot) for literal, slot in pairs if literal or slot)
