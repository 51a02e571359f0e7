"""How far the value sets and maps know the codes of this input: what a site has to map, and what it can leave alone.

SEMANTICS §5: a code that nothing classifies and whose text tells nothing spoils no answer, but it is counted.
"""

from collections import Counter
from collections.abc import Iterable

from service.eligibility.facts import Fact, Kind
from service.eligibility.outcome import Reason
from service.eligibility.terms import Coding, Concept
from service.screening.needs import Needs

CLASSIFIED, BY_WORDS, UNCLASSIFIED = "classified", "by_words", "unclassified"
MOST_CODES = 20  # listed per kind, the most frequent first
MOST_REMEMBERED = 100_000
FEWEST = 5  # a code seen less often is counted, not listed: it could point to somebody
Known = tuple[Kind, str, tuple[Coding, ...]]


class Coverage:
    """Counts facts by what is known of their codes. It keeps codes, no words, so that free text cannot fill it.

    What the facts of one resource are counted as has a number, by which a superseded version is taken back.
    """

    def __init__(self, needs: Needs) -> None:
        self._needs = needs
        self._numbers: dict[tuple[Known, ...], int] = {(): 0}
        self._counts: Counter[int] = Counter()
        self._ways: dict[tuple[Kind, Concept], str] = {}

    def add(self, facts: Iterable[Fact]) -> int:
        """Count the facts of one resource; returns the number of what they were counted as."""
        known = tuple([(fact.kind, self._way(fact.kind, fact.concept), fact.concept.codings) for fact in facts])
        number = self._numbers.setdefault(known, len(self._numbers))
        self._counts[number] += 1
        return number

    def take_back(self, number: int) -> None:
        """What `add` counted under this number does not stand any more."""
        self._counts[number] -= 1

    def _way(self, kind: Kind, concept: Concept) -> str:
        known = self._ways.get((kind, concept))
        if known is None:
            known = self._looked_up(kind, concept)
            if len(self._ways) < MOST_REMEMBERED:
                self._ways[kind, concept] = known
        return known

    def _looked_up(self, kind: Kind, concept: Concept) -> str:
        terminology = self._needs.terminology
        if terminology.classified(concept):
            return CLASSIFIED
        reasons = (terminology.membership((each,), concept).reason for each in self._needs.wanted[kind])
        return BY_WORDS if Reason.NAME_ONLY in reasons else UNCLASSIFIED

    def summary(self) -> dict[str, object]:
        """Per kind of fact: how many, of how many in each way, and the frequent codes that nothing classifies."""
        ways: Counter[tuple[Kind, str]] = Counter()
        codes: dict[Kind, Counter[Coding]] = {kind: Counter() for kind in Kind}
        for several, number in self._numbers.items():
            for kind, way, codings in several:
                ways[kind, way] += self._counts[number]
                if way != CLASSIFIED:
                    codes[kind].update(dict.fromkeys(codings, self._counts[number]))
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
