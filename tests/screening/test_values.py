"""What a value says, and what it does not say: units, limits of normal, whose value it is. SEMANTICS §4, §5.

Each chart is screened in memory and in buckets, and explained, with the shipped value sets and units. A value that
could be read in two ways decides nothing: the answer is unknown, and says why.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from service.eligibility.criteria import (
    EVER,
    Bounds,
    CodedTest,
    ConditionPresent,
    Criterion,
    Node,
    NumberTest,
    ObservationValue,
    Study,
)
from service.screening.explain import explain_patient
from service.screening.request import Progress, Request
from service.screening.sources import find_sources
from tests.builders import AT
from tests.screening import shipped
from tests.screening.world import Json, export, haemoglobin, patient, run

UCUM = "http://unitsofmeasure.org"
Answer = tuple[str, tuple[str, ...]]
MET, NOT_MET = ("met", ()), ("not_met", ())


def unknown(reason: str) -> Answer:
    return "unknown", (reason,)


NOT_CONVERTIBLE = unknown("unit-not-convertible")


def answer(
    place: Path, node: Node, *results: Json, at: date = AT, also: tuple[Node, ...] = (), **others: list[object]
) -> Answer:
    """What is found out of one criterion from these results, the same on every way. `also`: what is asked besides."""
    study = Study(
        "one", "1.0", "One criterion", (Criterion("I1", "inclusion", "the criterion", node),), entry=(node, *also)
    )
    source = export(place / "in", Observation=list(results), **{"Patient": [patient()], **others})
    world = replace(shipped.catalog(), studies={study.id: study})
    found = run(source, studies=(study,), world=world, at=at).answer("I1")
    request = Request(find_sources([source]), (study,), at)
    explained = explain_patient(world, request, "p", Progress()).assessment.findings[0].judgement
    assert found == (explained.outcome.name.lower(), tuple(sorted(each.code for each in explained.reasons)))
    return found


def result(code: str, identity: str = "o", **elements: object) -> Json:
    """A result of this LOINC code, with these elements and no other value."""
    whole = {**haemoglobin(identity), "valueQuantity": None, **elements}
    whole["code"] = {"coding": [{"system": "http://loinc.org", "code": code}]}
    return {name: value for name, value in whole.items() if value is not None}


def quantity(value: object, unit: str | None = None, code: str | None = None) -> Json:
    """A Quantity with its unit in words, as a code of UCUM, in both, or in neither."""
    words = {} if unit is None else {"unit": unit}
    return {"value": value, **words, **({} if code is None else {"system": UCUM, "code": code})}


# ----------------------------------------------------------------------------------------------- numbers without a unit

EJECTION = "10230-1"
WEAK_HEART = ObservationValue(("lvef",), test=NumberTest(Bounds(at_most=Decimal(40)), "%"), look_back=EVER)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({"valueInteger": 35}, NOT_CONVERTIBLE, id="a whole number: 35 %, or 35 times as much"),
        pytest.param({"valueQuantity": quantity(35)}, NOT_CONVERTIBLE, id="a number without a unit"),
        pytest.param({"valueQuantity": quantity(35, "%", "1")}, NOT_CONVERTIBLE, id="% in words, but not as a code"),
        pytest.param(
            {"valueRatio": {"numerator": quantity(35), "denominator": quantity(1)}}, NOT_CONVERTIBLE, id="35 to 1"
        ),
        pytest.param({"valueQuantity": quantity(35, "%")}, MET, id="35 %"),
        pytest.param({"valueQuantity": quantity(0.35, code="1")}, MET, id="a share of one, said to be one"),
        pytest.param({"valueQuantity": quantity(0.45, code="1")}, NOT_MET, id="too large a share"),
        pytest.param(
            {"valueRatio": {"numerator": quantity(35), "denominator": quantity(100)}}, MET, id="35 of a hundred"
        ),
    ],
)
def test_a_number_without_a_unit_is_no_percentage(tmp_path: Path, value: Json, expected: Answer) -> None:
    assert answer(tmp_path, WEAK_HEART, result(EJECTION, **value)) == expected


def test_nor_is_a_whole_number_in_a_component(tmp_path: Path) -> None:
    part = {"code": {"coding": [{"system": "http://loinc.org", "code": EJECTION}]}, "valueInteger": 35}
    assert answer(tmp_path, WEAK_HEART, result("34552-0", component=[part])) == NOT_CONVERTIBLE


@pytest.mark.parametrize("unit", ["1", "{score}"])
def test_a_whole_number_is_a_score(tmp_path: Path, unit: str) -> None:
    healthy = ObservationValue(("ecog",), test=NumberTest(Bounds(at_most=Decimal(1)), unit), look_back=EVER)
    assert answer(tmp_path, healthy, result("89247-1", valueInteger=1)) == MET


# -------------------------------------------------------------------------------------------------- limits of normal
ALT = "1742-6"
HIGH_ALT = ObservationValue(
    ("alt",), test=NumberTest(Bounds(above=Decimal(3)), relative_to="upper_limit_of_normal"), look_back=EVER
)


@pytest.mark.parametrize(
    ("value", "limit", "expected"),
    [
        pytest.param(quantity(35, "U/L"), quantity(0.6, "µkat/Liter"), NOT_CONVERTIBLE, id="a limit in who knows what"),
        pytest.param(quantity(35, "blobs"), quantity(0.6, "drops"), NOT_CONVERTIBLE, id="both in who knows what"),
        pytest.param(quantity(35, "blobs"), quantity(10, "U/L"), NOT_CONVERTIBLE, id="a value in who knows what"),
        pytest.param(quantity(35), quantity(0.6, "drops"), NOT_CONVERTIBLE, id="a limit in who knows what, alone"),
        pytest.param(quantity(35, "blobs"), quantity(10, "blobs"), MET, id="both in the same, whatever it is"),
        pytest.param(quantity(35, "blobs"), quantity(20, "blobs"), NOT_MET, id="the same, and not three times"),
        pytest.param(quantity(35, "U/L"), quantity(10), MET, id="a limit without a unit is in that of its result"),
        pytest.param(quantity(35, "blobs"), quantity(10), MET, id="so it is in one that nobody knows"),
        pytest.param(quantity(35), quantity(10), MET, id="neither has a unit"),
        pytest.param(quantity(35, "U/L"), quantity(0.1, "ukat/L"), MET, id="a limit in another unit: 6 U/L"),
        pytest.param(quantity(35, "U/L"), quantity(0.6, "ukat/L"), NOT_MET, id="a limit in another unit: 36 U/L"),
    ],
)
def test_a_limit_of_normal_is_compared_in_the_unit_of_its_result(
    tmp_path: Path, value: Json, limit: Json, expected: Answer
) -> None:
    measured = result(ALT, valueQuantity=value, referenceRange=[{"high": limit}])
    assert answer(tmp_path, HIGH_ALT, measured) == expected


# ------------------------------------------------------------------------------------------------ a unit said twice
CREATININE = "2160-0"
KIDNEYS = ObservationValue(("creatinine",), test=NumberTest(Bounds(above=Decimal(2)), "mg/dL"), look_back=EVER)
FEW_PLATELETS = ObservationValue(("platelets",), test=NumberTest(Bounds(below=Decimal(50)), "10*9/L"), look_back=EVER)


def test_a_unit_whose_text_and_code_contradict_each_other_decides_nothing(tmp_path: Path) -> None:
    assert answer(tmp_path, KIDNEYS, result(CREATININE, valueQuantity=quantity(90, "umol/L", "mg/dL"))) == (
        NOT_CONVERTIBLE
    )


def test_nor_does_a_multiple_of_a_limit_of_normal_in_it(tmp_path: Path) -> None:
    twofold = result(ALT, valueQuantity=quantity(90, "ukat/L", "U/L"), referenceRange=[{"high": quantity(20)}])
    assert answer(tmp_path, HIGH_ALT, twofold) == NOT_CONVERTIBLE


@pytest.mark.parametrize(
    ("unit", "code"),
    [
        ("10*3/uL", "10*3/uL"),
        ("K/uL", "10*3/uL"),
        ("thousand/uL", "10*3/uL"),
        ("thousand per microliter", "10*3/uL"),
        ("x10^9/L", "10*3/uL"),
        ("Tsd. pro Mikroliter", "10*9/L"),
        ("/nL", "/nL"),
        ("/nl", None),
        ("Gpt/l", None),
        ("Tsd/µl", None),
    ],
)
def test_a_text_that_means_the_same_as_the_code_or_that_nobody_knows_takes_nothing_away(
    tmp_path: Path, unit: str, code: str | None
) -> None:
    assert answer(tmp_path, FEW_PLATELETS, result("777-3", valueQuantity=quantity(40, unit, code))) == MET


# --------------------------------------------------------------------------------------- whose result, and whether any
HBSAG, SCT = "5195-3", "http://snomed.info/sct"
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
POSITIVE, NEGATIVE = ({"coding": [{"system": SCT, "code": each}]} for each in ("10828004", "260385009"))
HEPATITIS = ObservationValue(("hbsag",), test=CodedTest(("answer-positive",), ("answer-negative",)), look_back=EVER)
DONOR = {
    "url": "http://hl7.org/fhir/StructureDefinition/observation-focusCode",
    "valueCodeableConcept": {"coding": [{"system": SCT, "code": "105455006"}]},
}
NOT_DONE = {"dataAbsentReason": {"coding": [{"code": "not-performed"}]}}
CANCER = ConditionPresent(("malignancy",))


def test_the_donors_result_is_not_the_patients(tmp_path: Path) -> None:
    of_the_donor = result(HBSAG, valueCodeableConcept=POSITIVE, extension=[DONOR])
    assert answer(tmp_path / "1", HEPATITIS, of_the_donor) == unknown("no-record")
    own = result(HBSAG, "own", valueCodeableConcept=NEGATIVE)
    assert answer(tmp_path / "2", HEPATITIS, of_the_donor, own) == NOT_MET


def test_a_result_that_failed_is_not_negative(tmp_path: Path) -> None:
    read_as = [{"coding": [{"system": INTERPRETATION, "code": "NEG"}]}]
    assert answer(tmp_path / "1", HEPATITIS, result(HBSAG, interpretation=read_as)) == NOT_MET
    failed = result(HBSAG, interpretation=read_as, dataAbsentReason={"coding": [{"code": "error"}]})
    assert answer(tmp_path / "2", HEPATITIS, failed) == unknown("value-missing")


@pytest.mark.parametrize("also", [(KIDNEYS,), ()], ids=["asked for", "not asked for"])
@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        pytest.param({"valueQuantity": quantity(1, "mg/dL")}, NOT_MET, id="measured"),
        pytest.param(NOT_DONE, unknown("no-contact"), id="not performed"),
        pytest.param({"extension": [DONOR]}, unknown("no-contact"), id="the donor's"),
    ],
)
def test_what_was_not_performed_does_not_show_that_the_person_was_seen(
    tmp_path: Path, also: tuple[Node, ...], elements: Json, expected: Answer
) -> None:
    """Who was seen and has no cancer on record has none; of whom nobody saw, nobody knows."""
    assert answer(tmp_path, CANCER, result(CREATININE, **elements), also=also, Encounter=[]) == expected
