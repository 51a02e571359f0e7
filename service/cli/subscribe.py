"""subscribe: the Subscriptions that the open studies need, made to stand on the EHR."""

from argparse import ArgumentParser, Namespace

import orjson

from service.cli.console import out
from service.cli.inputs import add_tenant
from service.cli.installation import Installation, installation, with_server
from service.ehr.addresses import base_of
from service.ehr.clock import SYSTEM
from service.ehr.connect import connect
from service.ehr.subscription_forms import shown
from service.ehr.subscriptions import Step
from service.errors import UsageError
from service.screening.subscribe import Seen
from service.screening.subscription_upkeep import asked_by_hand, look_at_all
from service.screening.subscriptions_needed import wanted_by

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
        tenant = with_server(there, chosen.tenant, chosen.server)
        address = _address(there, chosen.at)
        assert tenant.source is not None, "checked by with_server"
        connection = connect(tenant.source)
        listed = wanted_by(tenant, address, connection)  # what cannot be asked for at all is said before anything is
        if chosen.dry_run:
            for asked in listed:
                out(orjson.dumps(shown(asked.wanted), option=orjson.OPT_INDENT_2).decode())
            return 0
        begun = asked_by_hand(there.store, tenant, tenant.source.base, address, SYSTEM)
        seen = []
        for each in look_at_all(there.store, tenant, begun, lambda: connection, SYSTEM):
            out(_told(each))
            seen.append(each)
    return REVIEW if any(each.attention for each in seen) else 0


def _address(there: Installation, at: str | None) -> str:
    if at is None and there.settings.public_url is None:
        raise UsageError("the server has to know where to send notifications; set public_url, or give --at")
    return base_of(at or str(there.settings.public_url))


def _told(seen: Seen) -> str:
    if seen.switched_off is not None:
        return f"Subscription/{seen.switched_off}: switched off, as no open study needs it"
    found = seen.standing
    if found is None:
        return f"{seen.feed or 'what is left'}: refused ({seen.attention})"
    said = f"{seen.feed}: Subscription/{found.id}: {found.step.value} ({found.reason}); now {found.status}"
    attention = [seen.attention] if seen.attention and found.step is not Step.REVIEW else []
    return "; ".join(dict.fromkeys([said, *(each.sentence for each in found.differences), *attention]))
