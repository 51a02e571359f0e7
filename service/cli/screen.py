"""screen: a population for some studies."""

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path

from service.catalog.content import mappings_dir
from service.catalog.load import load_catalog
from service.cli.console import note, peak_memory
from service.cli.engines import add_engine, screening
from service.cli.inputs import add_input, positive, requested
from service.cli.progress import progress
from service.screening.buckets.means import USUAL_MEMORY
from service.screening.tables import FORMATS


def add_screen(command: ArgumentParser) -> None:
    """`prescreen screen`."""
    add_input(command, str)
    command.add_argument("--study", action="append", required=True, metavar="ID", help="repeatable")
    command.add_argument("--out", required=True, help="the directory for the results")
    command.add_argument("--fhir", choices=("R4", "R4B", "R5"), default="R4", help="release of the ResearchSubjects")
    whom = command.add_mutually_exclusive_group()
    whom.add_argument("--all", action="store_true", help="write a ResearchSubject for those without a signal, too")
    whom.add_argument(
        "--with-signal",
        action="store_true",
        help="assess only those of whom something on record points to the disease, or of whom that is not known",
    )
    command.add_argument(
        "--also", action="append", choices=FORMATS, help="write the assessments as tables, too; repeatable"
    )
    command.add_argument(
        "--processes",
        type=positive,
        metavar="N",
        help="default: one for each processor, and one alone for a small input",
    )
    command.add_argument(
        "--memory",
        type=positive,
        default=USUAL_MEMORY,
        metavar="MB",
        help="a larger input is sorted into buckets on disk, beside the results, and screened a bucket at a time "
        f"(default {USUAL_MEMORY})",
    )
    add_engine(command)
    command.add_argument(
        "--state", type=Path, metavar="DIR", help="keep there what is read, and go on from it: see docs/incremental.md"
    )
    command.add_argument("--quiet", action="store_true", help="no progress bar and no funnel")
    command.set_defaults(run=screen)


def screen(chosen: Namespace) -> int:
    """Screen a population for some studies, and print the funnel."""
    catalog = load_catalog(mappings_dir(), chosen.site)
    with screening(chosen) as how:
        request = requested(catalog, chosen, how.sources, chosen.study, chosen.fhir, chosen.all, chosen.with_signal)
        request = replace(request, formats=tuple(dict.fromkeys(chosen.also or ())))
        with progress(how.size, quiet=chosen.quiet) as bar:
            summary = how.run(catalog, request, bar)
    if not chosen.quiet:
        from service.cli.funnel import print_funnel  # what draws is loaded only where something is drawn

        print_funnel(summary, request.studies, chosen.out)
        if how.processes:
            several = "es" if how.processes > 1 else ""
            note(f"{how.processes} process{several}, at most {peak_memory():,} MB of memory in each.")
    return 0
