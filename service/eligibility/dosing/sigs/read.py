"""Reads a text sig in the languages it may be written in: into instructions of the dose model, or a reason why not."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from service.eligibility.dosing.model import Instruction
from service.eligibility.dosing.sigs.cursor import Cursor
from service.eligibility.dosing.sigs.english import ENGLISH
from service.eligibility.dosing.sigs.french import FRENCH
from service.eligibility.dosing.sigs.german import GERMAN
from service.eligibility.dosing.sigs.plan import Planner
from service.eligibility.dosing.sigs.quantities import Known
from service.eligibility.dosing.sigs.sentence import SentenceReader
from service.eligibility.dosing.sigs.steps import instructions
from service.eligibility.dosing.sigs.tokens import Token, tokens
from service.eligibility.dosing.sigs.words import folded
from service.errors import InvalidValue

LANGUAGES = (ENGLISH, GERMAN, FRENCH)
NOTHING_KNOWN = Known()


@dataclass(frozen=True, slots=True)
class Understood:
    """What a sig says: instructions side by side, or one after another by `sequence`, and the language it is in."""

    instructions: tuple[Instruction, ...]
    language: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A sig that gives no sure dose (`dose-missing`), and why."""

    why: str


@lru_cache(maxsize=16384)  # the same sigs stand in thousands of orders
def read_sig(text: str, element: str = "dosageInstruction[0]", known: Known = NOTHING_KNOWN) -> Understood | Refused:
    """A free-text dosage instruction, by the grammar of docs/sigs.md; never raises, and never guesses.

    Read in every language; two that both understand it must agree.
    """
    found: list[Understood] = []
    reasons: list[tuple[int, str]] = []
    for lexicon in LANGUAGES:
        known_words = 0
        try:
            listed = _named(tokens(text, lexicon), known)
            known_words = sum(each.kind not in ("WORD",) for each in listed)
            sentence = SentenceReader(Cursor(listed), lexicon).read()
            steps = Planner(known).plan(sentence)
            found.append(Understood(instructions(steps, element, text), lexicon.language))
        except InvalidValue as error:
            reasons.append((known_words, str(error)))
    if not found:
        return Refused(max(reasons, key=lambda each: each[0])[1])
    if any(each.instructions != found[0].instructions for each in found):
        return Refused("it means different things in different languages")
    return found[0]


def _named(listed: Sequence[Token], known: Known) -> list[Token]:
    """The name of the product itself says nothing about the dose."""
    names = {folded(each) for each in known.names}
    return [replace(each, kind="NOISE") if each.kind == "WORD" and each.text in names else each for each in listed]
