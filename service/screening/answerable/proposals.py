"""What a local code may mean: a code of a value set that its text names, for a person to confirm or to refuse. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.eligibility.dosing.products import NAME_SYSTEM, DrugCatalog
from service.eligibility.facts import Kind
from service.eligibility.outcome import Outcome
from service.eligibility.terms import Coding, ValueSet
from service.screening.answerable.codes import Suggested

if TYPE_CHECKING:
    from service.catalog.load import Catalog


@dataclass(frozen=True, slots=True)
class Proposal:
    """A code system, and a code of it where one suggests itself. `name`: by what the code was found."""

    system: str
    code: str | None = None
    name: str | None = None


def propose(catalog: Catalog, kind: Kind, source: str, sets: Sequence[Suggested]) -> Proposal | None:
    """A code that surely belongs to one of the value sets: the drug that a text names, or the only code there is.

    Else a code system alone: the code's own (`source`) if codes of it are in a set, else the one in which most codes
    of a set are. None where the sets have no codes.
    """
    known = [(each, catalog.terminology.value_sets[each.value_set]) for each in sets]
    if kind is Kind.MEDICATION and isinstance(catalog.drugs, DrugCatalog):
        for each, value_set in known:
            found = _drug(catalog.drugs, each.text, value_set)
            if found is not None:
                return found
    for _, value_set in known:
        if len(value_set.sure.listed) == 1 and not value_set.sure.prefixes:
            (only,) = value_set.sure.listed
            return Proposal(only.system, only.code, value_set.title)
    counted = [_systems(value_set) for _, value_set in known]
    if any(source in each for each in counted):
        return Proposal(source)
    return next((Proposal(min(each, key=lambda one: (-each[one], one))) for each in counted if each), None)


def _drug(drugs: DrugCatalog, text: str, value_set: ValueSet) -> Proposal | None:
    words = text.lower().split()
    for at in range(len(words)):
        coding = drugs.ingredient(" ".join(words[at:]))
        if coding.system != NAME_SYSTEM and value_set.holds(coding.normalized()).outcome is Outcome.MET:
            return Proposal(coding.system, coding.code, _named(drugs, coding, words[at:]))
    return None


def _named(drugs: DrugCatalog, coding: Coding, words: Sequence[str]) -> str:
    """The words by which the ingredient was found."""
    lengths = range(len(words), 0, -1)
    return next(" ".join(words[:each]) for each in lengths if drugs.names.get(" ".join(words[:each])) == coding)


def _systems(value_set: ValueSet) -> Counter[str]:
    """How many codes of each system are in it."""
    codes: Iterable[Coding] = (*value_set.sure.listed, *value_set.sure.prefixes, *value_set.inexact.listed)
    return Counter(each.system for each in codes if each.system)
