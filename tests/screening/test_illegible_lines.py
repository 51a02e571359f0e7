"""A line with bytes that are no UTF-8, or nested beyond all reason, costs itself at most: never the run."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.screening import shipped
from tests.screening.test_sieve import DRUG, LATELY, compact, facts, weight
from tests.screening.world import Json, Result, by_type, cancer, encounter, export, haemoglobin, patient, run

PULSE = haemoglobin("x", **LATELY)
ORDER: Json = {**json.loads(DRUG % (b"Simvastatin", b"2026-05-01")), "id": "x"}
COMPLETED: Json = {"status": "completed", "whenHandedOver": "2026-05-01", "effectiveDateTime": "2026-05-01"}
HYPERTENSION = {"coding": [{"system": "http://snomed.info/sct", "code": "38341003", "display": "Hypertension"}]}
ABOUT_P: Json = {"id": "x", "subject": {"reference": "Patient/p"}, "code": HYPERTENSION}
LINES: dict[str, Json] = {
    "Observation": PULSE,
    "a weight": weight("x", "p"),
    "Encounter": encounter("x"),
    "Condition": cancer("x", code=HYPERTENSION),
    "Procedure": {"resourceType": "Procedure", "status": "completed", **ABOUT_P},
    "AllergyIntolerance": {
        "resourceType": "AllergyIntolerance",
        "id": "x",
        "patient": {"reference": "Patient/p"},
        "code": HYPERTENSION,
    },
    "MedicationRequest": ORDER,
    "MedicationStatement": {**ORDER, "resourceType": "MedicationStatement"},
    "MedicationDispense": {**ORDER, **COMPLETED, "resourceType": "MedicationDispense"},
    "MedicationAdministration": {**ORDER, **COMPLETED, "resourceType": "MedicationAdministration"},
    "Patient": patient("x"),
    "Claim": {"resourceType": "Claim", **ABOUT_P},
}
"""What may stand on a line of each type; each of its texts, and the whole of it, is spoiled in turn."""


def texts_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [each for name, inner in value.items() if name != "resourceType" for each in (name, *texts_in(inner))]
    if isinstance(value, list):
        return [each for inner in value for each in texts_in(inner)]
    return [value] if isinstance(value, str) else []


def spoiled(resource: Json) -> list[bytes]:
    """A letter of Latin-1 in each text and key; and something nested so deeply that no parser goes down there."""
    line = compact(resource)
    written = dict.fromkeys(f'"{each}"'.encode() for each in texts_in(resource))
    latin = [line.replace(each, each[:-1] + b'\xe4"') for each in written]
    deep = [line[:-1] + b',"x":' + b"[" * depth + b"]" * depth + b"}" for depth in (300, 1_500)]
    return [*latin, *deep]


def screened(source: Path) -> Result:
    return run(source, studies=(shipped.STUDY,), world=shipped.catalog())


@pytest.mark.parametrize("resource", LINES.values(), ids=LINES.keys())
def test_no_line_ends_a_run(resource: Json, tmp_path: Path) -> None:
    """Each is counted, whatever it is taken for, in memory and in buckets."""
    name, lines = str(resource["resourceType"]), spoiled(resource)
    written = [each.replace(b'"x"', b'"x%d"' % number, 1) for number, each in enumerate(lines)]
    files: Any = {"Patient": [patient()], name: [patient(), *written] if name == "Patient" else written}
    result = screened(export(tmp_path / "in", **files))
    assert by_type(result, name)["read"] == len(written) + (name == "Patient")
    assert all(each["file"] == f"{name}.ndjson" for each in result.rejects)


@pytest.mark.parametrize("place", [b'"final"', b'"Patient/p"', b'"2026-06-01"'], ids=["status", "subject", "date"])
def test_a_line_that_would_show_a_contact_is_rejected_where_it_is_no_utf_8(place: bytes, tmp_path: Path) -> None:
    line = compact(PULSE).replace(place, place[:-1] + b'\xe4"')
    source = export(tmp_path / "in", Observation=[compact(haemoglobin("a")), line])
    result = run(source)
    assert result.counts[3] == 1
    assert facts(source, sifted=True) == facts(source, sifted=False)
