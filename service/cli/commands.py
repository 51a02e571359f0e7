"""sample, screen, explain, serve: each builds the parts it needs and calls one use case."""

from argparse import Namespace
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from os import cpu_count

import orjson

from service.catalog.content import mappings_dir
from service.catalog.load import Catalog, load_catalog
from service.cli.console import Bar, note, out, peak_memory
from service.cli.funnel import print_funnel
from service.cli.story import print_story
from service.screening.asking import study_of
from service.screening.buckets.means import means_for, processes_for
from service.screening.explain import explain_patient
from service.screening.incremental.basis import basis_of
from service.screening.incremental.run import screen_on
from service.screening.population import screen as screen_population
from service.screening.render import assessment_line
from service.screening.request import Request
from service.screening.sample import write_sample
from service.screening.sources import find_sources, total_bytes


def sample(chosen: Namespace) -> int:
    """Invent a population."""
    report = write_sample(chosen.out, chosen.patients, chosen.seed)
    lines = sum(report.counts.values())
    out(f"{chosen.patients} invented patients, {lines} resources of {len(report.counts)} types in {chosen.out}/")
    return 0


def screen(chosen: Namespace) -> int:
    """Screen a population for some studies, and print the funnel."""
    catalog = load_catalog(mappings_dir(), chosen.site)
    request = _request(catalog, chosen, chosen.study, chosen.fhir, chosen.all)
    request = replace(request, formats=tuple(dict.fromkeys(chosen.also or ())))
    processes = 1 if chosen.state else chosen.processes or processes_for(request.sources, cpu_count() or 1)
    with Bar(total_bytes(request.sources), quiet=chosen.quiet) as bar:
        if chosen.state is None:
            means = means_for(request.sources, processes, chosen.memory)
            summary = screen_population(catalog, request, chosen.out, bar, means)
        else:
            basis = basis_of(request, (mappings_dir(), chosen.site))
            summary = screen_on(catalog, request, chosen.out, bar, chosen.state, basis)
    if not chosen.quiet:
        print_funnel(summary, request.studies, chosen.out)
        note(f"{processes} process{'es' if processes > 1 else ''}, at most {peak_memory():,} MB of memory in each.")
    return 0


def explain(chosen: Namespace) -> int:
    """Explain one patient."""
    catalog = load_catalog(mappings_dir(), chosen.site)
    request = _request(catalog, chosen, [chosen.study])
    with Bar(total_bytes(request.sources), quiet=True) as bar:
        explained = explain_patient(catalog, request, chosen.patient, bar)
    if chosen.format == "json":
        line = assessment_line(explained.assessment, explained.phrases)
        out(orjson.dumps(line, option=orjson.OPT_INDENT_2).decode())
    else:
        print_story(explained.assessment, explained.phrases)
    return 0


def serve(chosen: Namespace) -> int:
    """Serve over HTTP until interrupted."""
    from service.app import run_demo, run_server  # gunicorn is loaded only where a server is wanted

    if chosen.demo:
        return run_demo(chosen.host, chosen.port, chosen.site)
    return run_server(
        chosen.host,
        chosen.port,
        chosen.workers,
        chosen.site,
        with_worker=not chosen.no_worker,
        lease=timedelta(seconds=chosen.lease),
    )


def _request(
    catalog: Catalog, chosen: Namespace, studies: Iterable[str], release: str = "R4", every: bool = False
) -> Request:
    accepted = catalog.site.accepted_rejects if chosen.accept_rejects is None else chosen.accept_rejects
    return Request(
        sources=find_sources(chosen.source),
        studies=tuple(study_of(catalog, each) for each in dict.fromkeys(studies)),
        at=chosen.as_of,
        release=release,  # type: ignore[arg-type]
        every_subject=every,
        accepted_rejects=accepted,
    )
