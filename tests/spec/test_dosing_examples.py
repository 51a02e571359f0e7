"""The worked dosages that clinicians wrote for this project, from the FHIR resource to the answer, by both readings.

Where the engine and an example differ it is listed here with the reason; SEMANTICS decides.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from service.catalog.content import mappings_dir
from service.catalog.load import Catalog, load_catalog
from service.eligibility.assess import Finding, assess
from service.eligibility.criteria import Measure
from service.eligibility.dates import ANY_DAY, FOREVER, Days, Duration, Span, Unit, Window
from service.eligibility.dosing.body import Body, Measurement
from service.eligibility.dosing.measure import DoseAnswer, Step, Taken
from service.eligibility.dosing.products import DrugCatalog
from service.eligibility.evaluate import Knowledge
from service.eligibility.facts import Evidence, Loaded, PatientRecord, Person
from service.eligibility.outcome import Reason
from service.eligibility.policy import MEDICATION_TYPES
from service.eligibility.quantity import Interval
from service.fhir.adapt import adapt
from service.fhir.medications import adapt_medication_record
from service.fhir.reading import Reading
from tests.doses import ROWS, asked

AT = date(2026, 4, 1)


class NoUnits:
    """Doses read their units themselves."""

    def ucum(self, text: str, *, coded: bool) -> str | None:
        return None


CATALOG = DrugCatalog(names={name: row.codings[0] for name, row in ROWS.items()})

# No text says how much: such a dose is missing, never zero and never guessed.
TEXT_ALONE = {"D34": "use as directed"}
NEEDS_A_WEIGHT = {"D38": "mg/kg, and no weight on record"}
# Not doses of a systemic glucocorticoid: the criterion's codes and `systemic` keep them out before a dose is asked for.
NOT_ASKED = {"D41": "eye drops", "D49": "methotrexate"}
WEIGHED, BORN = "2026-01-02", Days.on(date(1970, 5, 5))
WORD = {"true": "met", "false": "not_met", "unknown": "unknown"}
MEASURES: dict[str, Measure] = {"by_average": "cycle_average", "by_single_day": "highest_day"}
EXPECTED = {"by_average": "prednisone_eq_mg_per_day_avg", "by_single_day": "prednisone_eq_mg_peak_calendar_day"}


def answers(example: Mapping[str, Any], measure: Measure) -> DoseAnswer:
    reading = Reading(ZoneInfo("UTC"), NoUnits(), drugs=CATALOG)
    facts = []
    for number, resource in enumerate(example["resources"]):
        adapted = adapt_medication_record({**resource, "id": f"{example['id']}-{number}"}, reading)
        assert not adapted.unreadable
        facts += [Taken(fact) for fact in adapted.facts]  # type: ignore[arg-type]
    return asked(facts, measure=measure, at=AT, body=body(example))


def body(example: Mapping[str, Any]) -> Body:
    """The weight that the example's context states, as of some day near its order."""
    weight = example["context"].get("weight_kg") if example.get("context") else None
    if weight is None:
        return Body()
    when = Days.on(date.fromisoformat(WEIGHED))
    return Body((Measurement(when, Interval.exactly(Decimal(str(weight))), "Observation/w"),), birth=BORN)


def examples(shared: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((shared / "clinical" / "dosage_examples.json").read_text())["examples"]
    return found


@pytest.mark.shared
@pytest.mark.parametrize("reading", MEASURES)
def test_every_structured_example_has_the_expected_answer(shared: Path, reading: str) -> None:
    wrong = []
    for example in examples(shared):
        if example["id"] in (*TEXT_ALONE, *NEEDS_A_WEIGHT, *NOT_ASKED):
            continue
        found = answers(example, MEASURES[reading])
        expected = WORD[example["expected"]["exceeds_10mg_prednisone_eq_any_time"][reading]]
        if found.outcome.code != expected:
            wrong.append((example["id"], expected, found.outcome.code, found.factors))
    assert wrong == []


@pytest.mark.shared
@pytest.mark.parametrize("reading", MEASURES)
def test_every_structured_example_has_the_expected_dose_on_every_day(shared: Path, reading: str) -> None:
    """On each expected segment; a range must hold the expected number, as the table of equivalences gives ranges."""
    wrong = []
    for example in examples(shared):
        if example["id"] in (*TEXT_ALONE, *NEEDS_A_WEIGHT, *NOT_ASKED):
            continue
        found = answers(example, MEASURES[reading])
        for segment in example["expected"]["segments"]:
            steps = list(during(found.steps, segment))
            low, high = ends(segment[EXPECTED[reading]])
            covered = bool(steps) or high == 0
            if not covered or not all(agrees(step, MEASURES[reading], low, high) for step in steps):
                wrong.append((example["id"], segment, [str(step.measured(MEASURES[reading])) for step in steps]))
    assert wrong == []


def during(steps: tuple[Step, ...], segment: Mapping[str, Any]) -> Iterator[Step]:
    first = date.fromisoformat(segment["start"])
    last = date.fromisoformat(segment["end"]) if segment["end"] else AT
    return (step for step in steps if first <= step.start and step.end <= last)


def ends(value: Any) -> tuple[Fraction, Fraction]:
    low, high = (value["low"], value["high"]) if isinstance(value, dict) else (value, value)
    return Fraction(Decimal(str(low))), Fraction(Decimal(str(high)))


def agrees(step: Step, measure: Measure, low: Fraction, high: Fraction) -> bool:
    found, close = step.measured(measure), Fraction(1, 1000)
    return found.low <= low + close and (found.high is None or found.high >= high - close)


# What a whole chart answers where that is not what the example expects: each is unknown, for this reason.
UNKNOWN_IN_THE_CHART = {
    "D09": Reason.NAME_ONLY,  # the drug has a text and no code
}


@pytest.mark.shared
def test_the_shipped_study_answers_every_example(shared: Path) -> None:
    """From the resource to E2a of the IgG4-RD study, with its value sets, products and factors: none is skipped."""
    catalog = load_catalog(mappings_dir())
    wrong = []
    for example in examples(shared):
        found = finding(catalog, example)
        expected = WORD[example["expected"]["exceeds_10mg_prednisone_eq_any_time"]["by_average"]]
        if example["id"] in UNKNOWN_IN_THE_CHART:
            assert UNKNOWN_IN_THE_CHART[example["id"]] in found.judgement.reasons
        elif found.outcome.code != expected:
            wrong.append((example["id"], expected, found.outcome.code))
    assert wrong == []


def weighed(example: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The weight that the example's context states, as an Observation."""
    weight = example["context"].get("weight_kg") if example.get("context") else None
    if weight is not None:
        kilograms = {"value": weight, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"}
        code = {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]}
        yield {
            "resourceType": "Observation", "id": "w", "status": "final", "code": code, "valueQuantity": kilograms,
            "subject": {"reference": "Patient/p"}, "effectiveDateTime": WEIGHED,
        }  # fmt: skip


def finding(catalog: Catalog, example: Mapping[str, Any]) -> Finding:
    """What criterion E2a says of a person of whom nothing but this example is on record."""
    reading = Reading(catalog.site.zone, catalog.units, drugs=catalog.drugs)
    resources = ({**each, "id": f"{example['id']}-{n}"} for n, each in enumerate(example["resources"]))
    read = [adapt(each, reading) for each in (*resources, *weighed(example))]
    record = PatientRecord(
        Person("p", Evidence("Patient/p", "Patient.id"), birth=BORN),
        tuple(fact for each in read for fact in each.facts),
        tuple(bad for each in read for bad in each.unreadable),
        dict.fromkeys((*MEDICATION_TYPES, "Observation"), Loaded.COMPLETE),
        (date(2026, 3, 1),),
    )
    knowledge = Knowledge(catalog.terminology, catalog.units, catalog.equivalents, catalog.policy)
    findings = assess(record, catalog.studies["igg4-rd-sirolimus"], AT, knowledge).findings
    return next(each for each in findings if each.criterion.id == "E2a")


@pytest.mark.shared
def test_the_examples_set_apart_are_the_ones_there_are(shared: Path) -> None:
    names = [each["id"] for each in examples(shared)]
    apart = [*TEXT_ALONE, *NEEDS_A_WEIGHT, *NOT_ASKED]
    assert len(set(names)) == len(names) == 27 and set(apart) < set(names) and len(set(apart)) == len(apart) == 4


UNITS = {"mo": Unit.MONTH, "wk": Unit.WEEK, "a": Unit.YEAR}


def window_before(day: str, words: str) -> Window:
    count, unit = words.split()
    return Window.of(Duration(int(count), UNITS[unit]).before(date.fromisoformat(day)), date.fromisoformat(day))


@pytest.mark.shared
def test_every_example_of_a_window_begins_on_its_day_and_holds_its_exposures(shared: Path) -> None:
    given = json.loads((shared / "clinical" / "dosage_examples.json").read_text())["window_examples"]
    for row in given["rows"]:
        window = window_before(row["index_date"], row["window"])
        assert window.possible.earliest.isoformat() == row["calendar_start_inclusive"]
    for case in given["overlap_cases"]:
        window = window_before(case["index"], case["window"])
        start, end = (Days.on(date.fromisoformat(day)) if day else None for day in case["exposure"])
        span = Span(start or ANY_DAY, end or (Days.on(FOREVER) if start else ANY_DAY))
        assert span.during(window).code == {True: "met", False: "not_met", "unknown": "unknown"}[case["overlaps"]]


@pytest.mark.shared
@pytest.mark.parametrize("name", [*TEXT_ALONE, *NEEDS_A_WEIGHT])
def test_what_cannot_be_computed_yet_is_missing(shared: Path, name: str) -> None:
    example = next(each for each in examples(shared) if each["id"] == name)
    found = answers(example, "cycle_average")
    assert found.outcome.code == "unknown"
    assert Reason.DOSE_MISSING in found.reasons
