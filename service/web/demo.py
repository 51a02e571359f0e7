"""/demo/fhir: a FHIR server with invented patients, which tells this service what changes.

For trying things out on one's own machine. It is there only where the service was started with --demo.
"""

from typing import Any

import orjson
from flask import Blueprint, Flask, Response, abort, request

from service.ehr.clock import Clock
from service.fhir.notifications import Arrival
from service.screening.invented import Invented
from service.screening.receive import accept
from service.screening.tenant import Tenant
from service.store.engine import Store
from service.web.answers import fhir_json

MARK = "Demonstration with invented patients; nothing is kept"
ENTRANCE = "/sign-in"


def mark(app: Flask) -> None:
    """Let every page and every answer say what this is."""
    app.config["DEMO"] = ENTRANCE

    @app.after_request
    def marked(response: Response) -> Response:
        response.headers["X-Prescreen-Demo"] = MARK
        return response


def blueprint(invented: Invented, tenant: Tenant, store: Store, clock: Clock) -> Blueprint:
    """/demo/fhir."""
    page = Blueprint("demo", __name__)

    @page.get("/demo/fhir/metadata")
    def metadata() -> Response:
        """What the invented server can do."""
        return fhir_json(invented.capabilities(), 200)

    @page.get("/demo/fhir/<kind>")
    def search(kind: str) -> Response:
        """Somebody's records of one type."""
        return fhir_json(invented.bundle(kind, request.args), 200)

    @page.post("/demo/fhir/<kind>/_search")
    def search_by_form(kind: str) -> Response:
        """The same, without the patient in the address."""
        return fhir_json(invented.bundle(kind, request.form), 200)

    @page.get("/demo/fhir/<kind>/<identity>")
    def read(kind: str, identity: str) -> Response:
        """One record."""
        return fhir_json(invented.read(kind, identity) or abort(404), 200)

    @page.put("/demo/fhir/<kind>/<identity>")
    def put(kind: str, identity: str) -> Response:
        """A record changes, and the service is told, as an EHR with a Subscription would tell it."""
        resource = _given(kind, identity)
        invented.put(resource)
        accept(store, tenant, tenant.hooks[0], Arrival("PUT", None, kind, identity), b"", clock.now())
        return fhir_json(resource, 200)

    return page


def _given(kind: str, identity: str) -> dict[str, Any]:
    try:
        resource = orjson.loads(request.get_data())
    except orjson.JSONDecodeError:
        abort(400)
    if not isinstance(resource, dict) or (resource.get("resourceType"), resource.get("id")) != (kind, identity):
        abort(400)
    return resource
