"""HTTP: routes, authorization, faults and the log around the interactions."""

import json
import socket
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from flask import Flask, Response, g, request

from tests.fhir_server.capability import statement
from tests.fhir_server.faults import Fault, Logged, now
from tests.fhir_server.problems import Refusal

if TYPE_CHECKING:
    from tests.fhir_server.server import FhirServer

FHIR_JSON = "application/fhir+json"
CONDITIONS = ("If-None-Exist", "If-Match")
OPEN = ("metadata", ".well-known/smart-configuration")


def app_of(server: "FhirServer") -> Flask:
    """The application of a server, below /fhir, and its token endpoint at /auth/token."""
    app = Flask(__name__)
    app.before_request(lambda: _before(server))
    app.after_request(lambda response: _after(server, response))
    app.register_error_handler(Refusal, lambda refusal: _answer(refusal.status, refusal.outcome))
    app.add_url_rule("/auth/token", "token", lambda: _token(server), methods=["POST"])
    methods = ["GET", "POST", "PUT", "DELETE"]
    app.add_url_rule("/fhir", "root", lambda: _serve(server, ""), methods=methods)
    app.add_url_rule("/fhir/<path:path>", "below", lambda path: _serve(server, path), methods=methods)
    return app


def _serve(server: "FhirServer", path: str) -> Response:
    _check_right(server, path)
    answer = _routed(server, request.method, path.strip("/"))
    server.subscriptions.after(server.storage.taken())
    return answer


def _routed(server: "FhirServer", method: str, path: str) -> Response:
    rest, parts = server.rest, path.split("/") if path else []
    if path == "metadata":
        topics = server.subscriptions.topics
        return _answer(200, statement(server.base, server.software, server.release, topics, server.without))
    if path == OPEN[1]:
        return _answer(200, server.smart.configuration(server.token_endpoint), "application/json")
    if method == "POST" and parts and parts[-1] == "_search":
        return _answer(200, rest.search(parts[0], _form() + _query(), **_wishes()))
    if method == "POST" and parts and parts[-1] == "$validate":
        return _answer(200, rest.validate(_body()))
    if len(parts) == 3 and parts[2].startswith("$"):
        return _operation(server, parts[0], parts[1], parts[2])
    return {"GET": _get, "POST": _post, "PUT": _put, "DELETE": _delete}[method](server, parts)


def _get(server: "FhirServer", parts: list[str]) -> Response:
    rest = server.rest
    if not parts:
        query = dict(_query())
        page = rest.page(query["_getpages"], int(query["_getpagesoffset"]), int(query["_count"]))
        return _answer(200, page)
    if len(parts) == 1:
        return _answer(200, rest.search(parts[0], _query(), **_wishes()))
    if len(parts) == 2:
        return _stored(200, server.storage.read(parts[0], parts[1]))
    if len(parts) == 3 and parts[2] == "_history":
        return _answer(200, rest.history(parts[0], parts[1]))
    if len(parts) == 4 and parts[2] == "_history":
        return _stored(200, server.storage.read(parts[0], parts[1], parts[3]))
    raise Refusal(404, "not-found")


def _post(server: "FhirServer", parts: list[str]) -> Response:
    if not parts:
        return _answer(200, server.rest.bundle(_body()))
    if len(parts) != 1:
        raise Refusal(404, "not-found")
    status, resource = server.rest.create(parts[0], _body(), _conditions())
    return _written(server, status, resource)


def _put(server: "FhirServer", parts: list[str]) -> Response:
    if len(parts) == 1:
        query = request.query_string.decode()
        return _written(server, *server.rest.update_where(parts[0], query, _body(), _conditions()))
    return _written(server, *server.rest.update(parts[0], parts[1], _body(), _conditions()))


def _delete(server: "FhirServer", parts: list[str]) -> Response:
    server.storage.delete(parts[0], parts[1])
    return Response(status=204)


def _operation(server: "FhirServer", kind: str, id: str, name: str) -> Response:
    if (kind, name) == ("Subscription", "$status"):
        return _answer(200, server.subscriptions.status_bundle(id))
    if (kind, name) == ("Subscription", "$events") and server.has_events:
        query = dict(_query())
        until = query.get("eventsUntilNumber")
        since = int(query.get("eventsSinceNumber", "0"))
        return _answer(200, server.subscriptions.events_bundle(id, since, int(until) if until else None))
    raise Refusal(404, "not-supported", "no such operation")


def _token(server: "FhirServer") -> Response:
    status, content = server.smart.grant(dict(_form()), server.token_endpoint)
    return _answer(status, content, "application/json")


def _check_right(server: "FhirServer", path: str) -> None:
    if not server.smart.is_on or path in OPEN:
        return
    kind = path.split("/")[0]
    parts = path.strip("/").split("/")
    searched = parts[1:] in ([], ["_search"]) and "$" not in path and request.method in ("GET", "POST")
    reads = path.endswith("_search") or "$" in path
    method = "SEARCH" if searched and (reads or request.method == "GET") else "GET" if reads else request.method
    status = server.smart.refusal(request.headers.get("Authorization"), method, kind if kind[:1].isupper() else "")
    if status is not None:
        raise Refusal(status, "login" if status == 401 else "forbidden")


def _written(server: "FhirServer", status: int, resource: dict[str, Any]) -> Response:
    """Created or updated: with the resource, or, if the server is of that kind or was asked, with nothing."""
    answer = _stored(status, resource)
    version = resource["meta"]["versionId"]
    answer.headers["Location"] = f"{server.base}/{resource['resourceType']}/{resource['id']}/_history/{version}"
    if server.answers_empty or "return=minimal" in request.headers.get("Prefer", ""):
        answer.data = b""
        answer.content_type = "text/html"
    return answer


def _stored(status: int, resource: dict[str, Any]) -> Response:
    answer = _answer(status, resource)
    answer.headers["ETag"] = f'W/"{resource["meta"]["versionId"]}"'
    return answer


def _answer(status: int, content: dict[str, Any], content_type: str = FHIR_JSON) -> Response:
    return Response(json.dumps(content), status, content_type=content_type)


def _before(server: "FhirServer") -> Response | None:
    g.at = now()
    fault = g.fault = server.faults.take(request.method, request.full_path.rstrip("?"))
    if fault is None:
        return None
    time.sleep(fault.delay)
    if fault.drop:
        _log(server, None)
        _hang_up()
        return Response(status=503)
    if fault.status is not None:
        return Response(fault.body, fault.status, fault.headers, content_type=fault.content_type)
    return None


def _after(server: "FhirServer", response: Response) -> Response:
    fault: Fault | None = g.get("fault")
    if fault is not None and fault.change is not None:
        response.data = json.dumps(fault.change(json.loads(response.data)))
    if fault is not None and fault.status is None and fault.content_type != FHIR_JSON:
        response.content_type = fault.content_type
    if fault is not None and fault.swallow:
        _log(server, None)
        _hang_up()
    elif not (fault is not None and fault.drop):
        _log(server, response.status_code)
    if fault is not None and fault.cut:
        whole = response.data
        response.response = _half(whole)
        response.headers["Content-Length"] = str(len(whole))
    return response


def _half(whole: bytes) -> Iterator[bytes]:
    connection = request.environ["werkzeug.socket"]

    def pieces() -> Iterator[bytes]:
        yield whole[: len(whole) // 2]
        connection.shutdown(socket.SHUT_RDWR)

    return pieces()


def _hang_up() -> None:
    """End the connection: whatever is answered after that reaches nobody."""
    request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)


def _log(server: "FhirServer", status: int | None) -> None:
    headers = {name.lower(): value for name, value in request.headers.items()}
    query = request.query_string.decode()
    server.log.add(Logged(request.method, request.path, query, headers, request.get_data(), g.at, status))


def _body() -> dict[str, Any]:
    try:
        body = json.loads(request.get_data())
    except ValueError:
        raise Refusal(400, "structure", "no JSON") from None
    if not isinstance(body, dict):
        raise Refusal(400, "structure", "no resource")
    return body


def _query() -> list[tuple[str, str]]:
    return parse_qsl(request.query_string.decode(), keep_blank_values=True)


def _form() -> list[tuple[str, str]]:
    return parse_qsl(request.get_data().decode(), keep_blank_values=True)


def _wishes() -> dict[str, bool]:
    """How the client wants to be searched for."""
    strict = "handling=strict" in request.headers.get("Prefer", "")
    return {"strict": strict, "anew": "no-cache" in request.headers.get("Cache-Control", "")}


def _conditions() -> dict[str, str]:
    return {name: request.headers[name] for name in CONDITIONS if name in request.headers}
