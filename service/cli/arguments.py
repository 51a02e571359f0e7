"""The arguments of every command, with their help."""

from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Callable
from datetime import date
from pathlib import Path

from service import __version__
from service.cli import commands, studies
from service.cli.basis import add_audit, add_basis
from service.cli.cards import add_cards
from service.cli.counts import add_counts, add_history
from service.cli.coverage import add_coverage
from service.cli.database import add_db, add_patient
from service.cli.dose import add_dose
from service.cli.engines import add_engine
from service.cli.export import add_export
from service.cli.feasibility import add_feasibility
from service.cli.inbox import add_inbox
from service.cli.installation import add_lease
from service.cli.launch import add_launch
from service.cli.people import add_people
from service.cli.profiles import add_profiles
from service.cli.subscribe import add_subscribe
from service.cli.watch import add_watch
from service.cli.worker import add_publish, add_worker
from service.cli.worklist import add_appointments, add_worklist
from service.errors import UsageError
from service.screening.asking import screening_day
from service.screening.buckets.means import USUAL_MEMORY
from service.screening.tables import FORMATS


def parser() -> ArgumentParser:
    """The whole command line."""
    top = ArgumentParser(
        prog="prescreen",
        description="Clinical-trial pre-screening on FHIR data, with a reason for every answer.",
        epilog="Try: prescreen sample --patients 200 --seed 7 --out export/\n"
        "     prescreen screen export/ --study igg4-rd-sirolimus --as-of 2026-06-30 --out result/",
        formatter_class=RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"prescreen {__version__}")
    sub = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _sample(sub.add_parser("sample", help="invent a population in bulk-export shape"))
    _screen(sub.add_parser("screen", help="screen an export, a Bundle or several files for one or more studies"))
    _explain(sub.add_parser("explain", help="explain the answers for one patient, in plain sentences"))
    _coverage(sub.add_parser("coverage", help="what an export can and cannot answer, and which codes to map"))
    _dose(sub.add_parser("dose", help="the daily doses of one patient, as text, JSON or a drawing"))
    _feasibility(
        sub.add_parser("feasibility", help="how many people a study would find, and what each criterion costs")
    )
    _study(sub.add_parser("study", help="list, show, check or test studies"))
    _serve(sub.add_parser("serve", help="serve the studies and single screenings over HTTP"))
    add_worker(sub.add_parser("worker", help="do the work behind the notifications"))
    add_publish(sub.add_parser("publish", help="what would be written, and the kill switch of writing"))
    add_subscribe(sub.add_parser("subscribe", help="make the Subscriptions stand that the open studies need"))
    add_launch(sub.add_parser("launch", help="what to register in an EHR that opens this service from a chart"))
    add_export(sub.add_parser("export", help="fetch a Bulk Data export with what the studies need"))
    add_watch(sub.add_parser("watch", help="screen each new export that appears in a directory"))
    add_inbox(sub.add_parser("inbox", help="the work that waits, and what was given up"))
    add_worklist(sub.add_parser("worklist", help="make the worklists of the studies anew"))
    add_appointments(sub.add_parser("appointments", help="when those who stand in a worklist come next"))
    add_cards(sub.add_parser("cards", help="how the cards of CDS Hooks fared: shown, accepted, overridden and why"))
    add_counts(sub.add_parser("counts", help="what the assessments of a study add up to"))
    add_db(sub.add_parser("db", help="the tables of the database"))
    add_patient(sub.add_parser("patient", help="what is kept about one patient"))
    add_people(sub.add_parser("people", help="who may sign in to the pages, and with which roles"))
    add_basis(sub.add_parser("basis", help="on which legal basis a study may look at patients"))
    add_audit(sub.add_parser("audit", help="who looked at whom"))
    add_profiles(sub.add_parser("profiles", help="the FHIR definitions of what is read and written"))
    return top


def _sample(command: ArgumentParser) -> None:
    command.add_argument("--patients", type=_positive, default=200, help="how many people (default 200)")
    command.add_argument("--seed", type=int, default=7, help="the same seed gives the same people (default 7)")
    command.add_argument("--out", type=Path, required=True, help="a new or empty directory, or an earlier sample")
    command.set_defaults(run=commands.sample)


def _input(command: ArgumentParser, where: Callable[[str], object] = Path) -> None:
    command.add_argument(
        "source", type=where, nargs="+", help=".ndjson[.gz], .json (a resource or Bundle), or a directory"
    )
    command.add_argument("--as-of", type=_day, required=True, metavar="DATE", help="the screening date, YYYY-MM-DD")
    command.add_argument("--site", type=Path, help="a directory with the site's own settings, maps and studies")
    command.add_argument(
        "--accept-rejects",
        type=_natural,
        metavar="N",
        help="call types complete although up to N lines could not be read and name no patient",
    )


def _screen(command: ArgumentParser) -> None:
    _input(command, str)
    command.add_argument("--study", action="append", required=True, metavar="ID", help="repeatable")
    command.add_argument("--out", required=True, help="the directory for the results")
    command.add_argument("--fhir", choices=("R4", "R4B", "R5"), default="R4", help="release of the ResearchSubjects")
    command.add_argument("--all", action="store_true", help="write a ResearchSubject for those without a signal, too")
    command.add_argument(
        "--also", action="append", choices=FORMATS, help="write the assessments as tables, too; repeatable"
    )
    command.add_argument(
        "--processes",
        type=_positive,
        metavar="N",
        help="default: one for each processor, and one alone for a small input",
    )
    command.add_argument(
        "--memory",
        type=_positive,
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
    command.set_defaults(run=commands.screen)


def _explain(command: ArgumentParser) -> None:
    _input(command)
    command.add_argument("--patient", required=True, metavar="ID", help="the id of the Patient resource")
    command.add_argument("--study", required=True, metavar="ID")
    command.add_argument("--format", choices=("text", "json"), default="text")
    command.set_defaults(run=commands.explain)


def _dose(command: ArgumentParser) -> None:
    _input(command)
    add_dose(command)


def _coverage(command: ArgumentParser) -> None:
    _input(command)
    add_coverage(command)


def _feasibility(command: ArgumentParser) -> None:
    _input(command)
    add_feasibility(command, _day)


def _study(command: ArgumentParser) -> None:
    actions = command.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="the studies there are")
    listing.set_defaults(run=studies.list_studies)
    show = actions.add_parser("show", help="a study in plain words (study.txt)")
    show.add_argument("id")
    show.add_argument("--write", action="store_true", help="write it to study.txt beside the study.yaml, too")
    show.set_defaults(run=studies.show)
    check = actions.add_parser("check", help="check studies, value sets and maps; with every problem's file and line")
    check.add_argument("what", nargs="?", metavar="ID|FILE", help="one study, or a study file; everything by default")
    check.set_defaults(run=studies.check)
    test = actions.add_parser("test", help="run the cases of one study, or of all")
    test.add_argument("id", nargs="?")
    test.set_defaults(run=studies.test)
    add_history(actions.add_parser("history", help="what each version of an open study said"))
    for action in (listing, show, check, test):
        action.add_argument("--site", type=Path, help="a directory with the site's own settings, maps and studies")


def _serve(command: ArgumentParser) -> None:
    command.add_argument("--host", default="127.0.0.1", help="default: this machine only")
    command.add_argument("--port", type=_natural, default=8000)
    command.add_argument("--workers", type=_positive, default=1)
    command.add_argument("--site", type=Path, help="a directory with the site's own settings, maps and studies")
    command.add_argument("--no-worker", action="store_true", help="only receive; the work is done by prescreen worker")
    add_lease(command)
    command.add_argument("--demo", action="store_true", help="try it out: invented patients, nothing is kept")
    command.set_defaults(run=commands.serve)


def _day(text: str) -> date:
    try:
        return screening_day(text)
    except UsageError:
        raise ArgumentTypeError(f"{text!r} is not a day; write it as YYYY-MM-DD, such as 2026-06-30") from None


def _positive(text: str) -> int:
    number = _natural(text)
    if number < 1:
        raise ArgumentTypeError("at least 1")
    return number


def _natural(text: str) -> int:
    if not text.isdigit():
        raise ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)
