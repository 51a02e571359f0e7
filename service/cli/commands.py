"""sample, screen, explain, serve: each builds the parts it needs and calls one use case."""

from argparse import Namespace
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import orjson

from service.catalog.content import mappings_dir
from service.catalog.load import Catalog, load_catalog
from service.cli.console import Bar, note, out, peak_memory
from service.cli.engines import screening
from service.cli.funnel import print_funnel
from service.cli.story import print_story
from service.screening.asking import study_of
from service.screening.explain import explain_patient
from service.screening.render import assessment_line
from service.screening.request import Request
from service.screening.sample import write_sample
from service.screening.sources import Source, find_sources, total_bytes


def sample(chosen: Namespace) -> int:
    """Invent a population."""
    report = write_sample(chosen.out, chosen.patients, chosen.seed)
    lines = sum(report.counts.values())
    out(f"{chosen.patients} invented patients, {lines} resources of {len(report.counts)} types in {chosen.out}/")
    return 0


def screen(chosen: Namespace) -> int:
    """Screen a population for some studies, and print the funnel."""
    catalog = load_catalog(mappings_dir(), chosen.site)
    with screening(chosen) as how:
        request = _request(catalog, chosen, how.sources, chosen.study, chosen.fhir, chosen.all)
        request = replace(request, formats=tuple(dict.fromkeys(chosen.also or ())))
        with Bar(how.size, quiet=chosen.quiet) as bar:
            summary = how.run(catalog, request, bar)
    if not chosen.quiet:
        print_funnel(summary, request.studies, chosen.out)
        if how.processes:
            several = "es" if how.processes > 1 else ""
            note(f"{how.processes} process{several}, at most {peak_memory():,} MB of memory in each.")
    return 0


def explain(chosen: Namespace) -> int:
    """Explain one patient."""
    catalog = load_catalog(mappings_dir(), chosen.site)
    request = _request(catalog, chosen, find_sources(chosen.source), [chosen.study])
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
    catalog: Catalog,
    chosen: Namespace,
    sources: tuple[Source, ...],
    studies: Iterable[str],
    release: str = "R4",
    every: bool = False,
) -> Request:
    accepted = catalog.site.accepted_rejects if chosen.accept_rejects is None else chosen.accept_rejects
    return Request(
        sources=sources,
        studies=tuple(study_of(catalog, each) for each in dict.fromkeys(studies)),
        at=chosen.as_of,
        release=release,  # type: ignore[arg-type]
        every_subject=every,
        accepted_rejects=accepted,
    )
