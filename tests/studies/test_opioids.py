"""The table of equivalents of a second kind of drug: doses of opioids in morphine, and in any other of its drugs."""

from functools import cache
from pathlib import Path

from service.catalog.content import mappings_dir
from service.catalog.load import Catalog, load_catalog
from service.screening.cases import load_cases, run_case

SITE = Path(__file__).parent / "opioids"
STUDY = "morphine-equivalents"


@cache
def catalog() -> Catalog:
    return load_catalog(mappings_dir(), SITE)


def test_the_study_of_opioids_answers_its_cases() -> None:
    study = catalog().studies[STUDY]
    criteria = frozenset(each.id for each in study.criteria)
    cases = load_cases(
        SITE / "studies" / STUDY / "cases.yaml", mappings_dir() / "schemas" / "cases.schema.json", criteria
    )
    results = [run_case(each, study, catalog()) for each in cases]
    assert {each.case.name: each.differences for each in results if each.differences} == {}


def test_the_drugs_of_a_study_are_those_of_the_table() -> None:
    table = catalog().equivalents["morphine"]
    opioids = catalog().terminology.value_sets["drug-opioids"]
    listed = opioids.sure.listed | opioids.inexact.listed
    assert {code for code in table.rows if "rxnorm" in code.system} == listed
