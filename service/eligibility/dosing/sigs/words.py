"""The words that a sig may be made of, in kinds; every other word is unknown. One lexicon for each language.

A phrase is one or more words; the longest phrase that fits is taken. Accents and case do not count. The kinds are the
terminals of the grammar (docs/sigs.md lists them); the value says what the phrase means.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

Row = tuple[str, object, str]

# Words of these kinds decide a dose: a word that looks like a misspelt one of them is never taken for an indication.
DECISIVE = frozenset(
    "NUM HALF HALFMORE UNIT FORM FORMS TIME FREQ TIMES DAILY HOURLY LATIN OTHER ORD THEN STOP OFF NEEDED MAX UPTO "
    "UNTIL CHANGE BY ALTERNATE DIVIDED DOSES SINGLE EVERY DAY OCC MONTH REFUSE EPISODE".split()
)


def folded(text: str) -> str:
    """Small letters without accents: `Täglich` is `taglich`."""
    apart = unicodedata.normalize("NFD", text.casefold())
    return "".join(each for each in apart if not unicodedata.combining(each))


@dataclass(frozen=True)
class Lexicon:
    """The phrases of one language: each a tuple of folded words, with its kind and value."""

    language: str
    phrases: Mapping[tuple[str, ...], tuple[str, object]]

    @classmethod
    def of(cls, language: str, *tables: Iterable[Row]) -> "Lexicon":
        """From tables of (kind, value, "phrase | phrase"); a later row of the same phrase takes the earlier's place."""
        found: dict[tuple[str, ...], tuple[str, object]] = {}
        for kind, value, phrases in (row for table in tables for row in table):
            for phrase in phrases.split("|"):
                found[tuple(folded(phrase).split())] = (kind, value)
        return cls(language, found)

    @cached_property
    def longest(self) -> int:
        """How many words the longest phrase has."""
        return max(len(phrase) for phrase in self.phrases)

    @cached_property
    def decisive(self) -> frozenset[str]:
        """The single words of at least three letters that decide a dose."""
        return frozenset(
            phrase[0]
            for phrase, (kind, _) in self.phrases.items()
            if len(phrase) == 1 and len(phrase[0]) > 2 and kind in DECISIVE
        )


# (frequency, period's number, period's unit)
DAY_ONCE = (1, "1", "d")

COMMON: tuple[Row, ...] = (
    ("UNIT", "mg", "mg | mgs | milligram | milligrams | milligramm | milligramme | milligrammes"),
    ("UNIT", "ug", "mcg | mcgs | ug | microgram | micrograms | mikrogramm | microgramme | microgrammes"),
    ("UNIT", "g", "g | gm | gms | gram | grams | gramm | gramme | grammes"),
    ("UNIT", "mL", "ml | mls | cc | milliliter | milliliters | millilitre | millilitres"),
    ("UNIT", "[iU]", "iu | ie | ui | units | unit | unites | einheiten"),
    ("UNIT", "meq", "meq"),
    ("X", None, "x"),
    ("LATIN", (1, "1", "d"), "qd | od | qday"),
    ("LATIN", (2, "1", "d"), "bid | bd | bds"),
    ("LATIN", (3, "1", "d"), "tid | tds"),
    ("LATIN", (4, "1", "d"), "qid | qds"),
    ("LATIN", (1, "2", "d"), "qod | eod"),
    ("LATIN", (1, "1", "wk"), "qw | qwk | qweek"),
    ("OCC", "morning", "qam | mane"),
    ("OCC", "evening", "qpm"),
    ("OCC", "night", "qhs | hs | nocte"),
    ("OCC", "meals", "ac | pc"),
    ("NEEDED", None, "prn | sos"),
    ("NOISE", None, "po | iv | im | sc | sq | sl | inj"),
)
