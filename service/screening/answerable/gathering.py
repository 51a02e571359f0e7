"""Reading an export once, and adding up what it can answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.eligibility.assess import case_of, judge
from service.eligibility.facts import Kind
from service.screening.answerable.census import Census
from service.screening.answerable.codes import NOBODY, Codes
from service.screening.judging import knowledge_of, reason_to_hold
from service.screening.merging import merge_replaced
from service.screening.needs import Needs
from service.screening.people import Population
from service.screening.population import Gathering, gather
from service.screening.request import Progress, Request

if TYPE_CHECKING:
    from service.catalog.load import Catalog

WITHOUT_PATIENT = "without-readable-patient"


@dataclass(frozen=True, slots=True)
class Met:
    """What reading an export gave. `held`: who is not screened, by the reason; `lines`: how many of each type."""

    census: Census
    codes: Codes
    wanted: Mapping[Kind, tuple[str, ...]]
    types: tuple[str, ...]
    lines: Mapping[str, int]
    held: Mapping[str, int]


def read_export(catalog: Catalog, request: Request, progress: Progress, fewest: int) -> Met:
    """Read the sources once. `fewest`: of how many people a text has to be, to be kept for showing."""
    needs = Needs(request.studies, catalog.terminology)
    gathered = gather(catalog, request, lambda reject: None, progress, counted=True)
    moved = merge_replaced(gathered.population)
    screened, held = _who(catalog, request, gathered.population)
    types = tuple(sorted(needs.types))
    census = _census(catalog, request, gathered.population, screened, types, progress)
    codes = _codes(gathered, moved, screened, fewest)
    by_type = gathered.tally.by.values()
    lines = {name: sum(each[name] for each in by_type) for name in types}
    return Met(census, codes, needs.wanted, types, lines, held)


def _who(catalog: Catalog, request: Request, population: Population) -> tuple[list[str], Counter[str]]:
    """Who is screened, in order, and how many are not, by why."""
    screened: list[str] = []
    held: Counter[str] = Counter()
    for name in sorted(population.people):
        person = population.people[name]
        if person.patient is None:
            held["merge-unclear" if person.unclear else WITHOUT_PATIENT] += 1
            continue
        reason = reason_to_hold(catalog, request, population, person.patient, person)
        if reason is None:
            screened.append(name)
        else:
            held[reason] += 1
    return screened, held


def _census(
    catalog: Catalog,
    request: Request,
    population: Population,
    screened: list[str],
    types: tuple[str, ...],
    progress: Progress,
) -> Census:
    knowledge, census = knowledge_of(catalog), Census()
    spoiled = population.completeness.spoiled(request.accepted_rejects)
    for done, name in enumerate(screened, 1):
        person = population.people[name]
        record = population.record(person, spoiled)
        states = {each: record.completeness(each).value for each in types}
        census.add_person(states, types)
        for study in request.studies:
            case = case_of(record, study, request.at, knowledge, followed=False)
            census.add_study(study, judge(study, case).findings, case, person.number)
        progress.screening(done, len(screened), done)
    return census


def _codes(gathered: Gathering, moved: Mapping[str, str], screened: list[str], fewest: int) -> Codes:
    population = gathered.population
    own = {name: population.people[name].number for name in screened}
    whom = [own.get(moved.get(name, name), NOBODY) for name in population.numbered]
    return Codes(gathered.coverage.known, gathered.versions.counted(), whom, fewest)
