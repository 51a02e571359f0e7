"""Pages of other origins: which may ask for cards from a browser. STANDARDS 1.87."""

import pytest
from flask import Blueprint, Flask, Response, request
from flask.testing import FlaskClient

from service.errors import NotTrusted
from service.web import guard, problems
from service.web.cors import allow_origins

SANDBOX, OTHER = "https://sandbox.example", "https://other.example"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
ADDRESSES = ("/cds-services", "/cds-services/one", "/cds-services/one/feedback")


def client_of(*origins: str) -> FlaskClient:
    """A service whose cards nobody gets without a token."""
    page = Blueprint("cds", __name__)
    allow_origins(page, origins)

    @page.before_request
    def asked_who_they_are() -> None:
        if request.headers.get("Authorization") != "Bearer good":
            raise NotTrusted("token")

    @page.get("/cds-services")
    def services() -> Response:
        return Response("{}", content_type="application/json")

    @page.post("/cds-services/<name>")
    @page.post("/cds-services/<name>/feedback")
    def cards(name: str) -> Response:
        return Response("{}", content_type="application/json")

    app = Flask(__name__)
    guard.protect(app, own=frozenset({"cds"}))
    problems.answer_errors(app)
    app.register_blueprint(page)

    @app.get("/elsewhere")
    def elsewhere() -> Response:
        return Response("{}")

    return app.test_client()


def allowed(response: Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name.startswith("Access-Control")}


@pytest.mark.parametrize("address", ADDRESSES)
def test_1_87_a_preflight_is_answered_without_a_token(address: str) -> None:
    answer = client_of(SANDBOX, "https://second.example").options(address, headers={"Origin": SANDBOX, **PREFLIGHT})
    assert (answer.status_code, answer.data, answer.headers["Vary"]) == (204, b"", "Origin")
    assert allowed(answer) == {
        "Access-Control-Allow-Origin": SANDBOX,
        "Access-Control-Allow-Methods": "GET, POST",
        "Access-Control-Allow-Headers": "Authorization, Content-Type",
    }


@pytest.mark.parametrize(
    "origin", [OTHER, f"{SANDBOX}.evil.example", f"{SANDBOX}:8443", SANDBOX.upper(), "null", "*", ""]
)
def test_1_87_another_origin_is_told_nothing(origin: str) -> None:
    client = client_of(SANDBOX)
    preflight = client.options("/cds-services/one", headers={"Origin": origin, **PREFLIGHT})
    answer = client.post("/cds-services/one", headers={"Origin": origin, "Authorization": "Bearer good"})
    assert (allowed(preflight), allowed(answer)) == ({}, {})
    assert (preflight.headers["Vary"], answer.headers["Vary"]) == ("Origin", "Origin")


def test_1_87_by_default_there_is_none() -> None:
    client = client_of()
    assert allowed(client.options("/cds-services", headers={"Origin": SANDBOX, **PREFLIGHT})) == {}
    assert allowed(client.get("/cds-services", headers={"Origin": SANDBOX, "Authorization": "Bearer good"})) == {}


def test_1_87_every_answer_says_who_may_read_it() -> None:
    client, headers = client_of(SANDBOX), {"Origin": SANDBOX, "Authorization": "Bearer good"}
    for answer in (client.get("/cds-services", headers=headers), client.post("/cds-services/one", headers=headers)):
        assert answer.status_code == 200
        assert allowed(answer) == {"Access-Control-Allow-Origin": SANDBOX}
        assert answer.headers["Vary"] == "Origin"


def test_1_87_an_origin_that_is_listed_is_no_proof_of_who_asks() -> None:
    answer = client_of(SANDBOX).post("/cds-services/one", headers={"Origin": SANDBOX})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert allowed(answer) == {"Access-Control-Allow-Origin": SANDBOX}  # the page may see that it was refused
    assert answer.get_json()["issue"][0]["diagnostics"] == "not trusted"


def test_a_star_is_every_origin_and_no_credentials() -> None:
    answer = client_of("*").options("/cds-services", headers={"Origin": OTHER, **PREFLIGHT})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_other_addresses_are_for_no_page() -> None:
    client = client_of(SANDBOX)
    for answer in (client.get("/elsewhere", headers={"Origin": SANDBOX}), client.get("/", headers={"Origin": SANDBOX})):
        assert allowed(answer) == {} and "Vary" not in answer.headers


@pytest.mark.parametrize(
    ("origins", "headers", "here"),
    [
        ((), {}, True),
        ((), {"Origin": SANDBOX}, False),
        ((SANDBOX,), {"Origin": SANDBOX}, True),
        ((SANDBOX,), {"Origin": OTHER}, False),
        (("*",), {"Origin": OTHER}, True),
        ((SANDBOX,), {"Origin": SANDBOX, "X-Forwarded-For": "127.0.0.1"}, False),
        (("*",), {"Via": "1.1 proxy"}, False),
    ],
)
def test_a_page_that_is_listed_may_ask_what_only_this_machine_may(
    origins: tuple[str, ...], headers: dict[str, str], here: bool
) -> None:
    app = Flask(__name__)
    with app.test_request_context("/", headers=headers, environ_overrides={"REMOTE_ADDR": "127.0.0.1"}):
        assert guard.is_of_this_machine(origins) is here
    with app.test_request_context("/", headers=headers, environ_overrides={"REMOTE_ADDR": "203.0.113.9"}):
        assert guard.is_of_this_machine(origins) is False
