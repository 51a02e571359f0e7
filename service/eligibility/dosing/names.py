"""Reads a product's name as RxNorm and labels write it: "prednisone 5 MG Tablet", "15 mg/5 mL", "A 5 MG / B 10 MG".

A small tokenizer and one walk over the tokens. What it does not understand it leaves out; it never guesses a number.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from service.eligibility.dosing.units import COUNT, MASS, VOLUME, base
from service.eligibility.quantity import Interval, Quantity

_AMOUNTS = {"mg", "g", "gm", "mcg", "ug", "µg", "μg", "ng", "unt", "meq", "mmol", "iu"}
_PER = {"ml", "l", "mg", "g", "actuat", "hr", "h", "tablet", "tablets", "tab", "capsule", "cap", "each", "dose"}
_PREFIXES = {"ml", "hr", "actuat", "l"}  # "1 ML methylprednisolone 40 MG/ML", "24 HR tacrolimus 1 MG"
_PACKS = {"pack", "dosepak", "dosepack", "dose-pack", "packung"}
_OTHERWISE = {"-", "–", "to", "or", "bis", "oder", "à", "ou"}
_SPREAD = ("ointment", "cream", "gel", "paste", "lotion", "salbe", "creme")  # a per cent of these is by weight
LONGEST_NUMBER = 18


@dataclass(frozen=True, slots=True)
class NamedStrength:
    """One ingredient as the name gives it: `amount` of `unit` per `per`; `pieces` of them are in a pack."""

    ingredient: str
    amount: Interval
    unit: str
    per: Quantity
    pieces: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ProductName:
    """What a product's name says: its ingredients with their strengths, and the words left, which tell the form."""

    strengths: tuple[NamedStrength, ...]
    rest: str
    pack: bool = False

    @property
    def understood(self) -> bool:
        """Did it give any strength?"""
        return bool(self.strengths)


@lru_cache(maxsize=65536)
def read_name(name: str) -> ProductName:
    """The strengths a product's name states; none where it states none, or in a way that is not understood."""
    tokens = list(_tokens(name))
    walk = _Walk(tokens, any(word in name.lower() for word in _SPREAD))
    return walk.read()


def _tokens(name: str) -> Iterator[str]:
    """Numbers, words and the signs / % ( ) one by one, in lower case; brands in square brackets left out."""
    kind, token, brand = "", "", 0
    for sign in name.lower() + " ":
        brand += {"[": 1, "]": -1}.get(sign, 0)
        if brand or sign == "]":
            continue
        now = _kind(sign, kind)
        if now != kind or now == "sign":
            yield from _token(token)
            token = ""
        kind, token = now, token + sign
    yield from _token(token)


def _token(written: str) -> Iterator[str]:
    """A token without the punctuation around it; but `.5` is a half, and the dash of `2.5-5` parts two numbers."""
    token = written.strip()
    if not token:
        return
    if token[1:2].isdigit() and token[0] in ".-":
        yield f"0{token}" if token[0] == "." else token
    else:
        yield token.strip(".,;:-") or token


def _kind(sign: str, before: str) -> str:
    if sign.isspace():
        return "space"
    if sign.isdigit() or (sign in ".," and before == "number"):
        return "word" if before == "word" else "number"
    return "sign" if sign in "/%(){}" else "word"


def number(token: str) -> Decimal | None:
    """A number with a decimal point or comma; None where the comma could as well part thousands, or it is absurd."""
    head, comma, tail = token.partition(",")
    if comma and ((len(tail) == 3 and head.lstrip("0")) or "." in token or "," in tail):
        return None
    if not token[:1].isdigit() or len(token) > LONGEST_NUMBER:
        return None
    try:
        return Decimal(token.replace(",", "."))
    except InvalidOperation:
        return None


class _Walk:
    """One walk over the tokens of a name."""

    def __init__(self, tokens: Sequence[str], spread: bool) -> None:
        self.tokens, self.spread, self.at = tokens, spread, 0
        self.braced = "{" in tokens
        self.pieces: Decimal | None = None
        self.words: list[str] = []
        self.found: list[NamedStrength] = []

    def peek(self, ahead: int = 0) -> str:
        """The token `ahead` of this one, empty past the end."""
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ""

    def read(self) -> ProductName:
        """Walk to the end."""
        while self.at < len(self.tokens):
            if not self._strength():
                if self.peek() not in ("/", "(", ")", "{", "}", "%", "-", "–") and number(self.peek()) is None:
                    self.words.append(self.peek())
                elif self.peek() in ("/", "{", "(") and self.found:
                    self.words = []
                self.at += 1
        pack = self.braced or any(token in _PACKS for token in self.tokens)
        return ProductName(tuple(self.found), " ".join(self.words), pack)

    def _strength(self) -> bool:
        value, unit = number(self.peek()), self.peek(1)
        if value is None:
            return False
        if self.braced and unit == "(":  # {21 (… 4 MG Oral Tablet) } Pack
            self.pieces, self.at = value, self.at + 2
            return True
        if unit in _PREFIXES and not self.words:
            self.at += 2
            return True
        if not value:
            return False
        if unit == "%":
            self.at += 2
            return self._keep(value * 10, MASS, Quantity(Interval.exactly(1), "g" if self.spread else VOLUME))
        if unit not in _AMOUNTS:
            return False
        self.at += 2
        per = self._per()
        if self.peek() in _OTHERWISE and number(self.peek(1)) is not None:  # 5 mg to 10 mg: which, nobody says
            self.words, per, self.at = [], None, self.at + 3
        return self._keep(value, unit, per)

    def _per(self) -> Quantity | None:
        if self.peek() == "in" and number(self.peek(1)) is None and self.peek(1) not in _PER:
            return Quantity(Interval.exactly(1), COUNT)  # 8 mg in saline: one bag
        if self.peek() not in ("/", "per", "in"):
            return Quantity(Interval.exactly(1), COUNT)
        if self.peek(1) in _PER:
            unit, self.at = self.peek(1), self.at + 2
            return Quantity(Interval.exactly(1), base(unit)[0] if base(unit)[0] == COUNT else unit)
        size = number(self.peek(1))
        if size and self.peek(2) in _PER - {"mg"}:
            unit, self.at = self.peek(2), self.at + 3
            return Quantity(Interval.exactly(size), unit)
        return Quantity(Interval.exactly(1), COUNT) if size is None else None

    def _keep(self, value: Decimal, unit: str, per: Quantity | None) -> bool:
        name = " ".join(self.words)
        self.words = []
        if per is None or not name:
            return True
        family, factor = base(unit)
        amount = value * factor.numerator / factor.denominator
        self.found.append(NamedStrength(name, Interval.exactly(amount), family, per, self.pieces))
        self.pieces = None
        return True
