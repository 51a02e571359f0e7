"""feasibility: how many people a study would find, what each criterion costs, and what if a bound moved."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
from rich.table import Table

from service.catalog.content import mappings_dir
from service.catalog.load import Catalog, load_catalog
from service.cli.console import out
from service.cli.funnel import console
from service.cli.inputs import add_input, day, requested
from service.cli.progress import progress
from service.screening.feasibility.days import LENGTHS, days_of
from service.screening.feasibility.files import check_place, write_all
from service.screening.feasibility.moves import asked_moves, default_moves
from service.screening.feasibility.report import document
from service.screening.feasibility.run import Asked, feasibility
from service.screening.feasibility.words import checklist_words, how_told, pair, result_words, short, step_words
from service.screening.judging import phrases_of
from service.screening.pictures import INSTALL, can_draw
from service.screening.sources import find_sources, total_bytes

Json = dict[str, Any]


def add_feasibility(command: ArgumentParser) -> None:
    """`prescreen feasibility`."""
    add_input(command)
    command.add_argument("--study", action="append", required=True, metavar="ID", help="repeatable")
    command.add_argument("--every", choices=tuple(LENGTHS), help="count as of past days, too: each week, month …")
    command.add_argument("--from", type=day, metavar="DATE", dest="first", help="the first of the past days")
    command.add_argument("--to", type=day, metavar="DATE", dest="last", help="the last; --as-of by default")
    command.add_argument(
        "--move",
        action="append",
        metavar="BOUND=VALUE",
        help="move a bound: E2a=20, or E2a.dose=15,20; repeatable; a few steps of each bound by default",
    )
    command.add_argument("--show-small", action="store_true", help="exact counts, also of fewer than 11 people")
    command.add_argument("--out", type=Path, metavar="DIR", help="write JSON, CSV, SVG and PNG there")
    command.add_argument("--format", choices=("text", "json"), default="text")
    command.add_argument("--quiet", action="store_true", help="no progress bar")
    command.set_defaults(run=count)


def count(chosen: Namespace) -> int:
    """Count, print, and write."""
    catalog = load_catalog(mappings_dir(), chosen.site)
    asked = _asked(catalog, chosen)
    if chosen.out is not None:
        check_place(chosen.out, {each.directory for each in asked.request.sources})
    with progress(total_bytes(asked.request.sources), quiet=chosen.quiet) as bar:
        result = feasibility(catalog, asked, bar)
    told = document(result, asked, phrases_of(catalog), show_small=chosen.show_small)
    written = write_all(told, chosen.out) if chosen.out is not None else ()
    if chosen.format == "json":
        out(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode())
        return 0
    with console.capture() as printed:
        print_feasibility(told)
    out("\n".join(line.rstrip() for line in printed.get().splitlines()))
    if chosen.out is not None:
        console.print(f"Written to {chosen.out}/: {len(written)} files.")
        if not can_draw():
            console.print(f"The drawings are SVG alone: {INSTALL}", markup=False)
    return 0


def _asked(catalog: Catalog, chosen: Namespace) -> Asked:
    request = requested(catalog, chosen, find_sources(chosen.source), chosen.study)
    studies, days = request.studies, days_of(chosen.every, chosen.first, chosen.last, chosen.as_of)
    moves = (
        {each.id: default_moves(each) for each in studies} if chosen.move is None else asked_moves(studies, chosen.move)
    )
    return Asked(request, days, moves)


def print_feasibility(told: Json) -> None:
    """All numbers, as a person who plans a study reads them."""
    for each in how_told(told):
        console.print(f"\n{each}", markup=False)
    _print_people(told)
    for study in told["studies"]:
        console.print(f"\n[bold]{study['title']}[/bold] ({study['study']} {study['study_version']})")
        console.print(result_words(told, study), markup=False)
        console.print(checklist_words(study), markup=False)
        console.print(_funnel(study))
        silent = {"from": 0, "to": told["band"] - 1}
        _print_costs(study, silent)
        if study["moves"]:
            _print_moves(study, silent)
        if study["days"]:
            console.print("\nAs of past days, by what was dated to then", markup=False)
            console.print(_days(study["days"]))


def _print_people(told: Json) -> None:
    people = told["people"]
    held = ", ".join(f"{reason} {short(each)}" for reason, each in people["held_back"].items())
    console.print(
        f"\nPeople read: {short(people['read'])}. In no number of {told['as_of']}: held back ({held}); "
        f"merged into another record {short(people['merged_into_another'])}; without a readable Patient "
        f"{short(people['without_readable_patient'])}; not born by then {short(people['not_born'])}.",
        markup=False,
    )
    if told["rejects"]["to"]:
        lines, types = short(told["rejects"]), ", ".join(told["incomplete_for_everybody"]) or "none"
        console.print(f"Lines that could not be used: {lines}; types incomplete for everybody: {types}.", markup=False)


def _table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> Table:
    table = Table(box=None, padding=(0, 1))
    for at, title in enumerate(titles):
        table.add_column(title, justify="left" if at == 0 else "right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _funnel(study: Json) -> Table:
    rows = ((step_words(each), short(each["surely"]), short(each["at_most"])) for each in study["funnel"])
    return _table(("left after", "surely in", "at most"), rows)


def _print_costs(study: Json, silent: Json) -> None:
    console.print("What one criterion alone costs: who would be let in without it", markup=False)
    counts = {
        each["criterion"]: (each["kept_out"]["surely"], each["kept_out"]["at_most"], each["undecided"])
        for each in study["costs"]
    }
    told = {name: of for name, of in counts.items() if any(each != silent for each in of)}
    if told:
        titles = ("without", "candidates", "not kept out, at most", "only its answer is lacking")
        console.print(_table(titles, ((name, *map(short, of)) for name, of in told.items())))
    rest = ", ".join(name for name in counts if name not in told)
    if rest:
        console.print(f"Each of these numbers is {short(silent)} for {rest}.\n", markup=False)


def _print_moves(study: Json, silent: Json) -> None:
    console.print("If a bound moved (each pair: surely / at most)", markup=False)
    moves = [(each, (*each["gained"].values(), *each["lost"].values())) for each in study["moves"]]
    told = [each for each, of in moves if any(count != silent for count in (*of, each["settled"], each["unsettled"]))]
    if told:
        titles = ("moved", "then", "let in", "lost", "settled", "unsettled")
        console.print(_table(titles, map(_move, told)))
    rest: dict[str, list[str]] = {}
    for each in study["moves"]:
        if each not in told:
            rest.setdefault(_bound(each), []).append(each["then"])
    if rest:
        console.print(f"Each of these numbers is {short(silent)} for")
        for bound, values in rest.items():
            console.print(f"  {bound} moved to {', '.join(values)}", markup=False)
    if any(each["entry"] for each in study["moves"]):
        console.print("* moved in what makes a chart worth looking at, too", markup=False)


def _move(each: Json) -> tuple[str, ...]:
    counts = (pair(each["gained"]), pair(each["lost"]), short(each["settled"]), short(each["unsettled"]))
    return _bound(each), each["then"], *counts


def _bound(each: Json) -> str:
    return f"{each['bound']} ({each['now']})" + ("*" if each["entry"] else "")


def _days(days: list[Json]) -> Table:
    titles = ("as of (each pair: surely / at most)", "people", "points to the disease", "left")
    return _table(titles, ((each["day"], *(pair(each[of]) for of in ("people", "signal", "left"))) for each in days))
