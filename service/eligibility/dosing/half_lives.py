"""Half-lives of drugs as data, each an interval with its source; a drug without one is not guessed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from service.eligibility.facts import MedicationFact
from service.eligibility.quantity import Interval
from service.eligibility.terms import Coding, Terminology


@dataclass(frozen=True, slots=True)
class HalfLife:
    """The terminal half-life of one drug, or of its longest-lived active metabolite, in days, as the source has it.

    `verified`: it was read in a source that is good enough alone. Otherwise it decides nothing.
    """

    name: str
    days: Interval
    source: str
    verified: bool = True


@dataclass(frozen=True)
class HalfLives:
    """Half-lives by every code of a drug, and by its names in lower case."""

    rows: Mapping[Coding, HalfLife] = field(default_factory=dict)
    names: Mapping[str, HalfLife] = field(default_factory=dict)

    def of(self, fact: MedicationFact, terminology: Terminology) -> HalfLife | None:
        """That of the record's only ingredient, by its codes, else by its name; None where it is not listed.

        A mixture has none: it would be that of whichever ingredient stays longest.
        """
        own = {each.ingredient.normalized(): each.name for each in fact.strengths}
        if len(own) > 1:
            return None
        reached = (coding for coding, exact in terminology.codings(fact.concept) if exact)
        found = self._coded([*own, *reached, *(each.normalized() for each in fact.concept.codings)])
        return found or self._named([*own.values(), *fact.concept.texts])

    def _coded(self, codings: Iterable[Coding]) -> HalfLife | None:
        return next((self.rows[each] for each in codings if each in self.rows), None)

    def _named(self, texts: Iterable[str]) -> HalfLife | None:
        words = {word.strip(",.()[]{}/") for text in texts for word in text.lower().split()}
        found = {self.names[each] for each in words & self.names.keys()}
        return found.pop() if len(found) == 1 else None


NO_HALF_LIVES = HalfLives()
