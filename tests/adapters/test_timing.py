"""How often the code of a timing says that a dose is taken, alone and beside `repeat`."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from service.eligibility.dosing.daily import Holding, daily
from service.fhir.dosage import read_dosage


def coded(*texts: str, gts: tuple[str, ...] = ()) -> dict[str, Any]:
    """Codes of HL7, and codes that only their displays explain."""
    system = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"
    told = [{"system": "urn:ours", "code": "1", "display": each} for each in texts]
    return {"coding": [*({"system": system, "code": each} for each in gts), *told]}


ONCE, WEEKDAYS = {"frequency": 1, "period": 1, "periodUnit": "d"}, {"dayOfWeek": ["mon", "tue", "wed"]}
# the code of the timing                            its repeat      5 mg, on average mg a day
CODED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (coded(gts=("BID",)), {}, "10"),
    (coded(gts=("BID",)), WEEKDAYS, "4.2857"),
    (coded(gts=("BID",)), ONCE, "5 to 10"),
    (coded(gts=("BID", "TID")), {}, "10 to 15"),
    (coded(gts=("QD", "BID", "TID")), ONCE, "5 to 15"),
    (coded("3 times daily"), {}, "15"),
    (coded("2 times daily"), WEEKDAYS, "4.2857"),
    (coded("Every other day"), ONCE, "2.5 to 5"),
    (coded("Daily"), ONCE, "5"),
    (coded("Once daily", gts=("QD",)), {}, "5"),
    (coded("Twice daily", gts=("QD",)), {}, "5 to 10"),
    (coded("Every 6 hours", gts=("Q6H",)), {}, "20"),
    (coded("Monday and Thursday"), {}, "1.4286"),
    # a code that is not read: what `repeat` says counts, unless it does not tell how often
    (coded("SCH-17"), ONCE, "5"),
    (coded("SCH-17"), {"timeOfDay": ["08:00:00", "20:00:00"]}, "10"),
    (coded("SCH-17"), WEEKDAYS, "an unknown amount"),
    (coded("SCH-17"), {"period": 1, "periodUnit": "d"}, "an unknown amount"),
    (coded("SCH-17"), {}, "an unknown amount"),
    (coded("Daily as needed"), ONCE, "5"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "repeat", "average"), CODED, ids=[str(each) for each in range(len(CODED))])
def test_the_code_of_a_timing_says_how_often(code: dict[str, Any], repeat: dict[str, Any], average: str) -> None:
    dosage = {"timing": {"code": code, "repeat": repeat}, "doseQuantity": {"value": 5, "unit": "mg"}}
    found = read_dosage(dosage, "dosageInstruction[0]", ZoneInfo("UTC"))
    assert str(daily(found, Holding()).average) == average
