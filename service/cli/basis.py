"""basis …, audit export: on which legal basis a study stands, and who looked at whom."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from service.cli.console import out
from service.cli.inputs import add_tenant
from service.cli.installation import installation, now
from service.errors import UsageError
from service.screening.access.administered import KINDS, check_study, enter
from service.screening.access.audited import note_deed
from service.screening.access.exported import audit_lines
from service.screening.access.policy import WORKING
from service.store import audit, bases
from service.store.audit import Wanted

ACTOR = "command-line"


def add_basis(command: ArgumentParser) -> None:
    """`prescreen basis`."""
    actions = command.add_subparsers(title="actions", metavar="ACTION", required=True)
    setting = actions.add_parser("set", help="enter the basis of a study; what was entered before stays in the history")
    setting.add_argument("study", metavar="STUDY")
    setting.add_argument("kind", choices=tuple(map(str, KINDS)), help="none ends the one that holds")
    setting.add_argument("--approval", metavar="NUMBER", help="the number under which it was approved")
    setting.add_argument("--expires", type=_day, metavar="DATE", help="the last day, YYYY-MM-DD")
    setting.add_argument(
        "--role",
        action="append",
        choices=sorted(map(str, WORKING)),
        help="whom it lets see patients; repeatable; all three, if not given",
    )
    add_tenant(setting)
    setting.set_defaults(run=set_basis)
    showing = actions.add_parser("show", help="what was entered for a study, the newest first")
    showing.add_argument("study", metavar="STUDY")
    add_tenant(showing)
    showing.set_defaults(run=show_basis)


def add_audit(command: ArgumentParser) -> None:
    """`prescreen audit`."""
    actions = command.add_subparsers(title="actions", metavar="ACTION", required=True)
    exporting = actions.add_parser("export", help="who looked at whom, as FHIR AuditEvents (R4, NDJSON)")
    exporting.add_argument("--study", metavar="ID")
    exporting.add_argument("--account", metavar="ACCOUNT")
    exporting.add_argument("--since", type=_day, metavar="DATE", help="the first day (UTC), YYYY-MM-DD")
    exporting.add_argument("--until", type=_day, metavar="DATE", help="the last day (UTC)")
    exporting.add_argument("--out", type=Path, required=True, metavar="FILE", help="a file that is not there yet")
    add_tenant(exporting)
    exporting.set_defaults(run=export)


def set_basis(chosen: Namespace) -> int:
    """Enter a basis."""
    roles = tuple(chosen.role or (() if chosen.kind == "none" else sorted(map(str, WORKING))))
    with installation() as there:
        tenant = there.tenant(chosen.tenant)
        enter(there.store, tenant, chosen.study, chosen.kind, chosen.approval, chosen.expires, roles, ACTOR, now())
    out(f"{tenant.name}/{chosen.study}: {chosen.kind}.")
    return 0


def show_basis(chosen: Namespace) -> int:
    """What was entered for a study."""
    with installation() as there:
        entered = bases.history(there.store, there.tenant(chosen.tenant).name, chosen.study)
    for each in entered:
        until = f" up to {each.expires}" if each.expires else ""
        number = f" {each.approval}" if each.approval else ""
        out(f"{each.at:%Y-%m-%d} {each.kind}{number}{until} ({', '.join(each.roles) or 'nobody'}), by {each.actor}")
    if not entered:
        out("Nothing was entered: only counts are shown.")
    return 0


def export(chosen: Namespace) -> int:
    """The audit as AuditEvents."""
    since = datetime.combine(chosen.since, time(), UTC) if chosen.since else None
    until = datetime.combine(chosen.until, time(), UTC) + timedelta(days=1) if chosen.until else None
    with installation() as there:
        tenant, studies = there.tenant(chosen.tenant).name, (chosen.study,) if chosen.study else None
        if studies and next(iter(audit.walk(there.store, Wanted(tenant, studies))), None) is None:
            check_study(there.tenant(tenant), chosen.study)
        note_deed(there.store, ACTOR, tenant, chosen.study, "export-audit", now())
        entries = audit.walk(there.store, Wanted(tenant, studies, chosen.account, since, until))
        try:
            with chosen.out.open("xb") as file:
                count = sum(1 for line in audit_lines(entries) if file.write(line))
        except OSError as error:
            raise UsageError(f"{chosen.out} cannot be written ({type(error).__name__})") from None
    out(f"{count} AuditEvents in {chosen.out}")
    return 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a day; write it as YYYY-MM-DD") from None
