"""What each characteristic answers, as truth tables a nurse can read. SEMANTICS §3 to §5.

Screening date 2026-06-30 throughout; the person was seen on 2026-06-01 and everything was loaded, unless a row says so.
"""

from datetime import date
from decimal import Decimal

import pytest

from service.eligibility.criteria import (
    EVER,
    Absence,
    AgeAtScreening,
    AllergyKnown,
    AllOf,
    Anchor,
    AnyOf,
    AtLeast,
    Bounds,
    Choice,
    CodedTest,
    ConditionPresent,
    IfElse,
    LookBack,
    Manual,
    Not,
    NumberTest,
    ObservationValue,
    ProcedureDone,
    SexIs,
    Tier,
    Tiers,
)
from service.eligibility.dates import Days, Duration, Unit
from service.eligibility.facts import Certainty, ConditionFact, Evidence, Fact, Loaded, Unreadable
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.quantity import Interval, Quantity
from service.eligibility.terms import Concept
from tests.builders import AT, ICD, LOINC, TYPES, allergy, concept, condition, days, judge, procedure, result

N, U, M = Outcome.NOT_MET, Outcome.UNKNOWN, Outcome.MET
FIVE_YEARS = LookBack(Duration(5, Unit.YEAR))
YEAR = LookBack(Duration(12, Unit.MONTH))
CANCER = concept("1")
NOT_LOADED = {each: Loaded.COMPLETE for each in TYPES if each not in ("Condition", "Observation")}


def why(*reasons: Reason) -> frozenset[Reason]:
    return frozenset(reasons)


@pytest.mark.parametrize(
    ("fact", "outcome", "reasons"),
    [
        pytest.param(condition(CANCER), M, why(), id="still present since 2024"),
        pytest.param(condition(CANCER, "2010", "2015"), N, why(), id="over for more than five years"),
        pytest.param(condition(CANCER, "2010", "2021-06-30"), M, why(), id="ended on the window's first day"),
        pytest.param(condition(CANCER, "2010", "2021-06-29"), N, why(), id="ended the day before the window"),
        pytest.param(
            condition(CANCER, "2010", "2021"), U, why(Reason.DATE_IMPRECISE), id="ended in the year of the edge"
        ),
        pytest.param(
            condition(CANCER, "2010", ended=True), U, why(Reason.DATE_IMPRECISE), id="over, nobody knows since when"
        ),
        pytest.param(condition(CANCER, None), M, why(), id="active, beginning unknown"),
        pytest.param(
            condition(CANCER, None, None, asserted=days("2020-03-01")), M, why(), id="active, recorded long ago"
        ),
        pytest.param(
            condition(CANCER, certainty=Certainty.POSSIBLE), U, why(Reason.STATUS_UNCERTAIN), id="provisional"
        ),
        pytest.param(condition(CANCER, certainty=Certainty.DENIED), N, why(), id="refuted"),
        pytest.param(condition(concept("2")), U, why(Reason.CODE_UNMAPPED), id="a code that is not reliably mapped"),
        pytest.param(
            condition(concept("9", text="Carcinoma of colon")),
            U,
            why(Reason.NAME_ONLY),
            id="unlisted code, telling name",
        ),
        pytest.param(condition(concept(text="breast cancer")), U, why(Reason.NAME_ONLY), id="text alone"),
        pytest.param(condition(concept("9", text="Sprained ankle")), N, why(), id="unlisted code, other name"),
        pytest.param(
            condition(concept("9", text="")), U, why(Reason.CODE_UNMAPPED), id="unlisted code without any words"
        ),
        pytest.param(
            condition(concept("9", text="cancer screening done")), N, why(), id="a phrase that is not the disease"
        ),
        pytest.param(
            condition(concept("K529", text="", system=ICD)), N, why(), id="ICD lists all cancers, this is none"
        ),
        pytest.param(condition(concept("c50.9", text="x", system=ICD)), M, why(), id="ICD, lower case, with a dot"),
        pytest.param(condition(CANCER, "2026-07"), N, why(), id="begins after the screening date"),
    ],
)
def test_condition_within_five_years(fact: ConditionFact, outcome: Outcome, reasons: frozenset[Reason]) -> None:
    judged = judge(ConditionPresent(("cancer",), look_back=FIVE_YEARS), fact)
    assert (judged.outcome, judged.reasons) == (outcome, reasons)


@pytest.mark.parametrize(
    ("fact", "outcome"),
    [
        pytest.param(condition(CANCER, "2024", ended=True), N, id="inactive without a date is not present today"),
        pytest.param(condition(CANCER, "2024", "2026-06-30"), M, id="ends today"),
        pytest.param(condition(CANCER, "2024", "2026-06-29"), N, id="ended yesterday"),
        pytest.param(condition(concept("3"), "2026-06-01"), M, id="a cold of this month"),
        pytest.param(condition(concept("3"), "2026-05-01"), M, id="a cold is sure for 60 days"),
        pytest.param(condition(concept("3"), "2026-04-30"), U, id="and possible after that"),
        pytest.param(condition(concept("3"), None), U, id="an undated cold is possible"),
        pytest.param(condition(concept("3"), None, asserted=days("2026-06-20")), M, id="a cold noted this month"),
    ],
)
def test_condition_on_the_screening_date(fact: ConditionFact, outcome: Outcome) -> None:
    assert judge(ConditionPresent(("cancer", "cold")), fact).outcome is outcome


def test_skin_cancer_is_excepted_only_where_the_study_says_so() -> None:
    skin = condition(concept("C44.91", text="Basal cell carcinoma", system=ICD))
    assert judge(ConditionPresent(("cancer",)), skin).outcome is M
    assert judge(ConditionPresent(("cancer",), excluding=("skin",)), skin).outcome is N


def test_an_old_active_cancer_stays_met_and_is_marked() -> None:
    judged = judge(ConditionPresent(("cancer",), look_back=FIVE_YEARS), condition(CANCER, "2012"))
    assert judged.outcome is M
    assert "stale-entry" in judged.notes


@pytest.mark.parametrize(
    ("more", "outcome", "reason"),
    [
        pytest.param({}, N, None, id="loaded, seen: absent, by assumption"),
        pytest.param({"loaded": NOT_LOADED}, U, Reason.NOT_LOADED, id="not loaded"),
        pytest.param({"loaded": {"Condition": Loaded.INCOMPLETE}}, U, Reason.NOT_LOADED, id="loaded in part"),
        pytest.param({"contacts": ()}, U, Reason.NO_CONTACT, id="never seen"),
        pytest.param({"contacts": (date(2024, 6, 29),)}, U, Reason.NO_CONTACT, id="seen too long ago"),
        pytest.param({"contacts": (date(2024, 6, 30),)}, N, None, id="seen 24 months ago to the day"),
        pytest.param({"contacts": (date(2026, 7, 1),)}, U, Reason.NO_CONTACT, id="seen only later"),
        pytest.param(
            {"unreadable": (Unreadable("Condition", Evidence("Condition/9", "Condition"), "broken"),)},
            U,
            Reason.UNREADABLE,
            id="one condition could not be read",
        ),
        pytest.param(
            {
                "unreadable": (
                    Unreadable("Condition", Evidence("Condition/9", "Condition"), "x", concept("9", text="flu")),
                )
            },
            N,
            None,
            id="one could not be read, but is another thing",
        ),
        pytest.param(
            {"unreadable": (Unreadable("Observation", Evidence("Observation/9", "Observation"), "broken"),)},
            N,
            None,
            id="something of another type could not be read",
        ),
    ],
)
def test_silence_about_a_condition(more: dict[str, object], outcome: Outcome, reason: Reason | None) -> None:
    judged = judge(ConditionPresent(("cancer",)), **more)  # type: ignore[arg-type]
    assert judged.outcome is outcome
    assert judged.reasons == (frozenset({reason}) if reason else frozenset())
    assert bool(judged.assumptions) is (outcome is N)


def test_an_explicit_negative_is_evidence_and_no_assumption() -> None:
    judged = judge(ConditionPresent(("gout",)), condition(concept("15"), certainty=Certainty.DENIED))
    assert judged.outcome is N
    assert judged.assumptions == ()
    assert "refuted" in judged.exhibits[0].value


def test_absence_can_be_overridden_with_a_reason() -> None:
    node = ConditionPresent(("cancer",), absence=Absence(U, "this study wants it said"))
    assert judge(node).outcome is U
    assert judge(node).reasons == {Reason.NO_RECORD}


HB = concept("hb", system=LOINC)


def hb(value: object, when: str | None = "2026-06-01", number: int = 1, **more: object) -> Fact:
    return result(HB, value, when, number=number, **more)


LATEST = Choice()


def low(choice: Choice = LATEST, look_back: LookBack | None = YEAR) -> ObservationValue:
    return ObservationValue(
        ("hb",), test=NumberTest(Bounds(below=Decimal(10)), "g/dL"), choice=choice, look_back=look_back
    )


@pytest.mark.parametrize(
    ("facts", "outcome", "reason"),
    [
        pytest.param([hb(9)], M, None, id="9 is below 10"),
        pytest.param([hb(10)], N, None, id="exactly 10 is not below 10"),
        pytest.param([hb(9, "2025-06-30")], M, None, id="first day of the window"),
        pytest.param([hb(9, "2025-06-29")], U, Reason.NO_RECORD, id="too old"),
        pytest.param([], U, Reason.NO_RECORD, id="none"),
        pytest.param([hb(9, None)], U, Reason.DATE_MISSING, id="undated"),
        pytest.param([hb(9, "2025")], U, Reason.DATE_IMPRECISE, id="sometime in 2025"),
        pytest.param([hb(9, unit=None)], U, Reason.UNIT_NOT_CONVERTIBLE, id="no unit"),
        pytest.param([hb(9, unit="kg")], U, Reason.UNIT_NOT_CONVERTIBLE, id="another unit"),
        pytest.param([hb(None)], U, Reason.VALUE_MISSING, id="no value"),
        pytest.param([hb((8, 9))], M, None, id="a range below"),
        pytest.param([hb((9, 11))], U, Reason.VALUE_IMPRECISE, id="a range across"),
        pytest.param(
            [hb(Quantity(Interval(Decimal(0), Decimal(10), False, True), "g/dL"))], M, None, id="reported as <10"
        ),
        pytest.param(
            [hb(Quantity(Interval(Decimal(0), Decimal(10)), "g/dL"))], U, Reason.VALUE_IMPRECISE, id="reported as <=10"
        ),
        pytest.param([hb(9, "2026-01-01"), hb(12, "2026-06-01", 2)], N, None, id="the latest decides"),
        pytest.param([hb(12, "2026-01-01"), hb(9, "2026-06-01", 2)], M, None, id="the latest decides, too"),
        pytest.param([hb(12, "2026-01-01"), hb(9, "2026", 2)], U, Reason.DATE_IMPRECISE, id="which is the latest?"),
        pytest.param([hb(8, "2026-01-01"), hb(9, "2026", 2)], M, None, id="whichever is the latest"),
        pytest.param(
            [hb(12, order=("08:00", 0, "")), hb(9, number=2, order=("17:00", 0, ""))], M, None, id="the evening one"
        ),
        pytest.param([hb(12), hb(9, number=2)], U, Reason.DATE_IMPRECISE, id="two of one day, unordered"),
        pytest.param([hb(9, certainty=Certainty.POSSIBLE)], U, Reason.STATUS_UNCERTAIN, id="preliminary"),
        pytest.param(
            [hb(12, "2026-01-01"), hb(9, number=2, certainty=Certainty.POSSIBLE)],
            U,
            Reason.STATUS_UNCERTAIN,
            id="preliminary and later",
        ),
        pytest.param(
            [hb(12), hb(9, "2026-01-01", number=2, certainty=Certainty.POSSIBLE)], N, None, id="preliminary but earlier"
        ),
        pytest.param([hb(9, "2026-07-01")], U, Reason.NO_RECORD, id="after the screening date"),
    ],
)
def test_latest_haemoglobin_below_10(facts: list[Fact], outcome: Outcome, reason: Reason | None) -> None:
    judged = judge(low(), *facts)
    assert judged.outcome is outcome
    assert (reason in judged.reasons) if reason else not judged.reasons


def test_the_latest_is_only_known_where_all_results_are_loaded() -> None:
    judged = judge(low(), hb(12), loaded=NOT_LOADED)
    assert (judged.outcome, judged.reasons) == (U, {Reason.NOT_LOADED})
    assert judge(low(Choice("any")), hb(9), loaded=NOT_LOADED).outcome is M


SERIES = [hb(11, "2026-01-01"), hb(9, "2026-02-01", 2), hb(9, "2026-03-01", 3), hb(12, "2026-04-01", 4)]


@pytest.mark.parametrize(
    ("choice", "facts", "outcome"),
    [
        (Choice("any"), SERIES, M),
        (Choice("any"), [hb(11), hb(12, number=2)], N),
        (Choice("all"), SERIES, N),
        (Choice("all"), SERIES[1:3], M),
        (Choice("earliest"), SERIES, N),
        (Choice("of_last", 2, 3), SERIES, M),
        (Choice("of_last", 3, 3), SERIES, N),
        (Choice("of_last", 2, 3), SERIES[:1], U),
        (Choice("consecutive", 2), SERIES, M),
        (Choice("consecutive", 3), SERIES, N),
        (Choice("consecutive", 2), SERIES[:1], U),
        (Choice("mean", 2), SERIES[1:3], M),
        (Choice("mean", 2), [hb(9), hb(11, "2026-06-02", 2)], N),
        (Choice("mean", 3), SERIES[1:3], U),
    ],
)
def test_choices_among_results(choice: Choice, facts: list[Fact], outcome: Outcome) -> None:
    assert judge(low(choice), *facts).outcome is outcome


def test_a_mean_on_the_limit_is_not_rounded_over_it() -> None:
    thirds = [hb("10.1", "2026-01-01"), hb("9.9", "2026-02-01", 2), hb("10", "2026-03-01", 3)]
    assert judge(low(Choice("mean", 3)), *thirds).outcome is N


UPPER = Quantity(Interval.exactly(40), "U/L")


@pytest.mark.parametrize(
    ("value", "high", "outcome"),
    [(121, UPPER, M), (120, UPPER, N), (121, None, U), (121, Quantity(Interval.exactly(40), "kg"), U)],
)
def test_three_times_the_upper_limit_of_that_very_result(value: int, high: Quantity | None, outcome: Outcome) -> None:
    test = NumberTest(Bounds(above=Decimal(3)), relative_to="upper_limit_of_normal")
    judged = judge(ObservationValue(("hb",), test=test, look_back=YEAR), hb(value, unit="U/L", high=high))
    assert judged.outcome is outcome


VIRUS = concept("virus", system=LOINC)
SEROLOGY = ObservationValue(
    ("virus",), test=CodedTest(("positive",), ("negative",)), look_back=EVER, not_met_valid_for=Duration(12, Unit.MONTH)
)


@pytest.mark.parametrize(
    ("said", "when", "outcome", "reason"),
    [
        pytest.param(concept("pos"), "2019-01-01", M, None, id="positive long ago"),
        pytest.param(concept("neg"), "2026-01-01", N, None, id="negative this year"),
        pytest.param(concept("neg"), "2024-01-01", U, Reason.NO_RECORD, id="negative, but too old to decide"),
        pytest.param(concept("neg"), "2025", U, Reason.DATE_IMPRECISE, id="negative, perhaps too old"),
        pytest.param(concept("77", text="equivocal"), "2026-01-01", U, Reason.CODE_UNMAPPED, id="not understood"),
        pytest.param(concept(text="Positive"), "2026-01-01", U, Reason.NAME_ONLY, id="only the word"),
        pytest.param(None, "2026-01-01", U, Reason.VALUE_MISSING, id="no value"),
    ],
)
def test_serology(said: object, when: str, outcome: Outcome, reason: Reason | None) -> None:
    judged = judge(SEROLOGY, result(VIRUS, said, when))
    assert judged.outcome is outcome
    assert (reason in judged.reasons) if reason else not judged.reasons


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        pytest.param([allergy(concept("5"))], M, id="confirmed"),
        pytest.param([allergy(concept("5"), certainty=Certainty.POSSIBLE)], U, id="unconfirmed"),
        pytest.param([allergy(concept("5"), certainty=Certainty.DENIED)], N, id="refuted"),
        pytest.param([allergy(concept("5"), history=True)], N, id="resolved"),
        pytest.param([allergy(concept("6"))], N, id="no known allergy"),
        pytest.param([allergy(concept("6")), allergy(concept("5"), 2)], M, id="no known allergy, but then one"),
        pytest.param(
            [allergy(Concept((*concept("6").codings, *concept("5").codings)))],
            U,
            id="no known allergy, and latex in one record",
        ),
        pytest.param([], N, id="none on record"),
        pytest.param([allergy(concept(text="Latex gloves"))], U, id="by name only"),
    ],
)
def test_allergy(facts: list[Fact], outcome: Outcome) -> None:
    assert judge(AllergyKnown(("latex",), none_known=("no-allergy",)), *facts).outcome is outcome


@pytest.mark.parametrize(
    ("birth", "outcome"),
    [
        ("2008-06-30", M),
        ("2008-07-01", N),
        ("2008-06", M),
        ("2008-07", N),
        ("2008", U),
        ("2007", M),
        (None, U),
        ("2027-01-01", U),
    ],
)
def test_age_of_18_or_more(birth: str | None, outcome: Outcome) -> None:
    assert judge(AgeAtScreening(Bounds(at_least=Decimal(18))), birth=birth).outcome is outcome


def test_born_on_the_29th_of_february() -> None:
    node = AgeAtScreening(Bounds(at_least=Decimal(18)))
    assert judge(node, birth="2008-02-29", at=date(2026, 2, 27)).outcome is N
    assert judge(node, birth="2008-02-29", at=date(2026, 2, 28)).outcome is M


@pytest.mark.parametrize(("sex", "outcome"), [("female", M), ("male", N), ("other", U), ("unknown", U), (None, U)])
def test_sex(sex: str | None, outcome: Outcome) -> None:
    assert judge(SexIs(("female",)), sex=sex).outcome is outcome


OPERATIONS = [procedure(concept("4"), "2026-05-01"), procedure(concept("4"), "2026-03-01", 2)]


@pytest.mark.parametrize(
    ("wanted", "facts", "outcome"),
    [
        (1, OPERATIONS, M),
        (2, OPERATIONS, M),
        (3, OPERATIONS, N),
        (2, [*OPERATIONS[:1], *OPERATIONS[:1]], N),
        (2, [OPERATIONS[0], procedure(concept("4"), "2025", 3)], U),
        (1, [procedure(concept("4"), certainty=Certainty.DENIED)], N),
    ],
)
def test_at_least_n_operations_within_a_year(wanted: int, facts: list[Fact], outcome: Outcome) -> None:
    assert judge(ProcedureDone(("operation",), look_back=YEAR, at_least=wanted), *facts).outcome is outcome


YES, NO, OPEN = SexIs(("female",)), SexIs(("male",)), Manual("Is it so?")


@pytest.mark.parametrize(
    ("node", "outcome"),
    [
        (AllOf((YES, OPEN)), U),
        (AllOf((NO, OPEN)), N),
        (AnyOf((YES, OPEN)), M),
        (AnyOf((NO, OPEN)), U),
        (Not(YES), N),
        (Not(OPEN), U),
        (AtLeast(2, (YES, YES, OPEN)), M),
        (AtLeast(2, (YES, NO, OPEN)), U),
        (AtLeast(2, (NO, NO, OPEN)), N),
        (IfElse(YES, NO, YES), N),
        (IfElse(NO, NO, YES), M),
        (IfElse(OPEN, YES, YES), M),
        (IfElse(OPEN, YES, NO), U),
    ],
)
def test_composition(node: object, outcome: Outcome) -> None:
    assert judge(node).outcome is outcome  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first", "second", "tier"),
    [(YES, YES, "definite"), (NO, YES, "possible"), (OPEN, YES, "at least possible"), (NO, OPEN, None)],
)
def test_tiers(first: object, second: object, tier: str | None) -> None:
    judged = judge(Tiers((Tier("definite", first), Tier("possible", second))))  # type: ignore[arg-type]
    assert judged.tier == tier


def test_a_window_before_another_event() -> None:
    before_operation = LookBack(Duration(4, Unit.WEEK), Anchor(ProcedureDone(("operation",)), "latest"))
    node = ConditionPresent(("cancer",), timing="onset", look_back=before_operation)
    facts = [procedure(concept("4"), "2026-05-01")]
    seen = (date(2026, 5, 1),)
    assert judge(node, *facts, condition(CANCER, "2026-04-10"), contacts=seen).outcome is M
    assert judge(node, *facts, condition(CANCER, "2026-03-10"), contacts=seen).outcome is N
    assert judge(node, condition(CANCER, "2026-04-10")).outcome is U
    assert judge(node, procedure(concept("4"), "2026"), condition(CANCER, "2026-04-10")).outcome is U


def test_the_days_of_an_exact_date() -> None:
    assert Days.on(AT).exact
