"""coverage: what an export can and cannot answer, as text, JSON, a page, and a ConceptMap to be confirmed."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from pathlib import Path

import orjson
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from service.catalog.content import mappings_dir
from service.catalog.load import load_catalog
from service.cli.console import out
from service.cli.inputs import add_input, requested
from service.cli.progress import progress
from service.eligibility.terms import TEXT_SYSTEM
from service.screening.answerable.document import document
from service.screening.answerable.gathering import read_export
from service.screening.answerable.outputs import write_report
from service.screening.answerable.report import report
from service.screening.answerable.shapes import Listed, OfStudy, Report
from service.screening.answerable.words import TOO_FEW, dose_name, intro, share, type_state, why_words
from service.screening.sources import find_sources, total_bytes
from service.screening.studying.suppression import BAND

console = Console(highlight=False, width=118)
FEW = 15  # codes that the terminal lists; the files have more


def add_coverage(command: ArgumentParser) -> None:
    """`prescreen coverage`."""
    add_input(command)
    command.add_argument("--study", action="append", required=True, metavar="ID", help="repeatable")
    command.add_argument("--out", type=Path, help="a directory for coverage.json, coverage.html and concept-map.json")
    command.add_argument("--format", choices=("text", "json"), default="text")
    shown = command.add_mutually_exclusive_group()
    shown.add_argument(
        "--band",
        type=_band,
        default=BAND,
        metavar="N",
        help=f"tell counts in bands of N, and nothing of fewer people; {BAND} by default, and no less",
    )
    shown.add_argument(
        "--show-small", action="store_true", help="leave nothing out: for those who may see the people themselves"
    )
    command.add_argument("--quiet", action="store_true", help="no progress bar, and no text")
    command.set_defaults(run=coverage)


def coverage(chosen: Namespace) -> int:
    """Read the input once, and tell what it can and cannot answer."""
    catalog = load_catalog(mappings_dir(), chosen.site)
    request = requested(catalog, chosen, find_sources(chosen.source), chosen.study)
    band = 1 if chosen.show_small else chosen.band
    with progress(total_bytes(request.sources), quiet=chosen.quiet) as bar:
        met = read_export(catalog, request, bar, band)
    told = report(met, catalog, request.studies, request.at, band)
    if chosen.format == "json":
        out(orjson.dumps(document(told), option=orjson.OPT_INDENT_2).decode())
    elif not chosen.quiet:
        print_report(told)
    if chosen.out is not None:
        names = write_report(told, chosen.out, request.sources)
        if not chosen.quiet and chosen.format == "text":
            console.print(f"Written to {escape(str(chosen.out))}/: {', '.join(names)}.")
    return 0


def _band(text: str) -> int:
    if not text.isdecimal() or int(text) < BAND:
        raise ArgumentTypeError(f"at least {BAND}; --show-small leaves nothing out")
    return int(text)


def print_report(told: Report) -> None:
    """The report on the terminal."""
    for line in intro(told):
        console.print(escape(line))
    for study in told.studies:
        console.print(f"\n[bold]{escape(study.title)}[/bold] ({study.id} {study.version})")
        console.print(_criteria(study))
    console.print("\n[bold]Resource types[/bold]")
    console.print(_grid([(each.name, type_state(each)) for each in told.types], ("", "")))
    _print_doses(told)
    _print_look_alikes(told)
    _print_codes(told)


def _criteria(study: OfStudy) -> Table:
    rows = [
        (
            each.criterion,
            each.kind,
            *("" if each.manual else share(n, each.people) for n in (each.decided, each.by_absence, each.unknown)),
            "for people alone to judge" if each.manual else why_words(each),
        )
        for each in study.criteria
    ]
    return _grid(rows, ("", "", "by records", "by absence", "unknown", "why unknown"), (2, 3, 4))


def _print_doses(told: Report) -> None:
    if not told.doses:
        return
    console.print("\n[bold]Doses[/bold], of every record of the drug")
    for each in told.doses:
        computed, ranged = share(each.computed, each.records), share(each.as_range, each.records)
        records = TOO_FEW if each.records is None else each.records
        console.print(f" {escape(dose_name(each, told))}: {records} records")
        console.print(f"   computed {computed}, as a range {ranged}, not {share(each.not_computed, each.records)}")
        for why, number in each.why.items():
            console.print(f"   {why} {number}")
        for text in each.texts[:FEW]:
            console.print(f"   {text.lack}: “{_plain(text.text)}”, {text.records} records of {text.patients} people")


def _print_look_alikes(told: Report) -> None:
    console.print("\n[bold]Codes and texts that look like a wanted concept[/bold], and nothing maps")
    rows = [
        (
            *_code(each.met),
            "; ".join(f"{one.value_set} (by “{one.word}”)" for one in each.may_be),
            str(each.met.patients),
            str(each.met.records),
        )
        for each in told.look_alikes
    ]
    _print_some(rows, ("system", "code or text", "may be of", "patients", "records"), (3, 4))


def _print_codes(told: Report) -> None:
    console.print("\n[bold]Codes of the value sets that were met[/bold]")
    rows = [
        (each.id if first else "", *_code(met), str(met.patients), str(met.records))
        for each in told.value_sets
        for first, (met, _) in zip((True, False, False), each.codes, strict=False)
    ]
    heads = ("value set", "system", "code", "patients", "records")
    console.print(_grid(rows, heads, (3, 4)) if rows else "  none")


def _print_some(rows: Sequence[Sequence[str]], heads: Sequence[str], numbers: Sequence[int]) -> None:
    console.print(_grid(rows[:FEW], heads, numbers) if rows else "  none")
    if len(rows) > FEW:
        console.print(f"  … and {len(rows) - FEW} more; --out writes them")


def _code(met: Listed) -> tuple[str, str]:
    if met.coding.system == TEXT_SYSTEM:
        return "text alone", met.coding.code
    return met.coding.system or "no system", f"{met.coding.code} {met.text or ''}".rstrip()


def _grid(rows: Sequence[Sequence[str]], heads: Sequence[str], numbers: Sequence[int] = ()) -> Table:
    table = Table(box=None, padding=(0, 1), show_header=any(heads))
    for at, head in enumerate(heads):
        table.add_column(head, justify="right" if at in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_plain(each) for each in row))
    return table


def _plain(text: str) -> str:
    """Text of records as a terminal can be given it: neither markup nor anything that steers it."""
    return escape("".join(each if each.isprintable() else "\ufffd" for each in text))
