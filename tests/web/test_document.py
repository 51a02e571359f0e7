"""docs/http.md is tested like code: its requests are sent, its lists are compared with the service."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from service.app import app_of, create_app
from service.catalog.content import mappings_dir
from service.catalog.load import load_catalog
from service.ehr.smart_launch import App
from service.screening.cds.policy import CardPolicy
from service.screening.tenant import Hook, Tenant
from service.settings import KNOWN, Settings
from service.store.engine import open_store
from service.web.guard import OWN
from service.web.problems import HTTP, STATUS
from tests.databases import sqlite_url
from tests.docs.markdown import FENCE, section, table
from tests.shape.source import ROOT

TEXT = (ROOT / "docs" / "http.md").read_text(encoding="utf-8")
HOST = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def shipped() -> Flask:
    return create_app(Settings())


def requests() -> list[list[str]]:
    """Every curl command of the document, as words."""
    lines = [line for language, _, block in FENCE.findall(TEXT) if language == "sh" for line in block.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("curl ")]


def send(words: list[str], client: Client, files: dict[str, str]) -> TestResponse:
    """What curl would do, for the few options that the document uses."""
    headers, data, address = {}, None, ""
    rest = iter(words)
    for word in rest:
        if word == "-H":
            name, value = next(rest).split(": ")
            headers[name] = value
        elif word == "--data-binary":
            data = files[next(rest).removeprefix("@")]
        else:
            address = word
    assert address.startswith(HOST)
    method = "GET" if data is None else "POST"
    return client.open(address.removeprefix(HOST), method=method, headers=headers, data=data)


@pytest.mark.parametrize("words", requests(), ids=" ".join)
def test_a_request_that_is_shown_is_answered(shipped: Flask, words: list[str]) -> None:
    files = {name: content for _, name, content in FENCE.findall(TEXT) if name}
    response = send(words, shipped.test_client(), files)
    assert response.status_code == 200
    if response.request.path == "/assess":
        told = response.get_json()
        assert [(each["patient"], each["signal"]) for each in told["assessments"]] == [("p1", "strong")]
        assert told["rejects"] == []


FOR_TENANTS = "Where the settings have tenants"
PARTS = {
    "/ID": "/<identity>",
    "/NAME": "/<name>",
    "/TYPE": "/<kind>",
    "/HANDLE": "/<handle>",
    "/TENANT": "/<tenant>",
    "/STUDY": "/<study>",
    "/N": "/<int:number>",
}


@pytest.fixture
def for_tenants(sqlite_template: Path, tmp_path: Path) -> Iterator[Flask]:
    """All that there is where a site has set up everything."""
    store = open_store(sqlite_url(sqlite_template, tmp_path))
    app = App("https://ehr.example/fhir", "client", "https://prescreen.example/launch/callback")
    world = load_catalog(mappings_dir())
    tenant = Tenant("north", world, (), hooks=(Hook("labs", "n" * 20),), cards=CardPolicy(), launch=(app,))
    yield app_of(world, Settings(), (tenant,), store)
    store.close()


def served(app: Flask) -> set[str]:
    rules = [rule for rule in app.url_map.iter_rules() if not rule.endpoint.endswith("static")]
    return {f"{method} {rule.rule}" for rule in rules for method in (rule.methods or set()) & {"GET", "POST"}}


def documented(text: str) -> set[str]:
    found = set[str]()
    for method, address in re.findall(r"^\| `(GET|POST) ([^`?]+)", text, re.MULTILINE):
        for written, rule in PARTS.items():
            address = address.replace(written, rule)
        found.add(f"{method} {address}")
    return found


def test_every_address_is_documented(shipped: Flask, for_tenants: Flask) -> None:
    always, _, more = section(TEXT, "## What you can ask").partition(FOR_TENANTS)
    assert documented(always) == served(shipped)
    assert documented(more) == served(for_tenants) - served(shipped)


def test_every_address_stands_in_the_table_of_what_a_proxy_passes_on(for_tenants: Flask) -> None:
    """Each below one row; each row has some; and what answers this machine alone is not passed on."""
    rows = table((ROOT / "docs" / "settings.md").read_text(encoding="utf-8"), "addresses:")
    passed = {row[0].split("`")[1]: row[2].startswith("yes") for row in rows}
    assert len(passed) == len(rows)
    found = {}
    for rule in for_tenants.url_map.iter_rules():
        first = "/" + rule.rule.split("/")[1]
        blueprint = rule.endpoint.rpartition(".")[0]
        found.setdefault(first, set()).add(blueprint in for_tenants.config[OWN])
    assert found == {address: {own} for address, own in passed.items()}


def test_every_key_of_an_answer_is_documented(shipped: Flask) -> None:
    files = {name: content for _, name, content in FENCE.findall(TEXT) if name}
    assess = next(each for each in requests() if "--data-binary" in each)
    told = send(assess, shipped.test_client(), files).get_json()
    rows = re.findall(r"^\| `(\w+)` \|", section(TEXT, "## Assess a Bundle"), re.MULTILINE)
    assert rows == list(told)


def test_every_status_is_documented() -> None:
    rows = re.findall(r"^\| (\d{3}) \|", section(TEXT, "## Errors"), re.MULTILINE)
    assert set(map(int, rows)) == {*HTTP, *STATUS.values()}


def test_every_setting_is_documented() -> None:
    rows = table(TEXT, "settings:")
    assert {row[0].strip("`") for row in rows} == KNOWN
    assert rows[0][2] == str(Settings().largest_request // 1_000_000)
