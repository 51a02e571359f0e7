"""The JSON endpoints against their description: no status and no member that it does not name, for any request."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings, strategies as st
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.specs.openapi.schemas import OpenApiSchema

from service.screening.access import Role
from service.screening.studying import upkeep
from service.store import people
from service.store.cards import CardResponse, ShownCard, keep_responses, keep_shown
from service.store.engine import open_store
from service.web.pages import api
from service.web.pages.desk import COOKIE
from tests.databases import sqlite_url
from tests.pages.access.routes import ROUTES
from tests.pages.worklist.test_pages import listed
from tests.pages.worklist.world import NOON, STUDY, TENANT
from tests.pages.world import Browser, world

DESCRIPTION = orjson.loads(api.DESCRIPTION.read_bytes())
OPERATIONS = [
    (path, method) for path, item in DESCRIPTION["paths"].items() for method in item if method in ("get", "post")
]
FOR_PEOPLE = [each for each in OPERATIONS if each[0] != "/api/openapi.json"]


def names(operations: Iterable[tuple[str, str]]) -> list[str]:
    """How tests call them."""
    return [f"{method} {path}" for path, method in operations]


WORDS = st.sampled_from(["", "now", "later", "out", "usual", "name", "due", "strong", "me", "I1", "1", "9", "0", "-1"])
VALUES: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.text(max_size=5)
    | st.sampled_from(["2026-07-09", "1999-01-01"])
)


@pytest.fixture(scope="module")
def anna(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A coordinator in whose study somebody is listed, cards were shown, and all was counted."""
    store = open_store(sqlite_url(sqlite_template, tmp_path_factory.mktemp("api")))
    listed(store)
    made = world(store)
    made.approve(STUDY)
    for number in range(2):
        keep_shown(store, [ShownCard(f"k{number}", TENANT, STUDY, f"c{number}", "may-fit", "patient-view", NOON)])
    keep_responses(store, [CardResponse(TENANT, "k0", "overridden", NOON, NOON, reason="too-frail")])
    upkeep.keep_versions(store, made.tenant, NOON)
    upkeep.look_after(store, made.tenant, NOON)
    yield made.person("anna", (STUDY, Role.COORDINATOR))
    store.close()


@pytest.fixture(scope="module")
def handle(anna: Browser) -> str:
    return str(anna.get(f"/api/worklist/{TENANT}/{STUDY}").get_json()["rows"][0]["handle"])


def as_described(path: str, method: str, answer: Any) -> None:
    """The status is one that is described, and the content is of its schema."""
    described = DESCRIPTION["paths"][path][method]["responses"]
    assert str(answer.status_code) in described, answer.status_code
    content = described[str(answer.status_code)]["content"]
    schema = content[answer.mimetype]["schema"]
    Draft202012Validator({**schema, "components": DESCRIPTION["components"]}).validate(answer.get_json(force=True))


CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SENDING = [each for each in OPERATIONS if each[1] == "post"]


@pytest.fixture(scope="module")
def described(anna: Browser) -> OpenApiSchema:
    """The description as schemathesis reads it from the application."""
    return schemathesis.openapi.from_wsgi("/api/openapi.json", anna.client.application)


@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=names(OPERATIONS))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_schemathesis_asks_is_answered_as_it_is_described(
    described: OpenApiSchema, anna: Browser, handle: str, path: str, method: str, data: st.DataObject
) -> None:
    """Requests that fit the description, and requests that do not; of the study that there is, and of others."""
    mode = data.draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
    case = data.draw(described[path][method.upper()].as_strategy(generation_mode=mode))
    if case.path_parameters and data.draw(st.integers(0, 4)):
        case.path_parameters = {"tenant": TENANT, "study": STUDY}
    if isinstance(case.body, dict) and data.draw(st.booleans()):
        case.body["handle"] = handle
    case.headers = {"X-CSRF-Token": anna.form_token if data.draw(st.integers(0, 5)) else "another"}
    answer = case.call(cookies={COOKIE: anna.token})
    case.validate_response(answer, checks=CHECKS)


@pytest.mark.parametrize(("path", "method"), SENDING, ids=names(SENDING))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_is_sent_may_be_anything(anna: Browser, handle: str, path: str, method: str, data: st.DataObject) -> None:
    schema = DESCRIPTION["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
    body = {name: data.draw(VALUES) for name in schema["properties"]}
    if data.draw(st.booleans()):
        body |= {"handle": handle, "seen": data.draw(st.integers(0, 3))}
        body |= {"take": data.draw(st.booleans())} if "take" in body else {"until": data.draw(st.none() | WORDS)}
    sent = data.draw(st.just(orjson.dumps(body)) | st.binary(max_size=5))
    address = path.replace("{tenant}", TENANT).replace("{study}", STUDY)
    as_described(path, method, anna.client.post(address, data=sent, headers={"X-CSRF-Token": anna.form_token}))


@pytest.mark.parametrize("place", ["/api/worklist", "/worklist"])
@pytest.mark.parametrize("asked", ["missing=%00", "missing=a%22b", "standing=%F4%8F%BF%BF", "page=000000001999999999"])
def test_what_no_row_can_have_is_refused_before_the_database_is_asked(anna: Browser, place: str, asked: str) -> None:
    assert anna.get(f"{place}/{TENANT}/{STUDY}?{asked}").status_code == 400


def test_every_address_that_answers_with_json_is_described(anna: Browser) -> None:
    """If this fails, you added one: describe it in service/web/openapi.json."""
    rules = [each for each in anna.client.application.url_map.iter_rules() if each.rule.startswith("/api/")]
    there = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", each.rule), method.lower())
        for each in rules
        for method in (each.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}
    }
    assert there == set(OPERATIONS)
    assert {each.rule for each in rules} == {each for each in ROUTES if each.startswith("/api/")}


def test_a_study_is_told_with_every_number_and_every_part_of_it(anna: Browser) -> None:
    answer = anna.get(f"/api/study/{TENANT}/{STUDY}")
    as_described("/api/study/{tenant}/{study}", "get", answer)
    told = answer.get_json()
    assert all(told[each] for each in ("seen", "funnel", "costs", "quality", "days", "cards"))


def test_claiming_and_putting_off_answer_with_the_row(anna: Browser, handle: str) -> None:
    here, headers = f"/api/worklist/{TENANT}/{STUDY}", {"X-CSRF-Token": anna.form_token}
    seen = anna.get(here).get_json()["rows"][0]["newest"]["claim"]
    sent = {"handle": handle, "take": True, "seen": seen}
    first, again = (anna.client.post(f"{here}/claim", json=sent, headers=headers) for _ in range(2))
    for answer, status in ((first, 200), (again, 409)):
        assert answer.status_code == status
        as_described("/api/worklist/{tenant}/{study}/claim", "post", answer)
    assert first.get_json()["row"]["claimed_by"] == "anna"


@pytest.mark.parametrize(("path", "method"), FOR_PEOPLE, ids=names(FOR_PEOPLE))
def test_nobody_is_answered_who_is_not_signed_in(anna: Browser, path: str, method: str) -> None:
    stranger = anna.client.application.test_client()
    address = path.replace("{tenant}", TENANT).replace("{study}", STUDY)
    answer = stranger.open(address, method=method.upper())
    assert answer.status_code == 401
    as_described(path, method, answer)


def test_a_claim_without_the_token_of_the_session_does_not_count(anna: Browser, handle: str) -> None:
    sent = {"handle": handle, "take": True, "seen": 0}
    assert anna.client.post(f"/api/worklist/{TENANT}/{STUDY}/claim", json=sent).status_code == 403


def test_whoever_sees_numbers_alone_gets_no_row(sqlite_template: Path, tmp_path: Path) -> None:
    store = open_store(sqlite_url(sqlite_template, tmp_path))
    listed(store)
    anna = world(store).person("anna", (STUDY, Role.COORDINATOR))
    told = anna.get(f"/api/worklist/{TENANT}/{STUDY}").get_json()
    assert told["rows"] is None
    assert told["counts"] == [
        {"tab": tab, "stand": None, "patients": None} for tab in ("now", "later", "checked", "out")
    ]
    known = people.of(store, TENANT, "p")
    assert known is not None
    sent = {"handle": known.handle, "take": True, "seen": 0}
    headers = {"X-CSRF-Token": anna.form_token}
    assert anna.client.post(f"/api/worklist/{TENANT}/{STUDY}/claim", json=sent, headers=headers).status_code == 403
    store.close()
