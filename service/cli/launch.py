"""launch: what to register in an EHR whose users are to open this service from a chart, and whether it can do that."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator

import orjson

from service.cli.console import out
from service.cli.inputs import add_tenant
from service.cli.installation import chosen_tenant
from service.ehr.keys import public_keys
from service.ehr.smart_capabilities import kind_of, shortcomings
from service.ehr.smart_launch import App, scopes
from service.ehr.transport import new_session
from service.errors import UsageError
from service.settings import Settings, open_tenants

REVIEW = 1  # an EHR does not declare all that is needed


def add_launch(command: ArgumentParser) -> None:
    """`prescreen launch`."""
    add_tenant(command)
    command.add_argument("--check", action="store_true", help="ask each EHR what it can do")
    command.set_defaults(run=run)


def run(chosen: Namespace) -> int:
    """Print what to register; with --check, what each EHR lacks. Returns 1 if any lacks something."""
    tenant = chosen_tenant(open_tenants(Settings.from_env()), chosen.tenant)
    if not tenant.launch:
        raise UsageError(f"the tenant {tenant.name} has no launch; the settings file says which EHRs may open it")
    problems = 0
    for app in tenant.launch:
        out("\n".join(_registration(app)))
        found = shortcomings(app, new_session()) if chosen.check else ()
        problems += len(found)
        for each in found or (("the EHR declares all that is needed",) if chosen.check else ()):
            out(f"  - {each}")
    return REVIEW if problems else 0


def _registration(app: App) -> Iterator[str]:
    yield app.iss
    told = {
        "launch URL": app.launch_url,
        "redirect URI": app.redirect_uri,
        "client id": app.client_id,
        "kind of client": kind_of(app),
        "scopes": scopes(app, old=False),
    }
    if app.key is not None:
        told["public keys"] = orjson.dumps(public_keys([app.key])).decode()
    width = max(map(len, told)) + 1
    yield from (f"  {f'{name}:':{width}} {value}" for name, value in told.items())
