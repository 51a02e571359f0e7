"""Criteria of other trials: each is expressed in a study, and what a study leaves to a person is in the documents."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from service.catalog.content import mappings_dir
from service.catalog.lint import contradictions, uncovered
from service.catalog.load import Catalog, load_catalog
from service.eligibility.criteria import Criterion, Manual
from service.eligibility.criteria.walk import within
from service.eligibility.outcome import Outcome
from service.screening.asking import study_text
from service.screening.cases import PatientCase, load_cases, run_case, untested
from tests.docs.markdown import table
from tests.shape.source import ROOT

SITE = Path(__file__).parent / "criteria"
STUDY = "criteria-of-other-trials"
DIRECTORY = SITE / "studies" / STUDY
LIMITS = (ROOT / "docs" / "criteria-language-limits.md").read_text(encoding="utf-8")
EXAMPLES = ("heart-failure-reduced-ef", "rheumatoid-arthritis-methotrexate", STUDY)


@cache
def catalog() -> Catalog:
    return load_catalog(mappings_dir(), SITE)


@cache
def cases() -> tuple[PatientCase, ...]:
    criteria = frozenset(each.id for each in catalog().studies[STUDY].criteria)
    return load_cases(DIRECTORY / "cases.yaml", mappings_dir() / "schemas" / "cases.schema.json", criteria)


def listed() -> set[str]:
    """The criteria of which the documents say what is missing."""
    rows = table(LIMITS, "criteria of other trials:")
    assert all(len(row) == 4 and all(row) for row in rows)
    return {row[0] for row in rows}


def asks_a_person(criteria: list[Criterion]) -> bool:
    return any(isinstance(each, Manual) for criterion in criteria for each in within(criterion.node))


def test_the_study_of_other_criteria_answers_its_cases() -> None:
    results = [run_case(each, catalog().studies[STUDY], catalog()) for each in cases()]
    assert {each.case.name: each.differences for each in results if each.differences} == {}


def test_every_outcome_that_a_criterion_can_come_to_has_a_case() -> None:
    tested: dict[str, set[Outcome]] = {}
    for case in cases():
        for criterion, expected in case.expected.items():
            tested.setdefault(criterion, set()).add(expected.outcome)
    assert untested(catalog().studies[STUDY], tested) == []


def test_the_study_is_sound_and_its_text_up_to_date() -> None:
    file = catalog().study_files[STUDY]
    assert [*uncovered(file), *contradictions(file)] == []
    committed = (DIRECTORY / "study.txt").read_text(encoding="utf-8")
    assert committed == study_text(catalog(), file.study), f"run: prescreen study show {STUDY} --site {SITE.name}"


def test_what_the_test_study_leaves_to_a_person_is_in_the_documents() -> None:
    criteria = {each.id: each for each in catalog().studies[STUDY].criteria}
    manual = {name for name, each in criteria.items() if asks_a_person([each])}
    assert manual == listed() & criteria.keys()


@pytest.mark.shared
def test_each_criterion_of_other_trials_is_expressed_or_listed_with_what_is_missing(shared: Path) -> None:
    collected: list[dict[str, Any]] = json.loads((shared / "clinical" / "criteria.json").read_text(encoding="utf-8"))
    missing = listed()
    written = [each for study in EXAMPLES for each in catalog().studies[study].criteria]
    unsaid, unexplained = [], []
    for each in collected:
        found = [criterion for criterion in written if criterion.text == each["text_condensed"]]
        if not found and each["id"] not in missing:
            unsaid.append(each["id"])
        if found and asks_a_person(found) is not (each["id"] in missing):
            unexplained.append(each["id"])
    assert (unsaid, unexplained) == ([], [])
    assert missing <= {each["id"] for each in collected}


@pytest.mark.shared
def test_an_example_names_the_trials_that_it_is_composed_of(shared: Path) -> None:
    collected = json.loads((shared / "clinical" / "criteria.json").read_text(encoding="utf-8"))
    sources = {each["source"]: each["text_condensed"] for each in collected}
    for study in EXAMPLES[:2]:
        lines = dict(re.findall(r"^(NCT\d{8}): (.+)$", catalog().studies[study].source, re.MULTILINE))
        assert len(lines) == 3, study
        assert lines == {name: sources[name] for name in lines}, study
        assert {each.text for each in catalog().studies[study].criteria} == set(lines.values()), study
