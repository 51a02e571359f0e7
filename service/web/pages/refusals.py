"""What a page says when it cannot be shown: why, and what to do; programs get an OperationOutcome instead."""

import sys
from collections.abc import Callable

from flask import Blueprint, Flask, Response, current_app, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from service.errors import Forbidden, Outpaced, PrescreenError
from service.screening.access import Refusal
from service.web import problems
from service.web.guard import let_work
from service.web.language import gettext

API = "/api/"
# The first parts of the addresses that programs ask.
PROGRAMS = frozenset(
    {"api", "assess", "cds-services", "demo", "fhir", "health", "hooks", "metrics", "static", "studies"}
)
# Sentences for what `Desk.need` refuses with. They are translated where they are shown.
REFUSALS: dict[str, str] = {
    Refusal.NO_ROLE: "You have no role in this study that opens this. An administrator of the study gives roles.",
    Refusal.NO_BASIS: "No legal basis is entered for this study, so no patient is shown, only counts.",
    Refusal.BASIS_EXPIRED: "The legal basis of this study has expired, so no patient is shown, only counts.",
    Refusal.ROLE_NOT_PERMITTED: "The legal basis of this study does not let your role see patients.",
    Refusal.PREPARATORY_ONLY: "This study is being prepared: nothing may be exported, and no contact recorded.",
}
# By status: a title, and what to do.
SAID: dict[int, tuple[str, str]] = {
    400: ("That was not understood", "Go back, and try it again from the page."),
    401: ("Sign in first", "Your session is over, or you have not signed in. Nothing was kept."),
    403: ("This is not open to you", "It may not exist either. An administrator of the study gives roles."),
    404: ("There is nothing here", "The address may be old. Begin again from the first page."),
    405: ("That cannot be done here", "Go back, and try it again from the page."),
    409: ("Somebody else was quicker", "Nothing was kept. Look at what they did, and decide again."),
    413: ("That was too much", "Send less at once."),
    429: ("Too much at once", "Wait a minute, and try again."),
    500: ("Something went wrong here", "The log of the service says where. Nothing that you sent was kept."),
    503: ("The service cannot do it at the moment", "Nothing was kept. Try again in a minute."),
}
UNKNOWN = 500


def explain(page: Blueprint) -> Blueprint:
    """Let the blueprint tell people what went wrong in their language."""
    page.register_error_handler(PrescreenError, _ours)
    page.register_error_handler(HTTPException, _http)
    return page


def explain_all(app: Flask, recognise: Callable[[], bool]) -> None:
    """The same for a browser where no page stands; programs, and addresses for them, keep the OperationOutcome."""

    def told(error: HTTPException) -> Response:
        if request.path.partition("/")[2].partition("/")[0] in PROGRAMS or not _is_browser():
            return problems.of_http(error)
        let_work()
        recognise()
        return _http(error)

    app.register_error_handler(HTTPException, told)


def _is_browser() -> bool:
    """Does whoever asks name HTML among what they take? Programs take anything, or JSON."""
    return any(kind == "text/html" and quality > 0 for kind, quality in request.accept_mimetypes)


def _ours(error: PrescreenError) -> Response:
    status = problems.status_of(error)
    if request.path.startswith(API):
        return problems.ours(error)
    if status >= UNKNOWN and status not in SAID:
        status = UNKNOWN
    if status == UNKNOWN:
        current_app.log_exception(sys.exc_info())
    detail = "" if status >= UNKNOWN else _detail(error)
    return _page(status, detail)


def _detail(error: PrescreenError) -> str:
    """Why, in a sentence: of a refusal in the reader's language, else our own message."""
    if isinstance(error, Forbidden):
        return reason(error) if str(error) in REFUSALS else ""
    return "" if isinstance(error, Outpaced) else reason(error)


def reason(error: PrescreenError) -> str:
    """The sentence of an error, in the reader's language as far as it is one of the closed set.

    Messages begin small and end openly, as the command line shows them after a colon; on a page they stand alone.
    """
    told = gettext(REFUSALS.get(str(error), str(error)))
    return told[:1].upper() + told[1:] + ("" if told.endswith((".", "。", "?", "!")) else ".")


def _http(error: HTTPException) -> Response:
    if request.path.startswith(API):
        return problems.of_http(error)
    answer = _page(error.code or UNKNOWN, "")
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            answer.headers[name] = value
    return answer


def _page(status: int, detail: str) -> Response:
    title, todo = SAID.get(status, SAID[UNKNOWN])
    shown = render_template("pages/refused.html", status=status, title=gettext(title), todo=gettext(todo), why=detail)
    return make_response(shown, status)
