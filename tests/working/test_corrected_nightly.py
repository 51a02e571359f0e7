"""Corrections in a nightly export: the same record, the same decision, the same answer as by the worker."""

import json
from pathlib import Path
from typing import Any

from service.screening.decisions.kinds import Kind
from service.screening.exports import Export
from service.screening.nightly import screen_export
from service.screening.request import Progress
from service.screening.tenant import Tenant
from service.store import assessments, decisions
from service.store.decisions import Decision
from service.store.engine import Store
from tests.screening.world import STUDY, cancer, encounter, export, haemoglobin, patient
from tests.working.world import NOON, catalog


def night(store: Store, place: Path, name: str, **files: Any) -> dict[str, Any]:
    """One export screened; the line of p that holds, and its directory."""
    tenant = Tenant("north", catalog(), (STUDY.id,))
    made = export(place / name, **files)
    screen_export(store, tenant, Export(name, made, NOON, None), place / "results", lambda: NOON, Progress())
    found = assessments.latest(store, "north", STUDY.id, "p")
    assert found is not None
    return dict(found.stored.line)


def correct(store: Store, of: str = "p", claim: str | None = "entered-in-error") -> None:
    held = assessments.latest(store, "north", STUDY.id, of)
    assert held is not None
    content = {"claim": claim, "version": held.records.get("Condition/c"), "criteria": {STUDY.id: ["E1"]}}
    decisions.add(store, Decision("north", None, of, Kind.CORRECTION, "Condition/c", content, "why", "anna", NOON))


def files(*conditions: Any, **more: Any) -> dict[str, Any]:
    return {"Patient": [patient()], "Observation": [haemoglobin()], "Encounter": [encounter()]} | {
        "Condition": list(conditions),
        **more,
    }


def test_a_correction_holds_in_the_next_export_and_not_for_another_content(store: Store, tmp_path: Path) -> None:
    """The records have no version here: their content tells."""
    assert night(store, tmp_path, "1", **files(cancer()))["standing"] == "ineligible"
    correct(store)
    second = night(store, tmp_path, "2", **files(cancer()))
    assert second["standing"] == "candidate" and second["corrections"][0]["holds"] is True
    again = night(store, tmp_path, "3", **files(cancer()))
    assert json.dumps(again) == json.dumps(second)
    changed = night(store, tmp_path, "4", **files(cancer(recordedDate="2026-06-01")))
    assert changed["standing"] == "ineligible" and changed["corrections"][0]["holds"] is False


def test_without_a_correction_nothing_is_said_of_any(store: Store, tmp_path: Path) -> None:
    assert "corrections" not in night(store, tmp_path, "1", **files(cancer()))
    correct(store)
    correct(store, claim=None)
    assert "corrections" not in night(store, tmp_path, "2", **files(cancer()))


def test_decisions_follow_a_merged_record_and_leave_it_again(store: Store, tmp_path: Path) -> None:
    night(store, tmp_path, "1", **files(cancer()))
    survivor = patient("q", link=[{"type": "replaces", "other": {"reference": "Patient/p"}}])
    night(store, tmp_path, "2", **files(cancer(), Patient=[patient(), survivor]))
    assert decisions.together(store, "north", "q") == ("q", "p")
    apart = files(cancer(), Patient=[patient(), patient("q")], Encounter=[encounter(), encounter("f", "q")])
    night(store, tmp_path, "3", **apart)
    assert decisions.together(store, "north", "q") == ("q",)
