"""/cds-services: CDS Hooks 2.0. Discovery, the calls of the hooks, and the feedback on cards. STANDARDS §1.

One address for all tenants: who calls is known by the token, and with it whose studies are meant.
"""

import logging
from collections.abc import Callable, Collection, Mapping

from flask import Blueprint, Response, abort, request

from service.ehr.cds_clients import CdsTrust
from service.ehr.clock import SYSTEM, Clock
from service.errors import UnsuitableContent
from service.fhir.cds.call import ORDERS as ORDER_HOOKS, read_call
from service.fhir.cds.feedback import read_feedback
from service.fhir.problems import operation_outcome, outcome
from service.screening.cds.answer import answer_view
from service.screening.cds.counter import Counter
from service.screening.cds.orders import answer_orders
from service.screening.cds.report import keep_feedback
from service.screening.cds.services import SERVICES, CdsService, discovery
from service.web.answers import fhir_json, plain_json
from service.web.bodies import whole_body
from service.web.cors import allow_origins
from service.web.guard import is_of_this_machine

log = logging.getLogger(__name__)

NAME = "cds_hooks"
BASE = "cds-services"
DEMO = "demo"
LARGEST_FEEDBACK = 1_000_000  # bytes

# Which tenant calls, by the header Authorization, at these paths below its audience. Raises NotTrusted.
WhoCalls = Callable[[str | None, tuple[str, ...]], str]


def by_token(trust: CdsTrust) -> WhoCalls:
    """Whoever proves it with a signed token."""
    return lambda header, paths: trust.check(header, paths).tenant


def only_here(counters: Collection[str], origins: Collection[str]) -> WhoCalls:
    """For trying things out: whoever is on this machine, for the one tenant that there is, or `demo`."""

    def caller(header: str | None, paths: tuple[str, ...]) -> str:
        if not is_of_this_machine(origins):
            abort(403)
        return next(iter(counters)) if len(counters) == 1 else DEMO

    return caller


def blueprint(
    counters: Mapping[str, Counter], who: WhoCalls, origins: Collection[str] = (), clock: Clock = SYSTEM
) -> Blueprint:
    """The CDS services of these tenants, by their names; pages of these origins may ask from a browser."""
    page = Blueprint(NAME, __name__)
    allow_origins(page, origins)

    def counter(*paths: str) -> Counter:
        name = who(request.headers.get("Authorization"), paths)
        found = counters.get(name)
        return found if found is not None else abort(404)

    @page.errorhandler(UnsuitableContent)
    def not_understood(problem: UnsuitableContent) -> Response:
        """What lacks or contradicts itself is 400 here. STANDARDS 1.9, 1.10."""
        return fhir_json(operation_outcome(problem), 400)

    @page.get(f"/{BASE}")
    def discover() -> Response:
        """What there is, and what to send along."""
        return plain_json(discovery(counter(BASE).tenant))

    @page.post(f"/{BASE}/<identity>")
    def called(identity: str) -> Response:
        """The cards of one call; mostly none."""
        mine = counter(f"{BASE}/{identity}")
        service = _service(identity)
        _check_media_type()
        call = read_call(whole_body(), service.hooks)
        for note in call.notes:
            log.warning("a call of %s: %s", call.hook.value, note)
        answer = answer_orders if call.hook in ORDER_HOOKS else answer_view
        return plain_json(answer(mine, call, clock.now()).as_json())

    @page.post(f"/{BASE}/<identity>/feedback")
    def reported(identity: str) -> Response:
        """What became of cards. Items that cannot be understood are named, the others kept."""
        mine = counter(f"{BASE}/{identity}/feedback", f"{BASE}/{identity}")
        _service(identity)
        _check_media_type()
        request.max_content_length = min(LARGEST_FEEDBACK, request.max_content_length or LARGEST_FEEDBACK)
        found = read_feedback(whole_body())
        known, unknown = keep_feedback(mine.store, mine.tenant.name, found, clock.now())
        if unknown:
            log.info("feedback of tenant %s: %d on cards, %d on cards not known", mine.tenant.name, known, unknown)
        if found.problems:
            return fhir_json(outcome("invalid", *found.problems), 400)
        return Response(status=200)

    return page


def _service(identity: str) -> CdsService:
    found = SERVICES.get(identity)
    return found if found is not None else abort(404)


def _check_media_type() -> None:
    if request.mimetype != "application/json" or request.content_encoding not in (None, "", "identity"):
        abort(415)
