"""The web service: a composition root. It reads the settings and the content, and connects the parts."""

from dataclasses import replace
from pathlib import Path

from flask import Flask

from service.catalog.content import mappings_dir
from service.catalog.load import Catalog, load_catalog
from service.settings import Settings
from service.web import assess, guard, health, problems, studies


def create_app(settings: Settings) -> Flask:
    """The WSGI application. Raises CatalogError if the content is not sound: then nothing is served."""
    return app_of(load_catalog(mappings_dir(), settings.site), settings)


def app_of(catalog: Catalog, settings: Settings) -> Flask:
    """The application that answers from this catalog."""
    app = problems.Discreet("service.web")
    app.config["MAX_CONTENT_LENGTH"] = settings.largest_request
    guard.protect(app)
    problems.answer_errors(app)
    for blueprint in (health.blueprint(), studies.blueprint(catalog), assess.blueprint(catalog)):
        app.register_blueprint(blueprint)
    return app


def run_server(host: str, port: int, workers: int, site: Path | None) -> int:
    """Serve until interrupted; returns 0. `port` 0 takes any free one.

    Raises UsageError for a host that other machines could reach, and for a port that cannot be had.
    """
    from service.web.server import listen, serve  # gunicorn is not there on every system that can use `app`

    settings = Settings.from_env()
    with listen(host, port) as listener:
        serve(create_app(replace(settings, site=site or settings.site)), listener, workers)
    return 0
