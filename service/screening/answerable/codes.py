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
    """A value set that a code may belong to, by which of its words, standing in which text."""

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
        self._fewest = fewest
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
        shown = [text for text, people in told.items() if people >= self._fewest]

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
    """The codes and texts that nothing classifies and that words suggest, with the value sets that they may be of."""
    found: dict[tuple[Kind, Coding], dict[str, Suggested]] = {}
    for kind, concept, way in codes.concepts:
        if way != BY_WORDS:
            continue
        for each in _suggested(concept, wanted[kind], terminology):
            for coding in codes_of(concept):
                if coding.system != TEXT_SYSTEM or coding == text_code(each.text):
                    found.setdefault((kind, coding.normalized()), {}).setdefault(each.value_set, each)
    return {key: tuple(each for _, each in sorted(sets.items())) for key, sets in found.items()}


def _suggested(concept: Concept, ids: Iterable[str], terminology: Terminology) -> Iterable[Suggested]:
    for each in ids:
        if terminology.membership((each,), concept).reason is Reason.NAME_ONLY:
            for text in concept.texts:
                word = terminology.value_sets[each].word_in(text)
                if word is not None:
                    yield Suggested(each, word.strip(), text)
                    break


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
