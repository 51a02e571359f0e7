"""What may be told of an export: which numbers, in which bands, and which codes and texts are listed. Pure.

Every count of people or of their records is told as a band (`studying.suppression.banded`): nobody can subtract one
from another and be left with fewer than FEWEST. A code or text is listed, and a number of records is told, if they are
of so many people that the band of these does not begin at 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from service.eligibility.criteria import Criterion, Manual, Study
from service.eligibility.facts import Kind
from service.eligibility.policy import MEDICATION_TYPES
from service.eligibility.terms import Coding
from service.screening.answerable.census import (
    BY_ABSENCE,
    COMPLETE,
    COMPUTED,
    DECIDED,
    INCOMPLETE,
    MISSING,
    RANGE,
    Census,
    DoseKey,
    OfCriterion,
    OfDose,
    Those,
    asked_doses,
)
from service.screening.answerable.codes import look_alikes, of_value_set, silent
from service.screening.answerable.proposals import propose
from service.screening.answerable.shapes import (
    NOT_KEPT,
    OPTIONAL,
    REQUIRED,
    Answered,
    DoseText,
    Listed,
    LookAlike,
    OfDrug,
    OfStudy,
    OfType,
    OfValueSet,
    Report,
)
from service.screening.needs import types_asked
from service.screening.studying.suppression import BAND, Band, banded, precise

if TYPE_CHECKING:
    from service.catalog.load import Catalog
    from service.screening.answerable.gathering import Met

MOST_LISTED = 50  # codes of a value set, look-alikes, texts of doses: the most frequent first
MOST_SILENT = 10  # of each kind
Tell = Callable[[int], Band]


def report(met: Met, catalog: Catalog, studies: Iterable[Study], at: date, band: int = BAND) -> Report:
    """Everything that may be told. `band` 1: everything, for those who may see the people themselves."""
    chosen = tuple(sorted(studies, key=lambda each: each.id))
    census, tell = met.census, teller(band)
    codes = CodeLists(met, catalog, band)
    return Report(
        at=at,
        band=band,
        screened=tell(census.screened),
        held=dict(sorted(met.held.items())) if band == 1 else None,
        studies=tuple(_study(each, census, tell) for each in chosen),
        types=tuple(_types(met, catalog, chosen, tell)),
        value_sets=tuple(codes.value_sets()),
        look_alikes=tuple(codes.look_alikes()),
        silent=tuple(codes.silent()),
        doses=tuple(_dose(key, census, tell) for study in chosen for key, _ in asked_doses(study)),
        titles={each.id: each.title for each in catalog.terminology.value_sets.values()},
    )


def teller(band: int) -> Tell:
    """How a count is told."""
    return precise if band == 1 else partial(banded, width=band)


def _study(study: Study, census: Census, tell: Tell) -> OfStudy:
    found = [_answered(each, census.criteria.get((study.id, each.id), OfCriterion()), tell) for each in study.criteria]
    return OfStudy(study.id, study.version, study.title, tuple(found))


def _answered(criterion: Criterion, counts: OfCriterion, tell: Tell) -> Answered:
    cells = counts.cells
    unknown = {name: n for name, n in cells.items() if name not in (DECIDED, BY_ABSENCE)}
    return Answered(
        criterion.id,
        criterion.kind,
        " ".join(criterion.text.split()),
        tell(cells.total()),
        tell(cells[DECIDED]),
        tell(cells[BY_ABSENCE]),
        tell(sum(unknown.values())),
        _frequent(unknown, tell),
        isinstance(criterion.node, Manual),
        tuple(sorted(counts.lacking)),
    )


def _frequent(cells: Mapping[str, int], tell: Tell) -> dict[str, Band]:
    """Those whose band does not begin at 0, the most frequent first; in one band, by name."""
    told = {name: tell(number) for name, number in cells.items()}
    return dict(sorted((each for each in told.items() if each[1].low), key=lambda each: (-each[1].low, each[0])))


def _types(met: Met, catalog: Catalog, studies: Iterable[Study], tell: Tell) -> Iterable[OfType]:
    policy, everybody = catalog.policy, met.census.screened
    asked = {(study.id, criterion.id): types_asked(criterion.node) for study in studies for criterion in study.criteria}
    for name in met.types:
        needed = name not in MEDICATION_TYPES or name in policy.medication_types
        need = NOT_KEPT if name in policy.not_kept else REQUIRED if needed and name != "Medication" else OPTIONAL
        people = met.census.types.get(name, Counter())
        states = {each: people[each] for each in (COMPLETE, INCOMPLETE, MISSING)}
        state = next((each for each, number in states.items() if number == everybody), None) if everybody else None
        told = {each: tell(number) for each, number in states.items()}
        lines = None if name == "Patient" else tell(met.lines[name])
        criteria = tuple(key for key, types in asked.items() if name in types)
        yield OfType(name, need, tell(everybody), told, state, lines, criteria)


@dataclass(frozen=True, slots=True)
class CodeLists:
    """The codes that are listed."""

    met: Met
    catalog: Catalog
    band: int

    def value_sets(self) -> Iterable[OfValueSet]:
        """Per value set that the studies ask for, its codes."""
        for kind, ids in self.met.wanted.items():
            for each in ids:
                held = of_value_set(self.met.codes, kind, each, self.catalog.terminology)
                listed = ((one, way) for coding, way in held.items() for one in self._listed(kind, (coding,)))
                codes = sorted(listed, key=lambda one: _order(one[0]))
                title = self.catalog.terminology.value_sets[each].title
                yield OfValueSet(each, title, kind.value, tuple(codes[:MOST_LISTED]))

    def look_alikes(self) -> Iterable[LookAlike]:
        """What looks like a wanted concept, and nothing maps."""
        found = []
        for (kind, coding), sets in look_alikes(self.met.codes, self.met.wanted, self.catalog.terminology).items():
            for one in self._listed(kind, (coding,), tuple(each.word for each in sets)):
                found.append(LookAlike(one, sets, propose(self.catalog, kind, coding.system, sets)))
        return sorted(found, key=lambda each: _order(each.met))[:MOST_LISTED]

    def silent(self) -> Iterable[Listed]:
        """The frequent codes that nothing knows, of the kinds of facts that the studies ask for."""
        for kind, codings in sorted(silent(self.met.codes).items(), key=lambda each: each[0].value):
            if self.met.wanted[kind]:
                yield from sorted(self._listed(kind, codings), key=_order)[:MOST_SILENT]

    def _listed(self, kind: Kind, codings: Iterable[Coding], words: tuple[str, ...] = ()) -> Iterable[Listed]:
        tell = teller(self.band)
        for each in codings:
            one = self.met.codes.met(kind, each, words)
            if tell(one.patients).low:
                yield Listed(one.kind, one.coding, one.text, tell(one.patients), tell(one.records))


def _order(one: Listed) -> tuple[int, int, str, str]:
    return -one.patients.low, -one.records.low, one.coding.system, one.coding.code


def _dose(key: DoseKey, census: Census, tell: Tell) -> OfDrug:
    study, criterion, codes, unit, equivalent_to = key
    counts = census.doses.get(key, OfDose())
    lacks = {name: each for name, each in counts.cells.items() if name not in (COMPUTED, RANGE)}
    why = {name: told for name, each in lacks.items() if (told := _told((each,), tell)) is not None}
    texts = (
        DoseText(lack, text, tell(len(each.people)), tell(each.records))
        for (lack, text), each in counts.texts.items()
        if tell(len(each.people)).low
    )
    return OfDrug(
        study,
        criterion,
        codes,
        unit,
        equivalent_to,
        _told(counts.cells.values(), tell),
        _told((counts.cells.get(COMPUTED, Those()),), tell),
        _told((counts.cells.get(RANGE, Those()),), tell),
        _told(lacks.values(), tell),
        dict(sorted(why.items(), key=lambda each: (-each[1].low, each[0]))),
        tuple(sorted(texts, key=lambda each: (-each.records.low, each.text))[:MOST_LISTED]),
    )


def _told(those: Iterable[Those], tell: Tell) -> Band | None:
    """How many records these are together; None where they are of too few people."""
    listed = tuple(those)
    people = len(set[int]().union(*(each.people for each in listed)))
    shown = tell(people).low or not tell(0).high  # too few to be told of, unless everything is told
    return tell(sum(each.records for each in listed)) if shown else None
