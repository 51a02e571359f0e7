"""How far the value sets and maps know the codes of this input: what a site has to map, and what it can leave alone.

SEMANTICS §5: a code that nothing classifies and whose text tells nothing spoils no answer, but it is counted.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from service.eligibility.facts import Fact, Kind
from service.eligibility.outcome import Reason
from service.eligibility.terms import Coding, Concept
from service.screening.needs import Needs

CLASSIFIED, BY_WORDS, UNCLASSIFIED = "classified", "by_words", "unclassified"
MOST_CODES = 20  # listed per kind, the most frequent first
MOST_REMEMBERED = 100_000
FEWEST = 5  # a code seen less often is counted, not listed: it could point to somebody


class Known(NamedTuple):
    """What a fact was counted as: its kind, its codes and words, and what is known of them."""

    kind: Kind
    concept: Concept
    way: str


class Coverage:
    """Counts facts by what is known of their codes. Beyond so many different ones words are let go, so that free text
    cannot fill it.

    What the facts of one resource are counted as has a number, by which a superseded version is taken back.
    """

    def __init__(self, needs: Needs) -> None:
        self._needs = needs
        self._numbers: dict[tuple[tuple[Kind, Concept], ...], int] = {(): 0}
        self._wordless: dict[tuple[Known, ...], int] = {}
        self._known: list[tuple[Known, ...]] = [()]
        self._counts: list[int] = [0]

    def add(self, facts: Iterable[Fact]) -> int:
        """Count the facts of one resource; returns the number of what they were counted as."""
        said = tuple([(fact.kind, fact.concept) for fact in facts])
        number = self._numbers.get(said)
        if number is None:
            number = self._new(said)
        self._counts[number] += 1
        return number

    def take_back(self, number: int) -> None:
        """What `add` counted under this number does not stand any more."""
        self._counts[number] -= 1

    @property
    def known(self) -> Sequence[tuple[Known, ...]]:
        """By number, each fact of the resources that were counted under it."""
        return self._known

    def _new(self, said: tuple[tuple[Kind, Concept], ...]) -> int:
        known = tuple([Known(kind, concept, self._way(kind, concept)) for kind, concept in said])
        if len(self._numbers) < MOST_REMEMBERED:
            self._numbers[said] = len(self._known)
        else:
            known = tuple([each._replace(concept=Concept(each.concept.codings)) for each in known])
            number = self._wordless.setdefault(known, len(self._known))
            if number < len(self._known):
                return number
        self._known.append(known)
        self._counts.append(0)
        return len(self._known) - 1

    def _way(self, kind: Kind, concept: Concept) -> str:
        terminology = self._needs.terminology
        if terminology.classified(concept):
            return CLASSIFIED
        reasons = (terminology.membership((each,), concept).reason for each in self._needs.wanted[kind])
        return BY_WORDS if Reason.NAME_ONLY in reasons else UNCLASSIFIED

    def _all(self) -> Iterator[tuple[Known, int]]:
        for several, count in zip(self._known, self._counts, strict=True):
            for each in several:
                yield each, count

    def summary(self) -> dict[str, object]:
        """Per kind of fact: how many, of how many in each way, and the frequent codes that nothing classifies."""
        ways: Counter[tuple[Kind, str]] = Counter()
        codes: dict[Kind, Counter[Coding]] = {kind: Counter() for kind in Kind}
        for each, count in self._all():
            ways[each.kind, each.way] += count
            if each.way != CLASSIFIED:
                codes[each.kind].update(dict.fromkeys(each.concept.codings, count))
        counted = (CLASSIFIED, BY_WORDS, UNCLASSIFIED)
        sums = {kind: sum(ways[kind, way] for way in counted) for kind in Kind}
        return {
            kind.value: {
                "facts": sums[kind],
                **{way: ways[kind, way] for way in counted},
                "codes_not_classified": _listed(codes[kind]),
            }
            for kind in Kind
            if sums[kind]
        }


def _listed(codes: Counter[Coding]) -> list[dict[str, object]]:
    frequent = [(each, count) for each, count in codes.items() if count >= FEWEST]
    frequent.sort(key=lambda each: (-each[1], each[0].system, each[0].code))
    return [{"system": each.system, "code": each.code, "count": count} for each, count in frequent[:MOST_CODES]]
