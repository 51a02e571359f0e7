"""A study says for how long depots act, and that injections into a joint count."""

from pathlib import Path

from service.catalog.content import mappings_dir
from service.catalog.load import load_catalog
from service.screening.cases import load_cases, run_case

SITE = Path(__file__).parent / "injections"
STUDY = "injected-glucocorticoids"


def test_the_study_of_injections_answers_its_cases() -> None:
    catalog = load_catalog(mappings_dir(), SITE)
    study = catalog.studies[STUDY]
    criteria = frozenset(each.id for each in study.criteria)
    cases = load_cases(
        SITE / "studies" / STUDY / "cases.yaml", mappings_dir() / "schemas" / "cases.schema.json", criteria
    )
    results = [run_case(each, study, catalog) for each in cases]
    assert {each.case.name: each.differences for each in results if each.differences} == {}
