"""Codes, concepts and value sets: does this concept belong to that set, surely, possibly, or not? SEMANTICS §5.

System and code decide; a display never does. Names can only suggest (`name-only`), and a concept that shows neither a
known code nor any words at all cannot be excluded either (`code-unmapped`). A text that stands where no code does can
be mapped by a person like a code (`text_code`): then it is the person who decides, and not the text.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from service.eligibility.icd import names_no_disease, plain_code
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.term_index import EXCLUDED, SURE, CodeIndex, WordIndex

MOST_REMEMBERED, MOST_ANSWERS = 50_000, 200_000  # concepts; answers about them
TEXT_SYSTEM = "https://fhir-prescreen.org/fhir/CodeSystem/text"  # of texts that a site's map gives a meaning


@dataclass(frozen=True, slots=True)
class Coding:
    """A code in a system. ICD codes are kept upper-case and without the dot (`normalized`)."""

    system: str
    code: str

    def normalized(self) -> "Coding":
        """The form in which codes are compared: the ICD families are written with and without a dot."""
        plain = plain_code(self.system, self.code)
        return self if plain == self.code else Coding(self.system, plain)


def text_code(text: str) -> Coding:
    """A text as a code of TEXT_SYSTEM: capitals and blanks make no difference."""
    return Coding(TEXT_SYSTEM, " ".join(text.lower().split()))


@dataclass(frozen=True, slots=True)
class Concept:
    """What a CodeableConcept says: all its codings, and all words in it (its text and every display)."""

    codings: tuple[Coding, ...] = ()
    texts: tuple[str, ...] = ()
    _hash: int = field(init=False, compare=False, repr=False)  # asked for again and again, by what is remembered

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.codings, self.texts)))

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[object, ...]:
        return Concept, (self.codings, self.texts)  # another process has another hash

    @property
    def name(self) -> str:
        """The words a reader sees; the first text, else the first code."""
        if self.texts:
            return self.texts[0]
        return self.codings[0].code if self.codings else "unnamed"


class Membership(NamedTuple):
    """MET: a member; UNKNOWN: perhaps, with the reason; NOT_MET: not one. `opaque`: only because nothing is legible."""

    outcome: Outcome
    reason: Reason | None = None
    opaque: bool = False


MEMBER = Membership(Outcome.MET)
NOT_MEMBER = Membership(Outcome.NOT_MET)
BY_NAME = Membership(Outcome.UNKNOWN, Reason.NAME_ONLY)
INEXACT = Membership(Outcome.UNKNOWN, Reason.CODE_UNMAPPED)
OPAQUE = Membership(Outcome.UNKNOWN, Reason.CODE_UNMAPPED, opaque=True)


@dataclass(frozen=True, slots=True)
class Codes:
    """Some codes: listed one by one, or by the beginning of the code (`prefixes`: system and beginning)."""

    listed: frozenset[Coding] = frozenset()
    prefixes: tuple[Coding, ...] = ()

    def hold(self, coding: Coding) -> bool:
        """Is this (normalized) coding one of them?"""
        return coding in self.listed or any(
            coding.system == prefix.system and coding.code.startswith(prefix.code) for prefix in self.prefixes
        )


@dataclass(frozen=True, slots=True)
class ValueSet:
    """A named set of codes that decide, codes that only suggest, and the words by which other concepts may belong.

    `words` are looked for in lower-case text set between spaces, so `" po "` is a whole word; `not_words` are phrases
    taken out first. `exhaustive` are the systems in which this set lists everything that belongs to it.
    `self_limited_days`: for conditions that pass by themselves, how long one is sure to last.
    """

    id: str
    title: str
    sure: Codes = Codes()
    inexact: Codes = Codes()
    excluded: Codes = Codes()
    words: tuple[str, ...] = ()
    not_words: tuple[str, ...] = ()
    exhaustive: frozenset[str] = frozenset()
    self_limited_days: int | None = None

    def holds(self, coding: Coding) -> Membership:
        """Does this one code belong?"""
        if self.excluded.hold(coding):
            return NOT_MEMBER
        if self.sure.hold(coding):
            return MEMBER
        return INEXACT if self.inexact.hold(coding) else NOT_MEMBER

    @property
    def alone(self) -> frozenset[Coding]:
        """The codes that are the only one of their system, listed or begun, sure or inexact."""
        every = {each for codes in (self.sure, self.inexact) for each in (*codes.listed, *codes.prefixes)}
        often = Counter(each.system for each in every)
        return frozenset(each for each in every if often[each.system] == 1)

    def suggested_by(self, text: str) -> bool:
        """Does the text hold one of the set's words?"""
        return self.word_in(text) is not None

    def word_in(self, text: str) -> str | None:
        """The first of the set's words that the text holds."""
        padded = f" {text.lower()} "
        for phrase in self.not_words:
            padded = padded.replace(phrase, " ")
        return next((word for word in self.words if word in padded), None)


class Mapped(NamedTuple):
    """Where a concept map leads: the target code, and whether the map calls it the same thing."""

    target: Coding
    exact: bool


class Said(NamedTuple):
    """What the codes and words of a concept tell to all value sets alike.

    `held`: the sets of which it is, by its codes, or may be; `systems`: of all its codes; `vague`: one of them names no
    disease; `classified`: a set or a map knows one of them; `suggested`: the sets that its texts suggest; `legible`: it
    has any.
    """

    held: Mapping[str, Membership]
    systems: frozenset[str]
    vague: bool
    classified: bool
    suggested: frozenset[str]
    legible: bool


@dataclass(frozen=True)
class Terminology:
    """All value sets and code maps of one installation. Answers are remembered per concept: concepts repeat."""

    value_sets: Mapping[str, ValueSet]
    maps: Mapping[Coding, tuple[Mapped, ...]] = field(default_factory=dict)
    _memberships: dict[tuple[tuple[str, ...], Concept], Membership] = field(
        default_factory=dict, compare=False, repr=False
    )
    _said: dict[Concept, Said] = field(default_factory=dict, compare=False, repr=False)
    _lasting: dict[tuple[tuple[str, ...], Concept], int | None] = field(default_factory=dict, compare=False, repr=False)

    def membership(self, ids: tuple[str, ...], concept: Concept) -> Membership:
        """Does the concept belong to one of these value sets?"""
        key = (ids, concept)
        known = self._memberships.get(key)
        if known is None:
            said = self._told(concept)
            found = [self._one(each, said) for each in ids]
            if len(self._memberships) >= MOST_ANSWERS:
                self._memberships.clear()
            known = self._memberships[key] = max(found, key=lambda m: (m.outcome, not m.opaque), default=NOT_MEMBER)
        return known

    def perhaps_in(self, ids: Iterable[str], concept: Concept) -> list[str]:
        """To which of these value sets the concept may belong."""
        said = self._told(concept)
        return [each for each in ids if self._one(each, said).outcome is not Outcome.NOT_MET]

    def is_all_of(self, ids: tuple[str, ...], concept: Concept) -> bool:
        """Is the concept all there is to these value sets? To deny it is to deny them: it is the only code that each of
        them lists of a system."""
        own = {each.normalized() for each in concept.codings}
        return bool(ids) and all(own & self.value_sets[name].alone for name in ids)

    def classified(self, concept: Concept) -> bool:
        """Does any value set or map know one of its codes?"""
        return any(self._knows(coding) for coding, _ in self.codings(concept))

    def codings(self, concept: Concept) -> Iterable[tuple[Coding, bool]]:
        """Each code of the concept, its own and those the maps lead to, with whether it is exact.

        A text without any code counts as one where a map knows it.
        """
        own = [each.normalized() for each in concept.codings]
        if not own:
            own = [each for text in concept.texts if (each := text_code(text)) in self.maps]
        for coding in own:
            yield coding, True
            for target, exact in self.maps.get(coding, ()):
                yield target.normalized(), exact

    def self_limited_days(self, ids: tuple[str, ...], concept: Concept) -> int | None:
        """How long a condition that passes by itself is sure to last, if one of the sets holding it says so.

        The shortest of the sets that hold it, surely or, among those asked for, possibly.
        """
        key = (ids, concept)
        known = self._lasting.get(key, -1)
        if known != -1:
            return known
        passing = [each for each in self.value_sets.values() if each.self_limited_days is not None]
        held = {each.id: self.membership((each.id,), concept).outcome for each in passing}
        days = (
            each.self_limited_days
            for each in passing
            if each.self_limited_days is not None
            and held[each.id] is not Outcome.NOT_MET
            and (each.id in ids or held[each.id] is Outcome.MET)
        )
        if len(self._lasting) >= MOST_ANSWERS:
            self._lasting.clear()
        found = self._lasting[key] = min(days, default=None)
        return found

    @cached_property
    def _codes(self) -> CodeIndex:
        return CodeIndex(self.value_sets)

    @cached_property
    def _words(self) -> WordIndex:
        return WordIndex(self.value_sets)

    def _knows(self, coding: Coding) -> bool:
        return coding in self.maps or any(how <= SURE for how in self._codes.listing(coding).values())

    def _told(self, concept: Concept) -> Said:
        known = self._said.get(concept)
        if known is None:
            if len(self._said) >= MOST_REMEMBERED:
                self._said.clear()
            known = self._said[concept] = self._looked_up(concept)
        return known

    def _looked_up(self, concept: Concept) -> Said:
        codings = tuple(self.codings(concept))
        held: dict[str, Membership] = {}
        for coding, exact in codings:
            for name, how in self._codes.listing(coding).items():
                if how == SURE and exact:
                    held[name] = MEMBER
                elif how != EXCLUDED:
                    held.setdefault(name, INEXACT)
        return Said(
            held,
            frozenset(coding.system for coding, _ in codings),
            any(names_no_disease(coding.system, coding.code) for coding, _ in codings),
            any(self._knows(coding) for coding, _ in codings),
            frozenset().union(*map(self._words.suggesting, concept.texts)),
            any(text.strip() for text in concept.texts),
        )

    def _one(self, name: str, said: Said) -> Membership:
        """Does what says this belong to the value set of that name?"""
        held = said.held.get(name)
        if held is not None:
            return held
        exhaustive = self.value_sets[name].exhaustive
        if said.classified:
            return NOT_MEMBER
        # what one code leaves out may be what another one says in words, or the text beside a mere symptom
        if not said.systems.isdisjoint(exhaustive):
            surely = name not in said.suggested or (said.systems <= exhaustive and not said.vague)
            return NOT_MEMBER if surely else BY_NAME
        if name in said.suggested:
            return BY_NAME
        return NOT_MEMBER if said.legible else OPAQUE
