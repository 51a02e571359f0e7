"""Which drug a record is of, for a list of all drugs: one name and one key, however it is coded or spelled."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from service.eligibility.dosing.equivalence import EquivalenceTable, Equivalent, Ingredient
from service.eligibility.dosing.products import NAME_SYSTEM, DrugCatalog
from service.eligibility.dosing.records import Record
from service.eligibility.terms import Coding, Concept, Terminology


@dataclass(frozen=True)
class Naming:
    """What drugs are known by: the rows of the tables of equivalents, the catalog's products and names, code maps."""

    terminology: Terminology
    tables: tuple[EquivalenceTable, ...] = ()
    drugs: DrugCatalog = field(default_factory=DrugCatalog)

    def named(self, record: Record) -> Record:
        """The record with its ingredient under the name by which all records of that drug go."""
        return replace(record, ingredient=self._ingredient(record))

    def _ingredient(self, record: Record) -> Ingredient:
        own = record.ingredient
        codings = tuple(self._codings(record))
        texts = () if own.holding.mixed else (own.name, *record.fact.concept.texts)
        row = self._row(codings, texts)
        if row is not None:
            return replace(own, key=row.name, name=row.name)
        known = set(self.drugs.names.values())
        coding = next((each for each in codings if each in known), None)
        stated = own.holding.strengths[0].ingredient.normalized() if own.holding.strengths else coding
        return own if stated is None else replace(own, key=f"{stated.system}|{stated.code}")

    def _codings(self, record: Record) -> Iterator[Coding]:
        """Codes of the ingredient, surest first; those of a mixture's product say nothing of one of its parts."""
        holding, concept = record.ingredient.holding, record.fact.concept
        yield from (each.ingredient.normalized() for each in holding.strengths)
        if not holding.mixed:
            yield from (coding for coding, exact in self.terminology.codings(concept) if exact)
            yield from (coding for text in concept.texts if (coding := self._listed(text)) is not None)

    def _listed(self, text: str) -> Coding | None:
        coding = self.drugs.ingredient(text)
        return None if coding.system == NAME_SYSTEM else coding

    def _row(self, codings: tuple[Coding, ...], texts: tuple[str, ...]) -> Equivalent | None:
        found = (table.row(codings, texts) for table in self.tables)
        return next((row for row in found if row is not None), None)


def product(concept: Concept) -> object:
    """What tells one product from another where no ingredient is known."""
    return frozenset(concept.codings) or tuple(text.lower() for text in concept.texts)
