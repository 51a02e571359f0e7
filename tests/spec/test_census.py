"""Every record of a systemic glucocorticoid in the examples of others has a dose, or a reason why it has none."""

from pathlib import Path

import pytest

from tests.census import census, examples

pytestmark = pytest.mark.shared


def test_every_record_has_a_dose_or_a_reason(shared: Path, tmp_path: Path) -> None:
    entries = list(census(examples(shared / "data", tmp_path)))
    assert entries
    without = [each for each in entries if each.verdict.startswith("missing") and "-" not in each.verdict]
    assert without == []
    tapers = [each for each in entries if each.reference == "MedicationRequest/medrx0303"]
    assert {(each.source, each.verdict, each.doses) for each in tapers} == {
        (source, "computed", "10, 20, 5") for source in ("hl7-r4", "hl7-r4b", "hl7-r5")
    }
    assert "MedicationDispense/meddisp0305" not in {each.reference for each in entries}  # entered in error
