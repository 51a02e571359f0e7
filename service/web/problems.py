"""Every error as an OperationOutcome with its HTTP status; nothing of what was sent is repeated or logged."""

import sys
from traceback import extract_tb
from types import TracebackType

from flask import Flask, Response, current_app
from werkzeug.exceptions import HTTPException, InternalServerError

from service.errors import (
    Forbidden,
    InsufficientData,
    MalformedContent,
    NotTrusted,
    Outpaced,
    PrescreenError,
    StoreUnavailable,
    UnknownStudy,
    UnsuitableContent,
    UsageError,
)
from service.fhir.problems import operation_outcome, outcome
from service.web.answers import fhir_json

STATUS: dict[type[PrescreenError], int] = {
    UsageError: 400,
    MalformedContent: 400,
    NotTrusted: 401,
    Forbidden: 403,
    UnknownStudy: 404,
    Outpaced: 409,
    InsufficientData: 412,
    UnsuitableContent: 422,
    StoreUnavailable: 503,
}
RETRY_AFTER = "30"  # seconds
MEGABYTE = 1_000_000
OURS = "something went wrong here; the log of the service says where, without a word of what was sent"
# Of HTTP's own errors: the code of an issue, and what to do.
HTTP: dict[int, tuple[str, str]] = {
    400: ("invalid", "the request cannot be understood"),
    403: ("forbidden", "only this machine may ask; put a proxy that authenticates in front, on the same machine"),
    404: ("not-found", "nothing stands at this address; / says what there is"),
    405: ("not-supported", "this address does not take that method; the header Allow lists those it takes"),
    413: ("too-long", "the content is larger than {limit} MB; send fewer patients at once"),
    415: ("not-supported", "send FHIR as application/fhir+json, in UTF-8, not compressed"),
    429: ("throttled", "too many at once; send the rest later"),
    500: ("exception", OURS),
}
Traced = tuple[type, BaseException, TracebackType] | tuple[None, None, None]


class Discreet(Flask):
    """Flask, except that its log tells of an unexpected error only what it was and where, not what it said."""

    def log_exception(self, exc_info: Traced) -> None:
        """The message of an exception may quote a patient's data; the places in the code do not."""
        kind, _, trace = exc_info
        places = " > ".join(f"{each.name} ({each.filename}:{each.lineno})" for each in extract_tb(trace)[-8:])
        self.logger.error("unexpected %s: %s", kind.__name__ if kind else "error", places)


def answer_errors(app: Flask) -> None:
    """Let every error of ours, of HTTP, and every unexpected one be answered with an OperationOutcome."""
    app.register_error_handler(PrescreenError, ours)
    app.register_error_handler(HTTPException, of_http)


def status_of(error: PrescreenError) -> int:
    """The HTTP status of an error of ours; 500 for one that nobody expects here."""
    return next((STATUS[each] for each in type(error).__mro__ if each in STATUS), 500)


def ours(error: PrescreenError) -> Response:
    """The OperationOutcome of an error of ours."""
    status = status_of(error)
    if status < 500:
        response = fhir_json(operation_outcome(error), status)
        if status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        return response
    if status == 503:
        response = fhir_json(operation_outcome(error), status)
        response.headers["Retry-After"] = RETRY_AFTER
        return response
    current_app.log_exception(sys.exc_info())
    return fhir_json(outcome(error.issue_code, OURS), status)


def of_http(error: HTTPException) -> Response:
    """The OperationOutcome of one of HTTP's own errors."""
    status = error.code or InternalServerError.code
    code, text = HTTP.get(status, ("processing", error.name.lower()))
    limit = (current_app.config["MAX_CONTENT_LENGTH"] or 0) // MEGABYTE
    response = fhir_json(outcome(code, text.format(limit=limit)), status)
    for name, value in error.get_headers():
        if name != "Content-Type":
            response.headers[name] = value
    return response
