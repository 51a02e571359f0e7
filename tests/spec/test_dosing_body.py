"""Doses by kilogram and by square metre: which weight and height they go by, and what is not known without one.

SEMANTICS §6.4. Adults go by what was measured within 12 months of the dose, minors within 3; a site may say otherwise.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from service.catalog.content import mappings_dir
from service.catalog.units import load_units
from service.eligibility.dates import ANY_DAY, Days, Duration, Span, Unit
from service.eligibility.dosing.body import Body, Measurement, Sized, per_body
from service.eligibility.dosing.daily import Holding, daily
from service.eligibility.dosing.measure import DoseAnswer, Taken, Terms, steps
from service.eligibility.dosing.model import Instruction, Rate
from service.eligibility.dosing.sigs.quantities import Known
from service.eligibility.dosing.texts import with_texts
from service.eligibility.evaluate.body import body_of
from service.eligibility.evaluate.context import Case, Knowledge
from service.eligibility.facts import (
    Certainty,
    Evidence,
    Loaded,
    ObservationFact,
    PatientRecord,
    Person,
    Unreadable,
)
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.policy import Policy
from service.eligibility.quantity import Interval, Quantity
from service.eligibility.terms import Codes, Coding, Concept, Terminology, ValueSet
from tests.doses import (
    AT,
    START,
    TABLE,
    asked,
    cap,
    days,
    instruction,
    lapse,
    medication,
    numbers,
    quantity,
    strength,
    timing as how_often,
)

GROWN, CHILD = days("1970-05-05"), days("2018-05-05")
SOLUTION = (strength(15, "5 mL"),)


def measured(value: str | None, when: str | Days, name: str = "w", sure: bool = True) -> Measurement:
    on = days(when) if isinstance(when, str) else when
    return Measurement(on, None if value is None else numbers(value), f"Observation/{name}", sure)


def body(*weights: Measurement, birth: Days = GROWN, heights: tuple[Measurement, ...] = ()) -> Body:
    return Body(weights, heights, birth)


def dosed(given: Instruction, whose: Body, **more: object) -> str:
    (step, *_) = steps([Taken(medication(given, **more))], AT, Terms(table=TABLE, body=whose))  # type: ignore[arg-type]
    return str(step.value.average)


SIXTY = body(measured("60", "2026-01-03"), heights=(measured("170", "2026-01-03", "h"),))

# what the label says               instruction                                                      mg a day
PER_BODY = {
    "1 mg/kg once a day": (instruction("1 mg/kg"), "60"),
    "0.5 to 1 mg/kg once a day": (instruction("0.5-1 mg/kg"), "30 to 60"),
    "0.5 mg/kg twice a day": (instruction("0.5 mg/kg", how_often(2)), "60"),
    "500 ug/kg": (instruction("500 ug/kg"), "30"),
    "mg/kg of body weight, with an annotation": (instruction("1 mg/kg{body_weight}"), "60"),
    "0.5 mL/kg of 15 mg/5 mL": (instruction("0.5 mL/kg"), "90"),
    "1 mg/kg, at most 40 mg at a time": (instruction("1 mg/kg", most=quantity("40 mg")), "40"),
    "1 mg/kg as needed, at most 0.5 mg/kg a day": (
        instruction("1 mg/kg", as_needed=True, caps=(cap("0.5 mg/kg"),)), "0 to 30",
    ),
    "1 mg/kg, and its text says to hold it": (
        with_texts([instruction("1 mg/kg", text="HOLD")], Holding(), Known())[0], "0 to 60",
    ),
    "2 ug/kg/min for 30 minutes a day": (
        Instruction("x", rate=Rate(quantity("2 ug/kg"), lapse("1 min")), timing=how_often(duration=lapse("30 min"))),
        "3.6",
    ),
    "10 ug/kg/h, for how long is not said": (
        Instruction("x", rate=Rate(quantity("10 ug/kg"), lapse("1 h"))), "0 to 14.4",
    ),
    "1 mg/kg over 24 h": (Instruction("x", rate=Rate(quantity("1 mg/kg"), lapse("24 h"), whole=True)), "60"),
    # the square root of 170 x 60 / 3600 is 1.683250…
    "10 mg/m2 once a day": (instruction("10 mg/m2"), "16.8325"),
    "10 mg per m²": (instruction("10 mg/m²"), "16.8325"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), PER_BODY.values(), ids=PER_BODY.keys())
def test_a_dose_per_body(given: Instruction, expected: str) -> None:
    found = dosed(given, SIXTY, strengths=SOLUTION)
    assert found.replace("16.8325 to 16.8325", "16.8325") == expected


# which weight                            measured                                                            1 mg/kg is
NEAREST = {
    "the only one": ((measured("60", "2026-01-03"),), "60"),
    "the nearer of two": ((measured("60", "2026-01-03"), measured("90", "2025-06-01")), "60"),
    "one shortly before the order": ((measured("60", "2025-12-31"), measured("90", "2025-12-01")), "60"),
    "two on the same day": ((measured("60", "2026-01-03"), measured("62", "2026-01-03", "v")), "60 to 62"),
    "one day before and one day after": ((measured("60", "2026-01-04"), measured("62", "2026-01-06", "v")), "60 to 62"),
    "measured again while it is taken": ((measured("60", "2026-01-03"), measured("70", "2026-02-20", "v")), "60 to 70"),
    "some day of December, and one near the order": (
        (measured("50", days("2025-12-01", "2025-12-31"), "v"), measured("60", "2025-12-28")), "50 to 60",
    ),
    "some day of November cannot be nearer": (
        (measured("50", days("2025-11-01", "2025-11-30"), "v"), measured("60", "2025-12-28")), "60",
    ),
    "a range, as a scale with a comparator": ((measured("60-61", "2026-01-03"),), "60 to 61"),
    "what is not final only adds": (
        (measured("60", "2025-12-28"), measured("65", "2026-01-05", "v", sure=False)), "60 to 65",
    ),
    "12 months before, to the day": ((measured("60", "2025-01-05"),), "60"),
    "12 months and a day before": ((measured("60", "2025-01-04"),), "an unknown amount"),
    "none": ((), "an unknown amount"),
    "on an unknown day": ((measured("60", ANY_DAY),), "an unknown amount"),
    "not final alone": ((measured("60", "2026-01-03", sure=False),), "an unknown amount"),
    "a number without a unit, nearest": (
        (measured("90", "2025-12-01"), measured(None, "2026-01-05", "v")), "an unknown amount",
    ),
    "a number without a unit, far away": ((measured("60", "2026-01-05"), measured(None, "2025-12-01", "v")), "60"),
}  # fmt: skip


@pytest.mark.parametrize(("weights", "expected"), NEAREST.values(), ids=NEAREST.keys())
def test_the_weight_nearest_to_the_dose(weights: tuple[Measurement, ...], expected: str) -> None:
    """The order begins on 5 January 2026 and goes on to 1 April."""
    for listed in (weights, weights[::-1]):
        assert dosed(instruction("1 mg/kg"), body(*listed)) == expected


# who                               born         measured before 5 January 2026           within the horizon?
HORIZONS = {
    "a child, 3 months before": (CHILD, "2025-10-05", True),
    "a child, longer before": (CHILD, "2025-10-04", False),
    "an adult": (GROWN, "2025-10-04", True),
    "18 on the day of the dose": (days("2008-01-05"), "2025-10-04", True),
    "17 on the day of the dose": (days("2008-01-06"), "2025-10-04", False),
    "of unknown age": (ANY_DAY, "2025-10-04", False),
    "born in some month of 2008": (days("2008-01-01", "2008-12-31"), "2025-10-04", False),
}  # fmt: skip


@pytest.mark.parametrize(("birth", "when", "counts"), HORIZONS.values(), ids=HORIZONS.keys())
def test_minors_grow_and_need_a_newer_weight(birth: Days, when: str, counts: bool) -> None:
    found = dosed(instruction("1 mg/kg"), body(measured("30", when), birth=birth))
    assert found == ("30" if counts else "an unknown amount")


def answer(given: Instruction, whose: Body) -> DoseAnswer:
    fact = medication(given)
    return asked([fact], body=whose)


def test_the_finding_tells_the_weight_its_day_and_where_it_stands() -> None:
    found = answer(instruction("1 mg/kg"), SIXTY)
    assert (found.outcome, str(found.least), found.marks) == (Outcome.MET, "60", ("weight-based",))
    assert found.factors == ("1 mg/kg x body weight 60 kg [Observation/w, 2026-01-03] = 60 mg x 1/day = 60 mg/day",)


def test_the_finding_tells_the_surface_and_both_measurements() -> None:
    found = answer(instruction("10 mg/m2"), SIXTY)
    assert found.marks == ("surface-based",)
    assert (
        "surface 1.68325 to 1.683251 m2 (Mosteller: height 170 cm [Observation/h, 2026-01-03], body weight 60 kg"
        in (found.factors[0])
    )


# what is missing                     who                                          what the finding says
UNKNOWN = {
    "no weight": (instruction("1 mg/kg"), body(), "1 mg/kg needs a body weight: no body weight was measured within 12"),
    "no height": (instruction("1 mg/m2"), body(measured("60", "2026-01-03")), "no height was measured within 12"),
    "an illegible weight": (
        instruction("1 mg/kg"), body(measured(None, "2026-01-03")),
        "the body weight nearest to 2026-01-05 cannot be read (Observation/w)",
    ),
    "an amount per kilogram and day is not one dose": (
        instruction("1 mg/kg/d"), SIXTY, "1 mg/kg/d is an amount per something else, not one dose",
    ),
    "per lean body mass": (instruction("1 mg/kg{lean}"), SIXTY, "is an amount per something else"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "whose", "said"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_is_not_known_is_said_in_words(given: Instruction, whose: Body, said: str) -> None:
    found = answer(given, whose)
    assert (found.outcome, found.reasons) == (Outcome.UNKNOWN, frozenset({Reason.DOSE_MISSING}))
    assert said in found.factors[0]


def test_a_surface_is_rounded_outward_and_exact_where_it_can_be() -> None:
    """180 cm and 80 kg are exactly 2 m²; else the square of either end lies on its side of the true square."""
    whole = body(measured("80", "2026-01-05"), heights=(measured("180", "2026-01-05"),))
    assert str(whole.during(Span.on(Days.on(START))).surface.value) == "2"
    value = SIXTY.during(Span.on(Days.on(START))).surface.value
    assert value is not None and value.low is not None and value.high is not None
    assert Fraction(value.low) ** 2 < Fraction(170 * 60, 3600) < Fraction(value.high) ** 2
    assert value.high - value.low == Decimal("0.000001")


def test_a_single_dose_goes_by_the_weight_of_its_own_day() -> None:
    weights = body(measured("60", "2026-01-03"), measured("50", "2026-03-20", "v"))
    late = medication(instruction("1 mg/kg", how_often(None, None, events=(date(2026, 3, 21),))))
    (step,) = steps([Taken(late)], AT, Terms(table=TABLE, body=weights))
    assert (str(step.start), str(step.value.average)) == ("2026-03-21", "50")


@pytest.mark.parametrize(
    ("unit", "found"),
    {
        "mg/kg": ("mg", "weight"), "ug/kg": ("ug", "weight"), "mL/m2": ("mL", "surface"), "mg/kg{bw}": ("mg", "weight"),
        "mg/kg/d": None, "mg": None, "/kg": None, "mg/g": None, None: None,
    }.items(),
)  # fmt: skip
def test_units_per_body(unit: str | None, found: tuple[str, str] | None) -> None:
    assert per_body(unit) == found


def test_without_a_body_a_dose_per_kilogram_is_missing() -> None:
    assert daily(instruction("1 mg/kg"), Holding()).words == "1 mg/kg needs a body weight"


LOINC = "http://loinc.org"
TERMS = Terminology(
    {
        "body-weight": ValueSet(
            "body-weight", "w", sure=Codes(frozenset({Coding(LOINC, "29463-7")})), words=("weight",)
        ),
        "body-height": ValueSet("body-height", "h", sure=Codes(frozenset({Coding(LOINC, "8302-2")}))),
    }
)


def observed(value: object, when: str = "2026-01-03", certainty: Certainty = Certainty.SURE) -> ObservationFact:
    concept = Concept((Coding(LOINC, "29463-7"),), ("Body weight",))
    return ObservationFact(Evidence("Observation/w", "x"), concept, certainty, days(when), value)  # type: ignore[arg-type]


def body_from(*facts: ObservationFact, policy: Policy | None = None) -> Body:
    person = Person("p", Evidence("Patient/p", "Patient.id"), birth=GROWN)
    knowledge = Knowledge(TERMS, load_units(mappings_dir() / "units"), policy=policy or Policy())
    return body_of(Case(PatientRecord(person, facts), AT, knowledge))


def size_of(*unreadable: Unreadable, loaded: Loaded = Loaded.COMPLETE, terms: Terminology = TERMS) -> Sized:
    """The weight that a dose of January goes by, where 60 kg are on record; so much was loaded, that cannot be read."""
    person = Person("p", Evidence("Patient/p", "Patient.id"), birth=GROWN)
    facts = (observed(Quantity(Interval.exactly(60), "kg")),)
    record = PatientRecord(person, facts, unreadable, {"Observation": loaded})
    case = Case(record, AT, Knowledge(terms, load_units(mappings_dir() / "units"), policy=Policy()))
    return body_of(case).during(Span.on(days("2026-01-05"))).weight


def test_of_results_that_were_not_all_loaded_nobody_knows_the_nearest_weight() -> None:
    assert size_of().value == Interval.exactly(60)
    for loaded in (Loaded.INCOMPLETE, Loaded.ABSENT):
        assert size_of(loaded=loaded).value is None and "not all results are loaded" in size_of(loaded=loaded).words


def test_a_result_that_cannot_be_read_may_be_a_nearer_weight() -> None:
    evidence = Evidence("Observation/x", "Observation.value")
    weight = Concept((Coding(LOINC, "29463-7"),), ("Body weight",))
    sodium = Concept((Coding(LOINC, "2951-2"),), ("Sodium",))
    for concept, value in ((None, None), (weight, None), (sodium, Interval.exactly(60))):
        found = size_of(Unreadable("Observation", evidence, "why", concept))
        assert found.value == value


def test_without_a_value_set_of_weights_nothing_is_asked_of_it() -> None:
    unreadable = Unreadable("Observation", Evidence("Observation/x", "x"), "why", Concept((), ("a",)))
    assert size_of(unreadable, terms=Terminology({})).value is None


# what is on record                                             kg
RECORDED = {
    "kilograms": (Quantity(Interval.exactly(60), "kg"), "60"),
    "grams": (Quantity(Interval.exactly(3500), "g"), "3.5"),
    "pounds, exactly": (Quantity(Interval.exactly(100), "[lb_av]"), "45.359237"),
    "no unit": (Quantity(Interval.exactly(60), None), "None"),
    "another dimension": (Quantity(Interval.exactly(60), "cm"), "None"),
    "more than anybody weighs": (Quantity(Interval.exactly(60000), "kg"), "None"),
    "nothing": (Quantity(Interval.exactly(0), "kg"), "None"),
    "at most so much": (Quantity(Interval(None, Decimal(60)), "kg"), "None"),
}  # fmt: skip


@pytest.mark.parametrize(("value", "kilograms"), RECORDED.values(), ids=RECORDED.keys())
def test_weights_on_record(value: Quantity, kilograms: str) -> None:
    (found,) = body_from(observed(value)).weights
    assert (str(found.value), found.reference) == (kilograms, "Observation/w")


def test_what_is_no_measurement_yet_or_none_at_all_is_left_out() -> None:
    later, silent = observed(Quantity(Interval.exactly(60), "kg"), "2026-04-02"), observed(None)
    denied = replace(observed(Quantity(Interval.exactly(60), "kg")), certainty=Certainty.DENIED)
    assert body_from(later, silent, denied).weights == ()


def test_a_preliminary_weight_is_not_sure_and_the_site_sets_the_horizons() -> None:
    policy = Policy(body_horizon=Duration(1, Unit.WEEK))
    found = body_from(observed(Quantity(Interval.exactly(60), "kg"), certainty=Certainty.POSSIBLE), policy=policy)
    assert not found.weights[0].sure and found.horizon == Duration(1, Unit.WEEK)
