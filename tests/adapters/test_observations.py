"""Observation: status, time, values of every kind, components, reference ranges."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from service.eligibility.dates import ALWAYS, ANY_DAY, Days
from service.eligibility.facts import Certainty
from service.eligibility.quantity import COUNT, Interval, Quantity
from service.eligibility.terms import Coding, Concept
from tests.adapters.examples import LOINC, READING, SCT, coded, fact, quantity, read

DONOR = {
    "url": "http://hl7.org/fhir/StructureDefinition/observation-focusCode",
    "valueCodeableConcept": coded("105455006", display="Donor for medical or surgical procedure"),
}
MAY_3 = Days.on(date(2024, 5, 3))


@pytest.mark.parametrize(
    ("status", "certainty"),
    [
        ("final", Certainty.SURE),
        ("amended", Certainty.SURE),
        ("corrected", Certainty.SURE),
        ("preliminary", Certainty.POSSIBLE),
        ("registered", Certainty.POSSIBLE),
        ("unknown", Certainty.POSSIBLE),
        ("made-up", Certainty.POSSIBLE),
        (None, Certainty.POSSIBLE),
        ("cancelled", None),
        ("entered-in-error", None),
    ],
)
def test_status(status: str | None, certainty: Certainty | None) -> None:
    adapted = read("Observation", status=status)
    assert [each.certainty for each in adapted.facts] == ([] if certainty is None else [certainty])
    assert not adapted.unreadable and adapted.patient == "1"
    assert adapted.contacts == ((date(2024, 5, 3),) if certainty is Certainty.SURE else ())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"valueQuantity": quantity(1.1)}, Quantity(Interval.exactly("1.1"), "mg/dL")),
        (
            {"valueQuantity": quantity(5, comparator="<")},
            Quantity(Interval(Decimal(0), Decimal(5), high_open=True), "mg/dL"),
        ),
        ({"valueInteger": 7}, Quantity(Interval.exactly(7), COUNT)),
        ({"valueBoolean": False}, False),
        ({"valueString": "Positive"}, Concept(texts=("Positive",))),
        ({"valueString": "5.6"}, Concept(texts=("5.6",))),
        ({"valueCodeableConcept": coded("10828004")}, Concept((Coding(SCT, "10828004"),))),
        (
            {"valueRange": {"low": quantity(1), "high": quantity(2)}},
            Quantity(Interval(Decimal(1), Decimal(2)), "mg/dL"),
        ),
        (
            {"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 64}}},
            Quantity(Interval.exactly(64), "{titer}"),
        ),
        ({"valueDateTime": "2024-04"}, Days(date(2024, 4, 1), date(2024, 4, 30))),
        ({"valuePeriod": {"start": "2024-04-01", "end": "2024-04-03"}}, Days(date(2024, 4, 1), date(2024, 4, 3))),
        ({"valueTime": "10:00:00"}, None),
        ({"valueSampledData": {"origin": {"value": 0}}}, None),
        ({"valueQuantity": {"unit": "mg"}}, None),
        ({"dataAbsentReason": coded("not-performed")}, None),
        (
            {"valueCodeableConcept": coded("unknown", "http://hl7.org/fhir/StructureDefinition/data-absent-reason")},
            None,
        ),
        ({"valueCodeableConcept": coded("UNK", "http://terminology.hl7.org/CodeSystem/v3-NullFlavor")}, None),
        ({"valueCodeableConcept": {"text": "Not performed"}}, None),
        ({"valueString": "N/A"}, None),
        ({"valueQuantity": quantity(1), "dataAbsentReason": coded("error")}, None),
        ({"hasMember": [{"reference": "Observation/2"}]}, None),
        ({}, None),
    ],
    ids=lambda value: repr(value)[:48],
)
def test_values(value: dict[str, object], expected: object) -> None:
    found = fact("Observation", **{"valueQuantity": None, **value})
    assert found.value == expected and type(found.value) is type(expected)


@pytest.mark.parametrize(
    ("effective", "when"),
    [
        ({"effectiveDateTime": "2024-05-03"}, MAY_3),
        ({"effectiveDateTime": "2024-05-02T23:30:00Z"}, MAY_3),
        ({"effectiveInstant": "2024-05-03T08:00:00.000Z"}, MAY_3),
        ({"effectivePeriod": {"start": "2024-05-01", "end": "2024-05-03"}}, Days(date(2024, 5, 1), date(2024, 5, 3))),
        ({"effectiveTiming": {"event": ["2024-05-01", "2024-05-03"]}}, Days(date(2024, 5, 1), date(2024, 5, 3))),
        ({"issued": "2024-05-03T08:00:00Z"}, Days(ALWAYS, date(2024, 5, 3))),
        ({"effectiveDateTime": "2024-05-03", "issued": "2024-05-09T08:00:00Z"}, MAY_3),
        ({}, ANY_DAY),
    ],
    ids=repr,
)
def test_when(effective: dict[str, object], when: Days) -> None:
    assert fact("Observation", **{"effectiveDateTime": None, **effective}).when == when


def test_results_of_one_day_are_ordered_by_time_then_status_then_update() -> None:
    early = fact("Observation", effectiveDateTime="2024-05-03T08:00:00+02:00")
    corrected = fact("Observation", effectiveDateTime="2024-05-03T08:00:00+02:00", status="corrected")
    late = fact("Observation", effectiveDateTime="2024-05-03T06:30:00Z")
    updated = fact(
        "Observation", effectiveDateTime="2024-05-03T06:30:00Z", meta={"lastUpdated": "2024-05-04T01:00:00Z"}
    )
    assert early.order < corrected.order < late.order < updated.order


def test_components_are_facts_of_their_own() -> None:
    components = [
        {
            "code": coded("8480-6", LOINC),
            "valueQuantity": quantity(140, "mm[Hg]"),
            "referenceRange": [{"high": quantity(130, "mm[Hg]")}],
        },
        {"code": coded("8462-4", LOINC), "dataAbsentReason": coded("masked")},
    ]
    panel, systolic, diastolic = read("Observation", valueQuantity=None, component=components).facts
    assert panel.value is None
    assert (systolic.value, systolic.evidence.element) == (
        Quantity(Interval.exactly(140), "mm[Hg]"),
        "Observation.component[0]",
    )
    assert (systolic.high, panel.high) == (
        Quantity(Interval.exactly(130), "mm[Hg]"),
        Quantity(Interval.exactly("1.2"), "mg/dL"),
    )
    assert (diastolic.value, diastolic.high, diastolic.when, diastolic.certainty) == (
        None,
        None,
        panel.when,
        panel.certainty,
    )


def test_a_bad_component_leaves_the_others_readable() -> None:
    components = [
        {"code": coded("8480-6", LOINC), "valueQuantity": quantity("140", "mm[Hg]")},
        {"code": coded("8462-4", LOINC), "valueQuantity": quantity(90, "mm[Hg]")},
    ]
    adapted = read("Observation", component=components)
    assert [each.evidence.element for each in adapted.facts] == ["Observation.value", "Observation.component[1]"]
    (bad,) = adapted.unreadable
    assert (
        bad.concept == Concept((Coding(LOINC, "8480-6"),))
        and "Observation.component[0].valueQuantity.value" in bad.reason
    )


def test_an_unreadable_observation_names_everything_it_could_have_been() -> None:
    adapted = read("Observation", effectiveDateTime="2024-02-30", component=[{"code": coded("8480-6", LOINC)}])
    assert adapted.facts == ()
    assert [each.concept and each.concept.codings[0].code for each in adapted.unreadable] == ["2160-0", "8480-6"]


@pytest.mark.parametrize(
    "changes",
    [
        {"focus": [{"reference": "Patient/fetus"}]},
        {"focus": [{"reference": "Device/1"}]},
        {"extension": [{"url": "urn:other"}, DONOR]},
        {"extension": [DONOR], "focus": [{"reference": "Patient/1"}]},
    ],
    ids=["fetus", "device", "donor, by a code alone", "donor by a code, and the patient"],
)
def test_a_result_about_someone_else_is_no_fact(changes: dict[str, object]) -> None:
    adapted = read("Observation", **changes)
    assert (adapted.facts, adapted.unreadable, adapted.contacts) == ((), (), ())


def test_another_extension_changes_nothing_and_an_illegible_one_is_unreadable() -> None:
    assert read("Observation", extension=[{"url": "urn:other"}]) == read("Observation")
    assert read("Observation", extension="donor").unreadable


def test_focus_on_the_patient_changes_nothing_and_an_illegible_one_is_unreadable() -> None:
    assert read("Observation", focus=[{"reference": "https://ehr/Patient/1"}]).facts
    assert read("Observation", focus=[{"display": "left twin"}]).unreadable


@pytest.mark.parametrize("focus", ["Condition/tumour", "BodyStructure/lesion", "https://ehr/Procedure/7/_history/1"])
def test_a_result_about_the_patients_own_tumour_or_treatment_is_the_patients(focus: str) -> None:
    assert read("Observation", focus=[{"reference": focus}]).facts == read("Observation").facts
    both = read("Observation", focus=[{"reference": focus}, {"reference": "RelatedPerson/donor"}])
    assert (both.facts, both.unreadable) == ((), ())


@pytest.mark.parametrize("subject", ["Group/1", "Device/1", "Location/1"])
def test_a_subject_that_is_no_patient_gives_nothing(subject: str) -> None:
    adapted = read("Observation", subject={"reference": subject})
    assert (adapted.patient, adapted.facts, adapted.unreadable) == (None, (), ())


LOW, HIGH = Quantity(Interval.exactly("0.6"), "mg/dL"), Quantity(Interval.exactly("1.2"), "mg/dL")
NORMAL = {"low": quantity(0.6), "high": quantity(1.2)}


@pytest.mark.parametrize(
    ("ranges", "limits"),
    [
        pytest.param([NORMAL], (LOW, HIGH), id="one without a type"),
        pytest.param([{**NORMAL, "type": coded("normal")}], (LOW, HIGH), id="normal"),
        pytest.param([NORMAL, {"low": quantity(2), "type": coded("critical")}], (LOW, HIGH), id="another type aside"),
        pytest.param([{"high": quantity(1.2)}], (None, HIGH), id="upper limit only"),
        pytest.param([{**NORMAL, "appliesTo": [coded("248153007")]}], (LOW, HIGH), id="the one that applies"),
        pytest.param(
            [NORMAL, {"low": quantity(0.5), "appliesTo": [coded("248152002")]}], (None, None), id="several: none"
        ),
        pytest.param([{"text": "0.6 - 1.2"}], (None, None), id="only words"),
        pytest.param([{"low": quantity("0.6")}], (None, None), id="a number as text"),
        pytest.param([None], (None, None), id="null"),
        pytest.param("0.6-1.2", (None, None), id="not a list"),
        pytest.param(None, (None, None), id="none"),
    ],
)
def test_reference_range(ranges: object, limits: object) -> None:
    found = fact("Observation", referenceRange=ranges)
    assert (found.low, found.high) == limits and found.value is not None


def test_interpretations_are_joined() -> None:
    found = fact("Observation", interpretation=[coded("H", "s"), coded("POS", "s")])
    assert found.interpretation == Concept((Coding("s", "H"), Coding("s", "POS")))
    assert fact("Observation", interpretation=None).interpretation is None


def test_what_has_no_value_for_a_reason_has_no_interpretation_either() -> None:
    failed = {"dataAbsentReason": coded("error"), "interpretation": [coded("NEG", "s")]}
    assert fact("Observation", valueQuantity=None, **failed).interpretation is None
    panel = read("Observation", valueQuantity=None, component=[{"code": coded("8480-6", LOINC), **failed}])
    assert [each.interpretation is None for each in panel.facts] == [False, True]


NEVER_MADE = {"valueQuantity": None, "dataAbsentReason": coded("not-performed")}
PART = {"code": coded("8480-6", LOINC)}


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        pytest.param(NEVER_MADE, False, id="not performed"),
        pytest.param({**NEVER_MADE, "valueQuantity": {"unit": "mg/dL"}}, False, id="a unit is no value"),
        pytest.param({**NEVER_MADE, "component": [PART]}, False, id="with a part that has no value"),
        pytest.param(
            {"valueQuantity": None, "component": [{**PART, "dataAbsentReason": coded("not-performed")}]},
            False,
            id="a panel whose only part was not performed",
        ),
        pytest.param({**NEVER_MADE, "component": [{**PART, "valueInteger": 1}]}, True, id="a part was"),
        pytest.param({**NEVER_MADE, "hasMember": [{"reference": "Observation/2"}]}, True, id="a panel with members"),
        pytest.param({**NEVER_MADE, "valueQuantity": quantity(1)}, True, id="there is a value all the same"),
        pytest.param({"valueQuantity": None}, True, id="no value, and no reason"),
    ],
)
def test_only_what_was_done_shows_that_the_person_was_seen(changes: dict[str, object], seen: bool) -> None:
    asked, unasked = READING, replace(READING, wanted=lambda kind, concept: False)
    for reading in (asked, unasked):
        assert bool(read("Observation", reading, **changes).contacts) is seen
