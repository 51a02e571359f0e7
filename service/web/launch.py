"""/launch, /launch/callback, /patient/ID: from the EHR's chart to the page of the patient it shows. STANDARDS §4.

An address holds no patient: ID is that of a launch, and shows something only in the browser that began it.
"""

import re
from collections.abc import Callable, Mapping

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as Redirection

from service.ehr.smart_launch import CALLBACK, LAUNCH, App
from service.errors import EhrError, EhrUnavailable, LaunchRefused, NotPermitted, PrescreenError
from service.screening.launch.launches import AGAIN, NOT_HERE, UNKNOWN_EHR, USED, Launches, Opened, Ticket
from service.screening.launch.page import PatientPage, PatientPages
from service.web.bucket import Bucket
from service.web.guard import let_frame
from service.web.language import wording
from service.web.pages.desk import is_framed

NAME = "launch"
PER_MINUTE = 600  # launches from one EHR
MOST_COOKIES = 30  # launches that one browser keeps; the oldest go first
BAD_REQUEST = 400
LONGEST_WORDS = 300  # of what an EHR says is wrong
Enter = Callable[[Redirection, str, str, tuple[str, ...]], None]
Own = Callable[[Opened], Mapping[str, str]]
COOKIE = re.compile(r"(?:__Host-)?launch-[A-Za-z0-9_-]{22}", re.ASCII)
ID = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)
PARAMETERS = "An EHR opens this page, and says with iss and launch which one it is and for whom. Open it from a chart."
# What an authorization server may say (RFC 6749 4.1.2.1, OpenID Connect 3.1.2.6), in words for people.
ERRORS = {
    "access_denied": "The EHR, or the person asked, did not permit it.",
    "invalid_scope": "The EHR does not grant what this service asks for.",
    "login_required": "The EHR wants you to sign in first.",
    "temporarily_unavailable": "The EHR cannot do it at the moment.",
    "server_error": "Something went wrong in the EHR.",
}
BUSY = "Too many pages are opened at once. Try again."
REFUSED = "The EHR did not accept how this service asks. Tell whoever looks after it."
WORDS: dict[type[PrescreenError], tuple[int, str]] = {
    LaunchRefused: (BAD_REQUEST, ""),
    NotPermitted: (403, f"The EHR does not let this page read what it needs, or no longer. {AGAIN}"),
    EhrUnavailable: (503, "The EHR does not answer at the moment, so nothing can be shown. Try again in a minute."),
    EhrError: (502, "The EHR answered in a way that this service does not accept, so nothing is shown."),
    PrescreenError: (503, f"This service cannot do it at the moment, so nothing is shown. {AGAIN}"),
}


def blueprint(launches: Launches, enter: Enter | None = None, own: Own | None = None) -> Blueprint:
    """The pages of these launches. `enter`: signs in whoever opened one and has an account here. `own`: where such a
    person decides about the patient, by study."""
    page = Blueprint(NAME, __name__)
    pages = PatientPages(launches)
    buckets = {each.iss: Bucket(PER_MINUTE) for each in launches.apps}
    everybody = tuple(dict.fromkeys(origin for each in launches.apps for origin in each.embed))
    prefixes = tuple(dict.fromkeys(_prefix(each) for each in launches.apps))

    @page.get(LAUNCH)
    def launch() -> Response | Redirection:
        """Ask the EHR for the permission of the person; of an EHR that is not known nothing is asked."""
        iss, opaque = _only("iss"), _only("launch")
        if iss is None or opaque is None:
            raise LaunchRefused(PARAMETERS)
        app = launches.app(iss)
        if app is None:
            raise LaunchRefused(UNKNOWN_EHR)
        let_frame(app.embed)
        if not buckets[app.iss].passes(launches.clock.seconds()):
            abort(429)
        ticket = launches.begin(app, opaque)
        answer = redirect(ticket.address)
        _forget_oldest(answer, app)
        _give(answer, ticket)
        return answer

    @page.get(CALLBACK)
    def callback() -> Response | Redirection:
        """What the EHR answered: each state counts once, and only in the browser that it was made for."""
        let_frame(everybody)
        state = _only("state") or ""
        identity = state.partition(".")[0]
        returned = launches.returned(identity, _key(identity, prefixes, USED), state)
        let_frame(returned.app.embed)
        code, error = _only("code"), request.args.get("error")
        if error is not None or code is None:
            answer: Redirection = _refused_by_ehr(error)
        else:
            ticket = launches.arrive(returned, code, (_only("iss") or "") if "iss" in request.args else None)
            answer = redirect(f"{returned.app.root}/patient/{ticket.id}")
            _give(answer, ticket)
            _let_in(answer, launches.opened(ticket.id, ticket.key), enter)
        _set(answer, returned.app, f"{_prefix(returned.app)}{identity}", "", 0)
        return answer

    @page.get("/patient/<identity>")
    def patient(identity: str) -> Response:
        """The patient of a launch, read anew each time."""
        let_frame(everybody)
        opened = launches.opened(identity, _key(identity, prefixes, NOT_HERE))
        let_frame(opened.app.embed)
        shown = pages.page(opened, wording())
        if shown is None:
            return make_response(_html("no_patient.html"))
        return make_response(_opened(shown, {} if own is None else own(opened)))

    page.register_error_handler(PrescreenError, _explained)
    page.register_error_handler(429, _busy)
    return page


def _opened(shown: PatientPage, own: Mapping[str, str]) -> str:
    """The page of a patient. `own`: where whoever was recognised decides; in a frame of theirs, within that frame."""
    return _html("launched.html", page=shown, own=own, framed=is_framed())


def _let_in(answer: Redirection, opened: Opened, enter: Enter | None) -> None:
    if enter is not None and opened.person is not None:
        enter(answer, opened.app.iss, opened.person, opened.app.embed)


def _only(name: str) -> str | None:
    """A parameter that is given once, and not empty."""
    given = request.args.getlist(name)
    return given[0] if len(given) == 1 and given[0] else None


def _key(identity: str, prefixes: tuple[str, ...], otherwise: str) -> str:
    """What this browser has for that launch. Raises LaunchRefused with what is said `otherwise`."""
    if ID.fullmatch(identity):
        for each in prefixes:
            if key := request.cookies.get(f"{each}{identity}"):
                return key
    raise LaunchRefused(otherwise)


def _prefix(app: App) -> str:
    """A browser takes a cookie of that prefix only from this very host, encrypted."""
    return "__Host-launch-" if app.encrypted else "launch-"


def _give(answer: Redirection, ticket: Ticket) -> None:
    _set(answer, ticket.app, f"{_prefix(ticket.app)}{ticket.id}", ticket.key, int(ticket.lasts.total_seconds()))


def _set(answer: Redirection, app: App, name: str, value: str, seconds: int) -> None:
    """Within a frame, a browser sends a cookie only if it was set for frames, and keeps it apart for each site."""
    framed = bool(app.embed) and app.encrypted
    answer.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/",
        secure=app.encrypted,
        httponly=True,
        samesite="None" if framed else "Lax",
        partitioned=framed,
    )


def _forget_oldest(answer: Redirection, app: App) -> None:
    """Browsers send cookies in the order in which they got them."""
    ours = [each for each in request.cookies if COOKIE.fullmatch(each)]
    for name in ours[: max(0, len(ours) + 1 - MOST_COOKIES)]:
        _set(answer, app, name, "", 0)


def _refused_by_ehr(error: str | None) -> Response:
    """The EHR said no: in our words, and in its own, which the page shows as text alone."""
    said = ERRORS.get(error or "", REFUSED)
    description = request.args.get("error_description", "")[:LONGEST_WORDS]
    return make_response(_html("launch_refused.html", said=said, code=error, description=description), 400)


def _explained(error: PrescreenError) -> Response:
    kind = next(each for each in type(error).__mro__ if each in WORDS)
    status, said = WORDS[kind]
    # Messages about an EHR are made of closed words: method, type, status.
    detail = str(error) if isinstance(error, EhrError) else ""
    if status != BAD_REQUEST:
        current_app.logger.warning("a launch was ended: %s: %s", type(error).__name__, detail or "no details")
    return make_response(_html("launch_refused.html", said=said or str(error), detail=detail), status)


def _busy(_: Exception) -> Response:
    return make_response(_html("launch_refused.html", said=BUSY), 429)


def _html(name: str, **content: object) -> str:
    return render_template(name, **content)
