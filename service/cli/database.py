"""db migrate, patient forget, patient screen: the tables of the database, and one patient's rows in it."""

from argparse import ArgumentParser, Namespace
from dataclasses import fields
from pathlib import Path

from service.cli.console import out
from service.cli.inputs import add_tenant
from service.cli.installation import Installation, installation, now
from service.errors import UsageError
from service.screening.scheduler import Appointment, read_appointments, request_appointments
from service.settings import Settings
from service.store import audit, feeds, screenings
from service.store.engine import open_store
from service.store.migration import migrate
from service.store.retention import Forgotten, delete_patient

ACTOR, ASKED = "command-line", "asked"


def add_db(command: ArgumentParser) -> None:
    """`prescreen db`."""
    actions = command.add_subparsers(title="actions", metavar="ACTION", required=True)
    migrating = actions.add_parser("migrate", help="make the tables, or change them to what this version needs")
    migrating.set_defaults(run=migrate_database)


def add_patient(command: ArgumentParser) -> None:
    """`prescreen patient`."""
    actions = command.add_subparsers(title="actions", metavar="ACTION", required=True)
    forgetting = actions.add_parser("forget", help="delete all that is kept about one patient")
    forgetting.add_argument("id", metavar="ID", help="the id of the Patient resource")
    add_tenant(forgetting)
    forgetting.set_defaults(run=forget)
    screening = actions.add_parser("screen", help="ask for the screening of patients of the EHR")
    screening.add_argument("id", nargs="*", metavar="ID", help="ids of Patient resources")
    screening.add_argument("--appointments", type=Path, metavar="FILE", help="a list of appointments (id,day) as CSV")
    add_tenant(screening)
    screening.set_defaults(run=screen)


def migrate_database(_: Namespace) -> int:
    """Bring the tables to what this version needs."""
    store = open_store(Settings.from_env().database)
    try:
        changed = migrate(store)
    finally:
        store.close()
    out("The tables are now those of this version." if changed else "The tables are those of this version already.")
    return 0


def forget(chosen: Namespace) -> int:
    """Delete one patient's rows; where a notification about others went with them, everybody is reconciled."""
    identity = chosen.id.removeprefix("Patient/")
    with installation() as there:
        tenant = there.tenant(chosen.tenant).name
        gone = delete_patient(there.store, tenant, identity)
        detail = {"rows": gone.total}
        audit.append(there.store, audit.Entry(now(), tenant, ACTOR, "patient-forgotten", detail=detail))
        if gone.deliveries:
            _reconcile(there, tenant)
    out(f"Deleted: {_told(gone)}.")
    return 0


def _reconcile(there: Installation, tenant: str) -> None:
    for each in feeds.of_tenant(there.store, tenant):
        feeds.reconcile(there.store, tenant, each.subscription, now())
    out("A notification that was not yet worked off went with them; all its feeds are reconciled.")


def _told(gone: Forgotten) -> str:
    counted = [(each.name, getattr(gone, each.name)) for each in fields(gone)]
    return ", ".join(f"{count} of {name}" for name, count in counted if count) or "nothing, as nothing was kept"


def screen(chosen: Namespace) -> int:
    """Ask for screenings: of these patients now, of those with an appointment in the next seven days before all."""
    if not chosen.id and chosen.appointments is None:
        raise UsageError("name patients, or a list of --appointments")
    with installation() as there:
        tenant, moment = there.tenant(chosen.tenant), now()
        count = 0
        if chosen.appointments is not None:
            count += request_appointments(there.store, tenant, _listed(chosen.appointments), moment)
        for identity in sorted({each.removeprefix("Patient/") for each in chosen.id}):
            screenings.request(there.store, tenant.name, identity, ASKED, moment)
            count += 1
    out(f"{count} to be screened.")
    return 0


def _listed(path: Path) -> tuple[Appointment, ...]:
    try:
        return read_appointments(path.read_text(encoding="utf-8-sig").splitlines())
    except (OSError, UnicodeDecodeError) as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else "cannot be read as UTF-8 text"
        raise UsageError(f"{path}: {reason}") from None
