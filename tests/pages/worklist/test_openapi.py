"""The JSON endpoints against their description: no status and no member that it does not name, for any request."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from jsonschema import Draft202012Validator

from service.screening.access import Role
from service.store import people
from service.store.engine import open_store
from service.web.pages import api
from tests.databases import sqlite_url
from tests.pages.worklist.test_pages import listed
from tests.pages.worklist.world import STUDY, TENANT
from tests.pages.world import Browser, world

DESCRIPTION = orjson.loads(api.DESCRIPTION.read_bytes())
OPERATIONS = [
    (path, method) for path, item in DESCRIPTION["paths"].items() for method in item if method in ("get", "post")
]
FOR_PEOPLE = [each for each in OPERATIONS if each[0] != "/api/openapi.json"]
WORDS = st.sampled_from(["", "now", "later", "out", "usual", "name", "due", "strong", "me", "I1", "1", "9", "0", "-1"])
PARTS = st.sampled_from([TENANT, STUDY]) | st.text("ab-%ü", min_size=1, max_size=3)
VALUES: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.text(max_size=5)
    | st.sampled_from(["2026-07-09", "1999-01-01"])
)


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


def as_described(path: str, method: str, answer: Any) -> None:
    """The status is one that is described, and the content is of its schema."""
    described = DESCRIPTION["paths"][path][method]["responses"]
    assert str(answer.status_code) in described, answer.status_code
    content = described[str(answer.status_code)]["content"]
    schema = content[answer.mimetype]["schema"]
    Draft202012Validator({**schema, "components": DESCRIPTION["components"]}).validate(answer.get_json(force=True))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_answer_is_as_it_is_described(anna: Browser, handle: str, data: st.DataObject) -> None:
    path, method = data.draw(st.sampled_from(OPERATIONS))
    address = path
    if data.draw(st.integers(0, 4)) == 0:
        address = address.replace("{tenant}", quote(data.draw(PARTS))).replace("{study}", quote(data.draw(PARTS)))
    address = address.replace("{tenant}", TENANT).replace("{study}", STUDY)
    if method == "get":
        named = [each["name"] for each in DESCRIPTION["paths"][path]["get"].get("parameters", [])]
        query = data.draw(st.dictionaries(st.sampled_from([*named, "other"]), WORDS | st.text(max_size=4), max_size=3))
        as_described(path, method, anna.get(address, query_string=query))
        return
    schema = DESCRIPTION["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    body = {name: data.draw(VALUES) for name in schema["properties"]}
    if data.draw(st.booleans()):
        body |= {"handle": handle, "seen": data.draw(st.integers(0, 3))}
        body |= {"take": data.draw(st.booleans())} if "take" in body else {"until": data.draw(st.none() | WORDS)}
    sent = data.draw(st.just(orjson.dumps(body)) | st.binary(max_size=5))
    token = anna.form_token if data.draw(st.integers(0, 5)) else "another"
    as_described(path, method, anna.client.post(address, data=sent, headers={"X-CSRF-Token": token}))


def test_claiming_and_putting_off_answer_with_the_row(anna: Browser, handle: str) -> None:
    here, headers = f"/api/worklist/{TENANT}/{STUDY}", {"X-CSRF-Token": anna.form_token}
    seen = anna.get(here).get_json()["rows"][0]["newest"]["claim"]
    sent = {"handle": handle, "take": True, "seen": seen}
    first, again = (anna.client.post(f"{here}/claim", json=sent, headers=headers) for _ in range(2))
    for answer, status in ((first, 200), (again, 409)):
        assert answer.status_code == status
        as_described("/api/worklist/{tenant}/{study}/claim", "post", answer)
    assert first.get_json()["row"]["claimed_by"] == "anna"


@pytest.mark.parametrize(("path", "method"), FOR_PEOPLE, ids=[f"{method} {path}" for path, method in FOR_PEOPLE])
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
