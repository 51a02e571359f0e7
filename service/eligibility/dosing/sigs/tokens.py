"""From the text of a sig to the tokens of the grammar: numbers, known phrases, marks, and words that are not known."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from service.eligibility.dosing.sigs.words import Lexicon, folded
from service.errors import InvalidValue

NUMERIC = frozenset({"NUM", "HALF", "HALFMORE", "FREQ", "ORD"})
LONGEST = 600  # characters: a longer text is a letter, not an instruction

_SPELLED = {
    "½": "1/2", "¼": "1/4", "¾": "3/4", "×": "x", "µ": "u", "μ": "u", "\u00a0": " ", "\u202f": " ", "\u2007": " ",
    "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-", "’": "'", "‘": "'", "`": "'", "´": "'", "\\n": "\n", "²": "2",
    "“": " ", "”": " ", '"': " ", "*": " x ", "\t": " ", "\r": "\n", "&": " and ",
}  # fmt: skip
_GLUED_X = re.compile(r"(?<=\d)x(?=[a-z])")  # 2xdaily
_SHORT_WITH = re.compile(r"(?<![a-z\d])w/(?=\s*[a-z])")  # w/ food
_FRACTION = r"(?:1/2|1/4|3/4)"
_PLAIN = rf"(?:{_FRACTION}|\d{{1,3}}(?:[.,]\d{{1,2}})?)"
_PIECES = re.compile(
    rf"""
    (?P<DATE>(?<![\d-])\d{{4}}-\d\d-\d\d(?![\d-]))
  | (?P<CLOCK>(?<![\d:])\d{{1,2}}:\d\d(?![\d:]))
  | (?P<SCHEME>(?<![\d/.,-]){_PLAIN}(?:-{_PLAIN}){{2,3}}(?![\d/-]|[.,]\d))
  | (?P<MIXED>(?<![\d/.,])\d{{1,2}}(?:\s+and\s+|\s*-\s*|\s+){_FRACTION}(?![\d/]|[.,]\d))
  | (?P<FRACTION>(?<![\d/.,]){_FRACTION}(?!\s*/\s*\d|\d|[.,]\d))
  | (?P<BODY>/\s*(?:kg|m2)(?![a-z0-9]))
  | (?P<ORDINAL>(?<![\d.,/-])\d(?:st|nd|rd|th|e|eme)(?![a-z]))
  | (?P<NUM>(?<![\d.,])(?:\d+(?:[.,]\d+)?|[.,]\d+)(?![.,]?\d))
  | (?P<WORD>(?<![a-z])(?:(?:[a-z]\.){{2,}}[a-z]?|[a-z]\.[a-z])(?![a-z])|[a-zßæœ]+(?:'[a-zßæœ]+)*)
  | (?P<SEP>[,;]|\n\s*) | (?P<COLON>:) | (?P<DOT>\.) | (?P<HYPHEN>(?<=[a-z])-(?=[a-z])) | (?P<DASH>-)
  | (?P<SLASH>/) | (?P<OPEN>[(\[]) | (?P<CLOSE>[)\]])
  | (?P<PLUS>\+) | (?P<EQUAL>=) | (?P<SPACE>[ ]+) | (?P<OTHER>.)
    """,
    re.VERBOSE | re.DOTALL,
)


class NotUnderstood(InvalidValue):
    """A sig, or a part of it, cannot be read; the message says which words and why."""


@dataclass(frozen=True, slots=True)
class Token:
    """One terminal of the grammar: its kind, what it means (`value`), and how it was written."""

    kind: str
    value: object
    text: str


END = Token("END", None, "the end")


def tokens(text: str, lexicon: Lexicon) -> tuple[Token, ...]:
    """The tokens of a sig in one language. Raises NotUnderstood for a number or a sign that has no sure meaning."""
    spelled = re.sub(r"(?<=\d)(?=[½¼¾])", " ", text)
    for sign, plain in _SPELLED.items():
        spelled = spelled.replace(sign, plain)
    spelled = _SHORT_WITH.sub("with ", _GLUED_X.sub(" x ", folded(spelled).strip()).replace("d/c", "dc"))
    if len(spelled) > LONGEST:
        raise NotUnderstood("the text is too long for a dosage instruction")
    found = list(_phrases(list(_pieces(spelled)), lexicon))
    kept = (each for at, each in enumerate(found) if not _only_joins(found, at))
    return tuple(replace(each, kind="DASH") if each.kind == "HYPHEN" else each for each in kept)


def _pieces(text: str) -> Iterator[Token]:
    for piece in _PIECES.finditer(text):
        kind, written = piece.lastgroup or "OTHER", piece.group()
        if kind == "OTHER":
            raise NotUnderstood(f"the sign '{written}' has no sure meaning here")
        if kind in ("WORD", "ORDINAL"):
            kind = "WORD"
            written = written.replace(".", "")
        value: object = written
        if kind in ("NUM", "FRACTION", "MIXED"):
            kind, value = "NUM", number(written)
        elif kind == "SCHEME":
            value = tuple(number(each) for each in written.split("-"))
        elif kind == "BODY":
            value = written.replace(" ", "")
        yield Token(kind, value, written)


def number(written: str) -> Decimal:
    """`2`, `2,5`, `1/2`, `1 1/2`. Raises NotUnderstood where a comma or a point may set thousands or a list apart."""
    whole, _, part = written.replace("and", " ").replace("-", " ").strip().rpartition(" ")
    if "/" in part:
        above, below = part.split("/")
        return Decimal(whole.strip() or 0) + Decimal(above) / Decimal(below)
    integer, mark, decimals = part.replace(",", ".").partition(".")
    if len(decimals) >= 3 and integer.strip("0"):
        raise NotUnderstood(f"'{written}' may be thousands or decimals")
    if "," in part and mark and decimals.endswith("0"):
        raise NotUnderstood(f"'{written}' may be two numbers")
    if len(integer) > 1 and integer.startswith("0"):
        raise NotUnderstood(f"'{written}' is no usual number")
    if len(integer) > 5 or len(decimals) > 4:
        raise NotUnderstood(f"'{written}' is no usual number")
    return Decimal(f"{integer or 0}.{decimals or 0}").normalize() + 0


def _phrases(pieces: list[Token], lexicon: Lexicon) -> Iterator[Token]:
    """Words become the longest phrase of the lexicon that begins with them; hyphens inside a phrase do not count."""
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        if piece.kind == "SPACE":
            at += 1
            continue
        if piece.kind != "WORD":
            yield piece
            at += 1
            continue
        found, at = _longest(pieces, at, lexicon)
        yield found


def _longest(pieces: list[Token], start: int, lexicon: Lexicon) -> tuple[Token, int]:
    words: list[str] = []
    best, end = Token("WORD", pieces[start].text, pieces[start].text), start + 1
    at = start
    while at < len(pieces) and len(words) < lexicon.longest:
        piece = pieces[at]
        if piece.kind == "WORD":
            words.append(piece.text)
            known = lexicon.phrases.get(tuple(words))
            if known is not None:
                value = Decimal(str(known[1])) if known[0] in NUMERIC else known[1]
                best, end = Token(known[0], value, " ".join(words)), at + 1
        elif piece.kind not in ("SPACE", "HYPHEN"):
            break
        at += 1
    return best, end


def _only_joins(found: list[Token], at: int) -> bool:
    """Is it the hyphen of a compound (`twice-daily`, `6-hourly`, `5-mg`), which means nothing? Not that of a range."""
    before, after = (found[at - 1].kind if at else "END"), (found[at + 1].kind if at + 1 < len(found) else "END")
    if found[at].kind == "HYPHEN":
        return (before, after) not in (("DAY", "DAY"), ("NUM", "NUM"))
    return found[at].kind == "DASH" and before == "NUM" and after in ("UNIT", "FORM", "FORMS", "HOURLY", "TIME")
