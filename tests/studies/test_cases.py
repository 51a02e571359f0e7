"""Every study answers its cases, every outcome that can be reached has one, and study.txt says what study.yaml does."""

from functools import cache
from pathlib import Path

import pytest

from service.catalog.content import mappings_dir
from service.catalog.load import Catalog, load_catalog
from service.eligibility.criteria import Study
from service.eligibility.explain.study_text import render_study
from service.eligibility.outcome import Outcome
from service.screening.cases import PatientCase, load_cases, run_case, untested

STUDIES = sorted(path.parent for path in mappings_dir().glob("studies/*/study.yaml"))
each_study = pytest.mark.parametrize("directory", STUDIES, ids=lambda path: path.name)


@cache
def catalog() -> Catalog:
    return load_catalog(mappings_dir(), None)


@cache
def cases(directory: Path) -> tuple[PatientCase, ...]:
    criteria = frozenset(each.id for each in study_in(directory).criteria)
    return load_cases(directory / "cases.yaml", mappings_dir() / "schemas" / "cases.schema.json", criteria)


def study_in(directory: Path) -> Study:
    return catalog().studies[directory.name]


@each_study
def test_a_study_answers_its_cases_as_expected(directory: Path) -> None:
    results = [run_case(case, study_in(directory), catalog()) for case in cases(directory)]
    assert {each.case.name: each.differences for each in results if each.differences} == {}


@each_study
def test_every_outcome_that_a_criterion_can_come_to_has_a_case(directory: Path) -> None:
    tested: dict[str, set[Outcome]] = {}
    for case in cases(directory):
        for criterion, expected in case.expected.items():
            tested.setdefault(criterion, set()).add(expected.outcome)
    assert untested(study_in(directory), tested) == []


@each_study
def test_the_text_of_a_study_is_up_to_date(directory: Path) -> None:
    titles = {each.id: each.title for each in catalog().terminology.value_sets.values()}
    committed = (directory / "study.txt").read_text(encoding="utf-8")
    assert committed == render_study(study_in(directory), titles), "run: prescreen study show ID --write"


def test_ten_empty_charts_give_no_signal() -> None:
    chart = next(each for each in cases(mappings_dir() / "studies" / "igg4-rd-sirolimus") if not each.resources[1:])
    charts = [chart] * 10
    study = catalog().studies["igg4-rd-sirolimus"]
    assert {run_case(each, study, catalog()).assessment.signal.value for each in charts} == {"none"}
