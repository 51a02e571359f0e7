"""A hospital with codes of its own, and `prescreen coverage` given on its export."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from service.catalog.load import Catalog, load_catalog
from service.cli import coverage, main
from tests.screening.dose_world import RXNORM, dosage
from tests.screening.shipped import catalog
from tests.screening.world import Json, cancer, encounter, export, patient

LOCAL = "urn:hospital:drugs"
STUDY, AS_OF = "igg4-rd-sirolimus", "2026-06-30"
TYPES = ("Patient", "Condition", "Observation", "Encounter", "Procedure", "AllergyIntolerance", "MedicationRequest")
LOCAL_DRUG: Json = {"coding": [{"system": LOCAL, "code": "P5"}], "text": "Prednisolone 5 mg Tabl"}
TEXT_DRUG: Json = {"text": "PREDNISONE  20mg tab"}
CODED_DRUG: Json = {"coding": [{"system": RXNORM, "code": "8640"}], "text": "prednisone"}


def order(number: int, drug: Json, *dosages: Json, **more: object) -> Json:
    return {
        "resourceType": "MedicationRequest",
        "id": f"m{number}",
        "status": "active",
        "intent": "order",
        "subject": {"reference": f"Patient/p{number}"},
        "authoredOn": "2026-06-01",
        "medicationCodeableConcept": drug,
        "dosageInstruction": list(dosages or (dosage(20),)),
        **more,
    }


def people(count: int, **more: object) -> list[object]:
    return [patient(f"p{number}", **more) for number in range(count)]


def visits(count: int) -> list[object]:
    return [encounter(f"e{number}", of=f"p{number}") for number in range(count)]


def hospital(directory: Path, count: int = 20, **files: Any) -> Path:
    """An export of so many people, each with a visit, and what else is given; all types lie there, empty if not."""
    given: dict[str, Any] = {"Patient": people(count), "Encounter": visits(count), **files}
    return export(directory, **{**{name: [] for name in TYPES}, **given})


def cancers(count: int, code: Json, prefix: str = "c") -> list[object]:
    return [cancer(f"{prefix}{number}", of=f"p{number}", code=code) for number in range(count)]


def _loaded(mappings: Path, site: Path | None = None) -> Catalog:
    """Loading the shipped catalog takes longer than a small report: without a site, the tests share one."""
    return catalog() if site is None else load_catalog(mappings, site)


@pytest.fixture
def given(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> "Given":
    """The command, with a shared catalog."""
    monkeypatch.setattr(coverage, "load_catalog", _loaded)
    return Given(capsys)


@dataclass
class Given:
    """The command on an export."""

    capsys: pytest.CaptureFixture[str]

    def __call__(self, source: Path, *options: str, as_of: str = AS_OF) -> str:
        """What it printed."""
        assert main(["coverage", str(source), "--study", STUDY, "--as-of", as_of, "--quiet", *options]) == 0
        return self.capsys.readouterr().out

    def json(self, source: Path, *options: str, as_of: str = AS_OF) -> Json:
        """Its JSON."""
        found: Json = json.loads(self(source, "--format", "json", *options, as_of=as_of))
        return found
