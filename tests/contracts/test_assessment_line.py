"""assessments.ndjson: every line keeps to its published schema, and the schema is closed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from service.eligibility.outcome import Reason
from service.screening.render import assessment_line
from tests.contracts.examples import EXAMPLES, PHRASES
from tests.screening.test_outputs import LINES
from tests.screening.world import export, run

SCHEMA = json.loads((Path(__file__).parents[2] / "mappings/schemas/assessment.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
PROMISED = {  # what other programs may rely on
    "patient", "study", "study_version", "screening_date", "standing", "signal", "later", "next_change", "assumptions",
    "settle", "findings",
}  # fmt: skip
PROMISED_OF_A_FINDING = {"criterion", "kind", "outcome", "reasons", "sentence", "evidence", "computed"}


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert set(SCHEMA["required"]) >= PROMISED
    assert set(SCHEMA["$defs"]["finding"]["required"]) >= PROMISED_OF_A_FINDING


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_kind_of_assessment_keeps_to_the_schema(name: str) -> None:
    line = json.loads(json.dumps(assessment_line(EXAMPLES[name], PHRASES)))
    assert [error.message for error in VALIDATOR.iter_errors(line)] == []


def test_the_lines_of_a_run_keep_to_the_schema(tmp_path: Path) -> None:
    result = run(export(tmp_path / "in", mixed=LINES))
    assert [e.message for each in result.assessments.values() for e in VALIDATOR.iter_errors(each)] == []
    assert len({each["standing"] for each in result.assessments.values()}) > 1


def test_the_schema_knows_every_reason() -> None:
    assert SCHEMA["$defs"]["reason"]["enum"] == [reason.code for reason in Reason]


def objects(schema: object) -> Iterator[dict[str, object]]:
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for each in schema.values():
            yield from objects(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from objects(each)


def test_the_schema_is_closed_at_every_level() -> None:
    assert [each for each in objects(SCHEMA) if each.get("additionalProperties") is not False] == []


BROKEN = {
    "a key nobody knows": {"colour": "red"},
    "a standing that belongs to people": {"standing": "eligible"},
    "no findings": {"findings": []},
    "a date with a time": {"screening_date": "2026-06-30T00:00:00Z"},
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN.keys())
def test_what_breaks_the_contract_is_refused(change: dict[str, object]) -> None:
    line = assessment_line(EXAMPLES["candidate"], PHRASES) | change
    assert not VALIDATOR.is_valid(json.loads(json.dumps(line)))


@pytest.mark.parametrize(("outcome", "reasons"), [("unknown", []), ("met", ["no-record"]), ("not_met", ["manual"])])
def test_reasons_are_given_for_the_unknown_and_only_then(outcome: str, reasons: list[str]) -> None:
    line = json.loads(json.dumps(assessment_line(EXAMPLES["candidate"], PHRASES)))
    line["findings"][0] |= {"outcome": outcome, "reasons": reasons}
    assert not VALIDATOR.is_valid(line)
