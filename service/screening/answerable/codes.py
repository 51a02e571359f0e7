"""Which codes were met, of how many people: of each value set, those that look like a wanted concept, and the rest.

Pure. A code that nothing classifies looks like a wanted concept where a word of a value set stands beside it.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from service.eligibility.facts import Kind
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.terms import TEXT_SYSTEM, Coding, Concept, Terminology, text_code
from service.screening.coverage import BY_WORDS, CLASSIFIED, Known

NOBODY = -1
BY_CODE, BY_MAP = "code", "map"


@dataclass(frozen=True, slots=True)
class CodeMet:
    """A code, or a text without one (TEXT_SYSTEM), in facts of one kind. `text`: what stands beside it most often.

    `records` are the resources with it, `patients` whom they are of. `text` is None where it would be of too few.
    """

    kind: str
    coding: Coding
    text: str | None
    patients: int
    records: int


@dataclass(frozen=True, slots=True)
class Suggested:
    """A value set that a code may belong to, by which of its words. `text`: the most frequent that holds it, if that is
    of enough people, else the word itself."""

    value_set: str
    word: str
    text: str


class Whom:
    """Of whom the records counted alike are, and how many. It grows with the people, not with the records."""

    def __init__(self) -> None:
        self.records = 0
        self.people = array("I")
        self._room = 1024

    def add(self, person: int) -> None:
        """One more record of this person."""
        self.records += 1
        self.people.append(person)
        if len(self.people) > self._room:
            self.people = array("I", set(self.people))
            self._room = 2 * len(self.people) + 1024


class Codes:
    """What was counted while reading, of those who are screened, by code.

    `known`: what each number stands for; `counted`: per resource the numbers of its person and of what it was counted
    as; `whom`: per person's number the number of whoever is screened under it, or NOBODY. `fewest`: of how many people
    a text has to be, to be shown.
    """

    def __init__(
        self, known: Sequence[tuple[Known, ...]], counted: Iterable[tuple[int, int]], whom: Sequence[int], fewest: int
    ) -> None:
        self.fewest = fewest
        self._whom: dict[int, Whom] = {}
        for person, number in counted:
            if number and person < len(whom) and whom[person] != NOBODY:
                self._whom.setdefault(number, Whom()).add(whom[person])
        self.concepts: dict[Known, set[int]] = {}
        self._of_code: dict[tuple[Kind, Coding], list[Known]] = {}
        self.by_code: dict[tuple[Kind, Coding], set[int]] = {}
        self._written: dict[Coding, Coding] = {}
        for number in self._whom:
            for each in known[number]:
                self._index(each, number)

    def _index(self, each: Known, number: int) -> None:
        new = each not in self.concepts
        self.concepts.setdefault(each, set()).add(number)
        for coding in codes_of(each.concept):
            plain = coding.normalized()
            if new:
                self._of_code.setdefault((each.kind, plain), []).append(each)
            self._written[plain] = min(coding, self._written.get(plain, coding), key=lambda c: (c.system, c.code))
            self.by_code.setdefault((each.kind, plain), set()).add(number)

    def met(self, kind: Kind, coding: Coding, words: tuple[str, ...] = ()) -> CodeMet:
        """How often a code was met. Of the texts beside it, one that holds one of `words` comes first."""
        numbers = self.by_code[kind, coding]
        written = self._written[coding]
        text = None if coding.system == TEXT_SYSTEM else self._text(kind, coding, words)
        return CodeMet(kind.value, written, text, self.patients(numbers), self._records(numbers))

    def patients(self, numbers: Iterable[int]) -> int:
        """Of how many people are the resources with these numbers?"""
        return len(set[int]().union(*(self._whom[each].people for each in numbers)))

    def _records(self, numbers: Iterable[int]) -> int:
        return sum(self._whom[each].records for each in numbers)

    def _text(self, kind: Kind, coding: Coding, words: tuple[str, ...]) -> str | None:
        beside: dict[str, set[int]] = {}
        for known in self._of_code[kind, coding]:
            for text in known.concept.texts:
                beside.setdefault(" ".join(text.split()), set()).update(self.concepts[known])
        told = {text: self.patients(numbers) for text, numbers in beside.items()}
        shown = [text for text, people in told.items() if people >= self.fewest]

        def rank(text: str) -> tuple[bool, int, str]:
            return not any(each in f" {text.lower()} " for each in words), -told[text], text

        return min(shown, key=rank, default=None)


def codes_of(concept: Concept) -> tuple[Coding, ...]:
    """The codes of a concept; where it has none, its texts as codes."""
    return concept.codings or tuple(dict.fromkeys(text_code(each) for each in concept.texts if each.strip()))


def of_value_set(codes: Codes, kind: Kind, value_set: str, terminology: Terminology) -> dict[Coding, str]:
    """The codes met that surely belong to a value set, by themselves or by a map."""
    held = terminology.value_sets[value_set]
    found: dict[Coding, str] = {}
    for of, coding in codes.by_code:
        if of is not kind:
            continue
        if held.holds(coding).outcome is Outcome.MET:
            found[coding] = BY_CODE
        elif any(exact and held.holds(to).outcome is Outcome.MET for to, exact in terminology.maps.get(coding, ())):
            found[coding] = BY_MAP
    return found


def look_alikes(
    codes: Codes, wanted: Mapping[Kind, tuple[str, ...]], terminology: Terminology
) -> dict[tuple[Kind, Coding], tuple[Suggested, ...]]:
    """The codes and texts that nothing classifies and that words suggest, with the value sets that they may be of.

    A word counts that stands beside the code in the records of enough people: one record's own words tell nothing.
    """
    found: dict[tuple[Kind, Coding], dict[tuple[str, str], dict[str, set[int]]]] = {}
    for known, numbers in codes.concepts.items():
        if known.way != BY_WORDS:
            continue
        for value_set, word, text in _suggested(known.concept, wanted[known.kind], terminology):
            for coding in codes_of(known.concept):
                if coding.system != TEXT_SYSTEM or coding == text_code(text):
                    words = found.setdefault((known.kind, coding.normalized()), {})
                    words.setdefault((value_set, word), {}).setdefault(text, set()).update(numbers)
    told = {key: tuple(_frequent(codes, words)) for key, words in found.items()}
    return {key: suggested for key, suggested in told.items() if suggested}


def _suggested(concept: Concept, ids: Iterable[str], terminology: Terminology) -> Iterable[tuple[str, str, str]]:
    """(value set, word, a text that holds it)."""
    for each in ids:
        if terminology.membership((each,), concept).reason is Reason.NAME_ONLY:
            words = ((terminology.value_sets[each].word_in(text), text) for text in concept.texts)
            yield from ((each, word.strip(), text) for word, text in words if word is not None)


def _frequent(codes: Codes, words: Mapping[tuple[str, str], Mapping[str, set[int]]]) -> Iterable[Suggested]:
    """Of each value set the word that stands beside the code in the records of most people, if those are enough."""
    best: dict[str, tuple[int, Suggested]] = {}
    for (value_set, word), texts in sorted(words.items()):
        people = codes.patients({number for numbers in texts.values() for number in numbers})
        if people >= codes.fewest and people > best.get(value_set, (0,))[0]:
            often = {text: n for text, numbers in texts.items() if (n := codes.patients(numbers)) >= codes.fewest}
            text = min(often, key=lambda each: (-often[each], each), default=word)
            best[value_set] = people, Suggested(value_set, word, text)
    return (suggested for _, suggested in best.values())


def silent(codes: Codes) -> dict[Kind, tuple[Coding, ...]]:
    """Per kind, the codes that no value set and no map knows, and no word tells anything of."""
    told: Counter[tuple[Kind, Coding]] = Counter()
    for kind, concept, way in codes.concepts:
        for coding in concept.codings:
            told[kind, coding.normalized()] += way in (BY_WORDS, CLASSIFIED)
    found: dict[Kind, list[Coding]] = {}
    for (kind, coding), times in told.items():
        if not times:
            found.setdefault(kind, []).append(coding)
    return {kind: tuple(those) for kind, those in found.items()}
