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

from service.eligibility.criteria import Measure
from service.eligibility.dosing.measure import DoseAnswer, Step, Taken
from service.eligibility.dosing.products import DrugCatalog
from service.eligibility.outcome import Reason
from service.fhir.medications import adapt_medication_record
from service.fhir.reading import Reading
from tests.doses import ROWS, asked

AT = date(2026, 4, 1)


class NoUnits:
    """Doses read their units themselves."""

    def ucum(self, text: str, *, coded: bool) -> str | None:
        return None


CATALOG = DrugCatalog(names={name: row.codings[0] for name, row in ROWS.items()})

# Text alone is not read yet: such a dose is missing, never zero and never guessed (the next dose issue reads it).
TEXT_ALONE = {"D34": "use as directed", "D35": "a taper in words"}
NEEDS_A_WEIGHT = {"D37": "mg/kg: the weight is not brought to the dose yet", "D38": "mg/kg, and no weight on record"}
# Not doses of a systemic glucocorticoid: the criterion's codes and `systemic` keep them out before a dose is asked for.
NOT_ASKED = {"D41": "eye drops", "D49": "methotrexate"}
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
    return asked(facts, measure=measure, at=AT)


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


@pytest.mark.shared
@pytest.mark.parametrize("name", [*TEXT_ALONE, *NEEDS_A_WEIGHT])
def test_what_cannot_be_computed_yet_is_missing(shared: Path, name: str) -> None:
    example = next(each for each in examples(shared) if each["id"] == name)
    found = answers(example, "cycle_average")
    assert found.outcome.code == "unknown"
    assert Reason.DOSE_MISSING in found.reasons
