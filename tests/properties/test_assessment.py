"""What must always hold of an assessment.

More precise data never contradicts, order and repetition change nothing, and `next_change` is what evaluating day by
day finds.
"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import assume, given, settings, strategies as st

from service.eligibility.assess import as_of, assess
from service.eligibility.criteria import (
    AgeAtScreening,
    AllergyKnown,
    AllOf,
    AnyOf,
    AtLeast,
    Bounds,
    Choice,
    CodedTest,
    ConditionPresent,
    Criterion,
    IfElse,
    LookBack,
    Node,
    Not,
    NumberTest,
    ObservationValue,
    ProcedureDone,
    SexIs,
    Study,
)
from service.eligibility.dates import ANY_DAY, FOREVER, Days, Duration, Span, Unit
from service.eligibility.evaluate import Case, evaluate
from service.eligibility.facts import (
    Certainty,
    ConditionFact,
    Fact,
    Loaded,
    ObservationFact,
    PatientRecord,
    ProcedureFact,
)
from service.eligibility.outcome import Outcome
from service.eligibility.quantity import Interval, Quantity
from tests.builders import AT, ICD, LOINC, TYPES, allergy, concept, condition, knowledge, procedure, record, result

KNOWLEDGE = knowledge()
near = st.dates(date(2024, 1, 1), date(2026, 9, 30))
concepts = st.sampled_from(
    [
        concept("1"),
        concept("2"),
        concept("3"),
        concept("9", text="some carcinoma"),
        concept("9"),
        concept("C44", system=ICD),
    ]
)
looks = st.one_of(
    st.none(),
    st.builds(
        LookBack,
        st.none() | st.builds(Duration, st.integers(1, 14), st.sampled_from([Unit.MONTH, Unit.WEEK])),
        st.none(),
        st.none() | st.just(Duration(10, Unit.DAY)),
    ),
)
numbers = st.builds(Decimal, st.integers(0, 20))


@st.composite
def vague(draw: st.DrawFn) -> Days:
    """A date: mostly exact, sometimes a stretch, sometimes unknown."""
    first = draw(near)
    return draw(st.sampled_from([Days.on(first), Days.on(first), Days(first, first + timedelta(45)), ANY_DAY]))


@st.composite
def facts(draw: st.DrawFn, number: int) -> Fact:
    kind = draw(st.sampled_from(["condition", "result", "coded", "procedure", "allergy"]))
    certainty = draw(st.sampled_from([Certainty.SURE, Certainty.SURE, Certainty.POSSIBLE]))
    if kind == "condition":
        start = draw(vague())
        end = draw(st.sampled_from([Days.on(FOREVER), Days.on(FOREVER), Days(max(start.earliest, AT), FOREVER)]))
        fact = condition(draw(concepts), None, None, number, certainty=certainty)
        return replace(fact, span=Span(start, end), ended=draw(st.booleans()) and draw(st.booleans()))
    if kind == "procedure":
        return replace(procedure(concept("4"), None, number, certainty), span=Span.on(draw(vague())))
    if kind == "allergy":
        return allergy(draw(st.sampled_from([concept("5"), concept("6")])), number, certainty)
    order = (draw(st.sampled_from(["", "08:00", "12:00"])), 0, "")
    if kind == "coded":
        said = draw(st.sampled_from([concept("pos"), concept("neg"), concept("77", text="equivocal"), None]))
        fact = result(concept("virus", system=LOINC), said, None, number=number, certainty=certainty, order=order)
    else:
        low, high = sorted((draw(numbers), draw(numbers)))
        value = draw(
            st.sampled_from([Quantity(Interval(low, low), "g/dL"), Quantity(Interval(low, high), "g/dL"), None])
        )
        fact = result(concept("hb", system=LOINC), value, None, number=number, certainty=certainty, order=order)
    return replace(fact, when=draw(vague()))


@st.composite
def fact_lists(draw: st.DrawFn) -> tuple[Fact, ...]:
    return tuple(draw(facts(number)) for number in range(draw(st.integers(0, 5))))


choices = st.sampled_from(
    [
        Choice(),
        Choice("any"),
        Choice("all"),
        Choice("earliest"),
        Choice("of_last", 2, 3),
        Choice("mean", 2),
        Choice("consecutive", 2),
    ]
)
leaves: st.SearchStrategy[Node] = st.one_of(
    st.builds(
        ConditionPresent,
        st.sampled_from([("cancer",), ("cold",)]),
        st.sampled_from([(), ("skin",)]),
        st.sampled_from(["present", "onset"]),
        looks,
        st.integers(1, 2),
    ),
    st.builds(
        ObservationValue,
        st.just(("hb",)),
        st.just(()),
        st.just(NumberTest(Bounds(at_least=Decimal(10)), "g/dL")),
        choices,
        looks,
    ),
    st.builds(
        ObservationValue,
        st.just(("virus",)),
        st.just(()),
        st.just(CodedTest(("positive",), ("negative",))),
        st.sampled_from([Choice(), Choice("any")]),
        looks,
        st.none() | st.just(Duration(6, Unit.MONTH)),
    ),
    st.builds(ProcedureDone, st.just(("operation",)), st.just(()), looks, st.integers(1, 2)),
    st.just(AllergyKnown(("latex",), none_known=("no-allergy",))),
    st.just(AgeAtScreening(Bounds(at_least=Decimal(56)))),
    st.just(SexIs(("female",))),
)
nodes: st.SearchStrategy[Node] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(AllOf, st.tuples(inner, inner)),
        st.builds(AnyOf, st.tuples(inner, inner)),
        st.builds(Not, inner),
        st.builds(AtLeast, st.just(2), st.tuples(inner, inner, inner)),
        st.builds(IfElse, inner, inner, inner),
    ),
    max_leaves=4,
)
contacts = st.lists(near, max_size=3).map(lambda found: tuple(sorted(found)))


def outcome(node: Node, person: PatientRecord, at: date = AT) -> Outcome:
    return evaluate(node, Case(person, at, KNOWLEDGE)).outcome


def precise(data: st.DataObject, fact: Fact) -> Fact:
    """The same fact, with its certainty, dates and value known: one of the truths it allows."""
    if isinstance(fact, ConditionFact):
        start = _one_day(data, fact.span.start, AT if fact.span.end.earliest == FOREVER else FOREVER)
        end = fact.span.end
        if fact.ended or end.earliest < FOREVER:
            last = AT - timedelta(1) if fact.ended else data.draw(st.sampled_from([end.earliest, FOREVER]))
            assume(start <= last)
            end = Days.on(max(last, start))
        return replace(fact, span=Span(Days.on(start), end), certainty=Certainty.SURE, ended=False)
    if isinstance(fact, ProcedureFact):
        day = Days.on(_one_day(data, fact.span.start, FOREVER))
        return replace(fact, span=Span.on(day), certainty=Certainty.SURE)
    if isinstance(fact, ObservationFact):
        value = fact.value
        if isinstance(value, Quantity) and value.value.low is not None:
            number = data.draw(st.sampled_from([value.value.low, value.value.high]))
            value = Quantity(Interval.exactly(number), value.unit)
        return replace(fact, when=Days.on(_one_day(data, fact.when, FOREVER)), value=value, certainty=Certainty.SURE)
    return replace(fact, certainty=Certainty.SURE)


def _one_day(data: st.DataObject, days: Days, latest: date) -> date:
    first, last = max(days.earliest, date(2023, 1, 1)), min(days.latest, date(2027, 1, 1), latest)
    assume(first <= last)
    return data.draw(st.dates(first, last))


@given(nodes, fact_lists(), contacts, st.data())
@settings(max_examples=400, deadline=None)
def test_more_precise_data_never_contradicts(
    node: Node, known: tuple[Fact, ...], seen: tuple[date, ...], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, max(len(known) - 1, 0)))
    better = tuple(precise(data, each) if index == place else each for index, each in enumerate(known))
    before = outcome(node, record(*known, contacts=seen))
    after = outcome(node, record(*better, contacts=seen))
    assert before is Outcome.UNKNOWN or before is after


@given(nodes, fact_lists(), contacts, st.sampled_from(TYPES))
@settings(max_examples=200, deadline=None)
def test_loading_the_rest_never_contradicts(
    node: Node, known: tuple[Fact, ...], seen: tuple[date, ...], missing: str
) -> None:
    """An answer given although a type was not loaded stands when it is, whatever facts of that type turn up."""
    kept = tuple(each for each in known if not each.evidence.reference.startswith(missing))
    partly = dict.fromkeys(TYPES, Loaded.COMPLETE) | {missing: Loaded.ABSENT}
    before = outcome(node, record(*kept, contacts=seen, loaded=partly))
    after = outcome(node, record(*known, contacts=seen))
    assert before is Outcome.UNKNOWN or before is after


@given(nodes, fact_lists(), contacts, st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_order_and_repetition_change_nothing(
    node: Node, known: tuple[Fact, ...], seen: tuple[date, ...], random: object
) -> None:
    shuffled = [*known, *known[:2]]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one = evaluate(node, Case(record(*known, contacts=seen), AT, KNOWLEDGE))
    two = evaluate(node, Case(record(*shuffled, contacts=seen), AT, KNOWLEDGE))
    assert one == two


@given(nodes, fact_lists(), contacts)
@settings(max_examples=60, deadline=None)
def test_next_change_is_what_day_by_day_finds(node: Node, known: tuple[Fact, ...], seen: tuple[date, ...]) -> None:
    study = Study("s", "1", "S", (Criterion("C", "exclusion", "c", node),), (SexIs(("male",)),))
    person = record(*known, contacts=seen)
    found = assess(person, study, AT, KNOWLEDGE).next_change
    frozen = as_of(person, AT, study)
    today = outcome(node, frozen)
    horizon = 800
    slow = next(
        (day for day in (AT + timedelta(n) for n in range(1, horizon)) if outcome(node, frozen, day) is not today), None
    )
    if found is None or found.date > AT + timedelta(horizon - 1):
        assert slow is None
    else:
        assert found.date == slow
        assert found.outcome is outcome(node, frozen, found.date)
