"""Amounts of doses: in which unit, and where two statements of one are not the same. SEMANTICS §6.3 and §6.4."""

from typing import Any

import pytest

from tests.adapters.test_medications import fact, request

DOSAGES = {
    "R4": ({"doseAndRate": [{"doseQuantity": {"value": 2, "unit": "mg", "code": "mg"}}]}, "2 mg"),
    "STU3, still met": ({"doseQuantity": {"value": 2, "unit": "mg"}}, "2 mg"),
    "a range": (
        {"doseAndRate": [{"doseRange": {"low": {"value": 1, "unit": "mg"}, "high": {"value": 2, "unit": "mg"}}}]},
        "1 to 2 mg",
    ),
    "up to": ({"doseAndRate": [{"doseRange": {"high": {"value": 2, "unit": "mg"}}}]}, "0 to 2 mg"),
    "ordered and calculated are one dose": (
        {"doseAndRate": [
            {"doseQuantity": {"value": 1, "unit": "mg/kg"}}, {"doseQuantity": {"value": 60, "unit": "mg"}},
        ]},
        "60 mg",
    ),
    "ordered in tablets, calculated in mg": (
        {"doseAndRate": [
            {"doseQuantity": {"value": 2, "unit": "tablet"}}, {"doseQuantity": {"value": 20, "unit": "mg"}},
        ]},
        "20 mg",
    ),
    "ordered in mg, calculated in g, and not the same": (
        {"doseAndRate": [{"doseQuantity": {"value": 5, "unit": "mg"}}, {"doseQuantity": {"value": 0.02, "unit": "g"}}]},
        "5 to 20 mg",
    ),
    "no unit": ({"doseAndRate": [{"doseQuantity": {"value": 1}}]}, "1"),
    "a code for tablets, and mg in words: neither": (
        {"doseQuantity": {"value": 5, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "{tbl}"}}, "5",
    ),
    "a code for micrograms, and mg in words: neither": (
        {"doseQuantity": {"value": 5, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "ug"}}, "5",
    ),
    "a code and words for the same": (
        {"doseQuantity": {"value": 5, "unit": "Tablet(s)", "system": "http://unitsofmeasure.org", "code": "{tbl}"}},
        "5 {tbl}",
    ),
    "a code for mg, and a dose by body weight in words: neither": (
        {"doseQuantity": {"value": 1, "unit": "mg/kg/day", "system": "http://unitsofmeasure.org", "code": "mg"}}, "1",
    ),
    "a code for mg, and tablets of so many mg in words: neither": (
        {"doseQuantity": {"value": 4, "unit": "tablets (5 mg)", "system": "http://unitsofmeasure.org", "code": "mg"}},
        "4",
    ),
    "a code of no system, and other words: neither": (
        {"doseQuantity": {"value": 20, "unit": "mcg", "code": "mg"}}, "20",
    ),
    "a code and words for a dose by body weight": (
        {"doseQuantity": {"value": 1, "unit": "mg/kg", "system": "http://unitsofmeasure.org", "code": "mg/kg"}},
        "1 mg/kg",
    ),
    "a code, and words that are no unit": (
        {"doseQuantity": {"value": 5, "unit": "milligramme", "system": "http://unitsofmeasure.org", "code": "mg"}},
        "5 mg",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("dosage", "amount"), DOSAGES.values(), ids=DOSAGES.keys())
def test_amounts(dosage: dict[str, Any], amount: str) -> None:
    assert str(fact(request(dosageInstruction=[dosage])).instructions[0].amount) == amount
