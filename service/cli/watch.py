"""watch: a site with nightly files alone. Each new export is screened as soon as it is whole."""

import sys
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from datetime import datetime, timedelta
from pathlib import Path

from service.cli.console import complain, out
from service.cli.inputs import add_tenant
from service.cli.installation import Installation, installation, now
from service.errors import PrescreenError, UsageError
from service.screening.exports import Export, exports
from service.screening.nightly import is_done, screen_export
from service.screening.request import Progress
from service.screening.tenant import Tenant


def add_watch(command: ArgumentParser) -> None:
    """`prescreen watch`."""
    command.add_argument("directory", type=Path, help="where each export appears, in a directory of its own")
    command.add_argument("--out", type=Path, required=True, help="the directory for the results of each export")
    add_tenant(command)
    command.add_argument("--once", action="store_true", help="take what is there, then end")
    command.add_argument("--every", type=_number, default=60, metavar="SECONDS", help="how often to look (default 60)")
    command.add_argument(
        "--quiet-for",
        type=_number,
        default=600,
        metavar="SECONDS",
        help="without a manifest, for how long no file may have changed (default 600)",
    )
    command.set_defaults(run=watch)


def watch(chosen: Namespace) -> int:
    """Look, screen, wait. With `--once`, returns 1 if an export could not be screened."""
    with installation() as there:
        tenant = there.tenant(chosen.tenant)
        if chosen.out.resolve() == chosen.directory.resolve():
            raise UsageError("the results would be taken for exports; choose another --out")
        told: dict[str, str] = {}
        while True:
            failed = _look(there, tenant, chosen, told)
            if chosen.once:
                return 1 if failed else 0
            time.sleep(chosen.every)


def _look(there: Installation, tenant: Tenant, chosen: Namespace, told: dict[str, str]) -> bool:
    """Screen what is new, the oldest first. What is older than one that was screened already is left alone."""
    found = exports(chosen.directory, now(), timedelta(seconds=chosen.quiet_for))
    newest = max((each.made for each in found if is_done(chosen.out, each)), default=None)
    failed = False
    for export in found:
        if is_done(chosen.out, export):
            continue
        reason = export.waits or _too_old(export, newest)
        try:
            if reason is None:
                digest = screen_export(there.store, tenant, export, chosen.out, now, Progress())
                out(digest.removesuffix("\n"))
                newest = export.made
        except PrescreenError as error:  # the next export may be sound; this one is tried again
            complain(error)
            failed = True
        if reason is not None and told.get(export.name) != reason:
            told[export.name] = reason
            sys.stderr.write(f"prescreen: {export.name} waits: {reason}\n")
    return failed


def _too_old(export: Export, newest: datetime | None) -> str | None:
    older = newest is not None and export.made < newest
    return "it is older than one that was screened, whose answers hold" if older else None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > 86400:
        raise ArgumentTypeError(f"{text!r} is no number of seconds up to a day")
    return int(text)
