"""What the commands of an installation share: its settings, its database, its tenants."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from service.ehr.addresses import base_of
from service.ehr.connect import Server
from service.errors import StoreOutdated, UsageError
from service.screening.holding import LEASE
from service.screening.tenant import Tenant, by_name
from service.settings import Settings, open_tenants, tenant_names
from service.store.engine import Store, open_store
from service.store.migration import is_current

LONGEST_LEASE = 86400


@dataclass(frozen=True)
class Installation:
    """The settings, the open database, and the tenants that they name."""

    settings: Settings
    store: Store
    tenants: tuple[Tenant, ...]

    def tenant(self, name: str | None) -> Tenant:
        """The tenant of this name, or the only one. Raises UsageError where there is none, or a choice."""
        return chosen_tenant(self.tenants, name)


@contextmanager
def installation() -> Iterator[Installation]:
    """The installation that the environment describes. Raises SettingsError, and StoreOutdated before migration."""
    settings = Settings.from_env()
    with database(settings) as store:
        yield Installation(settings, store, open_tenants(settings))


@contextmanager
def database(settings: Settings) -> Iterator[Store]:
    """The database, with the tables of this version. Raises StoreOutdated if it does not have them."""
    store = open_store(settings.database)
    try:
        if not is_current(store):
            raise StoreOutdated("the database does not have the tables of this version; give: prescreen db migrate")
        yield store
    finally:
        store.close()


def chosen_tenant(tenants: Iterable[Tenant], name: str | None) -> Tenant:
    """The tenant of this name, or the only one. Raises UsageError where there is none, or a choice."""
    named = by_name(tuple(tenants))
    listed = ", ".join(sorted(named)) or "none"
    if name is None:
        if len(named) == 1:
            return next(iter(named.values()))
        raise UsageError(f"say which --tenant; there are: {listed}" if named else NO_TENANT)
    if name not in named:
        raise UsageError(f"there is no tenant {name!r}; there are: {listed}")
    return named[name]


def check_tenant(settings: Settings, name: str | None, kept: Collection[str] = ()) -> None:
    """Raises UsageError for the name of a tenant that is neither set up nor among those of whom something is kept."""
    named = sorted({*tenant_names(settings), *kept})
    if name is not None and name not in named:
        raise UsageError(f"there is no tenant {name!r}; there are: {', '.join(named) or 'none'}")


def with_server(there: Installation, name: str | None, server: str | None) -> Tenant:
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


NO_TENANT = "no tenant is set up; the file that PRESCREEN_CONFIG names has to have one"


def add_lease(command: ArgumentParser) -> None:
    """`--lease`."""
    command.add_argument(
        "--lease",
        type=_seconds,
        default=int(LEASE.total_seconds()),
        metavar="SECONDS",
        help="after a kill, others take up work that was begun when so much time is over (default %(default)s)",
    )


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= LONGEST_LEASE:
        raise ArgumentTypeError(f"{text!r} is no number of seconds from 1 to {LONGEST_LEASE}")
    return int(text)


def now() -> datetime:
    """The clock of the command line."""
    return datetime.now(UTC)
