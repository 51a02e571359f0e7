"""Walks over the tokens of a sig. A production names the kinds it wants, in order; it takes all of them or none."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from service.eligibility.dosing.sigs.parts import Part
from service.eligibility.dosing.sigs.tokens import END, NotUnderstood, Token

T = TypeVar("T")


class Cursor:
    """A place in a row of tokens."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tuple(tokens)
        self.at = 0

    def next(self, ahead: int = 0) -> Token:
        """The token to come, or the END."""
        place = self.at + ahead
        return self._tokens[place] if 0 <= place < len(self._tokens) else END

    def count(self, kind: str) -> int:
        """How many tokens of a kind there are in all."""
        return sum(each.kind == kind for each in self._tokens)

    def take(self, *kinds: str) -> Token | None:
        """The next token if it is of one of these kinds; the cursor moves on only then."""
        token = self.next()
        if token.kind not in kinds:
            return None
        self.at += 1
        return token

    def sequence(self, pattern: str) -> tuple[Token | None, ...] | None:
        """Tokens of the kinds in `pattern`, in order: `EVERY NUM? TIME`, `A|B`. None, unmoved, where they are not."""
        start, found = self.at, []
        for each in pattern.split():
            token = self.take(*each.removesuffix("?").split("|"))
            if token is None and not each.endswith("?"):
                self.at = start
                return None
            found.append(token)
        return tuple(found)

    def attempt(self, production: Callable[["Cursor"], T | None]) -> T | None:
        """What a production finds; where it finds nothing the cursor has not moved."""
        start = self.at
        found = production(self)
        if found is None:
            self.at = start
        return found

    def part(self, production: Callable[["Cursor"], Part | None]) -> Part | None:
        """What a production of parts finds."""
        start = self.at
        found = production(self)
        if found is None:
            self.at = start
        return found

    def first(self, productions: Sequence[Callable[["Cursor"], Part | None]]) -> Part | None:
        """What the first production finds that finds anything."""
        for each in productions:
            found = self.part(each)
            if found is not None:
                return found
        return None

    def refuse(self, why: str | None = None) -> NotUnderstood:
        """The reason for stopping here."""
        token = self.next()
        if why is not None:
            return NotUnderstood(why)
        if token.kind == "WORD":
            return NotUnderstood(f"the word '{token.text}' is not known here")
        if token.kind == "REFUSE":
            return NotUnderstood(f"'{token.text}': {token.value}")
        return NotUnderstood(f"'{token.text}' is not understood here")
