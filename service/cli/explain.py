"""explain: the answers for one patient."""

from argparse import ArgumentParser, Namespace

import orjson

from service.catalog.content import mappings_dir
from service.catalog.load import load_catalog
from service.cli.console import out
from service.cli.inputs import add_input, requested
from service.cli.story import print_story
from service.screening.explain import explain_patient
from service.screening.render import assessment_line
from service.screening.request import Progress
from service.screening.sources import find_sources


def add_explain(command: ArgumentParser) -> None:
    """`prescreen explain`."""
    add_input(command)
    command.add_argument("--patient", required=True, metavar="ID", help="the id of the Patient resource")
    command.add_argument("--study", required=True, metavar="ID")
    command.add_argument("--format", choices=("text", "json"), default="text")
    command.set_defaults(run=explain)


def explain(chosen: Namespace) -> int:
    """Explain one patient."""
    catalog = load_catalog(mappings_dir(), chosen.site)
    request = requested(catalog, chosen, find_sources(chosen.source), [chosen.study])
    explained = explain_patient(catalog, request, chosen.patient, Progress())
    if chosen.format == "json":
        line = assessment_line(explained.assessment, explained.phrases)
        out(orjson.dumps(line, option=orjson.OPT_INDENT_2).decode())
    else:
        print_story(explained.assessment, explained.phrases)
    return 0
