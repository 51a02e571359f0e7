"""Judging everybody who was gathered, and writing what came out, person by person. The same in memory and in parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from service.eligibility.assess import Assessment, Signal, assess, case_of, signal
from service.eligibility.criteria import Study
from service.eligibility.evaluate import Case, Knowledge
from service.eligibility.evaluate.recall import Recall
from service.eligibility.explain import Phrases
from service.eligibility.facts import Loaded, PatientRecord
from service.errors import InvalidOutput
from service.fhir.patient import PatientAdapted
from service.fhir.subject import render_subject
from service.screening.completeness import Origin
from service.screening.held_back import held_back
from service.screening.merging import MERGE_UNCLEAR, REPLACED, merge_replaced
from service.screening.outputs import SERIES, VERSIONS, Funnel, Sink, Tallying
from service.screening.people import Gathered, Population
from service.screening.person.series_line import drawn_of
from service.screening.render import assessment_line
from service.screening.request import Progress, Request
from service.screening.versions import Versions, read_versions

if TYPE_CHECKING:
    from service.catalog.load import Catalog

Look = Callable[[PatientRecord, Assessment, Case], None]
SHOWN = (Signal.STRONG, Signal.WEAK)


def knowledge_of(catalog: Catalog) -> Knowledge:
    """The catalog's part in every judgement."""
    return Knowledge(catalog.terminology, catalog.units, catalog.equivalents, catalog.policy, catalog.half_lives)


def phrases_of(catalog: Catalog) -> Phrases:
    """Words for criteria, with the catalog's value set titles."""
    return Phrases({each.id: each.title for each in catalog.terminology.value_sets.values()})


def reason_to_hold(
    catalog: Catalog, request: Request, population: Population, patient: PatientAdapted, person: Gathered
) -> str | None:
    """Why this person is not screened, or None. To be asked when replaced records have been merged."""
    if person.unclear:
        return MERGE_UNCLEAR
    if patient.replaced_by is not None and patient.replaced_by not in population.births:
        return REPLACED
    return held_back(patient, person.facts, request.at, catalog.site, catalog.terminology, person.replaced)


@dataclass
class Judged:
    """How many persons there were, what became of them, and the counts of each study."""

    read: int = 0
    screened: int = 0
    merged: int = 0
    without_patient: int = 0
    held: Counter[str] = field(default_factory=Counter)
    funnels: dict[str, Funnel] = field(default_factory=dict)

    def add(self, other: Judged) -> None:
        """Those of another part of the same input."""
        self.read += other.read
        self.screened += other.screened
        self.merged += other.merged
        self.without_patient += other.without_patient
        self.held += other.held
        for name, funnel in other.funnels.items():
            if name in self.funnels:
                self.funnels[name].join(funnel)
            else:
                self.funnels[name] = funnel

    def people(self) -> dict[str, object]:
        """As the summary says it. Raises InvalidOutput if somebody is in none of the numbers, or in two."""
        held = self.held.total()
        if self.screened + held + self.merged + self.without_patient != self.read:
            raise InvalidOutput(f"the people do not add up: {self.read} read; nothing was written")
        return {
            "read": self.read,
            "screened": self.screened,
            "held_back": held,
            "held_back_reasons": dict(sorted(self.held.items())),
            "merged_into_another": self.merged,
            "without_readable_patient": self.without_patient,
        }


class Judging:
    """Judges persons for every study of the request. One may be used for several populations of the same input, so that
    what was found out for one person is not worked out again for another who is silent alike.

    `spoiled`: the types that are incomplete for everybody. `look`: is shown every assessment.
    """

    def __init__(
        self, catalog: Catalog, request: Request, spoiled: frozenset[str] = frozenset(), look: Look | None = None
    ) -> None:
        self._catalog, self._request, self._spoiled, self._look = catalog, request, spoiled, look
        self._knowledge, self._phrases = knowledge_of(catalog), phrases_of(catalog)
        self._recall = Recall(self._knowledge, request.studies)
        self._studies = sorted(request.studies, key=lambda each: each.id)

    def everybody(self, population: Population, versions: Versions, sink: Sink, progress: Progress) -> Judged:
        """Merge, hold back and judge those of a population; their lines go to the sink in the order of their ids."""
        moved = merge_replaced(population)
        judged = Judged(len(population.people) + len(moved), merged=len(moved))
        tallies = {each.id: Tallying(each) for each in self._studies}
        loaded: dict[frozenset[Origin], Mapping[str, Loaded]] = {}
        survivors = _survivors(moved.items()) if self._request.versions else {}
        for done, identity in enumerate(sorted(population.people), 1):
            person = population.people[identity]
            if identity in survivors:
                sink.write(VERSIONS, {"patient": identity, "merged": survivors[identity]})
            reason = self._reason(population, person)
            if reason is not None:
                sink.write("held_back.ndjson", {"patient": identity, "reason": reason})
                judged.held[reason] += 1
            elif person.patient is None:
                judged.without_patient += 1
            else:
                origins = frozenset(person.origins)
                if origins not in loaded:
                    loaded[origins] = population.completeness.loaded(sorted(origins), self._spoiled)
                self._judge(person, person.record(loaded[origins]), versions, tallies, sink)
                judged.screened += 1
            progress.screening(done, len(population.people), done)
        judged.funnels = {name: each.funnel() for name, each in tallies.items()}
        return judged

    def _reason(self, population: Population, person: Gathered) -> str | None:
        if person.unclear:
            return MERGE_UNCLEAR
        if person.patient is None:
            return None
        return reason_to_hold(self._catalog, self._request, population, person.patient, person)

    def _judge(
        self,
        person: Gathered,
        record: PatientRecord,
        versions: Versions,
        tallies: Mapping[str, Tallying],
        sink: Sink,
    ) -> None:
        request = self._request
        for study in self._studies:
            if request.with_signal and self._without_signal(record, study):
                tallies[study.id].leave_out()
                continue
            assessment = assess(record, study, request.at, self._knowledge, self._recall)
            tallies[study.id].add(assessment)
            self._write(assessment, person, versions, sink)
            if self._look is not None:
                case = case_of(record, study, request.at, self._knowledge, recall=self._recall)
                self._look(record, assessment, case)
            if request.series:
                self._draw(assessment, case_of(record, study, request.at, self._knowledge), sink)

    def _without_signal(self, record: PatientRecord, study: Study) -> bool:
        """Does nothing on record point to the disease, and is that known?"""
        case = case_of(record, study, self._request.at, self._knowledge, recall=self._recall)
        return signal(study, case) is Signal.NONE

    def _write(self, assessment: Assessment, person: Gathered, versions: Versions, sink: Sink) -> None:
        request = self._request
        line = assessment_line(assessment, self._phrases, tuple(person.corrected), self._recall)
        sink.write("assessments.ndjson", line)
        shown = assessment.signal in SHOWN
        if request.versions and shown:
            told = {"patient": assessment.patient, "study": assessment.study.id}
            sink.write(VERSIONS, {**told, "records": read_versions(line, versions)})
        if request.release and (request.every_subject or shown):
            sink.write("ResearchSubject.ndjson", render_subject(assessment, self._phrases, request.release))

    def _draw(self, assessment: Assessment, case: Case, sink: Sink) -> None:
        drawn = drawn_of(assessment, case, self._phrases)
        if drawn is not None:
            sink.write(SERIES, {"patient": assessment.patient, "study": assessment.study.id, "series": drawn})


def _survivors(moved: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Of each record that stands for others, which ones."""
    found: dict[str, list[str]] = {}
    for old, survivor in sorted(moved):
        found.setdefault(survivor, []).append(old)
    return found
