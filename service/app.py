"""The web service: a composition root. It reads the settings and the content, and connects the parts."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import orjson
from flask import Blueprint, Flask

from service.catalog.content import mappings_dir, profiles_dir
from service.catalog.load import Catalog, load_catalog
from service.ehr.cds_clients import CdsTrust
from service.ehr.clock import SYSTEM, Clock
from service.ehr.connect import Server
from service.ehr.jwks import KeySets
from service.ehr.transport import new_session
from service.errors import StoreError, StoreOutdated
from service.screening import demo_work
from service.screening.access.passwords import hashed
from service.screening.cds.counter import Counter, counter_of
from service.screening.cds.lent import Lending
from service.screening.cds.policy import CardPolicy
from service.screening.companion import Companion
from service.screening.demo_people import Invited, admit, invited
from service.screening.exports import Export
from service.screening.holding import LEASE
from service.screening.invented import invent
from service.screening.launch.launches import Launches
from service.screening.nightly import screen_export
from service.screening.request import Progress
from service.screening.sample.write import TODAY
from service.screening.tenant import Target, TargetKind, Tenant
from service.screening.worker import Worker
from service.settings import Mode, Settings, open_tenants
from service.store import tokens
from service.store.engine import Store, open_store
from service.store.migration import is_current, migrate
from service.web import (
    assess,
    cds_hooks,
    demo,
    files,
    guard,
    health,
    home,
    language,
    launch,
    metadata,
    metrics,
    notifications,
    problems,
    studies,
    words,
)
from service.web.health import Check
from service.web.language import told_in
from service.web.pages import launched, site
from service.web.pages.desk import Desk

DEVELOPMENT = "DEVELOPMENT: CALLERS ON THIS MACHINE NEED NOT PROVE WHO THEY ARE. NOT FOR PATIENTS' DATA."
CAPABILITIES = "CapabilityStatement-prescreen.json"


def create_app(settings: Settings) -> Flask:
    """The WSGI application; the work is done by `prescreen worker` beside it.

    Raises CatalogError or SettingsError if the content or the tenants are not sound, and StoreError if the database is
    not there or not current: then nothing is served.
    """
    return _created(settings)[0]


def _created(settings: Settings, lease: timedelta = LEASE) -> tuple[Flask, Companion | None]:
    """The application, and a worker to start in each process that serves it, if there is work."""
    if settings.in_development:
        sys.stderr.write(f"{DEVELOPMENT}\n")
    catalog = load_catalog(mappings_dir(), settings.site)
    tenants = open_tenants(settings, catalog)
    if not tenants:
        return app_of(catalog, settings), None
    store = ready_store(settings)
    keep = settings.keep
    companion = Companion(lambda: Worker(store, tenants, retain=keep, telling=settings.telling(told_in), lease=lease))
    return app_of(catalog, settings, tenants, store, companion), companion


def app_of(
    catalog: Catalog,
    settings: Settings,
    tenants: Sequence[Tenant] = (),
    store: Store | None = None,
    companion: Companion | None = None,
    clock: Clock = SYSTEM,
) -> Flask:
    """The application that answers from this catalog, and receives for these tenants into this store."""
    app = problems.Discreet("service.web", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.largest_request
    guard.protect(
        app,
        allow_remote=settings.allow_remote,
        own=frozenset({notifications.NAME, cds_hooks.NAME, launch.NAME, files.NAME, home.NAME, *site.NAMES}),
        development=settings.in_development,
    )
    problems.answer_errors(app)
    files.register(app)
    statement = orjson.loads((profiles_dir() / CAPABILITIES).read_bytes())
    checks: dict[str, Check] = {} if store is None else {"database": partial(_database_problem, store)}
    if companion is not None:
        checks["worker"] = companion.problem
    for blueprint in (
        health.blueprint(checks),
        studies.blueprint(catalog),
        assess.blueprint(catalog),
        metadata.blueprint(statement, settings.public_url),
    ):
        app.register_blueprint(blueprint)
    if store is not None:
        news = companion.wake if companion is not None else lambda: None
        app.register_blueprint(notifications.blueprint(tenants, store, news=news))
        app.register_blueprint(metrics.blueprint(store, tuple(each.name for each in tenants)))
        tended = {each.name: each for each in tenants}
        telling = settings.telling(told_in)
        ways = () if telling is None else telling.ways
        registered = [each for tenant in tenants for each in tenant.launch if each.encrypted]
        frames = tuple(dict.fromkeys(origin for each in registered for origin in each.embed))
        desk = Desk(tended, store, clock, _encrypted(settings), settings.sign_in.plain, ways, frames)
        site.register(app, desk)
        app.register_blueprint(home.blueprint(catalog, desk.recognise, allow_remote=settings.allow_remote))
        if any(each.launch for each in tenants):
            app.register_blueprint(
                launch.blueprint(Launches(tenants, store, clock), desk.enter_linked, partial(launched.own, desk))
            )
        if any(each.cards is not None for each in tenants):
            app.register_blueprint(_cds_hooks(settings, tenants, store, clock))
    else:
        language.install(app)
        words.install(app)
        app.register_blueprint(home.blueprint(catalog, None, allow_remote=settings.allow_remote))
    return app


def _cds_hooks(settings: Settings, tenants: Sequence[Tenant], store: Store, clock: Clock) -> Blueprint:
    """The CDS services of the tenants that have cards, and who may call them."""
    callers = {each.name: each.cds for each in settings.tenants}
    clients = [client for each in callers.values() for client in each.clients]
    trust = CdsTrust(clients, KeySets(new_session(), clock), partial(tokens.first_use, store), clock)
    counters = {each.name: _counter(store, each, each.cards, clock) for each in tenants if each.cards is not None}
    origins = frozenset(origin for each in callers.values() for origin in each.origins)
    open_to = cds_hooks.only_here(counters, origins) if settings.in_development else None
    who = open_to or cds_hooks.by_token(trust)
    return cds_hooks.blueprint(counters, who, origins, clock)


def _counter(store: Store, tenant: Tenant, policy: CardPolicy, clock: Clock) -> Counter:
    lending = Lending(policy.servers, policy.budget, own=tenant.own_bases, clock=clock)
    return counter_of(store, tenant, policy, lending, _uuid)


def _uuid() -> str:
    return str(uuid4())


def _encrypted(settings: Settings) -> bool:
    """Do browsers reach this service by https alone? Else its cookies could not come back to it."""
    return settings.public_url is not None and not settings.in_development


def _database_problem(store: Store) -> str | None:
    try:
        return None if is_current(store) else "its tables are not those of this version"
    except StoreError as error:
        return str(error)


def ready_store(settings: Settings) -> Store:
    """The database, with the tables of this version: a file of our own is brought up to date, a server's is not.

    No connection is left open, so that a process may fork after this. Raises StoreOutdated and StoreUnavailable.
    """
    store = open_store(settings.database)
    if store.on_sqlite:
        migrate(store)
    elif not is_current(store):
        raise StoreOutdated("the database does not have the tables of this version; run prescreen db migrate")
    store.close()
    return store


def run_server(
    host: str, port: int, workers: int, site: Path | None, *, with_worker: bool = True, lease: timedelta = LEASE
) -> int:
    """Serve until interrupted; returns 0. `port` 0 takes any free one.

    `with_worker`: work is done here, too, and belongs to this process for the time of a `lease`.

    Raises UsageError for a host that other machines could reach, and for a port that cannot be had.
    """
    from service.web.server import listen, serve  # gunicorn is not there on every system that can use `app`

    settings = Settings.from_env()
    # Hooks, CDS services and launches know who may ask; all else refuses other machines unless they are let in.
    known = any(each.hooks or each.cds.clients or each.launch for each in settings.tenants)
    anywhere = settings.allow_remote or known
    with listen(host, port, anywhere=anywhere, development=settings.in_development) as listener:
        app, companion = _created(replace(settings, site=site or settings.site), lease)
        serve(app, listener, workers, companion if with_worker else None)
    return 0


def run_demo(host: str, port: int, site: Path | None) -> int:
    """Serve an invented population, screened, on this machine alone, until interrupted; nothing is kept.

    The clock shows the day for which the population was invented. What the environment sets is not looked at.
    """
    from service.web.server import listen, serve

    with TemporaryDirectory(prefix="prescreen-demo-") as place, listen(host, port) as listener:
        address, number = listener.getsockname()[:2]
        base = f"http://[{address}]:{number}" if ":" in address else f"http://{address}:{number}"
        people = invited()
        app, companion = demo_of(Path(place), base, site, people)
        sys.stderr.write(f"{demo.MARK.upper()}.\nSign in at {base}/sign-in as one of these; nobody else can:\n")
        sys.stderr.writelines(f"  account {each.account:8} password {each.password}\n" for each in people)
        serve(app, listener, 1, companion)
    return 0


def demo_of(
    place: Path, base: str, site: Path | None, people: Sequence[Invited] = (), patients: int = 200
) -> tuple[Flask, Companion]:
    """The demonstration in this directory, to be reached under this address; its patients are screened first.

    `people` can sign in to it, and the first of them has decided a few things already.
    """
    settings = Settings(site=site, mode=Mode.DEVELOPMENT, database=f"sqlite:///{place}/demo.db")
    catalog = load_catalog(mappings_dir(), site)
    (plain,) = open_tenants(settings, catalog)
    target = Target(TargetKind.NDJSON, directory=place / "written")
    own = f"{base}/demo/fhir"
    cards = replace(plain.cards or CardPolicy(), servers=(own,))
    tenant = replace(plain, source=Server(own), target=target, cards=cards)
    store, clock = ready_store(settings), _clock_from(datetime.combine(TODAY, time(9), catalog.site.zone))
    invented = invent(place / "export", patients, 7)
    export = Export("export", place / "export", clock.now(), None)
    screen_export(store, tenant, export, place / "results", clock.now, Progress())
    admit(store, tenant, people, clock.now(), hashed=hashed)
    if people:
        demo_work.begin(store, tenant, people[0].account, clock.now())
    store.close()
    companion = Companion(lambda: Worker(store, (tenant,), clock=clock))
    app = app_of(catalog, settings, (tenant,), store, companion, clock)
    app.register_blueprint(demo.blueprint(invented, tenant, store, clock))
    demo.mark(app)
    return app, companion


def _clock_from(start: datetime) -> Clock:
    """A clock that shows `start` now, and then goes as any other."""
    began = SYSTEM.now()
    return Clock(now=lambda: start.astimezone(UTC) + (SYSTEM.now() - began))
