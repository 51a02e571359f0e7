"""worklist rebuild, appointments import: the worklists made anew, and when listed patients come."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from service.cli.console import out
from service.cli.inputs import add_tenant
from service.cli.installation import installation, now
from service.errors import UsageError
from service.screening.worklist import rebuild
from service.screening.worklist.appointments import import_appointments
from service.store import audit

ACTOR = "command-line"


def add_worklist(command: ArgumentParser) -> None:
    """`prescreen worklist`."""
    actions = command.add_subparsers(title="actions", metavar="ACTION", required=True)
    again = actions.add_parser("rebuild", help="make all rows anew from what was found and decided, as after an update")
    add_tenant(again)
    again.set_defaults(run=make_anew)


def add_appointments(command: ArgumentParser) -> None:
    """`prescreen appointments`."""
    actions = command.add_subparsers(title="actions", metavar="ACTION", required=True)
    taking = actions.add_parser("import", help="keep the next appointment of those who stand in a worklist")
    taking.add_argument("file", type=Path, metavar="FILE", help="CSV: patient (or mrn), date, clinic, clinician")
    add_tenant(taking)
    taking.set_defaults(run=take)


def make_anew(chosen: Namespace) -> int:
    """Make all rows of a tenant anew."""
    with installation() as there:
        tenant = there.tenant(chosen.tenant)
        count = rebuild(there.store, tenant.name, now())
    out(f"{count} rows of the worklists of {tenant.name}.")
    return 0


def take(chosen: Namespace) -> int:
    """Keep appointments."""
    with installation() as there:
        tenant, moment = there.tenant(chosen.tenant), now()
        done = import_appointments(there.store, tenant, _lines(chosen.file), moment)
        detail = {"kept": done.kept, "not_listed": done.not_listed}
        audit.append(there.store, audit.Entry(moment, tenant.name, ACTOR, "appointments-imported", detail=detail))
    out(f"{done.kept} appointments kept; of {done.not_listed} lines about people in no worklist nothing is kept.")
    return 0


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    except (OSError, UnicodeDecodeError) as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else "cannot be read as UTF-8 text"
        raise UsageError(f"{path}: {reason}") from None
