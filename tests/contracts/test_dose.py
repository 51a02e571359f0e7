"""`prescreen dose --format json`: what it prints keeps to its published schema, and the schema is closed."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from service.eligibility.outcome import Reason
from tests.contracts.test_assessment_line import objects
from tests.screening.dose_world import Doses, Json
from tests.screening.test_dose import CASES, TAPER

SCHEMA = json.loads((Path(__file__).parents[2] / "mappings/schemas/dose.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
PROMISED = {"patient", "as_of", "window", "ingredients", "equivalent", "reasons"}
PROMISED_OF_A_STEP = {"start", "end", "least", "most", "peak_least", "peak_most", "records", "marks"}


@pytest.fixture
def doses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Doses:
    return Doses(tmp_path, capsys)


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert set(SCHEMA["required"]) >= PROMISED
    assert set(SCHEMA["$defs"]["steps"]["items"]["required"]) >= PROMISED_OF_A_STEP


@pytest.mark.parametrize("records", [each for each, _ in CASES.values()], ids=CASES.keys())
def test_what_is_printed_keeps_to_the_schema(doses: Doses, records: list[Json]) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(doses.json(*records))] == []


@pytest.mark.parametrize("options", [{"to": ""}, {"look_back": "all"}, {"without": ("MedicationRequest",)}], ids=str)
def test_so_it_does_with_other_options(doses: Doses, options: Json) -> None:
    found = doses.json(*([] if "without" in options else [TAPER]), **options)
    assert [error.message for error in VALIDATOR.iter_errors(found)] == []


def test_the_schema_knows_every_reason() -> None:
    assert SCHEMA["$defs"]["reasons"]["items"]["enum"] == [reason.code for reason in Reason]


def test_the_schema_is_closed_at_every_level() -> None:
    assert [each for each in objects(SCHEMA) if each.get("additionalProperties") is not False] == []


BROKEN = {
    "a key nobody knows": {"colour": "red"},
    "a date with a time": {"as_of": "2026-06-30T00:00:00Z"},
    "a reason nobody knows": {"reasons": ["because"]},
    "an ingredient without steps": {"ingredients": [{"name": "x", "systemic": True, "steps": []}]},
    "a systemic that is a word": {"ingredients": [{"name": "x", "systemic": "yes", "steps": []}]},
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN.keys())
def test_what_breaks_the_contract_is_refused(doses: Doses, change: Json) -> None:
    found = doses.json(TAPER)
    assert VALIDATOR.is_valid(found) and not VALIDATOR.is_valid(found | change)
