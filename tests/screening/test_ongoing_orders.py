"""An order that goes on is watched anew every day: screening one must come to an end."""

from pathlib import Path

from tests.screening import shipped
from tests.screening.world import Json, export, run

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
DAILY: Json = {
    "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
    "route": {"coding": [{"system": "http://snomed.info/sct", "code": "26643006"}]},
    "doseAndRate": [{"doseQuantity": {"value": 20, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}}],
}
ORDER: Json = {
    "resourceType": "MedicationRequest",
    "id": "m",
    "status": "active",
    "intent": "order",
    "subject": {"reference": "Patient/p"},
    "authoredOn": "2026-06-01",
    "medicationCodeableConcept": {
        "coding": [{"system": RXNORM, "code": "312617"}],
        "text": "prednisone 20 MG Oral Tablet",
    },
    "dosageInstruction": [DAILY],
}


def test_a_person_on_prednisone_without_end_is_kept_out_and_not_watched_for_ever(tmp_path: Path) -> None:
    source = export(tmp_path / "in", MedicationRequest=[ORDER])
    result = run(source, world=shipped.catalog(), studies=(shipped.STUDY,))
    assert result.answer("E3") == ("met", ())
    assert result.assessments["p"]["later"] is None, "that an order grows stale is no end of it"
