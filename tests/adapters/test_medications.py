"""Medication records of R4, R4B and R5 as facts: which drug, whether it is an exposure at all, from when to when."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from service.eligibility.dosing.model import Strength
from service.eligibility.dosing.products import DrugCatalog, Product
from service.eligibility.facts import Certainty, MedicationFact
from service.eligibility.quantity import Interval, Quantity
from service.eligibility.terms import Coding
from service.errors import UnreadableResource
from service.fhir.medications import adapt_medication_record
from service.fhir.reading import Adapted, Reading

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
PREDNISONE, ACETAMINOPHEN = Coding(RXNORM, "8640"), Coding(RXNORM, "161")
FIVE = {"coding": [{"system": RXNORM, "code": "312617", "display": "prednisone 5 MG Oral Tablet"}]}
TABLET = Quantity(Interval.exactly(1), "{each}")
CATALOG = DrugCatalog(
    {
        Coding(RXNORM, "312617"): Product(
            (PREDNISONE,),
            (Strength(PREDNISONE, "prednisone", Interval.exactly(5), TABLET, "product-map"),),
            "Oral Tablet",
        )
    },
    {"prednisone": PREDNISONE, "acetaminophen": ACETAMINOPHEN},
)
MEDICATION = {
    "resourceType": "Medication",
    "id": "m",
    "code": {"text": "prednisone"},
    "ingredient": [
        {
            "itemCodeableConcept": {"coding": [{"system": RXNORM, "code": "8640"}]},
            "strength": {"numerator": {"value": 20, "unit": "mg"}, "denominator": {"value": 1, "unit": "TAB"}},
        }
    ],
}


class NoUnits:
    """Doses read their units themselves."""

    def ucum(self, text: str, *, coded: bool) -> str | None:
        return None


def adapted(resource: Mapping[str, Any], **medications: Mapping[str, Any]) -> Adapted:
    known = {f"Medication/{name}": each for name, each in medications.items()}
    whole = {"id": "1", "subject": {"reference": "Patient/p"}, **resource}
    return adapt_medication_record(whole, Reading(ZoneInfo("UTC"), NoUnits(), medications=known, drugs=CATALOG))


def fact(resource: Mapping[str, Any], **medications: Mapping[str, Any]) -> MedicationFact:
    found = adapted(resource, **medications)
    assert len(found.facts) == 1 and isinstance(found.facts[0], MedicationFact)
    return found.facts[0]


def request(**more: Any) -> dict[str, Any]:
    stated = {"status": "active", "intent": "order", "medicationCodeableConcept": FIVE, "authoredOn": "2026-01-05"}
    return {"resourceType": "MedicationRequest", **stated, **more}


def statement(**more: Any) -> dict[str, Any]:
    stated = {"status": "active", "medicationCodeableConcept": FIVE, "dateAsserted": "2026-02-01"}
    return {"resourceType": "MedicationStatement", **stated, **more}


def dispense(**more: Any) -> dict[str, Any]:
    stated = {"status": "completed", "medicationCodeableConcept": FIVE, "whenHandedOver": "2026-01-05"}
    return {"resourceType": "MedicationDispense", **stated, **more}


def administration(**more: Any) -> dict[str, Any]:
    stated = {"status": "completed", "medicationCodeableConcept": FIVE, "effectiveDateTime": "2026-01-05T08:00:00Z"}
    return {"resourceType": "MedicationAdministration", **stated, **more}


SURE, POSSIBLE, DENIED = Certainty.SURE, Certainty.POSSIBLE, Certainty.DENIED
PERIOD = {"effectivePeriod": {"start": "2026-01-05", "end": "2026-02-03"}}


def adhering(code: str) -> dict[str, Any]:
    return {"status": "recorded", "adherence": {"code": {"coding": [{"code": code}]}}, **PERIOD}


def us_core(code: str) -> dict[str, Any]:
    stated = {"coding": [{"system": "http://snomed.info/sct", "code": code}]}
    parts = [{"url": "medicationAdherence", "valueCodeableConcept": stated}, {"url": "dateAsserted"}]
    return {
        "extension": [
            {"url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-medication-adherence", "extension": parts}
        ]
    }


LATER = {
    "status": "stopped",
    "authoredOn": "2026-03-01",
    "dosageInstruction": [{"timing": {"repeat": {"boundsPeriod": {"start": "2026-06-01", "end": "2026-07-13"}}}}],
}
MARCH = {"meta": {"lastUpdated": "2026-03-05T00:00:00Z"}}

# status and intent                               resource                                            how far it counts
COUNTS = {
    "an active order": (request(), SURE),
    "a stopped order": (request(status="stopped"), SURE),
    "an ended order (R5)": (request(status="ended"), SURE),
    "an order on hold": (request(status="on-hold"), POSSIBLE),
    "an order of unknown status": (request(status="unknown"), POSSIBLE),
    "a status of a release to come": (request(status="paused"), POSSIBLE),
    "an order without a status": (request(status=None), POSSIBLE),
    "a cancelled order": (request(status="cancelled"), None),
    "a draft": (request(status="draft"), None),
    "entered in error": (request(status="entered-in-error"), None),
    "an order not to give": (request(doNotPerform=True), None),
    "a filler order": (request(intent="filler-order"), SURE),
    "a proposal": (request(intent="proposal"), None),
    "an option": (request(intent="option"), None),
    "a plan": (request(intent="plan"), None),
    "a plan that repeats what the patient says (R4)": (request(intent="plan", reportedBoolean=True), SURE),
    "a plan that repeats what the patient says (R5)": (request(intent="plan", reported=True), SURE),
    "an intent of a release to come": (request(intent="wish"), POSSIBLE),
    "an active statement": (statement(), SURE),
    "not taken": (statement(status="not-taken"), DENIED),
    "intended": (statement(status="intended"), None),
    "recorded, taking (R5)": (statement(**adhering("taking")), SURE),
    "recorded, not taking (R5)": (statement(**adhering("not-taking")), DENIED),
    "recorded, adherence unknown (R5)": (statement(**adhering("unknown")), POSSIBLE),
    "recorded, nothing on adherence (R5)": (statement(status="recorded", **PERIOD), SURE),
    "recorded, not taking in words alone (R5)": (
        statement(status="recorded", adherence={"code": {"text": "Patient is not taking this"}}, **PERIOD),
        POSSIBLE,
    ),
    "recorded, a local code of adherence (R5)": (statement(**adhering("pnt")), POSSIBLE),
    "an order that the patient does not take (US Core)": (request(**us_core("715036001")), POSSIBLE),
    "an order that the patient takes as prescribed (US Core)": (request(**us_core("1156699004")), SURE),
    "a statement of adherence unknown (US Core)": (statement(**us_core("unknown")), POSSIBLE),
    "taken (STU3)": (statement(taken="y"), SURE),
    "not taken (STU3)": (statement(taken="n"), DENIED),
    "taken, unknown (STU3)": (statement(taken="unk"), POSSIBLE),
    "was not taken (DSTU2)": (statement(wasNotTaken=True), DENIED),
    "was taken (DSTU2)": (statement(wasNotTaken=False), SURE),
    "not given (STU3)": (administration(notGiven=True), DENIED),
    "stopped in March, before it was to begin in June": (request(**LATER, statusChanged="2026-03-05"), None),
    "the same, nobody says when; last updated in March": (request(**LATER, **MARCH), None),
    "the same, to be given on a stated day": (
        request(**{**LATER, "dosageInstruction": [{"timing": {"event": ["2026-06-01"]}}]}, **MARCH),
        None,
    ),
    "the same, last updated in July: before or after it began": (
        request(**LATER, meta={"lastUpdated": "2026-07-01T00:00:00Z"}),
        POSSIBLE,
    ),
    "stopped on the day on which it was to begin": (request(**LATER, statusChanged="2026-06-01"), POSSIBLE),
    "stopped in the month in which it was to begin": (request(**LATER, statusChanged="2026-06"), POSSIBLE),
    "stopped a week after it was to begin": (request(**LATER, statusChanged="2026-06-08"), SURE),
    "completed, but before it was to begin": (request(**{**LATER, "status": "completed"}, **MARCH), POSSIBLE),
    "stopped on the day on which it was ordered": (request(status="stopped", statusChanged="2026-01-05"), POSSIBLE),
    "stopped before it was ordered": (request(status="stopped", statusChanged="2026-01-04"), POSSIBLE),
    "said in February to be stopped, of what was to begin in June": (
        statement(status="stopped", effectivePeriod={"start": "2026-06-01"}),
        None,
    ),
    "the same, with an end": (
        statement(status="stopped", effectivePeriod={"start": "2026-06-01", "end": "2026-06-09"}),
        None,
    ),
    "said to be stopped on its first day": (
        statement(status="completed", effectivePeriod={"start": "2026-02-01"}),
        SURE,
    ),
    "handed over": (dispense(), SURE),
    "prepared, nobody says handed over": (dispense(whenHandedOver=None, whenPrepared="2026-01-05"), POSSIBLE),
    "a dispense in progress": (dispense(status="in-progress"), POSSIBLE),
    "a declined dispense": (dispense(status="declined"), None),
    "given": (administration(), SURE),
    "not given": (administration(status="not-done"), DENIED),
}


@pytest.mark.parametrize(("resource", "certainty"), COUNTS.values(), ids=COUNTS.keys())
def test_which_records_count(resource: dict[str, Any], certainty: Certainty | None) -> None:
    found = adapted(resource)
    assert [each.certainty for each in found.facts if isinstance(each, MedicationFact)] == (
        [certainty] if certainty else []
    )
    assert found.patient == "p" and not found.unreadable


def daily(**repeat: Any) -> list[dict[str, Any]]:
    dose = {"doseQuantity": {"value": 1, "unit": "tablet"}}
    return [{"timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", **repeat}}, "doseAndRate": [dose]}]


SUPPLY = {"quantity": {"value": 30, "unit": "tablet"}, "expectedSupplyDuration": {"value": 30, "code": "d"}}
BOUNDS = {"boundsPeriod": {"start": "2026-01-10", "end": "2026-02-03"}}
UPDATED = {"meta": {"lastUpdated": "2026-01-20T00:00:00Z"}}


def reference(target: str, **more: str) -> dict[str, Any]:
    return {"medicationCodeableConcept": None, "medicationReference": {"reference": target, **more}}


# how the drug is named                            resource
NAMED = {
    "by code, the product map knows it": (request(), "5"),
    "by reference": (request(**reference("Medication/m")), "20"),
    "by absolute reference": (request(**reference("https://ehr.example/fhir/Medication/m")), "20"),
    "contained": (request(**reference("#m"), contained=[MEDICATION]), "20"),
    "CodeableReference to a resource (R5)": (
        request(medicationCodeableConcept=None, medication={"reference": {"reference": "Medication/m"}}), "20",
    ),
    "CodeableReference with a concept (R5)": (
        request(medicationCodeableConcept=None, medication={"concept": FIVE}), "5",
    ),
    "by the name of a product alone": (
        request(medicationCodeableConcept={"text": "Prednisone 10 mg tablet"}), "10",
    ),
    "map and name disagree": (
        request(medicationCodeableConcept={**FIVE, "text": "prednisone 10 MG Oral Tablet"}), "5 to 10",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("resource", "strength"), NAMED.values(), ids=NAMED.keys())
def test_every_way_to_name_a_drug(resource: dict[str, Any], strength: str) -> None:
    found = fact(resource, m=MEDICATION)
    assert [str(each.amount) for each in found.strengths] == [strength]
    assert [each.ingredient for each in found.strengths] == [PREDNISONE]
    assert ("strength-conflict" in found.marks) == (strength == "5 to 10")


def test_the_ingredients_of_a_mapped_product_are_codes_of_the_fact_but_those_of_a_name_are_not() -> None:
    assert PREDNISONE in fact(request()).concept.codings
    assert fact(request(medicationCodeableConcept={"text": "prednisone 5 mg"})).concept.codings == ()


def said_by(system: str, code: str) -> dict[str, Any]:
    """A medication coded as not known, with the words that go with it."""
    coding = {"system": system, "code": code, "display": "Unknown to us"}
    return {"medicationCodeableConcept": {"coding": [coding], "text": "unknown to us"}}


UNKNOWN_DRUGS = {
    "a reference to nothing": reference("Medication/gone"),
    "a contained resource that is not there": reference("#gone"),
    "a urn that nothing explains": reference("urn:uuid:1"),
    "a Medication entered in error": reference("Medication/wrong"),
    "a Medication that names nothing": reference("Medication/empty"),
    "no drug": {"medicationCodeableConcept": None},
    "an empty concept": {"medicationCodeableConcept": {"coding": [{"display": ""}]}},
    "unknown, for a stated reason": said_by("http://terminology.hl7.org/CodeSystem/data-absent-reason", "unknown"),
    "a null flavour": said_by("http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "UNK"),
    "no information": said_by("http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips", "no-medication-info"),
}


@pytest.mark.parametrize("more", UNKNOWN_DRUGS.values(), ids=UNKNOWN_DRUGS.keys())
def test_a_drug_that_is_not_named_could_be_any(more: dict[str, Any]) -> None:
    wrong, empty = {**MEDICATION, "status": "entered-in-error"}, {"resourceType": "Medication", "id": "empty"}
    found = adapted(request(**more), wrong=wrong, empty=empty)
    assert not found.facts
    assert [each.concept for each in found.unreadable] == [None]


def test_what_a_dangling_reference_calls_the_drug_is_kept() -> None:
    found = adapted(request(**reference("Medication/gone", display="Prednisone 5 mg")))
    assert [each.concept.texts for each in found.unreadable if each.concept] == [("Prednisone 5 mg",)]


def test_no_known_medications_is_no_drug() -> None:
    none = {"system": "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips", "code": "no-known-medications"}
    found = adapted(statement(medicationCodeableConcept={"coding": [none]}))
    assert not found.facts and not found.unreadable


UNREADABLE = {
    "31 February": request(authoredOn="2026-02-31"),
    "the year 9999": request(authoredOn="9999-12-31"),
    "a period since the year 1": statement(effectivePeriod={"start": "0001-01-01"}),
    "a period until 2999": request(effectiveDosePeriod={"start": "2026-01-05", "end": "2999-12-31"}),
    "a number as text": request(dispenseRequest={"quantity": {"value": "30", "unit": "tablet"}}),
    "a period that ends before it begins": statement(effectivePeriod={"start": "2026-02-01", "end": "2026-01-01"}),
    "a thousand million repeats": request(dispenseRequest={**SUPPLY, "numberOfRepeatsAllowed": 10**9}),
}


@pytest.mark.parametrize("resource", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_cannot_be_read_keeps_its_drug(resource: dict[str, Any]) -> None:
    found = adapted(resource)
    assert not found.facts
    assert [PREDNISONE in each.concept.codings for each in found.unreadable if each.concept] == [True]


def test_a_status_that_is_no_text_is_refused() -> None:
    with pytest.raises(UnreadableResource, match="status"):
        adapted(request(status=7))


def test_an_unreadable_dosage_is_a_missing_dose_of_a_known_drug() -> None:
    found = fact(request(dosageInstruction=[{"doseAndRate": [{"doseQuantity": {"value": "5", "unit": "mg"}}]}]))
    assert found.marks == ("unreadable-dosage",)
    assert found.instructions[0].amount is None


# one dose, stated several times           what can be computed with, and what it is also said to be
SEVERAL = [
    (("4 tablet", "10 mg"), "10 mg", ["4 tablet"]),
    (("10 mg", "4 tablet", "3 tablet", "2 mL"), "10 mg", ["3 to 4 tablet", "2 mL"]),
    (("1 mg/kg", "60 mg"), "60 mg", []),
    (("0.01 g", "10 mg"), "0.01 g", []),
]


@pytest.mark.parametrize(("stated", "amount", "others"), SEVERAL, ids=[", ".join(each[0]) for each in SEVERAL])
def test_statements_of_one_dose_in_several_units(stated: tuple[str, ...], amount: str, others: list[str]) -> None:
    doses = [{"doseQuantity": {"value": float(n), "unit": unit}} for n, unit in (each.split() for each in stated)]
    (found,) = fact(request(dosageInstruction=[{"doseAndRate": doses}])).instructions
    assert (str(found.amount), [str(each) for each in found.others]) == (amount, others)


def test_the_most_of_one_administration_is_kept_beside_the_dose_whatever_its_unit() -> None:
    dosage = {
        "doseQuantity": {"value": 1, "unit": "mg/kg"},
        "maxDosePerAdministration": {"value": 60, "unit": "mg"},
    }
    found = fact(request(dosageInstruction=[dosage])).instructions[0]
    assert (str(found.amount), str(found.most)) == ("1 mg/kg", "60 mg")


# the speed of an infusion                    amount     per
SPEEDS = {
    "mL/h": ("2 mL", "h"), "mg/hr": ("2 mg", "h"), "ug/kg/h": ("2 ug/kg", "h"), "ug/kg/min": ("2 ug/kg", "min"),
    "mg/(kg.h)": ("2 mg/kg", "h"), "mg/h/m2": ("2 mg/m2", "h"), "mg/m2/d": ("2 mg/m2", "d"),
}  # fmt: skip


@pytest.mark.parametrize(("unit", "expected"), SPEEDS.items())
def test_speeds_of_infusions(unit: str, expected: tuple[str, str]) -> None:
    dosage = {"doseAndRate": [{"rateQuantity": {"value": 2, "unit": unit}}]}
    found = fact(request(dosageInstruction=[dosage])).instructions[0].rate
    assert found is not None
    assert (str(found.amount), found.period.unit, str(found.period.value)) == (*expected, "1")


@pytest.mark.parametrize("unit", ["mg", "mg/kg", "mL/h/h", "1/h/d", "mg/fortnight"])
def test_what_is_no_speed_is_not_read_as_one(unit: str) -> None:
    dosage = {"doseAndRate": [{"rateQuantity": {"value": 2, "unit": unit}}]}
    assert fact(request(dosageInstruction=[dosage])).instructions[0].rate is None


@pytest.mark.parametrize(
    ("repeat", "frequency"),
    [
        ({"frequency": 1, "frequencyMax": 2}, "1 to 2"),
        ({"frequencyMax": 2}, "1 to 2"),
        ({"frequency": 2, "frequencyMax": 2}, "2"),
        ({"frequency": 0}, None),
        ({"frequency": "2"}, None),
        ({"frequency": 1, "countMax": 3}, None),
        ({"frequency": 1, "period": None, "periodMax": 2}, None),
    ],
    ids=repr,
)
def test_how_often(repeat: dict[str, Any], frequency: str | None) -> None:
    found = fact(request(dosageInstruction=daily(**{"frequency": None, **repeat})))
    read_timing = found.instructions[0].timing
    assert (str(read_timing.frequency) if read_timing else None) == frequency
    assert found.marks == (() if frequency else ("unreadable-dosage",))


def test_links_name_the_records_of_one_therapy() -> None:
    linked = dispense(
        authorizingPrescription=[{"reference": "https://ehr.example/fhir/MedicationRequest/7/_history/2"}]
    )
    assert fact(linked).links == ("MedicationRequest/7",)


def test_inactive_ingredients_do_not_count() -> None:
    filler = {"itemCodeableConcept": {"text": "lactose"}, "isActive": False}
    medication = {**MEDICATION, "ingredient": [*MEDICATION["ingredient"], filler]}
    assert len(fact(request(**reference("Medication/m")), m=medication).strengths) == 1


def test_a_strength_quantity_of_r5_is_per_piece() -> None:
    item = {"concept": {"coding": [{"system": RXNORM, "code": "8640"}]}}
    medication = {**MEDICATION, "ingredient": [{"item": item, "strengthQuantity": {"value": 2.5, "unit": "mg"}}]}
    found = fact(
        request(medicationCodeableConcept=None, medication={"reference": {"reference": "Medication/m"}}), m=medication
    )
    assert str(found.strengths[0].amount) == "2.5"


def of_substance(target: str, **more: Any) -> dict[str, Any]:
    """A Medication whose ingredient is a Substance that it contains."""
    substance = {
        "resourceType": "Substance", "id": "s", "code": {"coding": [{"system": RXNORM, "code": "8640"}]},
    }  # fmt: skip
    strength = {"numerator": {"value": 20, "unit": "mg"}, "denominator": {"value": 1, "unit": "TAB"}}
    ingredient = [{"itemReference": {"reference": target}, "strength": strength}]
    return {"resourceType": "Medication", "id": "m", "contained": [substance], "ingredient": ingredient, **more}


def test_an_ingredient_contained_in_a_referenced_medication_is_found() -> None:
    found = fact(request(**reference("Medication/m")), m=of_substance("#s", code={"text": "capsule of the house"}))
    assert PREDNISONE in found.concept.codings
    assert [str(each.amount) for each in found.strengths] == ["20"]


def test_a_medication_known_by_words_alone_with_an_ingredient_that_is_not_there_could_be_any() -> None:
    words = of_substance("Substance/gone", code={"text": "capsule of the house"})
    found = adapted(request(**reference("Medication/m")), m=words)
    assert not found.facts and [each.concept for each in found.unreadable] == [None]
    coded = fact(request(**reference("Medication/m")), m=of_substance("Substance/gone", code=FIVE))
    assert PREDNISONE in coded.concept.codings


def test_a_record_that_calls_its_subject_the_patient_is_not_lost() -> None:
    assert fact({**request(), "subject": None, "patient": {"reference": "Patient/p"}}) == fact(request())


def test_a_dosage_rendered_as_words_alone_is_a_dose_that_is_missing() -> None:
    worded = fact(request(renderedDosageInstruction="as directed", dispenseRequest=SUPPLY))
    assert [(each.text, each.amount) for each in worded.instructions] == [("as directed", None)]
    structured = fact(request(renderedDosageInstruction="2 mg", dosageInstruction=daily()))
    assert [each.text for each in structured.instructions] == [None]


ABSURD = {
    "a dose of 1e23 mg": {"doseAndRate": [{"doseQuantity": {"value": 1e23, "unit": "mg"}}]},
    "1e26 times a day": daily(frequency=10**26)[0],
    "once in 1e-26 days": daily(period=1e-26)[0],
}


@pytest.mark.parametrize("dosage", ABSURD.values(), ids=ABSURD.keys())
def test_an_absurd_number_is_a_missing_dose_of_a_known_drug(dosage: dict[str, Any]) -> None:
    found = fact(request(dosageInstruction=[dosage]))
    assert found.marks == ("unreadable-dosage",) and [each.amount for each in found.instructions] == [None]


def test_an_absurd_number_in_a_name_is_no_strength() -> None:
    assert fact(request(medicationCodeableConcept={"text": f"prednisone {'9' * 29} MG"})).strengths == ()


@pytest.mark.parametrize("name", ["timeOfDay", "when", "dayOfWeek"])
def test_a_list_of_times_with_a_gap_is_no_smaller_dose(name: str) -> None:
    code = {"timeOfDay": "08:00:00", "when": "MORN", "dayOfWeek": "mon"}[name]
    repeat = {name: [code, None], f"_{name}": [None, {"extension": [{"url": "x"}]}]}
    dose = {"timing": {"repeat": repeat}, "doseAndRate": [{"doseQuantity": {"value": 6, "unit": "mg"}}]}
    assert fact(request(dosageInstruction=[dose])).marks == ("unreadable-dosage",)


def test_medications_that_name_one_another_in_a_circle_end() -> None:
    circle = {"resourceType": "Medication", "id": "c", "ingredient": [{"itemReference": {"reference": "Medication/c"}}]}
    found = adapted(request(**reference("Medication/c")), c=circle)
    assert not found.facts and len(found.unreadable) == 1


def test_a_subject_that_is_no_patient_gives_nothing() -> None:
    assert adapted(request(subject={"reference": "Group/g"})) == Adapted(None)


# the record                                           its status says it is over    marks of its end
OVER = {
    "an active order": (request(), False, ()),
    "a completed order, nobody says since when": (request(status="completed"), True, ("end-from-status",)),
    "an order stopped on a recorded day (R5)": (request(status="stopped", statusChanged="2026-01-15"), True, ()),
    "an order of 30 days' supply": (request(dispenseRequest=SUPPLY), False, ("end-from-supply",)),
    "completed, with a supply": (
        request(status="completed", dispenseRequest=SUPPLY), True, ("end-from-status", "end-from-supply"),
    ),
    "an active statement with an end": (statement(**PERIOD), False, ()),
    "a completed statement with an end": (statement(status="completed", **PERIOD), True, ()),
    "a stopped statement": (statement(status="stopped"), True, ("end-from-status",)),
    "recorded, stopped (R5), with its period": (statement(**adhering("stopped")), True, ()),
    "a dispense": (dispense(daysSupply={"value": 30, "code": "d"}), False, ("end-from-supply",)),
}  # fmt: skip


@pytest.mark.parametrize(("resource", "over", "marks"), OVER.values(), ids=OVER.keys())
def test_an_end_that_is_inferred_says_from_what(resource: dict[str, Any], over: bool, marks: tuple[str, ...]) -> None:
    found = fact(resource)
    assert (found.over, found.marks) == (over, marks)


def test_an_order_names_the_order_that_it_replaces() -> None:
    prior = {"priorPrescription": {"reference": "MedicationRequest/old"}, "basedOn": [{"reference": "CarePlan/c"}]}
    found = fact(request(**prior))
    assert found.replaces == ("MedicationRequest/old",) and set(found.links) == {"MedicationRequest/old", "CarePlan/c"}
