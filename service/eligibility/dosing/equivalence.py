"""How much of one drug equals a reference drug, as data with its source: an interval where sources disagree.

SEMANTICS §6.6. Factors are kept as "so many mg equal `reference_amount` mg" and divided exactly: 5 / 0.75 has no
finite decimal.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from service.eligibility.dosing.daily import Holding
from service.eligibility.dosing.model import Strength
from service.eligibility.dosing.products import added_up
from service.eligibility.dosing.ranges import Range
from service.eligibility.facts import MedicationFact
from service.eligibility.outcome import Outcome
from service.eligibility.quantity import Interval
from service.eligibility.terms import Coding, Concept, Terminology
from service.errors import InvalidValue

ONE_EXACTLY = Range.exactly(1)


@dataclass(frozen=True, slots=True)
class Salt:
    """A salt or ester whose own mass labels may state: `share` of it is the drug; `words` name it in lower case."""

    words: tuple[str, ...]
    share: Interval
    source: str


@dataclass(frozen=True, slots=True)
class Equivalent:
    """One drug of the table: `equal` mg of it count as the reference amount, or 1 mg of it counts as `times` mg.

    With neither, `unknown` says why. `routes`: those for which the source gives the figure; empty for every one.
    """

    name: str
    codings: tuple[Coding, ...]
    equal: Interval | None
    source: str
    unknown: str | None = None
    times: Interval | None = None
    routes: tuple[str, ...] = ()
    salts: tuple[Salt, ...] = ()

    def share(self, texts: Iterable[str]) -> Range:
        """How much of a stated mass is the drug itself, by the salts that these texts name: 1 where they name none."""
        found = ONE_EXACTLY
        padded = [f" {' '.join(text.lower().split())} " for text in texts]
        for salt in self.salts:
            if any(word in text for word in salt.words for text in padded):
                found = found.hull(Range.of(salt.share))
        return found

    @property
    def sourced(self) -> bool:
        """Does a source give a figure?"""
        return self.equal is not None or self.times is not None


@dataclass(frozen=True)
class EquivalenceTable:
    """A reference drug and what equals `reference_amount` mg of it: `rows` by every code of a drug, `names` by name.

    `codes` and `excluding` are the value sets of drugs that count and do not count, where the table names them.
    `divisor` is the factor of the reference drug in the table as it was sourced: 1, unless another of its drugs was
    made the reference (`to`).
    """

    id: str
    reference: Coding
    reference_name: str
    reference_amount: Interval
    version: str
    rows: Mapping[Coding, Equivalent]
    names: Mapping[str, Equivalent] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    excluding: tuple[str, ...] = ()
    divisor: Range = ONE_EXACTLY

    def to(self, name: str) -> "EquivalenceTable":
        """The same table for another of its drugs as the reference, by exact division.

        Raises InvalidValue for a drug that it does not hold, or holds without a factor.
        """
        row = self.names.get(name)
        factor = None if row is None else self._stated(row)
        if row is None or factor is None:
            raise InvalidValue(f"no factor of {name!r} to be divided by")
        return replace(self, reference=row.codings[0], reference_name=row.name, divisor=factor)

    @property
    def factors(self) -> Mapping[Coding, Range]:
        """Per code, the factor from mg of the drug to mg of the reference."""
        return {code: factor for code, row in self.rows.items() if (factor := self.factor(row)) is not None}

    @property
    def unknown(self) -> Mapping[Coding, str]:
        """Per code of a drug without a sourced factor, why there is none."""
        return {code: row.unknown or "no sourced equivalence" for code, row in self.rows.items() if not row.sourced}

    def factor(self, row: Equivalent) -> Range | None:
        """The factor of a row; None where no source gives one. A drug equals itself, whatever sources say of it."""
        stated = self._stated(row)
        if stated is None or row.name == self.reference_name:
            return None if stated is None else ONE_EXACTLY
        return stated.over(self.divisor)

    def _stated(self, row: Equivalent) -> Range | None:
        """The factor to the reference that the sources speak of."""
        if row.times is not None:
            return Range.of(row.times)
        return None if row.equal is None else Range.of(self.reference_amount).over(Range.of(row.equal))

    def row(self, codings: Iterable[Coding], texts: Iterable[str] = ()) -> Equivalent | None:
        """The row of a drug by all its codes, and by its name where only one stands as a word in the texts.

        Where they are of different drugs, a row without a figure: nobody knows which of them was meant.
        """
        found = {row.name: row for coding in codings if (row := self.rows.get(coding)) is not None}
        named = {row.name: row for text in texts for row in self._named(text)}
        if len(named) == 1:
            found |= named
        return _one_of(tuple(found.values())) if found else None

    def _named(self, text: str) -> Iterable[Equivalent]:
        words = [word.strip(",.()[]{}/;:") for word in text.lower().split()]
        words += [part for word in words if "-" in word for part in word.split("-")]
        for at, word in enumerate(words):
            if word in self.names:
                beside = (f"{other}{word}" for other in (*words[max(at - 1, 0) : at], *words[at + 1 : at + 2]))
                longer = [self.names[each] for each in beside if each in self.names]  # "methyl prednisolone"
                yield from longer or [self.names[word]]


def _one_of(rows: tuple[Equivalent, ...]) -> Equivalent:
    if len(rows) == 1:
        return rows[0]
    name = " or ".join(sorted(each.name for each in rows))
    codings = tuple(coding for each in rows for coding in each.codings)
    return Equivalent(name, codings, None, "", unknown="its codes and its name are those of different drugs")


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One ingredient of a record that the criterion asks about. `key` tells ingredients apart; None if unknown.

    `share`: how much of a stated mass is the drug itself, where that may be the mass of its salt.
    """

    key: str | None
    name: str
    holding: Holding
    row: Equivalent | None
    share: Range = ONE_EXACTLY


def ingredients(
    fact: MedicationFact, table: EquivalenceTable | None, terminology: Terminology | None, codes: tuple[str, ...]
) -> tuple[Ingredient, ...]:
    """The ingredients of a record that count: its only one, or those of a mixture that are in `codes` or the table."""
    held: dict[Coding, list[Strength]] = {}
    for strength in fact.strengths:
        held.setdefault(strength.ingredient.normalized(), []).append(strength)
    if len(held) <= 1:
        return (_only(fact, table, terminology),)
    asked = {code: each for code, each in held.items() if _asked(code, each[0].name, table, terminology, codes)}
    drugs = _by_drug(held, table)
    mixed = len(drugs) > 1
    wanted = _by_drug(asked, table) if asked else drugs
    return tuple(_one(key, each, row, mixed=mixed) for key, (each, row) in wanted.items())


def _by_drug(
    held: Mapping[Coding, list[Strength]], table: EquivalenceTable | None
) -> dict[str, tuple[tuple[Strength, ...], Equivalent | None]]:
    """The strengths of each drug: codes of one row of the table (salts) are one drug, and their strengths add up."""
    found: dict[str, tuple[tuple[Strength, ...], Equivalent | None]] = {}
    for code, strengths in held.items():
        row = table.row((code,), (strengths[0].name,)) if table is not None else None
        key = row.name if row else f"{code.system}|{code.code}"
        known = found[key][0] if key in found else ()
        same = tuple(replace(each, ingredient=(known or strengths)[0].ingredient) for each in strengths)
        found[key] = added_up((*known, *same)), row
    return found


def _asked(
    code: Coding, name: str, table: EquivalenceTable | None, terminology: Terminology | None, codes: tuple[str, ...]
) -> bool:
    if terminology is not None and codes:
        known = tuple(each for each in codes if each in terminology.value_sets)
        return terminology.membership(known, Concept((code,), (name,))).outcome is not Outcome.NOT_MET
    return table is None or table.row((code,), (name,)) is not None


def _one(key: str, strengths: tuple[Strength, ...], row: Equivalent | None, *, mixed: bool) -> Ingredient:
    return Ingredient(
        key,
        row.name if row else strengths[0].name,
        Holding(strengths, mixed=mixed),
        row,
        row.share(strength.name for strength in strengths) if row else ONE_EXACTLY,
    )


def _only(fact: MedicationFact, table: EquivalenceTable | None, terminology: Terminology | None) -> Ingredient:
    own = tuple(strength.ingredient.normalized() for strength in fact.strengths)
    reached = terminology.codings(fact.concept) if terminology is not None else ()
    codings = (*own, *(coding for coding, _ in reached), *(coding.normalized() for coding in fact.concept.codings))
    names = tuple(strength.name for strength in fact.strengths)
    texts = (*names, *fact.concept.texts)
    row = table.row(codings, texts) if table is not None else None
    name = row.name if row else (names[0] if names else fact.concept.name)
    key = row.name if row else (f"{own[0].system}|{own[0].code}" if own else None)
    return Ingredient(key, name, Holding(fact.strengths), row, row.share(texts) if row else ONE_EXACTLY)
