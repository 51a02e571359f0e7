"""`--site` in the command that a hospital gives: its own study, codes and settings decide, and the summary says so."""

import json
from pathlib import Path

import pytest

from service.cli import main
from tests.catalog.world import site
from tests.screening.world import export, patient

OWN = {"system": "urn:our-hospital", "code": "K-17"}
SETTINGS = "not_kept: [AdverseEvent]\ntest_patients: [t]\naccepted_rejects: 2\n"


def chart(directory: Path) -> Path:
    """Somebody with a diagnosis in a code of the hospital's own, and a test patient."""
    condition = {
        "resourceType": "Condition",
        "id": "c",
        "subject": {"reference": "Patient/p"},
        "code": {"coding": [OWN], "text": "see letter"},
        "onsetDateTime": "2025-01-01",
    }
    return export(directory / "in", Patient=[patient(), patient("t")], Condition=[condition])


def answers(directory: Path, *arguments: str) -> tuple[dict[str, str], dict[str, object]]:
    out = directory / "out"
    given = ["screen", str(chart(directory)), "--study", "demo", "--as-of", "2026-06-30", "--out", str(out), "--quiet"]
    assert main([*given, *arguments]) == 0
    lines = [json.loads(each) for each in (out / "assessments.ndjson").read_text().splitlines()]
    found = {each["criterion"]: each["outcome"] for line in lines for each in line["findings"]}
    return found, json.loads((out / "summary.json").read_text())


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    return site(tmp_path, settings=SETTINGS)


def test_a_code_of_ones_own_means_nothing_until_a_map_says_so(ours: Path, tmp_path: Path) -> None:
    before, _ = answers(tmp_path, "--site", str(ours))
    element = {"code": "K-17", "target": [{"code": "1", "equivalence": "equivalent"}]}
    group = {"source": OWN["system"], "target": "http://snomed.info/sct", "element": [element]}
    (ours / "concept-maps").mkdir()
    (ours / "concept-maps" / "ours.json").write_text(json.dumps({"resourceType": "ConceptMap", "group": [group]}))
    after, _ = answers(tmp_path, "--site", str(ours))
    assert (before["E1"], after["E1"]) == ("not_met", "met")


def test_the_settings_of_a_site_hold_and_the_summary_says_which(ours: Path, tmp_path: Path) -> None:
    _, summary = answers(tmp_path, "--site", str(ours))
    assert summary["people"]["held_back_reasons"] == {"test-patient": 1}  # type: ignore[index]
    assert summary["not_kept"] == ["AdverseEvent"]
    assert summary["accepted_rejects"] == 2
    _, summary = answers(tmp_path, "--site", str(ours), "--accept-rejects", "0")
    assert summary["accepted_rejects"] == 0


def test_a_study_of_ones_own_is_unknown_without_the_site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["screen", str(chart(tmp_path)), "--study", "demo", "--as-of", "2026-06-30", "--out", str(tmp_path / "out")]
    assert main(given) == 2
    assert "no study 'demo'; there are: " in capsys.readouterr().err
