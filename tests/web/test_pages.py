"""The pages for people and monitors, what holds for all of them, and who may ask."""

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from flask.testing import FlaskClient

import service
from service.cli import main
from service.web.guard import is_local

ADDRESSES = ["/", "/health", "/health/live", "/health/ready", "/studies", "/studies/demo", "/static/pages.css"]
ADDRESSES += ["/fhir/metadata"]
EVERYWHERE = [*ADDRESSES, "/nothing", "/studies/other", "/assess"]


class Links(HTMLParser):
    """The addresses that a page refers to; scripts and styles inside it are counted."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.inline = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.found |= {str(given[each]) for each in ("href", "src") if each in given}
        self.inline += tag in ("script", "style") or "style" in given or any(each.startswith("on") for each in given)


def test_the_home_page_says_what_this_is_and_lists_the_studies(client: FlaskClient) -> None:
    page = client.get("/")
    assert (page.status_code, page.content_type) == (200, "text/html; charset=utf-8")
    assert "A demonstration" in page.text and service.__version__ in page.text


def test_every_link_of_the_home_page_leads_somewhere(client: FlaskClient) -> None:
    links = Links()
    links.feed(client.get("/").text)
    found = {urljoin("/", each) for each in links.found}
    assert {"/studies", "/studies/demo", "/health", "/fhir/metadata", "/static/pages.css"} == {
        urlsplit(each).path for each in found
    }
    assert {client.get(each).status_code for each in found} == {200}
    assert links.inline == 0  # the Content-Security-Policy would not let a browser use it


def test_health_tells_status_and_version_and_no_more(client: FlaskClient) -> None:
    response = client.get("/health")
    assert response.mimetype == "application/json"
    assert response.get_json() == {"status": "ok", "version": service.__version__}


def test_without_tenants_nothing_has_to_be_ready(client: FlaskClient) -> None:
    assert client.get("/health/live").get_json() == client.get("/health").get_json()
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.get_json()) == (200, {"status": "ready", "checks": {}})


def test_the_capabilities_are_those_of_this_installation(client: FlaskClient) -> None:
    response = client.get("/fhir/metadata")
    told = response.get_json()
    assert (response.mimetype, told["resourceType"], told["kind"]) == (
        "application/fhir+json",
        "CapabilityStatement",
        "instance",
    )
    assert told["software"] == {"name": "fhir-prescreen", "version": service.__version__}
    assert told["implementation"]["url"] == "http://localhost/fhir"


def test_the_studies_are_listed(client: FlaskClient) -> None:
    listed = client.get("/studies").get_json()
    assert listed == [{"id": "demo", "version": "1.0", "title": "A demonstration", "criteria": 4}]


def test_a_study_is_shown_in_plain_words(client: FlaskClient) -> None:
    response = client.get("/studies/demo")
    assert response.content_type == "text/plain; charset=utf-8"
    assert response.text.startswith("A demonstration (demo, version 1.0)\n")


def test_a_study_reads_as_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    from service.app import create_app
    from service.settings import Settings

    assert main(["study", "show", "igg4-rd-sirolimus"]) == 0
    response = create_app(Settings()).test_client().get("/studies/igg4-rd-sirolimus")
    assert response.text == capsys.readouterr().out


@pytest.mark.parametrize(
    ("method", "address", "status", "code"),
    [
        ("GET", "/nothing", 404, "not-found"),
        ("GET", "/studies/other", 404, "not-found"),
        ("GET", "/studies/", 404, "not-found"),
        ("GET", "/static/../wsgi.py", 404, "not-found"),
        ("GET", "/assess", 405, "not-supported"),
        ("POST", "/studies", 405, "not-supported"),
    ],
)
def test_what_is_not_there_is_an_operation_outcome(
    client: FlaskClient, method: str, address: str, status: int, code: str
) -> None:
    response = client.open(address, method=method)
    assert (response.status_code, response.mimetype) == (status, "application/fhir+json")
    assert [each["code"] for each in response.get_json()["issue"]] == [code]
    assert (status == 405) == ("Allow" in response.headers)


@pytest.mark.parametrize("address", EVERYWHERE)
def test_every_answer_carries_the_security_headers(client: FlaskClient, address: str) -> None:
    headers = client.get(address).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Access-Control-Allow-Origin" not in headers and "Set-Cookie" not in headers


@pytest.mark.parametrize("address", [each for each in EVERYWHERE if not each.startswith("/static/")])
def test_another_machine_is_refused_everywhere(client: FlaskClient, address: str) -> None:
    response = client.get(address, environ_overrides={"REMOTE_ADDR": "192.0.2.7"}, headers={"X-Forwarded-For": "::1"})
    assert response.status_code == 403
    assert response.get_json()["issue"][0]["code"] == "forbidden"


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("", True),
        ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("fe80::1", False),
        ("0.0.0.0", False),
        ("localhost", False),
    ],
)
def test_which_addresses_are_of_this_machine(address: str, local: bool) -> None:
    assert is_local(address) is local
