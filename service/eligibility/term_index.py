"""Which value sets list a code, and which have a word in a text: told at once, instead of asking one set after another.

The answers are those of `ValueSet.holds` and `suggested_by`, for all sets of an installation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.eligibility.terms import Codes, Coding, ValueSet

# How a set lists a code. What it leaves out is none of its codes, and what is sure is not inexact: the least decides.
EXCLUDED, SURE, INEXACT = range(3)
Listing = Mapping[str, int]  # by the name of a set
NOWHERE: Listing = {}
LETTERS = 3  # of a word or phrase that are looked up
MOST_REMEMBERED = 50_000


class CodeIndex:
    """The codes of all sets."""

    def __init__(self, value_sets: Mapping[str, ValueSet]) -> None:
        self._listed: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        self._begun: dict[str, dict[str, dict[str, int]]] = defaultdict(dict)
        for name, each in value_sets.items():
            for how, codes in ((EXCLUDED, each.excluded), (SURE, each.sure), (INEXACT, each.inexact)):
                self._add(name, how, codes)
        self._lengths = {system: sorted({len(each) for each in begun}) for system, begun in self._begun.items()}
        self._known: dict[tuple[str, str], Listing] = {}

    def listing(self, coding: Coding) -> Listing:
        """How each set lists this (normalized) coding; those are not there that do not."""
        key = coding.system, coding.code
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            known = self._known[key] = self._looked_up(*key)
        return known

    def _add(self, name: str, how: int, codes: Codes) -> None:
        for each in codes.listed:
            self._listed[each.system, each.code].setdefault(name, how)
        for each in codes.prefixes:
            self._begun[each.system].setdefault(each.code, {}).setdefault(name, how)

    def _looked_up(self, system: str, code: str) -> Listing:
        lengths = self._lengths.get(system, ())
        begun = (self._begun[system].get(code[:length]) for length in lengths if length <= len(code))
        found = [each for each in (self._listed.get((system, code)), *begun) if each]
        if len(found) < 2:
            return found[0] if found else NOWHERE
        listing: dict[str, int] = {}
        for each in found:
            for name, how in each.items():
                listing[name] = min(how, listing.get(name, how))
        return listing


class WordIndex:
    """The words of all sets."""

    def __init__(self, value_sets: Mapping[str, ValueSet]) -> None:
        self._sets = value_sets
        self._words = Words((each, name) for name, one in value_sets.items() for each in one.words)
        self._phrases = Words((each, name) for name, one in value_sets.items() for each in one.not_words)
        self._known: dict[str, frozenset[str]] = {}

    def suggesting(self, text: str) -> frozenset[str]:
        """The sets that the text suggests."""
        known = self._known.get(text)
        if known is None:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            known = self._known[text] = self._looked_up(text)
        return known

    def _looked_up(self, text: str) -> frozenset[str]:
        padded = f" {text.lower()} "
        less = self._phrases.held_by(padded)  # of these, a phrase is taken out first
        named = {each for each in less if self._sets[each].suggested_by(text)}
        return frozenset(named | (self._words.held_by(padded) - less))


class Words:
    """Words, each with the set that it belongs to. Those of fewer letters than are looked up are few."""

    def __init__(self, found: Iterable[tuple[str, str]]) -> None:
        self._short: list[tuple[str, str]] = []
        self._long: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for word, name in found:
            (self._short if len(word) < LETTERS else self._long[word[:LETTERS]]).append((word, name))

    def held_by(self, padded: str) -> set[str]:
        """The sets of which this text holds a word."""
        found = {name for word, name in self._short if word in padded}
        for at in range(len(padded) - LETTERS + 1):
            begun = self._long.get(padded[at : at + LETTERS])
            if begun is not None:
                found.update(name for word, name in begun if padded.startswith(word, at))
        return found
