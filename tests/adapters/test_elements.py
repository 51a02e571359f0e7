"""Concepts, numbers, quantities, ranges, ratios: read strictly, never guessed."""

from decimal import Decimal

import orjson
import pytest

from service.eligibility.quantity import COUNT, Interval, Quantity
from service.eligibility.terms import Coding, Concept
from service.errors import UnreadableResource
from service.fhir.elements import number, read_concept, refuse_modifiers
from service.fhir.quantities import read_quantity, read_range
from service.fhir.ratios import read_ratio
from tests.adapters.examples import LOINC, SCT, UCUM, UNITS, quantity


def test_every_coding_counts_and_their_order_does_not() -> None:
    codings = [
        {"system": SCT, "code": "1", "display": "One"},
        {"system": LOINC, "code": "2", "display": "Two", "userSelected": True},
        {"code": "local"},
        {"display": "only words"},
    ]
    concept = read_concept({"coding": codings, "text": "said"}, "X")
    assert set(concept.codings) == {Coding(SCT, "1"), Coding(LOINC, "2"), Coding("", "local")}
    assert concept.texts == ("said", "Two", "One", "only words")
    assert read_concept({"coding": codings[::-1], "text": "said"}, "X") == concept


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(None, Concept(), id="absent"),
        pytest.param({}, Concept(), id="empty"),
        pytest.param({"extension": [{"url": "x"}]}, Concept(), id="only an extension"),
        pytest.param({"system": SCT, "code": "1"}, Concept((Coding(SCT, "1"),)), id="a bare Coding"),
        pytest.param({"concept": {"text": "a"}}, Concept(texts=("a",)), id="R5 CodeableReference"),
        pytest.param({"coding": None, "text": " a "}, Concept(texts=("a",)), id="null list, blanks"),
    ],
)
def test_shapes_of_a_concept(value: object, expected: Concept) -> None:
    assert read_concept(value, "X") == expected


@pytest.mark.parametrize(
    "value",
    [
        "1",
        5,
        True,
        [],
        {"coding": {"code": "1"}},
        {"coding": [None]},
        {"coding": ["1"]},
        {"coding": [{"code": 1}]},
        {"text": ["a"]},
        {"text": "x" * 3_000_000},
    ],
    ids=lambda value: repr(value)[:30],
)
def test_refuses_concepts_of_a_wrong_type(value: object) -> None:
    with pytest.raises(UnreadableResource):
        read_concept(value, "X")


@pytest.mark.parametrize(
    ("written", "expected"), [("0.1", "0.1"), ("1.10", "1.1"), ("7", "7"), ("-3.5", "-3.5"), ("1e3", "1E+3")]
)
def test_numbers_are_what_was_written(written: str, expected: str) -> None:
    assert number(orjson.loads(written), "X") == Decimal(expected)


@pytest.mark.parametrize(
    "value",
    ["5", True, None, [], {}, float("nan"), float("inf"), 1e18, -1e23, 10**26, 1e-19, Decimal("1e999999")],
    ids=repr,
)
def test_refuses_what_is_no_number(value: object) -> None:
    with pytest.raises(UnreadableResource):
        number(value, "X")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(quantity(5), Quantity(Interval.exactly(5), "mg/dL"), id="plain"),
        pytest.param(
            quantity(5, comparator="<"), Quantity(Interval(Decimal(0), Decimal(5), high_open=True), "mg/dL"), id="<5"
        ),
        pytest.param(quantity(5, comparator="<="), Quantity(Interval(Decimal(0), Decimal(5)), "mg/dL"), id="<=5"),
        pytest.param(
            quantity(5, comparator=">"), Quantity(Interval(Decimal(5), None, low_open=True), "mg/dL"), id=">5"
        ),
        pytest.param(quantity(5, comparator=">="), Quantity(Interval(Decimal(5), None), "mg/dL"), id=">=5"),
        pytest.param(quantity(5, comparator="ad"), Quantity(Interval(Decimal(0), Decimal(5)), "mg/dL"), id="ad 5"),
        pytest.param(
            quantity(35, "Cel", comparator="<"),
            Quantity(Interval(None, Decimal(35), high_open=True), "Cel"),
            id="below 35 degrees may be below zero",
        ),
        pytest.param(
            quantity(-2, comparator="<"), Quantity(Interval(None, Decimal(-2), high_open=True), "mg/dL"), id="<-2"
        ),
        pytest.param({"value": 5, "unit": "mg per dL"}, Quantity(Interval.exactly(5), "mg/dL"), id="unit by text"),
        pytest.param({"value": 5, "unit": "blobs"}, Quantity(Interval.exactly(5), None, ("blobs",)), id="unknown unit"),
        pytest.param({"value": 5}, Quantity(Interval.exactly(5), None), id="no unit is not guessed"),
        pytest.param(
            {"value": 5, "system": UCUM, "code": "nonsense", "unit": "mg per dL"},
            Quantity(Interval.exactly(5), "mg/dL"),
            id="bad code, known text",
        ),
        pytest.param(
            {"value": 5, "unit": "g", "system": UCUM, "code": "mg"},
            Quantity(Interval.exactly(5), None, ("g", "mg")),
            id="text and code mean two units",
        ),
        pytest.param(
            {"value": 5, "unit": "g", "code": "mg"},
            Quantity(Interval.exactly(5), None, ("g", "mg")),
            id="text and code mean two units, no system",
        ),
        pytest.param(
            {"value": 5, "unit": "blobs", "system": UCUM, "code": "mg"},
            Quantity(Interval.exactly(5), "mg"),
            id="code decides where nobody knows the text",
        ),
        pytest.param({"unit": "mg"}, None, id="no value"),
        pytest.param(None, None, id="absent"),
    ],
)
def test_quantities(value: object, expected: Quantity | None) -> None:
    assert read_quantity(value, "X", UNITS) == expected


@pytest.mark.parametrize(
    "value",
    [
        {"value": "5"},
        {"value": True},
        {"value": [5]},
        quantity(5, comparator="~"),
        quantity(5, comparator=1),
        [],
        "5 mg",
        {"value": 5, "unit": 7},
    ],
    ids=repr,
)
def test_refuses_bad_quantities(value: object) -> None:
    with pytest.raises(UnreadableResource):
        read_quantity(value, "X", UNITS)


def test_ranges() -> None:
    both = {"low": quantity(1), "high": quantity(2)}
    assert read_range(both, "X", UNITS) == Quantity(Interval(Decimal(1), Decimal(2)), "mg/dL")
    assert read_range({"low": quantity(1)}, "X", UNITS) == Quantity(Interval(Decimal(1), None), "mg/dL")
    assert read_range({"low": {"value": 1}, "high": quantity(2)}, "X", UNITS) == Quantity(
        Interval(Decimal(1), Decimal(2)), None
    )
    blobs = {"value": 1, "unit": "blobs"}, {"value": 2, "unit": "drops"}
    assert read_range({"low": blobs[0]}, "X", UNITS) == Quantity(Interval(Decimal(1), None), None, ("blobs",))
    assert read_range({"low": blobs[0], "high": blobs[1]}, "X", UNITS) == Quantity(
        Interval(Decimal(1), Decimal(2)), None, ("blobs", "drops")
    )
    assert read_range({}, "X", UNITS) is None
    for bad in ({"low": quantity(2), "high": quantity(1)}, {"low": quantity(1, "mg"), "high": quantity(1, "g")}):
        with pytest.raises(UnreadableResource):
            read_range(bad, "X", UNITS)


@pytest.mark.parametrize(
    ("above", "below", "expected"),
    [
        pytest.param(quantity(30, "mg"), quantity(2, "g"), Quantity(Interval.exactly(15), "mg/g"), id="30 mg per 2 g"),
        pytest.param(
            quantity(300, "mg"), quantity(24, "h"), Quantity(Interval.exactly(300), "mg/d"), id="per 24 h is per day"
        ),
        pytest.param({"value": 1}, {"value": 128}, Quantity(Interval.exactly(128), "{titer}"), id="titre"),
        pytest.param(
            {"value": 1, "comparator": "<"},
            {"value": 10},
            Quantity(Interval(Decimal(0), Decimal(10), high_open=True), "{titer}"),
            id="titre below 1:10",
        ),
        pytest.param({"value": 45}, {"value": 100}, Quantity(Interval.exactly("0.45"), "1"), id="pure ratio"),
        pytest.param({"value": 35}, {"value": 1}, Quantity(Interval.exactly(35), COUNT), id="35 to 1 is the number 35"),
        pytest.param(quantity(35, "1"), quantity(1, "1"), Quantity(Interval.exactly(35), "1"), id="said to be pure"),
        pytest.param(quantity(30, "mg"), None, None, id="no denominator"),
        pytest.param(
            {"value": 3, "unit": "blobs"}, quantity(1, "g"), Quantity(Interval.exactly(3), None), id="unknown unit"
        ),
    ],
)
def test_ratios(above: object, below: object, expected: Quantity | None) -> None:
    assert read_ratio({"numerator": above, "denominator": below}, "X", UNITS) == expected


@pytest.mark.parametrize("amount", [0, -1, "2"], ids=repr)
def test_refuses_denominators(amount: object) -> None:
    with pytest.raises(UnreadableResource):
        read_ratio({"numerator": {"value": 1}, "denominator": {"value": amount}}, "X", UNITS)


def test_modifiers_are_found_at_any_depth() -> None:
    deep: dict[str, object] = {"modifierExtension": [{"url": "http://x"}]}
    for _ in range(5000):
        deep = {"part": [deep]}
    for resource in (deep, {"implicitRules": "http://x"}):
        with pytest.raises(UnreadableResource):
            refuse_modifiers(resource, "X")
    refuse_modifiers({"modifierExtension": [], "extension": [{"url": "http://x"}]}, "X")
