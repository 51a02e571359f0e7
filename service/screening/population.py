"""Screening a population: read everything, judge everybody, write the results. The bulk use case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from service.eligibility.assess import Assessment, Signal, assess, case_of
from service.eligibility.criteria import Study
from service.eligibility.evaluate import Case, Knowledge
from service.eligibility.evaluate.recall import Recall
from service.eligibility.explain import Phrases
from service.eligibility.facts import Kind, PatientRecord
from service.errors import InvalidOutput, UsageError
from service.fhir.patient import PatientAdapted
from service.fhir.reading import Reading
from service.fhir.subject import render_subject
from service.screening.contacts import contacts_that_count
from service.screening.corrected import Claims, Corrected
from service.screening.coverage import Coverage
from service.screening.held_back import held_back
from service.screening.intake import Intake
from service.screening.merging import MERGE_UNCLEAR, REPLACED, merge_replaced
from service.screening.met import Mixed
from service.screening.needs import Needs
from service.screening.outputs import SERIES, VERSIONS, Funnel, Outputs, Sink
from service.screening.people import Gathered, Population
from service.screening.person.series_line import drawn_of
from service.screening.render import assessment_line
from service.screening.sifting.sieve import Forced, Recurring, Sieve
from service.screening.sources import InputFile, Source
from service.screening.tally import Reject, Tally
from service.screening.versions import Versions, read_versions

if TYPE_CHECKING:
    from service.catalog.load import Catalog

Release = Literal["R4", "R4B", "R5"]


@dataclass(frozen=True, slots=True)
class Request:
    """What to screen, for which studies, as of when, and what to write. `release` None: no ResearchSubjects.

    `claims`: what people said of single records. `versions`: write, too, which versions of the records were read.
    `series`: also what pages draw of whom something points to the disease. `formats`: in which the assessments are
    written besides (csv, parquet).
    """

    sources: tuple[Source, ...]
    studies: tuple[Study, ...]
    at: date
    release: Release | None = "R4"
    every_subject: bool = False
    accepted_rejects: int = 0
    claims: Claims = field(default_factory=dict)
    versions: bool = False
    series: bool = False
    formats: tuple[str, ...] = ()


class Progress:
    """Where progress is told; this one says nothing. The command line has one that draws."""

    def reading(self, file: InputFile, line: int) -> None:
        """A line of this file was read."""

    def screening(self, done: int, of: int) -> None:
        """So many persons are judged."""


def knowledge_of(catalog: Catalog) -> Knowledge:
    """The catalog's part in every judgement."""
    return Knowledge(catalog.terminology, catalog.units, catalog.equivalents, catalog.policy, catalog.half_lives)


def phrases_of(catalog: Catalog) -> Phrases:
    """Words for criteria, with the catalog's value set titles."""
    return Phrases({each.id: each.title for each in catalog.terminology.value_sets.values()})


class Gathering(NamedTuple):
    """What reading gave: the persons, what became of every line, what is known of codes, which versions stood."""

    population: Population
    tally: Tally
    coverage: Coverage
    versions: Versions


def gather(
    catalog: Catalog,
    request: Request,
    set_aside: Callable[[Reject], None],
    progress: Progress,
    whole: Iterable[Kind] = (),
    *,
    counted: bool = False,
    sifted: bool = True,
    earliest: date | None = None,
) -> Gathering:
    """Read the sources into persons with the facts that these studies can need, and every fact of the kinds `whole`.

    `earliest`: they are also judged as of earlier days, back to this one. `counted`: the coverage is asked for.
    `sifted` False: lines that by their bytes nobody needs are parsed all the same, as where coverage is counted, or
    whole kinds are asked for.
    """
    needs = Needs(request.studies, catalog.terminology, whole)
    seen = contacts_that_count(request.studies, catalog.policy, request.at, earliest)
    reading = Reading(zone=catalog.site.zone, units=catalog.units, drugs=catalog.drugs)
    sifted = sifted and not counted and not needs.whole
    mixed, forced = frozenset[str](), Forced()
    while True:
        rejects: list[Reject] = []
        sieve = Sieve(needs, reading, seen, request.claims, forced) if sifted else None
        intake = Intake(reading, needs, seen, rejects.append, request.claims, counted=counted, sieve=sieve)
        try:
            population = intake.read(request.sources, catalog.site.bundles_complete, progress.reading, mixed)
        except Mixed as problem:
            mixed |= {problem.label}
        except Recurring as problem:
            forced = problem.added_to(forced)
        else:
            for each in rejects:
                set_aside(each)
            return Gathering(population, intake.tally, intake.coverage, intake.versions)


def screen(catalog: Catalog, request: Request, out: Path, progress: Progress) -> dict[str, object]:
    """Screen and write to `out`; the summary is returned and written last.

    Raises UsageError if `out` is also an input. If the counts do not add up, raises InvalidOutput and leaves no result
    behind.
    """
    if out.resolve() in {source.directory for source in request.sources}:
        raise UsageError(f"{out}: the results cannot be written into the input's own directory; choose another --out")
    also = (*((VERSIONS,) if request.versions else ()), *((SERIES,) if request.series else ()))
    with Outputs(out, also, request.formats) as outputs:
        summary = screen_into(outputs, catalog, request, progress)
        outputs.summary(summary)
    return summary


def screen_into(sink: Sink, catalog: Catalog, request: Request, progress: Progress) -> dict[str, object]:
    """Screen, every line to the sink; returns the summary. Raises InvalidOutput if the counts do not add up."""
    population, tally, _, versions = gather(catalog, request, sink.reject, progress)
    moved = merge_replaced(population)
    if request.versions:
        for survivor in sorted(set(moved.values())):
            others = sorted(old for old, new in moved.items() if new == survivor)
            sink.write(VERSIONS, {"patient": survivor, "merged": others})
    sorted_out = _sort_out(catalog, request, population)
    for patient, reason in sorted(sorted_out.held.items()):
        sink.write("held_back.ndjson", {"patient": patient, "reason": reason})
    funnels = _judge(catalog, request, sorted_out, Lines(population, versions), sink, progress)
    summary: dict[str, object] = {
        "screening_date": request.at.isoformat(),
        "fhir": request.release,
        "input": tally.summary(),
        "people": _people(population, len(moved), sorted_out),
        "accepted_rejects": request.accepted_rejects,
        "incomplete_for_everybody": dict(sorted(population.unplaced.items())),
        "not_kept": sorted(catalog.policy.not_kept),
        "studies": {each.study: each.summary() for each in funnels},
        "written": {
            "assessments": sink.lines["assessments.ndjson"],
            "research_subjects": sink.lines["ResearchSubject.ndjson"],
            "rejects": sink.lines["rejects.ndjson"],
            "held_back": sink.lines["held_back.ndjson"],
        },
    }
    _check(summary, sorted_out, len(request.studies))
    return summary


@dataclass(frozen=True, slots=True)
class SortedOut:
    """Who is screened, who is held back and why, and of whom there is no readable Patient resource."""

    records: Mapping[str, Callable[[], PatientRecord]]
    held: Mapping[str, str]
    without_patient: int


def _sort_out(catalog: Catalog, request: Request, population: Population) -> SortedOut:
    records: dict[str, Callable[[], PatientRecord]] = {}
    held: dict[str, str] = {}
    without = 0
    for identity, person in population.people.items():
        if person.unclear:
            held[identity] = MERGE_UNCLEAR
            continue
        if person.patient is None:
            without += 1
            continue
        reason = reason_to_hold(catalog, request, population, person.patient, person)
        if reason is not None:
            held[identity] = reason
        else:
            records[identity] = _recorder(population, person, request.accepted_rejects)
    return SortedOut(records, held, without)


def reason_to_hold(
    catalog: Catalog, request: Request, population: Population, patient: PatientAdapted, person: Gathered
) -> str | None:
    """Why this person is not screened, or None. To be asked when replaced records have been merged."""
    if person.unclear:
        return MERGE_UNCLEAR
    if patient.replaced_by is not None and patient.replaced_by not in population.births:
        return REPLACED
    return held_back(patient, person.facts, request.at, catalog.site, catalog.terminology, person.replaced)


def _recorder(population: Population, person: Gathered, accepted: int) -> Callable[[], PatientRecord]:
    return lambda: person.record(population.loaded(sorted(person.sources), accepted))


def _judge(
    catalog: Catalog,
    request: Request,
    sorted_out: SortedOut,
    lines: Lines,
    sink: Sink,
    progress: Progress,
) -> list[Funnel]:
    knowledge, phrases = knowledge_of(catalog), phrases_of(catalog)
    recall = Recall(knowledge, request.studies)
    funnels = []
    records = sorted_out.records
    done, total = 0, len(records) * len(request.studies)
    for study in sorted(request.studies, key=lambda each: each.id):
        funnel = Funnel(study.id, study.version)
        for identity in sorted(records):
            record = records[identity]()
            assessment = assess(record, study, request.at, knowledge, recall)
            funnel.add(assessment)
            _write(assessment, request, phrases, lines, sink, recall)
            if request.series:
                _draw(assessment, case_of(record, study, request.at, knowledge), phrases, sink)
            done += 1
            progress.screening(done, total)
        funnels.append(funnel)
    return funnels


def _write(
    assessment: Assessment, request: Request, phrases: Phrases, lines: Lines, sink: Sink, recall: Recall
) -> None:
    line = assessment_line(assessment, phrases, lines.corrected(assessment.patient), recall)
    sink.write("assessments.ndjson", line)
    if request.versions and assessment.signal in (Signal.STRONG, Signal.WEAK):
        told = {"patient": assessment.patient, "study": assessment.study.id}
        sink.write(VERSIONS, {**told, "records": read_versions(line, lines.versions)})
    if request.release and (request.every_subject or assessment.signal in (Signal.STRONG, Signal.WEAK)):
        sink.write("ResearchSubject.ndjson", render_subject(assessment, phrases, request.release))


@dataclass(frozen=True, slots=True)
class Lines:
    """What lines tell besides the assessment: what people corrected, and which versions of the records were read."""

    population: Population
    versions: Versions

    def corrected(self, patient: str) -> tuple[Corrected, ...]:
        """What people said of this person's records."""
        return tuple(self.population.people[patient].corrected)


def _draw(assessment: Assessment, case: Case, phrases: Phrases, sink: Sink) -> None:
    drawn = drawn_of(assessment, case, phrases)
    if drawn is not None:
        sink.write(SERIES, {"patient": assessment.patient, "study": assessment.study.id, "series": drawn})


def _people(population: Population, merged: int, sorted_out: SortedOut) -> dict[str, object]:
    return {
        "read": len(population.people) + merged,
        "screened": len(sorted_out.records),
        "held_back": len(sorted_out.held),
        "held_back_reasons": dict(sorted(Counter(sorted_out.held.values()).items())),
        "merged_into_another": merged,
        "without_readable_patient": sorted_out.without_patient,
    }


def _check(summary: Mapping[str, object], sorted_out: SortedOut, studies: int) -> None:
    people = summary["people"]
    written = summary["written"]
    assert isinstance(people, dict) and isinstance(written, dict)
    parts = ("screened", "held_back", "merged_into_another", "without_readable_patient")
    if sum(people[each] for each in parts) != people["read"]:
        raise InvalidOutput(f"the people do not add up: {people['read']} read; nothing was written")
    if written["assessments"] != len(sorted_out.records) * studies:
        raise InvalidOutput("not everybody screened has an assessment line; nothing was written")
