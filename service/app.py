"""The web service: a composition root. It reads the settings and the content, and connects the parts."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from flask import Flask

from service.catalog.content import mappings_dir
from service.catalog.load import Catalog, load_catalog
from service.errors import StoreOutdated
from service.screening.tenant import Tenant
from service.settings import Settings, open_tenants
from service.store.engine import Store, open_store
from service.store.migration import is_current, migrate
from service.web import assess, guard, health, notifications, problems, studies


def create_app(settings: Settings) -> Flask:
    """The WSGI application.

    Raises CatalogError or SettingsError if the content or the tenants are not sound, and StoreError if the database is
    not there or not current: then nothing is served.
    """
    catalog = load_catalog(mappings_dir(), settings.site)
    tenants = open_tenants(settings, catalog)
    return app_of(catalog, settings, tenants, ready_store(settings) if tenants else None)


def app_of(catalog: Catalog, settings: Settings, tenants: Sequence[Tenant] = (), store: Store | None = None) -> Flask:
    """The application that answers from this catalog, and receives for these tenants into this store."""
    app = problems.Discreet("service.web")
    app.config["MAX_CONTENT_LENGTH"] = settings.largest_request
    guard.protect(app, allow_remote=settings.allow_remote, own=frozenset({notifications.NAME}))
    problems.answer_errors(app)
    for blueprint in (health.blueprint(), studies.blueprint(catalog), assess.blueprint(catalog)):
        app.register_blueprint(blueprint)
    if store is not None:
        app.register_blueprint(notifications.blueprint(tenants, store))
    return app


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


def run_server(host: str, port: int, workers: int, site: Path | None) -> int:
    """Serve until interrupted; returns 0. `port` 0 takes any free one.

    Raises UsageError for a host that other machines could reach, and for a port that cannot be had.
    """
    from service.web.server import listen, serve  # gunicorn is not there on every system that can use `app`

    settings = Settings.from_env()
    # Hooks ask for a secret; everything else goes on refusing other machines unless they are let in.
    anywhere = settings.allow_remote or any(each.hooks for each in settings.tenants)
    with listen(host, port, anywhere=anywhere) as listener:
        serve(create_app(replace(settings, site=site or settings.site)), listener, workers)
    return 0
