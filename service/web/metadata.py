"""GET /fhir/metadata: what this installation asks of FHIR servers, and what it offers, as a CapabilityStatement."""

from collections.abc import Mapping

from flask import Blueprint, Response, request

from service import __version__
from service.fhir.capability import capability_instance
from service.web.answers import fhir_json


def blueprint(statement: Mapping[str, object], public_url: str | None) -> Blueprint:
    """/fhir/metadata. `statement`: the shipped one; `public_url`: how others reach this service, if that is set."""
    page = Blueprint("metadata", __name__)

    @page.get("/fhir/metadata")
    def metadata() -> Response:
        """It needs no right to be read, as nothing in it is about anybody."""
        base = public_url or request.url_root.rstrip("/")
        return fhir_json(capability_instance(statement, f"{base}/fhir", __version__, str(statement["date"])), 200)

    return page
