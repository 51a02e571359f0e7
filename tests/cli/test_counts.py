"""counts, study history: numbers and versions at the terminal."""

import json
from dataclasses import replace
from datetime import timedelta

from service.catalog.content import mappings_dir
from service.catalog.load import load_catalog
from service.screening.studying import upkeep
from service.screening.tenant import Tenant
from service.store import assessments
from service.store.engine import Store
from tests.cli.conftest import NOW, Prescreen

STUDY = "heart-failure-reduced-ef"


def assess(store: Store, number: int, standing: str = "candidate") -> None:
    """Somebody whose line has no findings: enough for the funnel."""
    told = {"signal": "strong", "standing": standing, "study_version": "1", "findings": [], "later": None}
    line = {**told, "unresolved": 0, "next_change": None}
    assessments.add(store, "demo", STUDY, "1", f"p{number}", "d", NOW.date(), line, None, NOW)


def test_counts_are_made_and_told(store: Store, prescreen: Prescreen) -> None:
    for number in range(12):
        assess(store, number)
    status, out, _ = prescreen("counts", STUDY)
    assert status == 0 and "assessed 12, with a signal 12" in out and "candidates 12" in out
    assess(store, 12, "needs_review")
    told = json.loads(prescreen("counts", STUDY, "--format", "json")[1])
    assert (told["funnel"]["candidate"], told["funnel"]["needs_review"]) == (12, 1)


def test_counts_that_are_passed_on_tell_of_no_few(store: Store, prescreen: Prescreen) -> None:
    for number in range(12):
        assess(store, number)
    assess(store, 12, "needs_review")
    _, out, _ = prescreen("counts", STUDY, "--suppressed")
    assert "assessed 13" in out and "needs review not shown, candidates not shown" in out


def test_a_study_that_is_not_open_is_refused(store: Store, prescreen: Prescreen) -> None:
    for words in (("counts", "other"), ("study", "history", "other")):
        status, out, complaint = prescreen(*words)
        assert (status, out) == (2, "") and STUDY in complaint


def test_the_history_shouts_at_a_change_without_a_new_version(store: Store, prescreen: Prescreen) -> None:
    catalog = load_catalog(mappings_dir())
    study = replace(catalog.studies[STUDY], title="Another title")
    before = Tenant("demo", replace(catalog, studies={STUDY: study}), (STUDY,))
    upkeep.keep_versions(store, before, NOW - timedelta(days=30))
    status, out, _ = prescreen("study", "history", STUDY)
    assert status == 0
    assert "CHANGED WITHOUT A NEW VERSION" in out and "− Another title (" in out
    assert prescreen("study", "history", STUDY)[1] == out
