"""The JSON endpoints against their description: no status and no member that it does not name, for any request."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from service.screening.access import Role
from service.store import people
from service.store.engine import open_store
from service.web.pages import api
from service.web.pages.desk import COOKIE
from tests.databases import sqlite_url
from tests.pages.worklist.test_pages import listed
from tests.pages.worklist.world import STUDY, TENANT
from tests.pages.world import Browser, world

DESCRIPTION = orjson.loads(api.DESCRIPTION.read_bytes())
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
OPERATIONS = [
    (path, method) for path, item in DESCRIPTION["paths"].items() for method in item if method in ("get", "post")
]


@pytest.fixture(scope="module")
def anna(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A coordinator in whose study somebody is listed."""
    store = open_store(sqlite_url(sqlite_template, tmp_path_factory.mktemp("api")))
    listed(store)
    made = world(store)
    made.approve(STUDY)
    yield made.person("anna", (STUDY, Role.COORDINATOR))
    store.close()


@pytest.fixture(scope="module")
def handle(anna: Browser) -> str:
    return str(anna.get(f"/api/worklist/{TENANT}/{STUDY}").get_json()["rows"][0]["handle"])


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda each: each.value)
@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=[f"{method} {path}" for path, method in OPERATIONS])
def test_every_answer_is_as_it_is_described(
    anna: Browser, handle: str, path: str, method: str, mode: GenerationMode
) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", anna.client.application)
    headers = {"X-CSRF-Token": anna.form_token} if method == "post" else {}
    seen: set[int] = set()

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=schema[path][method.upper()].as_strategy(generation_mode=mode))
    def holds(case: Any) -> None:
        if len(seen) % 2 == 0 and case.path_parameters:  # else nearly all are refused for their address alone
            case.path_parameters = {"tenant": TENANT, "study": STUDY}
            if isinstance(case.body, dict) and isinstance(case.body.get("handle"), str):
                case.body["handle"] = handle
        response = case.call(headers=headers, cookies={COOKIE: anna.token})
        seen.add(response.status_code)
        case.validate_response(response, checks=CHECKS)

    holds()
    assert seen


@pytest.mark.parametrize(
    ("path", "method"), OPERATIONS[1:], ids=[f"{method} {path}" for path, method in OPERATIONS[1:]]
)
def test_nobody_is_answered_who_is_not_signed_in(anna: Browser, path: str, method: str) -> None:
    stranger = anna.client.application.test_client()
    address = path.replace("{tenant}", TENANT).replace("{study}", STUDY)
    assert stranger.open(address, method=method.upper()).status_code == 401


def test_a_claim_without_the_token_of_the_session_does_not_count(anna: Browser, handle: str) -> None:
    sent = {"handle": handle, "take": True, "seen": 0}
    assert anna.client.post(f"/api/worklist/{TENANT}/{STUDY}/claim", json=sent).status_code == 403


def test_whoever_sees_numbers_alone_gets_no_row(sqlite_template: Path, tmp_path: Path) -> None:
    store = open_store(sqlite_url(sqlite_template, tmp_path))
    listed(store)
    anna = world(store).person("anna", (STUDY, Role.COORDINATOR))
    told = anna.get(f"/api/worklist/{TENANT}/{STUDY}").get_json()
    assert told["rows"] is None and told["counts"] == [{"tab": "now", "stand": "candidate", "patients": 1}]
    known = people.of(store, TENANT, "p")
    assert known is not None
    sent = {"handle": known.handle, "take": True, "seen": 0}
    headers = {"X-CSRF-Token": anna.form_token}
    assert anna.client.post(f"/api/worklist/{TENANT}/{STUDY}/claim", json=sent, headers=headers).status_code == 403
    store.close()
