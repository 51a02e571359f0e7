"""export: a Bulk Data export with what the studies need, fetched into a directory that can be screened."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock

from rich.console import Console
from rich.progress import DownloadColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TransferSpeedColumn

from service.cli.console import out
from service.cli.installation import add_tenant, installation, with_server
from service.ehr.bulk import Job, Level, Told, run as run_export
from service.ehr.bulk.job import abandon
from service.ehr.connect import Server, connect
from service.screening.asking import study_of
from service.screening.exporting import Planned, planned, since_of, types_of
from service.screening.tenant import Tenant

INCOMPLETE = 1
HOUR = 3600.0


def add_export(command: ArgumentParser) -> None:
    """`prescreen export`."""
    add_tenant(command)
    command.add_argument("--server", metavar="URL", help="another FHIR server than the tenant's source")
    whom = command.add_mutually_exclusive_group()
    whom.add_argument("--group", metavar="ID", help="the members of this Group")
    whom.add_argument("--patients", action="store_true", help="all patients (the default)")
    whom.add_argument("--system", action="store_true", help="everything that the server holds")
    command.add_argument("--study", action="append", metavar="ID", help="repeatable; all open studies by default")
    command.add_argument("--out", type=Path, required=True, help="a directory that is not there yet")
    command.add_argument(
        "--since", type=Path, metavar="DIR", help="only what changed since the export in this directory"
    )
    command.add_argument("--hours", type=int, default=24, help="how long the server is waited for (default 24)")
    command.add_argument("--abandon", action="store_true", help="give up an export that was interrupted")
    command.set_defaults(run=run)


def run(chosen: Namespace) -> int:
    """Export; returns 1 if something of it is missing. Interrupted, the same command goes on."""
    with installation() as there:
        tenant = with_server(there, chosen.tenant, chosen.server)
    assert tenant.source is not None, "checked by with_server"
    types = _types(tenant, chosen.study)
    connection = connect(_reading(tenant.source, types))
    if chosen.abandon:
        given_up = abandon(connection.client.exchange, chosen.out)
        out("given up" if given_up else "no export was interrupted there")
        return 0
    since = since_of(chosen.since) if chosen.since is not None else None
    plan = planned(types, connection.not_granted, _level(chosen), chosen.group, since)
    _say_what_lacks(plan)
    with _shown() as shown:
        job = run_export(
            connection.client.exchange,
            plan.asked,
            chosen.out,
            patience=chosen.hours * HOUR,
            at_once=tenant.source.limits.at_once,
            told=shown.told,
            progress=shown.progress,
        )
    for line in _report(job, plan):
        out(line)
    return 0 if job.whole else INCOMPLETE


def _types(tenant: Tenant, studies: list[str] | None) -> tuple[str, ...]:
    named = studies or tenant.studies
    return types_of([study_of(tenant.catalog, each) for each in named], tenant.catalog)


def _reading(server: Server, types: tuple[str, ...]) -> Server:
    """The server, asked for no more than to read these types."""
    if server.registration is None:
        return server
    return replace(server, registration=replace(server.registration, types=dict.fromkeys(types, "rs")))


def _level(chosen: Namespace) -> Level:
    if chosen.group is not None:
        return Level.GROUP
    return Level.SYSTEM if chosen.system else Level.PATIENTS


def _say_what_lacks(plan: Planned) -> None:
    if plan.not_granted:
        types = ", ".join(plan.not_granted)
        sys.stderr.write(f"prescreen: not granted, so not asked for, and not loaded for anybody: {types}\n")


def _report(job: Job, plan: Planned) -> Iterator[str]:
    """What came, type by type, and what did not."""
    yield f"data of {job.at}, in {job.directory}/"
    for kind in plan.asked.types:
        files, lines = job.files.get(kind, (0, 0))
        lacks = f"; a file is missing: {job.lacking[kind]}" if kind in job.lacking else ""
        yield f"  {kind:<24}{lines:>12,} lines in {files} file{'' if files == 1 else 's'}{lacks}"
    for kind in sorted(job.files.keys() - set(plan.asked.types)):
        yield f"  {kind:<24}{job.files[kind][1]:>12,} lines that were not asked for"
    for kind in sorted(job.lacking.keys() - set(plan.asked.types)):
        yield f"  {kind:<24}a file is missing: {job.lacking[kind]}"
    if job.deleted:
        yield f"  {job.deleted:,} lines of what is no longer there, in deleted/"
    if job.failed:
        yield "The server reports that something could not be exported: no type is taken for complete."
    if plan.asked.since is not None:
        yield "Only what changed was asked for: no type is complete by this export alone."


@dataclass
class _Shown:
    """What is shown meanwhile: on a terminal a line that moves, elsewhere nothing but what matters."""

    bar: Progress
    lock: Lock = field(default_factory=Lock)
    task: TaskID | None = None

    def told(self, told: Told) -> None:
        """A sentence above the line."""
        self.bar.console.print(f"prescreen: {told.words}", markup=False, highlight=False)

    def progress(self, size: int) -> None:
        """So many bytes more."""
        with self.lock:
            if self.task is None:
                self.task = self.bar.add_task("fetched", total=None)
            self.bar.advance(self.task, size)


@contextmanager
def _shown() -> Iterator[_Shown]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), DownloadColumn(), TransferSpeedColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield _Shown(bar)
