"""Screening a population: read everything, judge everybody, write the results. The bulk use case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from service.eligibility.facts import Kind
from service.errors import InvalidOutput, UsageError
from service.fhir.reading import Reading
from service.screening.buckets.engine import Engine
from service.screening.buckets.journal import Workplace
from service.screening.buckets.run import screen_in_buckets
from service.screening.collecting import seldom_collecting
from service.screening.completeness import Completeness
from service.screening.contacts import contacts_that_count
from service.screening.coverage import Coverage
from service.screening.heard import files_of
from service.screening.intake import Intake
from service.screening.judging import Judged, Judging
from service.screening.met import Mixed
from service.screening.needs import Needs
from service.screening.outputs import SERIES, VERSIONS, Outputs, Sink
from service.screening.people import Population
from service.screening.request import Progress, Request
from service.screening.sifting.ledger import Forced, Recurring
from service.screening.sifting.sieve import Sieve
from service.screening.tally import Counts, Reject
from service.screening.versions import Versions
from service.screening.walk import Walk
from service.screening.writing import while_there_is_room

if TYPE_CHECKING:
    from service.catalog.load import Catalog


class Gathering(NamedTuple):
    """What reading gave: the persons, what became of every line, what is known of codes, which versions stood."""

    population: Population
    tally: Counts
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
        completeness = Completeness()
        given = files_of(request.sources, completeness)
        complete = catalog.site.bundles_complete
        intake = Intake(reading, needs, seen, given.files, request.claims, counted=counted, completeness=completeness)
        sieve = Sieve(needs, reading, seen, request.claims, forced) if sifted else None
        walk = Walk(given, completeness, needs.types, complete, progress.reading, sieve, mixed, intake.needless)
        try:
            for met in walk.everything(going_back=True):
                intake.take(met)
        except Mixed as problem:
            mixed |= {problem.label}
        except Recurring as problem:
            forced = problem.added_to(forced)
        else:
            population = intake.finish()
            for each in intake.tally.set_aside():
                set_aside(each)
            return Gathering(population, intake.tally.counts(), intake.coverage, intake.versions)


def screen(
    catalog: Catalog,
    request: Request,
    out: Path,
    progress: Progress,
    engine: Engine[Outputs] | None = None,
    key: str | None = None,
) -> dict[str, object]:
    """Screen and write to `out`; the summary is returned and written last. `engine`: what does it in buckets;
    None: in memory. `key`: what must be the same for it to go on with what an interrupted run left (None: none leaves
    anything).

    Raises UsageError if `out` is also an input, or another run writes there, and NoRoom if the disk is full. If the
    counts do not add up, raises InvalidOutput and leaves no result behind.
    """
    refuse_own_input(out, request)
    also = (*((VERSIONS,) if request.versions else ()), *((SERIES,) if request.series else ()))
    with while_there_is_room(out), seldom_collecting(), Outputs(out, also, request.formats) as outputs:
        if engine is None:
            summary = screen_into(outputs, catalog, request, progress)
        else:
            found = screen_in_buckets(outputs, catalog, request, progress, engine, Workplace(out, key))
            summary = summary_of(catalog, request, found.counts, found.completeness, found.judged, outputs.lines)
        outputs.summary(summary)
    return summary


def into_the_input(out: str) -> UsageError:
    """Of results that would be written beside the input."""
    return UsageError(f"{out}: the results cannot be written into the input's own directory; choose another --out")


def refuse_own_input(out: Path, request: Request) -> None:
    """Raises UsageError if `out` is also an input."""
    if out.resolve() in {source.directory for source in request.sources}:
        raise into_the_input(str(out))


def screen_into(sink: Sink, catalog: Catalog, request: Request, progress: Progress) -> dict[str, object]:
    """Screen, every line to the sink; returns the summary. Raises InvalidOutput if the counts do not add up."""
    population, tally, _, versions = gather(catalog, request, sink.reject, progress)
    judging = Judging(catalog, request, population.completeness.spoiled(request.accepted_rejects))
    judged = judging.everybody(population, versions, sink, progress)
    return summary_of(catalog, request, tally, population.completeness, judged, sink.lines)


def summary_of(
    catalog: Catalog,
    request: Request,
    tally: Counts,
    completeness: Completeness,
    judged: Judged,
    lines: Mapping[str, int],
) -> dict[str, object]:
    """What summary.json says. `lines`: how many were written, by output. Raises InvalidOutput if the counts do not add
    up."""
    funnels = judged.funnels.values()
    known = all(each.screened == judged.screened for each in funnels) and len(funnels) == len(request.studies)
    if (judged.screened and not known) or lines["assessments.ndjson"] != sum(each.assessed for each in funnels):
        raise InvalidOutput("not everybody screened has an assessment line; nothing was written")
    unread = {name: kind for source in request.sources for name, kind in source.unread.items()}
    return {
        "screening_date": request.at.isoformat(),
        "fhir": request.release,
        "input": tally.summary(),
        "people": judged.people(),
        "accepted_rejects": request.accepted_rejects,
        "incomplete_for_everybody": dict(sorted(completeness.unplaced.items())),
        **({"unread_files": unread} if unread else {}),
        "not_kept": sorted(catalog.policy.not_kept),
        "studies": {name: judged.funnels[name].summary() for name in sorted(judged.funnels)},
        "written": {
            "assessments": lines["assessments.ndjson"],
            "research_subjects": lines["ResearchSubject.ndjson"],
            "rejects": lines["rejects.ndjson"],
            "held_back": lines["held_back.ndjson"],
        },
    }
