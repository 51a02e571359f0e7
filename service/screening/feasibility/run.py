"""How many a study would find: the sources are read once, and judged for every day and every moved bound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from service.eligibility.assess import case_of, finding_of
from service.eligibility.criteria import Study
from service.eligibility.evaluate import Case, Knowledge
from service.eligibility.evaluate.recall import Recall
from service.eligibility.facts import Loaded, PatientRecord
from service.screening.completeness import Origin
from service.screening.feasibility.counting import BEFORE, Counted, Day
from service.screening.feasibility.moves import Move
from service.screening.feasibility.standing import (
    Standing,
    State,
    born_by,
    pointed_at,
    standing,
    state_of,
    together,
)
from service.screening.judging import knowledge_of, reason_to_hold
from service.screening.merging import MERGE_UNCLEAR, REPLACED, merge_replaced
from service.screening.people import Gathered, Population
from service.screening.population import gather
from service.screening.request import Progress, Request
from service.screening.tally import Reject

if TYPE_CHECKING:
    from service.catalog.load import Catalog

OPTED_OUT = "research-opt-out"
# Each is told of, with however many: a reason left out would say that nobody is held back for it.
REASONS = (OPTED_OUT, "test-patient", "restricted", "not-at-site", "deceased", MERGE_UNCLEAR, REPLACED)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be counted: the request as `screen` has it, the past days, and per study the moved bounds."""

    request: Request
    days: tuple[date, ...]
    moves: Mapping[str, tuple[Move, ...]]

    @property
    def studies(self) -> tuple[Study, ...]:
        """The studies, and each with a bound moved: a longer window needs more of what is read."""
        return (*self.request.studies, *(move.study for moves in self.moves.values() for move in moves))


@dataclass
class OfStudy:
    """The numbers of one study: on the day that is asked about, and on each past one."""

    study: Study
    moves: tuple[Move, ...]
    counted: Counted
    days: dict[date, Day]


@dataclass
class Feasibility:
    """What came out: of the people read, who is in no number and why, and the numbers of each study."""

    read: int = 0
    merged: int = 0
    without_patient: int = 0
    not_born: int = 0
    held: Counter[str] = field(default_factory=Counter)
    incomplete: dict[str, int] = field(default_factory=dict)
    rejects: int = 0
    studies: tuple[OfStudy, ...] = ()


def feasibility(catalog: Catalog, asked: Asked, progress: Progress) -> Feasibility:
    """Read, and count everybody."""
    rejects: list[Reject] = []
    earliest = min(asked.days, default=None)
    reading = replace(asked.request, studies=asked.studies)
    population = gather(catalog, reading, rejects.append, progress, earliest=earliest).population
    moved = merge_replaced(population)
    result = Feasibility(len(population.people) + len(moved), len(moved), rejects=len(rejects))
    result.incomplete = dict(sorted(population.completeness.unplaced.items()))
    result.studies = tuple(_of_study(each, asked) for each in sorted(asked.request.studies, key=lambda s: s.id))
    knowledge = knowledge_of(catalog)
    counting = _Counting(catalog, asked, population, knowledge, Recall(knowledge, asked.studies), result)
    for done, identity in enumerate(sorted(population.people), 1):
        counting.add(population.people[identity])
        progress.screening(done, len(population.people), done)
    return result


def _of_study(study: Study, asked: Asked) -> OfStudy:
    moves = asked.moves.get(study.id, ())
    counted = Counted([each.id for each in study.criteria], [each.id for each in moves])
    return OfStudy(study, moves, counted, {each: Day() for each in asked.days})


@dataclass
class _Counting:
    """One walk over the people."""

    catalog: Catalog
    asked: Asked
    population: Population
    knowledge: Knowledge
    recall: Recall
    result: Feasibility
    loaded: dict[frozenset[Origin], Mapping[str, Loaded]] = field(default_factory=dict)

    def add(self, person: Gathered) -> None:
        """One person: on the day asked about, with every moved bound, and on each past day."""
        result, at = self.result, self.asked.request.at
        if person.patient is None and not person.unclear:
            result.without_patient += 1
            return
        why = self._held(person, at)
        if why is not None:
            result.held[why] += 1
        if why == OPTED_OUT or person.patient is None:
            return  # who refuses today is in no number of an earlier day either
        record = self._record(person)
        if why is None:
            there = born_by(record, at)
            result.not_born += there is State.OUT
            for each in result.studies:
                self._on_the_day(each, record, there)
        for day in self.asked.days:
            if self._held(person, day) is None:
                there = born_by(record, day)
                for each in result.studies:
                    case = case_of(record, each.study, day, self.knowledge, followed=False, recall=self.recall)
                    each.days[day].add(standing(each.study, case, there, whole=False))

    def _held(self, person: Gathered, at: date) -> str | None:
        if person.unclear or person.patient is None:
            return MERGE_UNCLEAR
        request = replace(self.asked.request, at=at)
        return reason_to_hold(self.catalog, request, self.population, person.patient, person)

    def _record(self, person: Gathered) -> PatientRecord:
        origins = frozenset(person.origins)
        if origins not in self.loaded:
            completeness = self.population.completeness
            spoiled = completeness.spoiled(self.asked.request.accepted_rejects)
            self.loaded[origins] = completeness.loaded(sorted(origins), spoiled)
        return person.record(self.loaded[origins])

    def _on_the_day(self, of: OfStudy, record: PatientRecord, there: State) -> None:
        case = case_of(record, of.study, self.asked.request.at, self.knowledge, followed=False, recall=self.recall)
        stands = standing(of.study, case, there, whole=True)
        of.counted.add(stands, _moved(of, case, stands))


def _moved(of: OfStudy, case: Case, stands: Standing) -> dict[str, State]:
    """Where the person would stand with each bound moved; those that change nothing are left out."""
    found: dict[str, State] = {}
    if stands[0] is State.OUT:
        return found
    now, places = together(stands), {each.id: at for at, each in enumerate(of.study.criteria, len(BEFORE))}
    criteria = list(stands[len(BEFORE) :])
    for move in of.moves:
        pointed = pointed_at(move.study, case) if move.bound.entry else stands[1]
        if pointed is State.OUT and now is State.OUT:
            continue
        if not criteria:  # of whom nothing points to the disease, the criteria were not asked
            criteria = [state_of(finding_of(each, case)) for each in of.study.criteria]
        own = places[move.bound.criterion] - len(BEFORE)
        others = [stands[0], pointed, *criteria[:own], *criteria[own + 1 :]]
        if together(others) is State.OUT and now is State.OUT:
            continue
        after = together([*others, state_of(finding_of(move.criterion, case))])
        if after is not now:
            found[move.id] = after
    return found
