"""subscribe: the Subscriptions that the open studies need, made to stand on the EHR."""

from argparse import ArgumentParser, Namespace
from dataclasses import replace

import orjson

from service.cli.console import out
from service.cli.installation import Installation, add_tenant, installation, now
from service.ehr.addresses import base_of
from service.ehr.connect import Server, connect
from service.ehr.subscribing import Standing
from service.ehr.subscriptions import Step
from service.errors import UsageError
from service.screening.recovery import recover
from service.screening.subscribe import Seen, shown, subscribe, wanted_by
from service.screening.tenant import Tenant

REVIEW = 1  # somebody has to look at one of them


def add_subscribe(command: ArgumentParser) -> None:
    """`prescreen subscribe`."""
    add_tenant(command)
    command.add_argument("--server", metavar="URL", help="another FHIR server than the tenant's source")
    command.add_argument("--at", metavar="URL", help="where the server reaches this service; public_url by default")
    command.add_argument("--dry-run", action="store_true", help="print the Subscriptions, and send nothing")
    command.set_defaults(run=run)


def run(chosen: Namespace) -> int:
    """Create, read again, compare, renew, recover; returns 1 if a person has to look at one of them."""
    with installation() as there:
        tenant = _with_server(there, chosen.tenant, chosen.server)
        address = _address(there, chosen.at)
        assert tenant.source is not None, "checked by _with_server"
        connection = connect(tenant.source)
        if chosen.dry_run:
            for asked in wanted_by(tenant, address, connection.features):
                out(orjson.dumps(shown(asked), option=orjson.OPT_INDENT_2).decode())
            return 0
        moment = now()

        def recover_feed(feed: str) -> None:
            recover(there.store, tenant, feed, moment, connection)

        seen = list(subscribe(there.store, tenant, address, connection, moment, recover_feed))
    for each in seen:
        out(_told(each))
    return REVIEW if any(each.standing and _to_review(each.standing) for each in seen) else 0


def _with_server(there: Installation, name: str | None, server: str | None) -> Tenant:
    """The tenant, with this server as its source if one is given. Raises UsageError where there is none.

    No token of the tenant's goes to another server than the one that it was set up for.
    """
    tenant = there.tenant(name)
    if server is None:
        if tenant.source is None:
            raise UsageError(f"the tenant {tenant.name} has no source; give the address of its FHIR server by --server")
        return tenant
    base = base_of(server)
    if tenant.source is not None and tenant.source.base == base:
        return tenant
    return replace(tenant, source=Server(base))


def _address(there: Installation, at: str | None) -> str:
    if at is None and there.settings.public_url is None:
        raise UsageError("the server has to know where to send notifications; set public_url, or give --at")
    return base_of(at or str(there.settings.public_url))


def _told(seen: Seen) -> str:
    if seen.standing is None:
        return f"Subscription/{seen.switched_off}: switched off, as no open study needs it"
    found = seen.standing
    said = f"{seen.feed}: Subscription/{found.id}: {found.step.value} ({found.reason}); now {found.status}"
    return "; ".join([said, *(each.sentence for each in found.differences)])


def _to_review(standing: Standing) -> bool:
    doubtful = standing.step is Step.REVIEW or standing.status == "error"
    return doubtful or any(each.grave for each in standing.differences)
