"""/hooks/NAME and /hooks/NAME/TYPE/ID: what an EHR sends is checked, committed to the inbox, and answered with nothing.

The order is that of STANDARDS 2D: is there such a hook, who is it, how much is it, can it be understood, do we know the
Subscription. Only then is it kept, and only when it is kept is it answered with 2xx. All else is done by the worker.
"""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import orjson
from flask import Blueprint, Response, abort, request

from service.ehr.clock import SYSTEM, Clock
from service.fhir.notifications import Arrival, Notification, problems_outcome
from service.fhir.problems import outcome
from service.screening.receive import DELETED, Unknown, accept
from service.screening.tenant import Hook, Tenant
from service.store.engine import Store
from service.twofold import decode
from service.web.answers import fhir_json
from service.web.bodies import whole_body
from service.web.bucket import Bucket
from service.web.guard import is_of_this_machine

NAME = "notifications"
LARGEST = 10_000_000  # bytes of one notification
METHODS = ["POST", "PUT", "DELETE"]
FORBIDDEN, TOO_MANY = 403, 429
NO_JSON = "the content is no JSON; send FHIR as application/fhir+json, or no content at all"


@dataclass(frozen=True, slots=True)
class Door:
    """A hook, and how many notifications it may still take."""

    tenant: Tenant
    hook: Hook
    pace: Bucket


def blueprint(
    tenants: Sequence[Tenant], store: Store, clock: Clock = SYSTEM, news: Callable[[], None] = lambda: None
) -> Blueprint:
    """The hooks of these tenants. `news` is called when something was kept."""
    page = Blueprint(NAME, __name__)
    doors = tuple(Door(tenant, hook, Bucket(tenant.pace.per_minute)) for tenant in tenants for hook in tenant.hooks)

    @page.route("/hooks/<name>", methods=METHODS)
    @page.route("/hooks/<name>/<kind>/<identity>", methods=METHODS)
    def notified(name: str, kind: str | None = None, identity: str | None = None) -> Response:
        """Keep what came, then say so with an empty answer; or, if it breaks the standard, with how it does."""
        door = _door(doors, name)
        if not _is_allowed(door.hook):
            return Response(status=FORBIDDEN)
        if not door.pace.passes(clock.seconds()):
            abort(TOO_MANY)
        request.max_content_length = min(LARGEST, request.max_content_length or LARGEST)
        raw = _raw()
        parsed = _parsed(raw)
        if isinstance(parsed, Response):
            return parsed
        arrival = Arrival(request.method, parsed.content, kind, identity, request.headers.get(DELETED))
        accepted = accept(store, door.tenant, door.hook, arrival, raw, clock.now())
        if isinstance(accepted, Notification) and not accepted.refused:
            news()
        return _answer(accepted)

    return page


@dataclass(frozen=True, slots=True)
class Parsed:
    """The JSON that came; None where there was no content."""

    content: object


def _door(doors: Sequence[Door], name: str) -> Door:
    """The hook of that name, found in a time that does not tell how much of the name was right."""
    found = [each for each in doors if hmac.compare_digest(each.hook.name.encode(), name.encode(errors="replace"))]
    if not found:
        abort(404)
    return found[0]


def _is_allowed(hook: Hook) -> bool:
    """Did the sender prove who it is? A hook without a secret is open to this machine alone."""
    if hook.secret is None:
        return is_of_this_machine()
    told = request.headers.get(hook.secret_header, "")
    return hmac.compare_digest(hook.secret.encode(), told.encode(errors="replace"))


def _raw() -> bytes:
    if request.content_encoding not in (None, "", "identity"):
        abort(415)
    return whole_body()


def _parsed(raw: bytes) -> Parsed | Response:
    """The JSON; 415 for what says that it is something else, 400 for what only is."""
    if not raw.strip():
        return Parsed(None)
    if "xml" in request.mimetype or request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
        abort(415)
    try:
        return Parsed(decode(raw).content)
    except orjson.JSONDecodeError:
        return fhir_json(outcome("structure", NO_JSON), 400)


def _answer(accepted: Notification | Unknown) -> Response:
    if isinstance(accepted, Unknown):
        abort(404)
    if accepted.problems:
        return fhir_json(problems_outcome(accepted.problems), 400 if accepted.refused else 200)
    return Response(status=204)
