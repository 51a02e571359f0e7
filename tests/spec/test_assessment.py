"""From findings to an assessment: what may stay open, the signal, what time changes, what is told. SEMANTICS §7."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from service.eligibility.assess import Assessment, Signal, Standing, assess
from service.eligibility.criteria import (
    EVER,
    Absence,
    AdverseEventHad,
    AgeAtScreening,
    AllOf,
    AnyOf,
    Bounds,
    Choice,
    CodedTest,
    ConditionPresent,
    Criterion,
    DoseTest,
    IfElse,
    LookBack,
    Manual,
    MedicationTaken,
    Node,
    NumberTest,
    ObservationValue,
    ProcedureDone,
    SexIs,
    Study,
)
from service.eligibility.dates import Duration, Unit
from service.eligibility.explain import Phrases, finding_sentence, standing_sentence, wanted
from service.eligibility.facts import Certainty, Fact, Loaded
from service.eligibility.outcome import Outcome, Reason
from service.eligibility.policy import Policy
from tests.builders import (
    AT,
    LOINC,
    SETS,
    TYPES,
    adverse_event,
    concept,
    condition,
    days,
    knowledge,
    procedure,
    record,
    result,
)
from tests.doses import instruction, medication

N, U, M = Outcome.NOT_MET, Outcome.UNKNOWN, Outcome.MET
PHRASES = Phrases({each.id: each.title for each in SETS})
CANCER = ConditionPresent(("cancer",), look_back=LookBack(Duration(5, Unit.YEAR)))
VIRUS = ObservationValue(
    ("virus",), test=CodedTest(("positive",), ("negative",)), look_back=EVER, not_met_valid_for=Duration(12, Unit.MONTH)
)
TEN_YEARS = Duration(10, Unit.YEAR)
VIRUS_CODE, HB = concept("virus", system=LOINC), concept("hb", system=LOINC)


def assessed(
    node: Node,
    *facts: Fact,
    kind: str = "exclusion",
    at_visit: bool = False,
    entry: Node = CANCER,
    policy: Policy | None = None,
    **more: object,
) -> Assessment:
    settled = "screening_visit" if at_visit else None
    criterion = Criterion("C", kind, "c", node, settled_at=settled)  # type: ignore[arg-type]
    study = Study("s", "1", "S", (criterion,), (entry,))
    return assess(record(*facts, **more), study, AT, knowledge(policy))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("node", "facts", "at_visit", "standing"),
    [
        pytest.param(Manual("Is it so?"), [], False, Standing.CANDIDATE, id="for a person to judge"),
        pytest.param(VIRUS, [], False, Standing.NEEDS_REVIEW, id="no test"),
        pytest.param(VIRUS, [], True, Standing.CANDIDATE, id="no test, settled at the visit"),
        pytest.param(AnyOf((VIRUS, Manual("Is it so?"))), [], True, Standing.CANDIDATE, id="no test, and a judgement"),
        pytest.param(VIRUS, [result(VIRUS_CODE, None)], True, Standing.NEEDS_REVIEW, id="a test without a value"),
        pytest.param(
            VIRUS, [result(VIRUS_CODE, concept("neg"), "2024-01-01")], True, Standing.CANDIDATE, id="an old negative"
        ),
        pytest.param(
            VIRUS, [result(VIRUS_CODE, concept("pos"), "2024-01-01")], True, Standing.INELIGIBLE, id="an old positive"
        ),
    ],
)
def test_what_may_stay_open(node: Node, facts: list[Fact], at_visit: bool, standing: Standing) -> None:
    assert assessed(node, *facts, at_visit=at_visit).standing is standing


@pytest.mark.parametrize(
    ("not_kept", "standing"),
    [
        pytest.param({"Condition"}, Standing.CANDIDATE, id="the site does not keep it"),
        pytest.param({"Procedure"}, Standing.NEEDS_REVIEW, id="the site does not keep something else"),
        pytest.param(set(), Standing.NEEDS_REVIEW, id="it was only not loaded"),
    ],
)
def test_a_type_that_the_site_does_not_keep(not_kept: set[str], standing: Standing) -> None:
    loaded = {each: Loaded.COMPLETE for each in TYPES if each != "Condition"}
    found = assessed(CANCER, policy=Policy(not_kept=frozenset(not_kept)), loaded=loaded)
    assert (found.standing, found.findings[0].outcome) == (standing, U)


@pytest.mark.parametrize(
    ("facts", "more", "signal"),
    [
        pytest.param([condition(concept("1"))], {}, Signal.STRONG, id="a code that decides"),
        pytest.param([condition(concept("9", text="carcinoma"))], {}, Signal.WEAK, id="by its name"),
        pytest.param([condition(concept("1"), certainty=Certainty.POSSIBLE)], {}, Signal.WEAK, id="unconfirmed"),
        pytest.param([condition(concept("9", text=""))], {}, Signal.NONE, id="a bare unknown code"),
        pytest.param([condition(concept("1"), certainty=Certainty.DENIED)], {}, Signal.NONE, id="refuted"),
        pytest.param([], {}, Signal.NONE, id="nothing"),
        pytest.param([], {"contacts": ()}, Signal.NONE, id="an empty chart"),
        pytest.param([], {"loaded": {}}, Signal.UNKNOWN, id="not loaded"),
        pytest.param([condition(concept("1"))], {"loaded": {}}, Signal.STRONG, id="loaded in part, and found"),
    ],
)
def test_signal(facts: list[Fact], more: dict[str, object], signal: Signal) -> None:
    assert assessed(SexIs(("male",)), *facts, **more).signal is signal  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("node", "kind", "facts", "later"),
    [
        pytest.param(
            CANCER, "exclusion", [condition(concept("1"), "2019", "2022-03-01")], date(2027, 3, 2), id="washout"
        ),
        pytest.param(CANCER, "exclusion", [condition(concept("1"), "2019")], None, id="still present"),
        pytest.param(
            CANCER,
            "exclusion",
            [condition(concept("1"), "2019", "2025-03-01")],
            date(2030, 3, 2),
            id="a washout longer than the person will have been seen for",
        ),
        pytest.param(
            AgeAtScreening(Bounds(at_least=Decimal(60))), "inclusion", [], date(2030, 5, 5), id="a birthday to come"
        ),
        pytest.param(SexIs(("male",)), "inclusion", [], None, id="nothing that time changes"),
        pytest.param(
            ConditionPresent(("cold",)),
            "exclusion",
            [condition(concept("3"), "2026-06-01")],
            date(2026, 8, 1),
            id="it passes by itself, and may then be over",
        ),
    ],
)
def test_when_time_alone_ends_what_keeps_a_person_out(
    node: Node, kind: str, facts: list[Fact], later: date | None
) -> None:
    found = assessed(node, *facts, kind=kind)
    assert (found.standing, found.later) == (Standing.INELIGIBLE, later)


def test_the_first_day_is_free_of_what_only_begins_to_keep_out_in_between() -> None:
    """A cold may be over from August 1 on; an operation keeps out from July 25 to August 8."""
    cold = Criterion("E1", "exclusion", "c", ConditionPresent(("cold",)))
    gap = LookBack(Duration(44, Unit.DAY), gap=Duration(30, Unit.DAY))
    operated = Criterion("E2", "exclusion", "c", ProcedureDone(("operation",), look_back=gap))
    study = Study("s", "1", "S", (cold, operated), (CANCER,))
    facts = (condition(concept("3"), "2026-06-01"), procedure(concept("4"), "2026-06-25"))
    found = assess(record(*facts), study, AT, knowledge())
    assert assess(record(facts[0]), study, AT, knowledge()).later == date(2026, 8, 1)
    assert [each.blocks for each in found.findings] == [True, False]
    assert found.later == date(2026, 8, 9)


@pytest.mark.parametrize(
    ("node", "kind", "facts"),
    [
        pytest.param(CANCER, "inclusion", [], id="nothing on record of somebody not seen for long"),
        pytest.param(
            MedicationTaken(("drug",)), "exclusion", [medication(instruction("5 mg"))], id="an order gone stale"
        ),
    ],
)
def test_what_only_grows_stale_is_no_end(node: Node, kind: str, facts: list[Fact]) -> None:
    found = assessed(node, *facts, kind=kind, contacts=(date(2026, 6, 1),))
    assert found.next_change is not None and found.next_change.outcome is Outcome.UNKNOWN
    assert (found.standing, found.later) == (Standing.INELIGIBLE, None)


def test_many_results_hide_no_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of sixty results, one a day, the last leaves the window on the last of as many days."""
    monkeypatch.setattr("service.eligibility.followed.MOST_QUIET_DAYS", 20)
    daily = [result(HB, 12, str(AT - timedelta(n)), number=n) for n in range(60)]
    test = NumberTest(Bounds(at_least=Decimal(10)), "g/dL")
    node = ObservationValue(("hb",), test=test, choice=Choice("all"), look_back=LookBack(Duration(60, Unit.DAY)))
    change = assessed(node, *daily).next_change
    assert change is not None
    assert (change.date, change.outcome) == (AT + timedelta(61), U)


def test_a_drug_that_goes_on_for_years_hides_no_change() -> None:
    """An order that is looked at anew every day, and a last contact that lapses after five hundred of them."""
    node = MedicationTaken(("drug",), dose=DoseTest(Bounds(above=Decimal(10))))
    order = medication(instruction("5 mg"), start=days("2025-05-26"), last_sign=days("2026-06-01"))
    change = assessed(node, order, contacts=(date(2025, 12, 31),), policy=Policy(order_horizon=TEN_YEARS)).next_change
    assert change is not None
    assert (change.date, change.outcome) == (date(2028, 1, 1), U)


@pytest.mark.parametrize("which", ["latest", "any"])
def test_a_chart_of_thousands_of_results_is_no_labour(which: str) -> None:
    """Only the newest result and the last contact have days on which the answer may change."""
    daily = [result(HB, 12, str(AT - timedelta(n)), number=n) for n in range(2000)]
    test = NumberTest(Bounds(at_least=Decimal(10)), "g/dL")
    choice = Choice(which)  # type: ignore[arg-type]
    node = ObservationValue(("hb",), test=test, choice=choice, look_back=LookBack(Duration(5, Unit.YEAR)))
    seen = tuple(AT - timedelta(n) for n in reversed(range(2000)))
    found = assessed(AllOf((node, CANCER)), *daily, contacts=seen)
    assert len(found.findings[0].judgement.watch) < 5


MEASURED = ObservationValue(
    ("virus",), look_back=EVER, absence=Absence(N, "this part asks only whether it was measured")
)
LADDER = IfElse(MEASURED, ConditionPresent(("cancer",)), ProcedureDone(("operation",), look_back=EVER))


def told(found: Assessment) -> str:
    return finding_sentence(found.findings[0], PHRASES)


def test_a_condition_that_chose_is_told_with_its_assumption_and_the_other_branch_is_not() -> None:
    found = assessed(LADDER, procedure(concept("4")))
    sentence = told(found)
    assert "Latest a virus test recorded at any time: no" in sentence
    assert "this part asks only whether it was measured" in sentence
    assert "An operation done at any time: yes" in sentence
    assert "cancer" not in sentence
    assert found.findings[0].judgement.assumptions == (
        "no a virus test on record, taken as not met: this part asks only whether it was measured",
    )


def test_records_that_may_be_one_occasion_are_told_so() -> None:
    twice = ProcedureDone(("operation",), look_back=EVER, at_least=2)
    sentence = told(assessed(twice, procedure(concept("4")), procedure(concept("4"), number=2)))
    assert sentence.startswith("Unknown.")
    assert "Records of the same days may tell of one occasion" in sentence


def test_what_would_settle_it_asks_only_for_what_is_open() -> None:
    found = assessed(AllOf((SexIs(("female",)), VIRUS)), result(VIRUS_CODE, None))
    assert wanted(found.findings[0], PHRASES) == ("the value of something: no value [Observation/1]",)
    assert wanted(replace(found.findings[0], judgement=assessed(SexIs(("male",))).findings[0].judgement), PHRASES) == ()


LIMITED = ObservationValue(
    ("hb",), test=NumberTest(Bounds(above=Decimal(3)), relative_to="upper_limit_of_normal"), look_back=EVER
)
# criterion, facts, changes of the record -> in the sentence, what would settle it
MISSING: dict[str, tuple[Node, list[Fact], dict[str, object], str, str]] = {
    "a reference range": (
        LIMITED,
        [result(HB, 150, unit="U/L")],
        {},
        "the result has no upper limit of normal with it",
        "the reference range of something: 150 U/L [Observation/1]",
    ),
    "the lower end of one": (
        replace(LIMITED, test=NumberTest(Bounds(below=Decimal(1)), relative_to="lower_limit_of_normal")),
        [result(HB, 150, unit="U/L")],
        {},
        "the result has no lower limit of normal with it",
        "the reference range of something: 150 U/L [Observation/1]",
    ),
    "the value": (
        LIMITED,
        [result(HB, None)],
        {},
        "a value that bears on it is missing",
        "the value of something: no value [Observation/1]",
    ),
    "the sex": (SexIs(("female",)), [], {"sex": None}, "the sex is not recorded", "the sex"),
    "how serious it was": (
        AdverseEventHad(("cancer",), serious=True, look_back=EVER),
        [adverse_event(concept("1"), serious=None)],
        {},
        "it is not recorded whether it was serious",
        "whether it was serious: something [AdverseEvent/1]",
    ),
    "what is suspected": (
        AdverseEventHad(("cancer",), ("drug",), look_back=EVER),
        [adverse_event(concept("1"))],
        {},
        "it is not recorded which drug is suspected",
        "which drug is suspected: something [AdverseEvent/1]",
    ),
}


@pytest.mark.parametrize(("node", "facts", "more", "sentence", "wish"), MISSING.values(), ids=MISSING)
def test_what_is_missing_where_a_value_is(
    node: Node, facts: list[Fact], more: dict[str, object], sentence: str, wish: str
) -> None:
    found = assessed(node, *facts, **more)
    assert found.findings[0].judgement.reasons == {Reason.VALUE_MISSING}
    assert sentence in told(found)
    assert wanted(found.findings[0], PHRASES) == (wish,)


def test_the_standing_tells_what_keeps_a_person_out_and_until_when() -> None:
    sentence = standing_sentence(assessed(CANCER, condition(concept("1"), "2019", "2022-03-01")))
    assert "Ineligible: a criterion keeps this person out (C)." in sentence
    assert "Time alone lifts what keeps this person out on 2027-03-02." in sentence
    assert "With no new data, C becomes not met on 2027-03-02." in sentence
