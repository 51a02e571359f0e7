"""dose: the daily doses of one patient, as text, JSON or a drawing."""

import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from decimal import Decimal, InvalidOperation

import orjson

from service.catalog.content import mappings_dir
from service.catalog.load import load_catalog
from service.catalog.words import duration
from service.cli.console import out
from service.cli.inputs import add_input, requested
from service.eligibility.dates import Duration
from service.eligibility.explain.dose_chart import dose_chart
from service.eligibility.explain.dose_report import dose_report
from service.screening.dose import dose_of_patient
from service.screening.dose_line import dose_line
from service.screening.request import Progress
from service.screening.sources import find_sources

ALL = "all"
LENGTH = re.compile(r"[1-9]\d{0,4} (day|week|month|year)s?", re.ASCII)


def add_dose(command: ArgumentParser) -> None:
    """`prescreen dose`."""
    add_input(command)
    command.add_argument("--patient", required=True, metavar="ID", help="the id of the Patient resource")
    command.add_argument(
        "--look-back", type=_look_back, required=True, metavar="LENGTH", help='"3 months", "90 days", …, or all'
    )
    command.add_argument("--equivalent-to", metavar="DRUG", help="add up what counts, in equivalents of this drug")
    command.add_argument(
        "--limit", type=_limit, metavar="MG", help="a daily dose in mg to compare with, in text and svg"
    )
    command.add_argument("--format", choices=("text", "json", "svg"), default="text")
    command.set_defaults(run=dose)


def dose(chosen: Namespace) -> int:
    """The daily doses of one patient."""
    catalog = load_catalog(mappings_dir(), chosen.site)
    request = requested(catalog, chosen, find_sources(chosen.source), ())
    look_back = None if chosen.look_back == ALL else chosen.look_back
    profile = dose_of_patient(catalog, request, chosen.patient, look_back, chosen.equivalent_to, Progress())
    if chosen.format == "json":
        out(orjson.dumps(dose_line(profile), option=orjson.OPT_INDENT_2).decode())
    elif chosen.format == "svg":
        out(dose_chart(profile, chosen.limit))
    else:
        out(dose_report(profile, chosen.limit).removesuffix("\n"))
    return 0


def _look_back(text: str) -> Duration | str:
    words = " ".join(text.split())
    if words == ALL:
        return ALL
    if not LENGTH.fullmatch(words):
        raise ArgumentTypeError(f'{text!r} is no length of time; write it as "3 months", "12 weeks", "90 days", or all')
    return duration(words)


def _limit(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ArgumentTypeError(f"{text!r} is no number of mg; write it as 10 or 7.5") from None
    if not value.is_finite() or value <= 0:
        raise ArgumentTypeError("a daily dose above nothing")
    return value
