"""The commands. What one takes is said in its own module, which is loaded only where that command is given."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Container
from importlib import import_module

from service import __version__

# Of each command: its name, the module of `service.cli` with the function `add_NAME`, and what it does.
COMMANDS = (
    ("sample", "sample", "invent a population in bulk-export shape"),
    ("screen", "screen", "screen an export, a Bundle or several files for one or more studies"),
    ("explain", "explain", "explain the answers for one patient, in plain sentences"),
    ("coverage", "coverage", "what an export can and cannot answer, and which codes to map"),
    ("dose", "dose", "the daily doses of one patient, as text, JSON or a drawing"),
    ("feasibility", "feasibility", "how many people a study would find, and what each criterion costs"),
    ("study", "studies", "list, show, check or test studies"),
    ("serve", "serve", "serve the studies and single screenings over HTTP"),
    ("worker", "worker", "do the work behind the notifications"),
    ("publish", "worker", "what would be written, and the kill switch of writing"),
    ("subscribe", "subscribe", "make the Subscriptions stand that the open studies need"),
    ("launch", "launch", "what to register in an EHR that opens this service from a chart"),
    ("export", "export", "fetch a Bulk Data export with what the studies need"),
    ("watch", "watch", "screen each new export that appears in a directory"),
    ("inbox", "inbox", "the work that waits, and what was given up"),
    ("worklist", "worklist", "make the worklists of the studies anew"),
    ("appointments", "worklist", "when those who stand in a worklist come next"),
    ("cards", "cards", "how the cards of CDS Hooks fared: shown, accepted, overridden and why"),
    ("counts", "counts", "what the assessments of a study add up to"),
    ("db", "database", "the tables of the database"),
    ("patient", "database", "what is kept about one patient"),
    ("people", "people", "who may sign in to the pages, and with which roles"),
    ("basis", "basis", "on which legal basis a study may look at patients"),
    ("audit", "basis", "who looked at whom"),
    ("profiles", "profiles", "the FHIR definitions of what is read and written"),
)


def parser(words: Container[str] | None = None) -> ArgumentParser:
    """The command line. `words`: what was given; only commands that are among them know their arguments. None: all."""
    top = ArgumentParser(
        prog="prescreen",
        description="Clinical-trial pre-screening on FHIR data, with a reason for every answer.",
        epilog="Try: prescreen sample --patients 200 --seed 7 --out export/\n"
        "     prescreen screen export/ --study igg4-rd-sirolimus --as-of 2026-06-30 --out result/",
        formatter_class=RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"prescreen {__version__}")
    sub = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, module, does in COMMANDS:
        command = sub.add_parser(name, help=does)
        if words is None or name in words:
            getattr(import_module(f"service.cli.{module}"), f"add_{name}")(command)
    return top
