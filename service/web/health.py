"""GET /health…: whether the service answers, and whether it can take work. It tells nothing to be misused."""

from collections.abc import Callable, Mapping

from flask import Blueprint, Response

from service import __version__
from service.web.answers import plain_json

Check = Callable[[], str | None]  # what is wrong, as a sentence; None: all is well


def blueprint(checks: Mapping[str, Check]) -> Blueprint:
    """/health, /health/live, /health/ready. `checks`: what has to be well for work to be taken, by name."""
    page = Blueprint("health", __name__)

    @page.get("/health")
    @page.get("/health/live", endpoint="live")
    def health() -> Response:
        """The content was read and checked before the service began to answer, so answering is being alive."""
        return plain_json({"status": "ok", "version": __version__})

    @page.get("/health/ready")
    def ready() -> Response:
        """503 while notifications should rather go to another process, or wait."""
        found = {name: check() for name, check in checks.items()}
        well = not any(found.values())
        told = {name: problem or "ok" for name, problem in found.items()}
        return plain_json({"status": "ready" if well else "not-ready", "checks": told}, 200 if well else 503)

    return page
