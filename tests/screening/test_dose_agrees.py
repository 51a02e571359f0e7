"""The doses that are shown are those that a criterion is judged by; and everybody of a population can be shown."""

from datetime import date
from decimal import Decimal

import pytest
from jsonschema_rs import validator_for

from service.catalog.content import mappings_dir
from service.catalog.load import Catalog, load_catalog
from service.eligibility.assess import assess
from service.eligibility.dates import Duration, Unit
from service.eligibility.dose_profile import DoseProfile, dose_profile
from service.eligibility.dosing.naming import Naming
from service.eligibility.dosing.ranges import decimal
from service.eligibility.evaluate.context import Case
from service.eligibility.explain.dose_chart import dose_chart
from service.eligibility.explain.dose_report import dose_report
from service.eligibility.facts import Kind, PatientRecord
from service.screening.dose_line import dose_line
from service.screening.judging import knowledge_of
from service.screening.merging import merge_replaced
from service.screening.population import gather
from service.screening.request import Progress, Request
from service.screening.sample import write_sample
from service.screening.sources import find_sources
from tests.contracts.test_dose import SCHEMA

AT = date(2026, 6, 30)
MONTHS = Duration(3, Unit.MONTH)
VALIDATOR = validator_for(SCHEMA)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(mappings_dir())


@pytest.fixture(scope="module")
def people(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> list[PatientRecord]:
    """A sample of people with every one of their medication records."""
    place = tmp_path_factory.mktemp("sample")
    write_sample(place, 80, 7)
    request = Request(find_sources([place]), (catalog.studies["igg4-rd-sirolimus"],), AT)
    population = gather(catalog, request, lambda reject: None, Progress(), whole=(Kind.MEDICATION,)).population
    merge_replaced(population)
    found = [each for _, each in sorted(population.people.items()) if each.patient is not None]
    return [population.record(each, population.completeness.spoiled(0)) for each in found]


def profile(catalog: Catalog, person: PatientRecord, look_back: Duration | None = MONTHS) -> DoseProfile:
    case = Case(person, AT, knowledge_of(catalog))
    naming = Naming(catalog.terminology, tuple(catalog.equivalents.values()), catalog.drugs)
    return dose_profile(case, naming, look_back, catalog.equivalents["prednisone"])


def test_the_sum_is_what_the_criterion_is_judged_by(catalog: Catalog, people: list[PatientRecord]) -> None:
    compared = 0
    for person in people:
        found = assess(person, catalog.studies["igg4-rd-sirolimus"], AT, knowledge_of(catalog))
        judged = next(each.judgement.dose for each in found.findings if each.criterion.id == "E2a")
        shown = profile(catalog, person).equivalent
        assert shown is not None
        if judged is None:
            assert shown.stretches == ()
            continue
        compared += bool(shown.stretches)
        averages = [each.value.average for each in shown.stretches]
        assert judged.least == decimal(max(each.low for each in averages))
        highs = [each.high for each in averages]
        assert judged.most == (None if None in highs else decimal(max(high for high in highs if high is not None)))
    assert compared > 5


@pytest.mark.parametrize("look_back", [MONTHS, None], ids=["3 months", "all"])
def test_everybody_can_be_shown(catalog: Catalog, people: list[PatientRecord], look_back: Duration | None) -> None:
    for person in people:
        found = profile(catalog, person, look_back)
        VALIDATOR.validate(dose_line(found))
        assert dose_chart(found, Decimal(10)).startswith("<svg") and dose_report(found).startswith("Daily doses")


def test_steps_follow_one_another_within_the_window(catalog: Catalog, people: list[PatientRecord]) -> None:
    for person in people:
        found = profile(catalog, person)
        assert found.equivalent is not None
        for curve in (found.equivalent, *found.ingredients):
            days = [day for each in curve.stretches for day in (each.start.toordinal(), each.end.toordinal() + 1)]
            assert days == sorted(days)
            assert not days or found.window.earliest.toordinal() <= days[0] <= days[-1] <= AT.toordinal() + 1
