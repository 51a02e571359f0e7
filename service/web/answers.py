"""Answers as JSON. Keys keep their order, so that the same question gives the same bytes."""

import orjson
from flask import Response


def plain_json(content: object, status: int = 200) -> Response:
    """JSON of our own shape."""
    return Response(orjson.dumps(content), status, mimetype="application/json")


def fhir_json(resource: dict[str, object], status: int) -> Response:
    """A FHIR resource."""
    return Response(orjson.dumps(resource), status, mimetype="application/fhir+json")
