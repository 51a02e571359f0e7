"""export: a Bulk Data export with what the studies need, fetched into a directory that can be screened."""

import sys
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path

from service.cli.console import out
from service.cli.export_shown import report, shown
from service.cli.inputs import add_tenant
from service.cli.installation import installation, with_server
from service.ehr.bulk import Level, abandon, run as run_export
from service.ehr.connect import Server, connect
from service.screening.asking import study_of
from service.screening.exporting import Narrowing, Planned, narrowing, planned, types_of
from service.screening.increments import going_on, members_at

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
    command.add_argument(
        "--narrow", action="store_true", help="results of the studies' codes alone: none is then taken for absent"
    )
    command.add_argument("--hours", type=int, default=24, help="how long the server is waited for (default 24)")
    command.add_argument(
        "--incomplete",
        action="store_true",
        help="end without the files that cannot be had now, instead of going on later",
    )
    command.add_argument("--abandon", action="store_true", help="give up an export that was interrupted")
    command.set_defaults(run=run)


def run(chosen: Namespace) -> int:
    """Export; returns 1 if something of it is missing. Interrupted, the same command goes on."""
    with installation() as there:
        tenant = with_server(there, chosen.tenant, chosen.server)
    assert tenant.source is not None, "checked by with_server"
    studies = [study_of(tenant.catalog, each) for each in chosen.study or tenant.studies]
    types = types_of(studies, tenant.catalog)
    connection = connect(_reading(tenant.source, types))
    exchange = connection.client.exchange
    if chosen.abandon:
        out("given up" if abandon(exchange, chosen.out) else "no export was interrupted there")
        return 0
    narrowed = narrowing(studies, tenant.catalog, connection.features) if chosen.narrow else None
    filters = narrowed.filters if narrowed is not None else {}
    plan = planned(types, connection.not_granted, _level(chosen), chosen.group, filters)
    asked = going_on(plan.asked, exchange.base, chosen.since) if chosen.since is not None else plan.asked
    before = members_at(chosen.since) if chosen.since is not None and chosen.group is not None else None
    _say_what_lacks(plan, narrowed)
    with shown() as meanwhile:
        job = run_export(
            exchange,
            asked,
            chosen.out,
            members=before,
            patience=chosen.hours * HOUR,
            at_once=tenant.source.limits.at_once,
            without=chosen.incomplete,
            told=meanwhile.told,
            progress=meanwhile.progress,
        )
    for line in report(job, asked, narrowed):
        out(line)
    return 0 if job.whole else INCOMPLETE


def _reading(server: Server, types: tuple[str, ...]) -> Server:
    """The server, asked for no more than to read these types."""
    if server.registration is None:
        return server
    return replace(server, registration=replace(server.registration, types=dict.fromkeys(types, "rs")))


def _level(chosen: Namespace) -> Level:
    if chosen.group is not None:
        return Level.GROUP
    return Level.SYSTEM if chosen.system else Level.PATIENTS


def _say_what_lacks(plan: Planned, narrowed: Narrowing | None) -> None:
    if plan.not_granted:
        types = ", ".join(plan.not_granted)
        sys.stderr.write(f"prescreen: not granted, so not asked for, and not loaded for anybody: {types}\n")
    if narrowed is not None and narrowed.why is not None:
        sys.stderr.write(f"prescreen: nothing is narrowed: {narrowed.why}\n")
