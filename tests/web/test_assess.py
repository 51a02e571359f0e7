"""POST /assess: the answers are those of a file, every refusal is an OperationOutcome, nothing of it stays."""

import gzip
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.errors import InvalidOutput
from service.web import assess
from tests.contracts.test_assessment_line import VALIDATOR
from tests.screening.world import Json, bundle, cancer, haemoglobin, patient, run

ASKED = "/assess?study=demo&as_of=2026-06-30"
FHIR = "application/fhir+json"
BUNDLE = bundle(patient(), cancer(), haemoglobin(), patient("q", deceasedBoolean=True), {"resourceType": "Condition"})
SECRET = "Rumpelstilzchen"


def ask(
    client: FlaskClient, content: Json | bytes, to: str = ASKED, media_type: str = FHIR, **more: Any
) -> TestResponse:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return client.post(to, data=raw, content_type=media_type, **more)


def refused(response: TestResponse, status: int, code: str) -> str:
    """Checks that this is such a refusal; what it says."""
    assert (response.status_code, response.mimetype) == (status, FHIR)
    outcome = OperationOutcome.model_validate(response.get_json())
    assert {each.code for each in outcome.issue} == {code}
    return " ".join(str(each.diagnostics) for each in outcome.issue)


def test_the_answer_is_that_of_a_file(client: FlaskClient, tmp_path: Path) -> None:
    path = tmp_path / "bundle.json"
    path.write_text(json.dumps(BUNDLE))
    filed = run(path, out=tmp_path / "out")
    response = ask(client, BUNDLE)
    told = response.get_json()
    assert (response.status_code, response.mimetype) == (200, "application/json")
    assert list(told) == ["assessments", "held_back", "rejects", "summary"]
    assert told["assessments"] == list(filed.assessments.values())
    assert (told["held_back"], len(told["rejects"])) == (filed.held, len(filed.rejects))
    assert told["summary"]["people"] == filed.summary["people"]


def test_every_assessment_keeps_to_the_published_schema(client: FlaskClient) -> None:
    lines = ask(client, BUNDLE).get_json()["assessments"]
    assert len(lines) == 1
    assert [error.message for line in lines for error in VALIDATOR.iter_errors(line)] == []


def test_the_same_question_gives_the_same_bytes(client: FlaskClient) -> None:
    assert ask(client, BUNDLE).data == ask(client, BUNDLE).data


def test_a_study_that_is_named_twice_is_asked_once(client: FlaskClient) -> None:
    assert len(ask(client, BUNDLE, f"{ASKED}&study=demo").get_json()["assessments"]) == 1


@pytest.mark.parametrize("media_type", ["application/json", f"{FHIR}; charset=UTF-8", f"{FHIR}; fhirVersion=4.0"])
def test_media_types_of_json_are_read(client: FlaskClient, media_type: str) -> None:
    assert ask(client, BUNDLE, media_type=media_type).status_code == 200


PARAMETERS = [
    "", "?study=demo", "?as_of=2026-06-30", "?study=demo&as_of=2026-06-30&as_of=2026-07-01",
    "?study=demo&as_of=2026-06-30&patient=p", "?study=demo&asof=2026-06-30",
]  # fmt: skip


@pytest.mark.parametrize("query", PARAMETERS)
def test_parameters_too_many_or_too_few_are_refused(client: FlaskClient, query: str) -> None:
    assert "as_of" in refused(ask(client, BUNDLE, f"/assess{query}"), 400, "invalid")


@pytest.mark.parametrize("day", ["", "today", "2026-02-30", "2026-W27-2", SECRET])
def test_a_date_that_is_none_is_refused_and_not_repeated(client: FlaskClient, day: str) -> None:
    told = refused(ask(client, BUNDLE, f"/assess?study=demo&as_of={day}"), 400, "invalid")
    assert "YYYY-MM-DD" in told and SECRET not in told


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_date_at_the_end_of_the_calendar_is_answered(client: FlaskClient, day: str) -> None:
    assert ask(client, BUNDLE, f"/assess?study=demo&as_of={day}").status_code == 200


def test_an_unknown_study_is_not_found(client: FlaskClient) -> None:
    told = refused(ask(client, BUNDLE, "/assess?study=demo&study=other&as_of=2026-06-30"), 404, "not-found")
    assert "there are: demo" in told


@pytest.mark.parametrize("media_type", ["text/plain", "application/fhir+xml", "", f"{FHIR}; charset=latin-1"])
def test_another_media_type_is_not_supported(client: FlaskClient, media_type: str) -> None:
    assert FHIR in refused(ask(client, BUNDLE, media_type=media_type), 415, "not-supported")


def test_compressed_content_is_not_supported(client: FlaskClient) -> None:
    packed = gzip.compress(json.dumps(BUNDLE).encode())
    assert refused(ask(client, packed, headers={"Content-Encoding": "gzip"}), 415, "not-supported")


def test_content_beyond_the_limit_is_too_large(client: FlaskClient) -> None:
    large = json.dumps(BUNDLE).encode()
    assert ask(client, large.ljust(2_000_000)).status_code == 200
    assert "2 MB" in refused(ask(client, large.ljust(2_000_001)), 413, "too-long")


@pytest.mark.parametrize(("length", "status"), [(1_999_999, 200), (2_000_000, 413), (3_000_000, 413)])
def test_content_in_chunks_is_not_cut_at_the_limit(client: FlaskClient, length: int, status: int) -> None:
    """Its length is not announced, so that whether it ends at the limit or goes on cannot be told."""
    content = BytesIO(json.dumps(BUNDLE).encode().ljust(length))
    served = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}  # as a server hands it on
    response = client.post(ASKED, input_stream=content, content_type=FHIR, environ_overrides=served)
    assert response.status_code == status


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff"])
def test_what_is_not_json_is_malformed(client: FlaskClient, content: bytes) -> None:
    assert refused(ask(client, content), 400, "structure")


@pytest.mark.parametrize("content", [patient(), bundle(patient(), kind="transaction"), bundle(cancer())])
def test_what_nobody_can_be_screened_on_cannot_be_processed(client: FlaskClient, content: Json) -> None:
    assert refused(ask(client, content), 422, "invalid")


def test_why_nobody_could_be_read_stands_in_issues_of_their_own(client: FlaskClient) -> None:
    content = bundle({"resourceType": "Patient", "birthDate": SECRET}, {"resourceType": "Patient", "id": [SECRET]})
    response = ask(client, content)
    assert SECRET not in refused(response, 422, "invalid")
    assert len(response.get_json()["issue"]) == 3


DIRTY = bundle(
    patient(birthDate=SECRET, name=[{"family": SECRET}]),
    cancer(onsetDateTime=SECRET),
    haemoglobin(value=SECRET, code={"text": SECRET}),
    {"resourceType": SECRET, "id": "1"},
)


def test_rejects_do_not_repeat_what_was_sent(client: FlaskClient) -> None:
    told = ask(client, DIRTY).get_json()
    assert len(told["rejects"]) > 2
    assert SECRET not in json.dumps(told["rejects"]) and SECRET not in json.dumps(told["summary"])


def _fail(*_: object) -> None:
    raise ValueError(f"invalid literal: {SECRET}")


def _miscount(*_: object) -> None:
    raise InvalidOutput(f"the counts do not add up: {SECRET}")


@pytest.mark.parametrize(("failing", "code"), [(_fail, "exception"), (_miscount, "processing")])
def test_an_error_of_ours_says_and_logs_where_but_not_what(
    app: Flask, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, failing: Any, code: str
) -> None:
    monkeypatch.setattr(assess, "screen_bundle", failing)
    with caplog.at_level("DEBUG"):
        told = refused(ask(app.test_client(), BUNDLE), 500, code)
    assert SECRET not in told and SECRET not in caplog.text
    assert failing.__name__ in caplog.text and "unexpected" in caplog.text


def test_nothing_is_logged_of_a_request(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        assert ask(app.test_client(), DIRTY).status_code == 200
    assert caplog.text == ""
