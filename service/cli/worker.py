"""worker, publish: the work behind the notifications, and what it would write."""

import logging
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import orjson

from service.cli.console import out
from service.cli.inputs import add_tenant
from service.cli.installation import Installation, add_lease, installation, now
from service.ehr.connect import Connection, connect
from service.errors import UsageError
from service.screening.publish import Preview, preview
from service.screening.tenant import Tenant
from service.screening.worker import Worker
from service.store import audit, stops
from service.store.outbox import OUTBOX
from service.web.language import told_in

ACTOR = "command-line"
FORMAT = "%(asctime)s %(levelname)s %(message)s"


def add_worker(command: ArgumentParser) -> None:
    """`prescreen worker`."""
    add_tenant(command)
    command.add_argument("--once", action="store_true", help="do what is due now, then end")
    add_lease(command)
    command.set_defaults(run=work)


def add_publish(command: ArgumentParser) -> None:
    """`prescreen publish`."""
    add_tenant(command)
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("--dry-run", action="store_true", help="print what would be sent of all that waits; send nothing")
    what.add_argument("--stop", action="store_true", help="stop all writes now, in every process (the kill switch)")
    what.add_argument("--resume", action="store_true", help="undo --stop")
    command.set_defaults(run=publish)


def work(chosen: Namespace) -> int:
    """Work until SIGTERM or Ctrl-C; the piece at hand is finished first."""
    with _log(), installation() as there:
        tenants = there.tenants if chosen.tenant is None else (there.tenant(chosen.tenant),)
        if not tenants:
            raise UsageError(
                "no tenant is set up, so there is no work; the file that PRESCREEN_CONFIG names has to have one"
            )
        set_up, lease = there.settings, timedelta(seconds=chosen.lease)
        worker = Worker(there.store, tenants, retain=set_up.keep, telling=set_up.telling(told_in), lease=lease)
        worker.stop_on_signals()
        if not chosen.once:
            worker.run()
            return 0
        while worker.step().worked:
            pass
    return 0


@contextmanager
def _log() -> Iterator[None]:
    """Our own messages to standard error. Those of libraries may hold addresses, and so ids of patients."""
    own, handler = logging.getLogger("service"), logging.StreamHandler()
    handler.setFormatter(logging.Formatter(FORMAT))
    level = own.level
    own.addHandler(handler)
    own.setLevel(logging.INFO)
    try:
        yield
    finally:
        own.removeHandler(handler)
        own.setLevel(level)


def publish(chosen: Namespace) -> int:
    """Show what would be written, or stop and resume writing."""
    with installation() as there:
        if chosen.dry_run:
            return _shown(there, there.tenant(chosen.tenant))
        return _switched(there, chosen)


def _shown(there: Installation, tenant: Tenant) -> int:
    count = 0
    for each in preview(there.store, tenant, _connection(tenant), now()):
        out(orjson.dumps(_line(each)).decode())
        count += 1
    if not count:
        waiting = OUTBOX.counts(there.store).get(tenant.name)
        out("Nothing waits to be written." if waiting is None or not waiting.waiting else "What waits was given up.")
    return 0


def _line(shown: Preview) -> dict[str, object]:
    told: dict[str, object] = {"study": shown.study, "patient": shown.patient}
    return {**told, "bundle": shown.bundle} if shown.bundle is not None else {**told, "nothing": shown.code}


def _connection(tenant: Tenant) -> Connection | None:
    """To the target, where it is a server; it cannot write."""
    return None if tenant.target.server is None else connect(tenant.target.server, may_write=lambda: False)


def _switched(there: Installation, chosen: Namespace) -> int:
    """Without --tenant, for all of them."""
    whose = stops.EVERYBODY if chosen.tenant is None else there.tenant(chosen.tenant).name
    changed = stops.stop(there.store, whose, now()) if chosen.stop else stops.resume(there.store, whose)
    if changed:
        action = "writes-stopped" if chosen.stop else "writes-resumed"
        audit.append(there.store, audit.Entry(now(), whose, ACTOR, action))
    held = stops.every(there.store)
    named = ", ".join("everybody" if each == stops.EVERYBODY else each for each in held)
    out(f"Writing is stopped for {named}." if held else "Nobody's writing is stopped here.")
    return 0
