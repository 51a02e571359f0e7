"""What the bytes of a line must hold if any open study could need it: codes, words, days. Pure.

Everything here errs to one side: a line that could matter always shows one of its traces, and many a line that shows
one does not matter. So a line without any need not be parsed, whatever else it says, and however badly.

What could hide a trace is one itself: an escape (`\\u0034`, `\\/`), the tag of a resource of which a part was left out,
and the letters outside ASCII that become ASCII letters when written small (for words) or large (for codes of ICD).
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

import orjson

from service.eligibility.dates import shift
from service.eligibility.terms import TEXT_SYSTEM, Coding, Terminology, ValueSet
from service.lacking import SUBSETTED


class Trace(NamedTuple):
    """A regular expression of bytes, in what the engines of `scan` have in common. `caseless`: of ASCII letters."""

    expression: bytes
    caseless: bool = False


SPACE = rb"[ \t\r]*"
BLANK = rb"(?:[^!-~]|\\[tnrfb])"  # or a letter outside ASCII: any of them may be taken off a text's or a code's end
CODE = rb'"code"' + SPACE + b":" + SPACE + b'"' + BLANK + b"*"  # up to a code
# What may stand before and behind a code: a quote, or a blank, or an escape that stands for one.
BEFORE, BEHIND = rb"[^!#-acdeg-mo-qsu-~]", rb"[^!#-\[\]-~]"
# The sign of kelvin, I with a dot, i without one, and the long s.
ESCAPED = (rb"\\u", rb"\\/", b"\xe2\x84\xaa", b"\xc4\xb0", b"\xc4\xb1", b"\xc5\xbf")
# Keys that stand once in a line, where its id is read: of a line that holds one elsewhere, too, nobody can tell whether
# it says its type or its id twice, or holds a resource in another.
TYPE, ID = Trace(b'"resourceType"'), Trace(b'"id"')
END = rb'(?:"|' + BLANK[3:]
MOST_MONTHS = 600
MARGIN = 2  # days


HIDDEN = tuple(map(Trace, (*ESCAPED, SUBSETTED.encode())))


def traces_of(terminology: Terminology, ids: Iterable[str]) -> frozenset[Trace]:
    """What a concept shows that could belong to one of these value sets: one of their codes, one or a text that a map
    leads to them from, or one of their words."""
    sets = [terminology.value_sets[each] for each in ids]
    found = {_code(each) for value_set in sets for each in _listed(value_set)}
    found |= {_code(each, prefix=True) for value_set in sets for each in _prefixes(value_set)}
    for own, mapped in terminology.maps.items():
        targets = [each.target.normalized() for each in mapped]
        if any(value_set.sure.hold(each) or value_set.inexact.hold(each) for each in targets for value_set in sets):
            found.add(_text(own.code) if own.system == TEXT_SYSTEM else _code(own))
    # a phrase that is taken out of a text may leave a word behind, so that it is a trace as well
    return frozenset(found | {_word(each) for value_set in sets for each in (*value_set.words, *value_set.not_words)})


def _listed(value_set: ValueSet) -> Iterator[Coding]:
    yield from value_set.sure.listed
    yield from value_set.inexact.listed


def _prefixes(value_set: ValueSet) -> Iterator[Coding]:
    yield from value_set.sure.prefixes
    yield from value_set.inexact.prefixes


def _code(coding: Coding, *, prefix: bool = False) -> Trace:
    """A code where it stands as one. Those of ICD are written with dots and without, small and large."""
    if "icd-10" not in coding.system.lower():
        written = re.escape(orjson.dumps(coding.code)[1:-1])
        return Trace(BEFORE + written + (b"" if prefix else BEHIND))
    letters = (re.escape(each.encode()) for each in coding.code.replace(".", ""))
    return Trace(CODE + b"(?:" + BLANK + rb"|\.)*" + rb"\.*".join(letters), caseless=True)


def _text(text: str) -> Trace:
    """A text that a map knows, as it is written without capitals: its longest part that can be written in one way only.
    Where it has none, every line."""
    parts = re.findall(r"[!#-.0-\[\]-~]+", text)  # ASCII without blanks, quotes and slashes
    return Trace(re.escape(max(parts, key=len).encode()), caseless=True) if parts else Trace(b'"')


def _word(word: str) -> Trace:
    """A word, at least the longest part of it whose letters have no large form outside ASCII. A blank at either end may
    be the end of the text, of which blanks of all kinds were taken off."""
    part = max("".join("\n" if _cased(each) else each for each in word).split("\n"), key=len)
    before = END if part.startswith(" ") and word.startswith(part) else b""
    after = END if part.endswith(" ") and word.endswith(part) else b""
    return Trace(before + re.escape(orjson.dumps(part.strip(" "))[1:-1]) + after, caseless=True)


def _cased(letter: str) -> bool:
    return not letter.isascii() and (letter.upper() != letter or letter.lower() != letter)


def days_since(since: date | None, until: date | None) -> bytes:
    """The beginning of a day from `since` to `until` (None: whenever), with a margin for time zones, of which two may
    be 28 hours apart."""
    if since is None or until is None or (until - since).days > 30 * MOST_MONTHS:
        return rb"[0-9]{4}-[0-9]{2}-"
    first, last = shift(since, -MARGIN), shift(until, MARGIN)
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return b"(?:" + b"|".join(b"%04d-%02d-" % (each // 12, each % 12 + 1) for each in months) + b")"


def result_seen(days: bytes) -> tuple[Trace, ...]:
    """A result that may show that the person was seen on one of these days."""
    colon = SPACE + b":" + SPACE
    return (
        Trace(rb'"effective(?:DateTime|Date|Instant)"' + colon + b'"' + days),
        Trace(rb'"effective(?:Period|Timing)"'),
    )


def visit_seen(days: bytes) -> tuple[Trace, ...]:
    """A visit that may show the same: it began or ended on one of these days."""
    return (Trace(rb'"(?:start|end)"' + SPACE + b":" + SPACE + b'"' + days),)


def order_seen(days: bytes) -> tuple[Trace, ...]:
    """A drug that may have been ordered, handed out or given on one of these days."""
    names = rb'"(?:authoredOn|whenHandedOver|effectiveDateTime|occurenceDateTime)"'
    return (Trace(names + SPACE + b":" + SPACE + b'"' + days),)
