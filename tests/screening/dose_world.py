"""Medication records as small exports, and the command `prescreen dose` given on them."""

import json
from pathlib import Path
from typing import Any

import pytest

from service.cli import main
from tests.screening.world import Json, export

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
UCUM = "http://unitsofmeasure.org"
SNOMED = "http://snomed.info/sct"
ORAL: Json = {"coding": [{"system": SNOMED, "code": "26643006"}], "text": "Oral"}
INHALED: Json = {"text": "inhalation"}
PREDNISONE, DEXAMETHASONE, HYDROCORTISONE = "8640", "3264", "5492"
AS_OF = "2026-06-30"
MEDICATIONS = ("MedicationRequest", "MedicationDispense", "MedicationStatement", "MedicationAdministration")
Step = tuple[str, str, float, float | None]


def amount(value: float, unit: str = "mg") -> Json:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def dosage(value: float | None, unit: str = "mg", route: Json | None = ORAL, **more: object) -> Json:
    """A dosage once a day by mouth, unless told otherwise."""
    timing = more.pop("timing", {"frequency": 1, "period": 1, "periodUnit": "d"})
    found: Json = {**more}
    if value is not None:
        found |= {"timing": {"repeat": timing}, "doseAndRate": [{"doseQuantity": amount(value, unit)}]}
    return found | ({"route": route} if route is not None else {})


def every(frequency: int, period: int, unit: str = "d", **more: object) -> Json:
    return {"frequency": frequency, "period": period, "periodUnit": unit, **more}


def period(start: str, end: str) -> Json:
    return {"boundsPeriod": {"start": start, "end": end}}


def drug(text: str, code: str | None = None) -> Json:
    return {"text": text, **({"coding": [{"system": RXNORM, "code": code}]} if code else {})}


def order(identity: str, medication: Json, *dosages: Json, start: str = "2026-05-01", **more: object) -> Json:
    return {
        "resourceType": "MedicationRequest",
        "id": identity,
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p"},
        "authoredOn": start,
        "medicationCodeableConcept": medication,
        "dosageInstruction": list(dosages),
        **more,
    }


def dispense(identity: str, medication: Json, *dosages: Json, day: str = "2026-05-01", **more: object) -> Json:
    return {
        "resourceType": "MedicationDispense",
        "id": identity,
        "status": "completed",
        "subject": {"reference": "Patient/p"},
        "whenHandedOver": day,
        "medicationCodeableConcept": medication,
        "dosageInstruction": list(dosages),
        **more,
    }


class Doses:
    """Gives the command on records of one patient."""

    def __init__(self, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.place, self.capsys = place, capsys

    def __call__(self, *records: Json | bytes, without: tuple[str, ...] = (), **options: str) -> str:
        """What the command prints. `without`: types that were not loaded; `options`: `look_back="all"`, `to=""` …"""
        given = {"look_back": "3 months", "to": "prednisone", "format": "json", **options}
        files: dict[str, list[object]] = {each: [] for each in MEDICATIONS if each not in without}
        for each in records:
            name = "MedicationRequest" if isinstance(each, bytes) else str(each["resourceType"])
            files.setdefault(name, []).append(each)
        source = export(self.place / "in", **files)  # type: ignore[arg-type]
        words = ["dose", str(source), "--patient", given.pop("patient", "p"), "--as-of", given.pop("as_of", AS_OF)]
        to = given.pop("to")
        words += ["--equivalent-to", to] if to else []
        for name, value in given.items():
            words += [f"--{name.replace('_', '-')}", value]
        self.status = main(words)
        printed, self.complaint = self.capsys.readouterr()
        return printed

    def json(self, *records: Json | bytes, **options: Any) -> Any:
        """What it prints as JSON."""
        return json.loads(self(*records, **options))


def averages(steps: list[Json]) -> list[Step]:
    return [(s["start"], s["end"], s["least"], s["most"]) for s in steps]  # type: ignore[misc]


def peaks(steps: list[Json]) -> list[Step]:
    return [(s["start"], s["end"], s["peak_least"], s["peak_most"]) for s in steps]  # type: ignore[misc]
