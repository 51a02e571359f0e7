"""GET /health: that the service answers, and with which version. It tells nothing that anybody could misuse."""

from flask import Blueprint, Response

from service import __version__
from service.web.answers import plain_json


def blueprint() -> Blueprint:
    """/health."""
    page = Blueprint("health", __name__)

    @page.get("/health")
    def health() -> Response:
        """The content was read and checked before the service began to answer, so answering is being well."""
        return plain_json({"status": "ok", "version": __version__})

    return page
