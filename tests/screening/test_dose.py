"""`prescreen dose`: the daily doses of one patient, through the command line, on small exports."""

from pathlib import Path

import pytest

from tests.screening.dose_world import (
    HYDROCORTISONE,
    INHALED,
    PREDNISONE,
    Doses,
    Json,
    amount,
    averages,
    dispense,
    dosage,
    drug,
    every,
    order,
    peaks,
    period,
)
from tests.screening.world import encounter, patient

TABLET = drug("prednisone 5 MG Oral Tablet", PREDNISONE)
PLAIN = drug("prednisone", PREDNISONE)
WEEK = {"boundsDuration": amount(7, "d")}


@pytest.fixture
def doses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Doses:
    return Doses(tmp_path, capsys)


TAPER = order(
    "m",
    PLAIN,
    *(dosage(mg, timing=every(1, 1) | WEEK, sequence=n) for n, mg in enumerate((30, 20, 10), 1)),
    start="2026-05-01",
)
MAY = ("2026-05-01", "2026-05-31")
IN_MAY = every(1, 1) | period(*MAY)
FROM_11_MAY = every(1, 1) | period("2026-05-11", MAY[1])
TEST_PATIENT = {"tag": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}]}
CASES: dict[str, tuple[list[Json], list[object]]] = {
    "a taper by sequence": (
        [TAPER],
        [
            ("2026-05-01", "2026-05-07", 30, 30),
            ("2026-05-08", "2026-05-14", 20, 20),
            ("2026-05-15", "2026-05-21", 10, 10),
        ],
    ),
    "tablets by their strength": (
        [order("m", TABLET, dosage(2, "{tbl}", timing=every(2, 1) | period(*MAY)))],
        [(*MAY, 20, 20)],
    ),
    "as needed, from nothing": (
        [order("m", PLAIN, dosage(5, timing=every(1, 6, "h") | period(*MAY), asNeededBoolean=True))],
        [(*MAY, 0, 20)],
    ),
    "two drugs added": (
        [
            order("m", PLAIN, dosage(5, timing=IN_MAY)),
            order("n", drug("hydrocortisone", HYDROCORTISONE), dosage(20, timing=FROM_11_MAY)),
        ],
        [("2026-05-01", "2026-05-10", 5, 5), ("2026-05-11", "2026-05-31", 10, 10)],
    ),
    "an inhaled one is not counted": ([order("m", PLAIN, dosage(5, route=INHALED, timing=IN_MAY))], []),
    "without a route, from nothing": ([order("m", PLAIN, dosage(20, route=None, timing=IN_MAY))], [(*MAY, 0, 20)]),
    "by name alone, from nothing": ([order("m", drug("Prednisone"), dosage(20, timing=IN_MAY))], [(*MAY, 0, 20)]),
    "every other day is half a day's dose": (
        [order("m", PLAIN, dosage(20, timing=every(1, 2) | period(*MAY)))],
        [(*MAY, 10, 10)],
    ),
    "no dose at all": ([order("m", PLAIN, dosage(None, text="as directed", timing=None), start=MAY[0])], [
        ("2026-05-01", "2026-06-30", 0, None)
    ]),
    "a sourced interval": (
        [order("m", drug("dexamethasone", "3264"), dosage(0.6, timing=IN_MAY))],
        [(*MAY, 3.75, 5)],
    ),
    "no sourced equivalence": (
        [order("m", drug("budesonide 3 MG Delayed Release Oral Capsule", "1244214"), dosage(9, timing=IN_MAY))],
        [(*MAY, 0, None)],
    ),
    "no glucocorticoid": ([order("m", drug("fludrocortisone", "4452"), dosage(0.1, timing=IN_MAY))], []),
}  # fmt: skip


@pytest.mark.parametrize(("records", "expected"), CASES.values(), ids=CASES.keys())
def test_the_sum_in_prednisone(doses: Doses, records: list[Json], expected: list[object]) -> None:
    assert averages(doses.json(*records)["equivalent"]["steps"]) == expected


def test_an_average_and_the_largest_total_of_a_day(doses: Doses) -> None:
    found = doses.json(order("m", PLAIN, dosage(20, timing=every(1, 2) | period(*MAY))))["equivalent"]["steps"]
    assert (averages(found), peaks(found)) == ([(*MAY, 10, 10)], [(*MAY, 20, 20)])


def test_what_a_supply_implies_is_told_and_decides_nothing(doses: Doses) -> None:
    supply = {"quantity": amount(60, "{tbl}"), "expectedSupplyDuration": amount(30, "d")}
    found = doses.json(order("m", TABLET, dosage(None, text="as directed"), dispenseRequest=supply))
    first = found["equivalent"]["steps"][0]
    assert (first["least"], first["most"], first["reasons"]) == (0, None, ["dose-missing"])
    assert "60 x 5 mg / 30 days = 10 mg/day" in first["arithmetic"][0]
    assert found["reasons"][0] == "dose-missing"


def test_an_order_that_was_stopped_on_an_unknown_day(doses: Doses) -> None:
    stopped = order(
        "m", PLAIN, dosage(20), start="2026-05-01", status="stopped", meta={"lastUpdated": "2026-05-20T00:00:00Z"}
    )
    found = doses.json(stopped)
    assert averages(found["equivalent"]["steps"]) == [
        ("2026-05-01", "2026-05-01", 20, 20),
        ("2026-05-02", "2026-05-20", 0, 20),
    ]
    assert found["reasons"] == ["status-uncertain"]


def test_orders_and_dispenses_are_views_and_every_record_is_named(doses: Doses) -> None:
    found = doses.json(
        order("m", TABLET, dosage(5, timing=IN_MAY)),
        dispense("d", TABLET, dosage(10, timing=IN_MAY), daysSupply=amount(31, "d")),
    )
    (step,) = found["ingredients"][0]["steps"]
    assert (step["least"], step["most"]) == (5, 10)
    assert step["records"] == ["MedicationDispense/d", "MedicationRequest/m"]
    assert len(step["instructions"]) == 2 and "10 mg, 1/day" in step["instructions"][0]
    assert any("do not add up" in each for each in step["assumptions"])


def test_every_drug_is_listed_once_for_each_way_it_acts(doses: Doses) -> None:
    found = doses.json(
        order("a", PLAIN, dosage(5, timing=IN_MAY)),
        order("b", TABLET, dosage(5, timing=IN_MAY)),
        order("c", PLAIN, dosage(5, route=INHALED, timing=IN_MAY)),
        order("d", drug("metformin 500 MG Oral Tablet", "861007"), dosage(500, timing=IN_MAY)),
        order("e", drug("something unheard of"), dosage(3, route=None, timing=IN_MAY)),
    )
    listed = [(each["name"], each["systemic"], averages(each["steps"])) for each in found["ingredients"]]
    assert listed == [
        ("metformin", True, [(*MAY, 500, 500)]),
        ("prednisone", True, [(*MAY, 10, 10)]),
        ("prednisone", False, [(*MAY, 5, 5)]),
        ("something unheard of", None, [(*MAY, 3, 3)]),
    ]
    assert {each["name"]: each["from"] for each in found["not_counted"]} == {
        "metformin": "equivalent",
        "prednisone": "equivalent",
        "something unheard of": "equivalent",
    }


def test_without_an_equivalent_there_is_no_sum(doses: Doses) -> None:
    found = doses.json(TAPER, to="")
    assert found["equivalent"] is None and found["not_counted"] == []
    assert [each["least"] for each in found["ingredients"][0]["steps"]] == [30, 20, 10]


def test_a_sum_in_another_drug(doses: Doses) -> None:
    found = doses.json(order("m", PLAIN, dosage(10, timing=IN_MAY)), to="methylprednisolone")["equivalent"]
    assert (found["to"], averages(found["steps"])) == ("methylprednisolone", [(*MAY, 8, 8)])


def test_a_sum_of_other_drugs_than_steroids(doses: Doses) -> None:
    oxycodone = order("o", drug("oxycodone", "7804"), dosage(10, timing=every(2, 1) | period(*MAY)))
    found = doses.json(oxycodone, TAPER, to="morphine")
    assert averages(found["equivalent"]["steps"]) == [(*MAY, 30, 30)]
    assert [each["name"] for each in found["not_counted"]] == ["prednisone"]


def test_a_dose_per_kilogram(doses: Doses) -> None:
    weight: Json = {
        "resourceType": "Observation",
        "id": "w",
        "status": "final",
        "subject": {"reference": "Patient/p"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "effectiveDateTime": "2026-04-30",
        "valueQuantity": amount(70, "kg"),
    }
    found = doses.json(weight, order("m", PLAIN, dosage(0.5, "mg/kg", timing=IN_MAY)))
    assert averages(found["equivalent"]["steps"]) == [(*MAY, 35, 35)]
    assert "Observation/w" in found["equivalent"]["steps"][0]["arithmetic"][0]


def test_what_is_behind_a_step(doses: Doses) -> None:
    found = doses.json(
        order("m", drug("methylprednisolone 4 MG Oral Tablet", "6902"), dosage(2, "{tbl}", timing=IN_MAY))
    )
    (step,) = found["equivalent"]["steps"]
    assert step["factors"] == ["methylprednisolone x 1.25: 4 mg equal 5 mg of prednisone"]
    assert step["strengths"] == ["MedicationRequest/m: methylprednisolone 4 mg per piece, from the product's name"]
    assert step["instructions"] == [
        "MedicationRequest/m (MedicationRequest.dosageInstruction[0]): 2 tbl, 1/day, from 2026-05-01 to 2026-05-31"
    ]
    assert step["least"] == 10 and "1.25" in step["arithmetic"][0]
    assert [each["name"] for each in found["equivalent"]["sources"]] == ["methylprednisolone"]


def test_small_doses_are_exact(doses: Doses) -> None:
    found = doses.json(order("m", drug("calcitriol"), dosage(0.25, "ug", timing=IN_MAY)))
    assert averages(found["ingredients"][0]["steps"]) == [(*MAY, 0.00025, 0.00025)]


def test_what_is_no_decimal_is_rounded_to_four_places(doses: Doses) -> None:
    found = doses.json(order("m", PLAIN, dosage(10, timing=every(1, 3) | period(*MAY))))
    assert averages(found["ingredients"][0]["steps"]) == [(*MAY, 3.3333, 3.3333)]


def test_the_window_cuts_what_began_before_it(doses: Doses) -> None:
    found = doses.json(order("m", PLAIN, dosage(5), start="2026-01-01"), look_back="30 days")
    assert found["window"] == {"start": "2026-05-31", "end": "2026-06-30", "look_back": "30 days"}
    assert averages(found["equivalent"]["steps"]) == [("2026-05-31", "2026-06-30", 5, 5)]


def test_a_drug_outside_the_window_is_not_listed(doses: Doses) -> None:
    found = doses.json(order("m", PLAIN, dosage(5, timing=every(1, 1) | period("2025-01-01", "2025-02-01"))))
    assert (found["ingredients"], found["equivalent"]["steps"], found["reasons"]) == ([], [], [])


def test_without_a_look_back_all_that_is_recorded_counts(doses: Doses) -> None:
    found = doses.json(
        order("m", PLAIN, dosage(5, timing=every(1, 1) | period("2011-01-01", "2011-02-01"))), look_back="all"
    )
    assert found["window"]["start"] == "1970-05-05"  # the day of birth
    assert averages(found["equivalent"]["steps"]) == [("2011-01-01", "2011-02-01", 5, 5)]


@pytest.mark.parametrize(
    ("status", "left_out"), [("not-taken", ["everything"]), ("entered-in-error", []), ("intended", [])]
)
def test_what_was_not_taken_is_no_dose(doses: Doses, status: str, left_out: list[str]) -> None:
    statement: Json = {
        "resourceType": "MedicationStatement",
        "id": "s",
        "status": status,
        "subject": {"reference": "Patient/p"},
        "effectivePeriod": {"start": MAY[0], "end": MAY[1]},
        "medicationCodeableConcept": PLAIN,
        "dosage": [dosage(20)],
    }
    found = doses.json(statement)
    assert (found["ingredients"], [each["from"] for each in found["not_counted"]]) == ([], left_out)


@pytest.mark.parametrize(
    "said",
    [
        {"status": "not-taken"},
        {"status": "recorded", "adherence": {"code": {"coding": [{"code": "not-taking"}]}}},
        {"status": "unknown"},
    ],
    ids=["not taken", "not taking (R5)", "of an unknown status"],
)
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param(
            PREDNISONE,
            [("2026-05-01", "2026-05-10", 20, 20), ("2026-05-11", "2026-05-20", 0, 20), ("2026-05-21", MAY[1], 20, 20)],
            id="the same drug",
        ),
        pytest.param(HYDROCORTISONE, [(*MAY, 20, 20)], id="another drug"),
    ],
)
def test_an_order_and_a_statement_that_it_was_not_taken(
    doses: Doses, said: Json, code: str, expected: list[object]
) -> None:
    statement: Json = {
        "resourceType": "MedicationStatement",
        "id": "s",
        "subject": {"reference": "Patient/p"},
        "effectivePeriod": {"start": "2026-05-11", "end": "2026-05-20"},
        "medicationCodeableConcept": drug("the drug", code),
        "dosage": [dosage(20)],
        **said,
    }
    found = doses.json(order("m", PLAIN, dosage(20, timing=IN_MAY)), statement)
    (own,) = (each for each in found["ingredients"] if each["name"] == "prednisone")
    assert averages(own["steps"]) == expected


def test_what_begins_later_is_told_and_not_counted(doses: Doses) -> None:
    found = doses.json(order("m", PLAIN, dosage(20), start="2026-07-15"))
    assert found["ingredients"] == []
    assert [each["why"] for each in found["not_counted"]] == ["it begins only after 2026-06-30: 2026-07-15"]


def test_a_record_that_cannot_be_read_is_named(doses: Doses) -> None:
    broken = order("b", PLAIN, dosage(20), start="once upon a time")
    found = doses.json(TAPER, broken)
    assert found["reasons"] == ["unreadable"]
    assert "MedicationRequest/b" in found["doubts"][0]
    assert len(found["equivalent"]["steps"]) == 3


def test_a_broken_line_of_nobody_makes_its_type_incomplete(doses: Doses) -> None:
    assert doses.json(TAPER, b'{"resourceType": "MedicationRequest", "id": ')["reasons"] == ["not-loaded"]
    assert doses.json(TAPER, b'{"resourceType": "MedicationRequest", "id": ', accept_rejects="1")["reasons"] == []


def test_orders_that_were_not_loaded_are_named(doses: Doses) -> None:
    found = doses.json(dispense("d", TABLET, dosage(5)), without=("MedicationRequest",))
    assert found["reasons"][0] == "not-loaded"
    assert "MedicationRequest" in found["doubts"][0]


def test_nobody_need_have_been_seen(doses: Doses) -> None:
    seen_long_ago = encounter(period={"start": "2001-01-01", "end": "2001-01-01"})
    assert doses.json(seen_long_ago)["reasons"] == []


@pytest.mark.parametrize(
    ("person", "said"),
    [
        (patient(meta=TEST_PATIENT), "held back"),
        (patient(deceasedDateTime="2020-01-01"), "held back"),
        (patient("other"), "no readable Patient"),
    ],
    ids=["a test patient", "somebody deceased", "somebody else"],
)  # fmt: skip
def test_who_is_not_screened_has_no_doses_either(doses: Doses, person: Json, said: str) -> None:
    assert doses(person, TAPER) == ""
    assert doses.status == 2 and said in doses.complaint


def test_who_is_named_with_the_type_is_told_to_leave_it_out(doses: Doses) -> None:
    assert doses(TAPER, patient="Patient/p") == ""
    assert doses.status == 2 and "give the id alone, without Patient/" in doses.complaint


def test_an_unknown_reference_drug_is_refused_with_those_there_are(doses: Doses) -> None:
    assert doses(TAPER, to="aspirin") == ""
    assert doses.status == 2 and "there are:" in doses.complaint and "prednisone" in doses.complaint


@pytest.mark.parametrize(
    ("option", "value"),
    [("look_back", "3"), ("look_back", "3 moons"), ("look_back", "-3 months"), ("limit", "ten"), ("limit", "0")],
)
def test_what_is_not_understood_is_refused(doses: Doses, option: str, value: str) -> None:
    with pytest.raises(SystemExit):
        doses(TAPER, **{option: value})
    assert value.lstrip("-") in doses.capsys.readouterr().err or value == "0"


@pytest.mark.parametrize("kind", ["text", "json", "svg"])
def test_the_same_records_in_another_order_give_the_same_bytes(doses: Doses, kind: str) -> None:
    records = [TAPER, order("n", TABLET, dosage(5)), order("o", drug("aspirin"), dosage(100))]
    assert doses(*records, format=kind) == doses(*reversed(records), format=kind)


def test_the_text_is_what_one_would_check_by_hand(doses: Doses) -> None:
    text = doses(TAPER, order("n", drug("metformin"), dosage(500, timing=IN_MAY)), format="text", limit="10")
    assert "  2026-05-01  2026-05-07     7  30         30" in text
    assert "  2026-05-22  2026-06-30    40  no record" in text
    assert "Above 10 mg/day: surely 2026-05-01 to 2026-05-14." in text
    assert "2026-05-08 to 2026-05-14, 20 mg/day: 20 mg x 1/day = 20 mg/day" in text
    assert "metformin, not counted as prednisone: it is not among the drugs" in text
    assert "Nothing is uncertain" in text
    assert max(len(line) for line in text.splitlines()) <= 100


def test_a_limit_that_may_be_passed(doses: Doses) -> None:
    text = doses(order("m", PLAIN, dosage(20, route=None, timing=IN_MAY)), format="text", limit="10")
    assert "Above 10 mg/day: possibly 2026-05-01 to 2026-05-31." in text
    assert "route-unknown" in text
    assert "Above 25 mg/day: on no day of these records." in doses(
        TAPER, format="text", limit="25", look_back="2 weeks"
    )
