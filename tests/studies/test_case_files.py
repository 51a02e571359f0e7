"""What cases.yaml may say, what its short forms become, and how its mistakes are named."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from service.catalog.content import mappings_dir
from service.errors import CatalogError, UsageError
from service.screening.cases.forms import FORMS, expand, quantity
from service.screening.cases.load import load_cases
from tests.docs.markdown import table
from tests.shape.source import ROOT

SCHEMA = mappings_dir() / "schemas" / "cases.schema.json"
GOOD = "cases:\n  - name: A chart\n    as_of: 2026-06-30\n    expect: {E1: met}\n"


def load(directory: Path, text: str) -> object:
    path = directory / "cases.yaml"
    path.write_text(text, encoding="utf-8")
    return load_cases(path, SCHEMA, frozenset({"E1"}))


def test_a_case_has_a_visit_shortly_before_unless_never_seen(tmp_path: Path) -> None:
    (seen,) = load(tmp_path, GOOD)  # type: ignore[misc]
    (unseen,) = load(tmp_path, GOOD + "    seen: never\n")  # type: ignore[misc]
    assert [each["period"]["start"] for each in seen.resources] == ["2026-06-16"]
    assert unseen.resources == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{E1: met}", "{E7: met}", "the study has no criterion E7"),
        ("{E1: met}", "{E1: perhaps}", "'perhaps' is no outcome"),
        ("{E1: met}", "{E1: {outcome: unknown, reasons: [tired]}}", "no such reason: tired"),
        ("as_of", "as_off", "unknown key 'as_off'"),
        ("expect: {E1", "records: [{condition: {code: C50.9}}]\n    expect: {E1", "'C50.9' is no code"),
        ("expect: {E1", "records: [{illness: {code: C50.9}}]\n    expect: {E1", "unknown key 'illness'"),
        ("expect: {E1", "records: [{condition: {cod: C50.9}}]\n    expect: {E1", "unknown key 'cod'"),
        ("2026-06-30", "2026-02-31", "day"),
    ],
    ids=["criterion", "outcome", "reason", "key", "code", "record", "field", "date"],
)
def test_a_mistake_is_named_with_file_and_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(CatalogError) as raised:
        load(tmp_path, GOOD.replace(old, new))
    assert said in str(raised.value)
    assert "cases.yaml:" in str(raised.value)


def test_two_cases_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="two cases are named 'A chart'"):
        load(tmp_path, GOOD + GOOD.removeprefix("cases:\n"))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2.1 g/L", {"value": Decimal("2.1"), "unit": "g/L", "code": "g/L", "system": "http://unitsofmeasure.org"}),
        ("<5", {"value": Decimal(5), "comparator": "<"}),
        (7, {"value": Decimal(7)}),
    ],
    ids=["with a unit", "below a limit", "bare"],
)
def test_a_quantity(written: object, expected: object) -> None:
    assert quantity(written) == expected


@pytest.mark.parametrize("written", ["much", "", "2,1 g/L"])
def test_what_is_no_quantity_is_refused(written: str) -> None:
    with pytest.raises(UsageError, match="no quantity"):
        quantity(written)


def test_a_result_brings_its_limits_of_normal() -> None:
    made = expand({"observation": {"code": "LOINC 1742-6", "value": "150 U/L", "low": 7, "high": "40 U/L"}}, 1)
    (limits,) = made["referenceRange"]
    assert (limits["low"]["value"], limits["high"]["value"], limits["high"]["code"]) == (7, 40, "U/L")
    assert "referenceRange" not in expand({"observation": {"code": "LOINC 1742-6", "value": "150 U/L"}}, 1)


def test_every_short_form_and_each_of_its_keys_is_documented() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))["$defs"]
    forms = {
        name: schema[each["$ref"].rpartition("/")[2]]
        for name, each in schema["record"]["properties"].items()
        if "$ref" in each
    }
    rows = table((ROOT / "docs" / "add-a-study.md").read_text(encoding="utf-8"), "short forms:")
    told = {name: set(re.findall(r"`(\w+)`", row[2])) for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    assert told == {name: set(each["properties"]) for name, each in forms.items()}
    assert {row[1] for row in rows} == {FORMS[name][0] for name in forms} - {"MedicationStatement"}


@pytest.mark.parametrize("name", sorted(FORMS))
def test_every_short_form_becomes_a_resource_of_the_case_patient(name: str) -> None:
    form = {"code": "SNOMED 1", "on": "2026-01-01", "given": True, "name": "x"}
    made = expand({name: form}, 3)
    assert made["resourceType"] == FORMS[name][0]
    assert made["id"] == "r3"
    assert {"reference": "Patient/case"} in (made.get("subject"), made.get("patient"))
