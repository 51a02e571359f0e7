"""Generated criteria, facts and persons: every class of node has its strategy here (`tests/shape/test_nodes.py`).

`precise` makes one of the truths that a vague fact or person allows: what SEMANTICS §2 calls precise data.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import assume, strategies as st

from service.eligibility.criteria import (
    Absence,
    AdverseEventHad,
    AgeAtScreening,
    Alive,
    AllergyKnown,
    AllOf,
    Anchor,
    AnyOf,
    AtLeast,
    Bounds,
    BreastFeeding,
    Choice,
    CodedTest,
    ConditionPresent,
    ConsentIs,
    Courses,
    DayCount,
    DoseTest,
    EncounterHad,
    IfElse,
    ImmunizationGiven,
    LookBack,
    Manual,
    MedicationTaken,
    Node,
    Not,
    NumberTest,
    ObservationValue,
    Pregnant,
    ProcedureDone,
    SexIs,
    Throughout,
    Tier,
    Tiers,
    UnchangedDose,
)
from service.eligibility.dates import ANY_DAY, FOREVER, Days, Duration, Span, Unit
from service.eligibility.facts import (
    AdverseEventFact,
    AllergyFact,
    Certainty,
    ConditionFact,
    ConsentFact,
    Fact,
    ImmunizationFact,
    MedicationFact,
    ObservationFact,
    PatientRecord,
    Person,
    Source,
)
from service.eligibility.outcome import Outcome
from service.eligibility.quantity import Interval, Quantity
from service.eligibility.terms import Concept
from tests.builders import (
    AT,
    ICD,
    LOINC,
    adverse_event,
    allergy,
    concept,
    condition,
    consent,
    encounter,
    immunization,
    procedure,
    record,
    result,
)
from tests.doses import instruction, medication, timing

# Mostly days around the ends of windows, so that facts meet there and with one another.
EDGES = [AT + timedelta(days) for days in (-400, -181, -92, -91, -30, -10, -9, -1, 0, 1, 20)]
near = st.one_of(st.sampled_from(EDGES), st.sampled_from(EDGES), st.dates(date(2024, 1, 1), date(2026, 9, 30)))
certainties = st.sampled_from([Certainty.SURE, Certainty.SURE, Certainty.SURE, Certainty.POSSIBLE, Certainty.DENIED])
numbers = st.builds(Decimal, st.integers(0, 20))
absences = st.sampled_from([None, None, None, Absence(Outcome.UNKNOWN, "asked"), Absence(Outcome.NOT_MET, "not asked")])
VAGUE = (concept("2"), concept("9", text="some carcinoma"))  # a cancer, perhaps
CLEARED = (concept("1"), concept("C44", system=ICD), concept("K529", system=ICD))
CANCERS = (*VAGUE, *CLEARED, concept("3"))
CONDITIONS = (*VAGUE, *CLEARED, *(concept(each) for each in ("3", "7", "8", "9", "10")), concept("9", text=""))


@st.composite
def vague(draw: st.DrawFn) -> Days:
    """A date: mostly exact, sometimes a stretch, sometimes unknown."""
    first = draw(near)
    return draw(st.sampled_from([Days.on(first), Days.on(first), Days(first, first + timedelta(45)), ANY_DAY]))


# ---------------------------------------------------------------------------------------------------------- facts
@st.composite
def conditions(draw: st.DrawFn, number: int, about: tuple[Concept, ...] = CONDITIONS) -> Fact:
    start = draw(vague())
    end = draw(st.sampled_from([Days.on(FOREVER), Days.on(FOREVER), Days(max(start.earliest, AT), FOREVER)]))
    asserted = draw(st.sampled_from([ANY_DAY, ANY_DAY, Days.on(draw(near))]))
    fact = condition(draw(st.sampled_from(about)), None, None, number, certainty=draw(certainties), asserted=asserted)
    return replace(fact, span=Span(start, end), ended=draw(st.booleans()) and draw(st.booleans()))


@st.composite
def measured(draw: st.DrawFn, number: int) -> Fact:
    low, high = sorted((draw(numbers), draw(numbers)))
    value = draw(st.sampled_from([Quantity(Interval(low, low), "g/dL"), Quantity(Interval(low, high), "g/dL"), None]))
    return _timed(draw, result(concept("hb", system=LOINC), value, None, number=number))


@st.composite
def said(draw: st.DrawFn, number: int, about: tuple[str, ...] = ("virus", "hcg", "bf")) -> Fact:
    value = draw(st.sampled_from([concept("pos"), concept("neg"), concept("77", text="equivocal"), None]))
    what = draw(st.sampled_from(about))
    return _timed(draw, result(concept(what, system=LOINC), value, None, number=number))


def _timed(draw: st.DrawFn, fact: ObservationFact) -> Fact:
    order = (draw(st.sampled_from(["", "08:00", "12:00"])), 0, draw(st.sampled_from(["", "2026-07-01", "2026-07-02"])))
    return replace(fact, when=draw(vague()), order=order, certainty=draw(certainties))


@st.composite
def medications(draw: st.DrawFn, number: int) -> Fact:
    """Orders and statements, with an end or none, in use or stale; and single administrations."""
    start, dose = draw(vague()), draw(st.sampled_from(["5 mg", "15 mg", "15 mg", "5-15 mg", None]))
    source = draw(st.sampled_from([Source.REQUEST, Source.STATEMENT, Source.ADMINISTRATION]))
    how = draw(st.sampled_from([timing(), timing(), timing(1, "1 wk"), timing(1, "2 d")]))
    drug = draw(st.sampled_from(["prednisone", "prednisone", "prednisone", "methylprednisolone"]))
    if source is Source.ADMINISTRATION:
        given = medication(instruction(dose, None), name=str(number), drug=drug, source=source, start=start)
        return replace(given, certainty=draw(certainties))
    later = Days(max(start.earliest, date(2026, 5, 1)), FOREVER)
    past = Days.on(start.latest + timedelta(draw(st.sampled_from([5, 30, 100])))) if start.known else later
    ends = [Days.on(FOREVER), later, Days.on(max(start.latest, AT)) if start.known else later, past]
    seen = draw(st.sampled_from([start, start, Days.on(draw(near))]))
    return medication(
        instruction(dose, how),
        name=str(number),
        drug=drug,
        source=source,
        start=start,
        end=draw(st.sampled_from(ends)),
        certainty=draw(certainties),
        last_sign=seen,
    )


@st.composite
def not_taken(draw: st.DrawFn, number: int) -> Fact:
    """A statement that a drug was not taken, or that may turn out to say so: of a time, since a time, undated."""
    start, drug = draw(vague()), draw(st.sampled_from(["prednisone", "prednisone", "methylprednisolone"]))
    last = start.latest + timedelta(draw(st.integers(0, 60))) if start.known else AT
    end = draw(st.sampled_from([Days.on(FOREVER), Days(start.earliest, FOREVER), Days.on(last), start]))
    return medication(
        *draw(st.sampled_from([(), (instruction("15 mg"),)])),
        name=str(number),
        drug=drug,
        source=Source.STATEMENT,
        start=start,
        end=end,
        certainty=draw(st.sampled_from([Certainty.DENIED, Certainty.DENIED, Certainty.POSSIBLE])),
        last_sign=draw(st.sampled_from([start, Days.on(draw(near)), ANY_DAY])),
        links=draw(st.sampled_from([(), (), ("MedicationRequest/0",)])),
    )


@st.composite
def allergies(draw: st.DrawFn, number: int) -> Fact:
    what = draw(st.sampled_from([concept("5"), concept("6"), concept("9", text="latex")]))
    recorded, begun = draw(vague()), draw(vague())
    if recorded.known and begun.latest > recorded.latest:
        begun = Days(min(begun.earliest, recorded.latest), recorded.latest)
    history = draw(st.booleans()) and draw(st.booleans())
    ended = Days(begun.earliest, max(draw(vague()).latest, begun.earliest)) if history else ANY_DAY
    return allergy(what, number, draw(certainties), history=history, recorded=recorded, begun=begun, ended=ended)


@st.composite
def adverse_events(draw: st.DrawFn, number: int) -> Fact:
    serious = draw(st.sampled_from([True, False, None]))
    suspects = draw(st.sampled_from([(), (concept("5"),), (concept("9", text="latex"),), (concept("3"),)]))
    sure = draw(st.sampled_from([Certainty.SURE, Certainty.POSSIBLE]))
    fact = adverse_event(concept("12"), None, number, serious, suspects=suspects, certainty=sure)
    return replace(fact, when=draw(vague()))


@st.composite
def consents(draw: st.DrawFn, number: int) -> Fact:
    since = draw(vague())
    end = draw(st.sampled_from([Days.on(FOREVER), Days(max(since.earliest, AT), FOREVER)]))
    return replace(consent(draw(st.sampled_from([True, False, None])), number=number), span=Span(since, end))


def operations(number: int, code: str = "4") -> st.SearchStrategy[Fact]:
    return st.builds(
        lambda when, sure: replace(procedure(concept(code), None, number, sure), span=Span.on(when)),
        vague(),
        certainties,
    )


Maker = Callable[[int], st.SearchStrategy[Fact]]
FACTS: Mapping[str, Maker] = {
    "Condition": conditions,
    "Observation": lambda number: st.one_of(measured(number), said(number)),
    "MedicationRequest": medications,
    "Procedure": lambda number: st.one_of(operations(number), operations(number, "8")),
    "AllergyIntolerance": allergies,
    "AdverseEvent": adverse_events,
    "Immunization": lambda number: st.builds(
        lambda when, sure: replace(immunization(concept("13"), None, number, sure), when=when), vague(), certainties
    ),
    "Encounter": lambda number: st.builds(
        lambda when: replace(encounter(concept("14"), None, number), span=Span.on(when)), vague()
    ),
    "Consent": consents,
}


contacts = st.lists(near, max_size=3).map(lambda found: tuple(sorted(found)))
births = st.sampled_from(["1960-01-01", "1970-08-05", "1970", "2026-05", None])


@st.composite
def records(draw: st.DrawFn, makers: Sequence[Maker] = tuple(FACTS.values())) -> PatientRecord:
    """A person of any sex and age with up to five facts, everything loaded."""
    facts = (draw(draw(st.sampled_from(makers))(number)) for number in range(draw(st.integers(0, 5))))
    sex = draw(st.sampled_from(["female", "female", "male", "other", None]))
    made = record(*facts, contacts=draw(contacts), sex=sex, birth=draw(births))
    died = draw(st.sampled_from([None, None, None, date(2026, 6, 1), date(2026, 7, 10)]))
    if died is None:
        return made
    when = draw(st.sampled_from([Days.on(died), Days(died, died + timedelta(60))]))
    return replace(made, person=replace(made.person, deceased=True, died=when))


# ---------------------------------------------------------------------------------------------------------- nodes
Inner = st.SearchStrategy[Node]
durations = st.builds(Duration, st.integers(1, 14), st.sampled_from([Unit.MONTH, Unit.WEEK]))
anchors = st.builds(
    Anchor,
    st.sampled_from(
        [
            ProcedureDone(("operation",)),
            ConditionPresent(("cancer",)),
            MedicationTaken(("drug",)),
            ObservationValue(("virus",)),
            AdverseEventHad(("reaction",)),
        ]
    ),
    st.sampled_from(["first", "latest"]),
)
looks = st.one_of(
    st.none(),
    st.builds(LookBack, st.none() | durations, st.none(), st.none() | st.just(Duration(10, Unit.DAY))),
    st.builds(LookBack, durations, st.none(), st.none(), st.just(Duration(1, Unit.MONTH))),
    st.builds(LookBack, st.none() | durations, anchors, st.none(), st.none() | st.just(Duration(3, Unit.WEEK))),
)
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
fresh = st.none() | st.just(Duration(6, Unit.MONTH))
times = st.integers(1, 2)
nothing: st.SearchStrategy[tuple[str, ...]] = st.just(())
dose_bounds = st.sampled_from([Bounds(above=Decimal(10)), Bounds(at_most=Decimal(10)), Bounds(at_least=Decimal(5))])
totals = st.sampled_from([100, 150, 155, 400, 450, 1000])
day_counts = st.builds(DayCount, st.integers(1, 40), st.booleans())
doses = st.one_of(
    st.builds(DoseTest, dose_bounds, measure=st.sampled_from(["cycle_average", "highest_day", "mean"])),
    st.builds(DoseTest, dose_bounds, days=day_counts),
    st.builds(
        lambda limit, name: DoseTest(Bounds(**{name: Decimal(limit)}), "mg", measure="cumulative"),
        totals,
        st.sampled_from(["above", "at_least", "at_most", "below"]),
    ),
)
gaps = st.builds(Duration, st.integers(0, 30), st.just(Unit.DAY))
whole_looks = st.builds(LookBack, durations, st.none() | anchors, st.none() | st.just(Duration(10, Unit.DAY)))
whole = st.one_of(
    st.builds(lambda gap: {"exposed": Throughout(gap)}, gaps),
    st.builds(lambda gap: {"exposed": UnchangedDose(gap)}, gaps),
    st.builds(lambda bounds: {"dose": DoseTest(bounds, measure="mean")}, dose_bounds),
)
lengths = st.builds(Duration, st.integers(1, 60), st.just(Unit.DAY))
in_courses = st.builds(lambda n, gap, lasting: {"exposed": Courses(n, gap, lasting)}, times, gaps, lengths)
by_half_lives = st.builds(lambda n: {"half_lives": n}, st.integers(1, 5))


def _taken(looks: st.SearchStrategy[LookBack | None], more: st.SearchStrategy[Mapping[str, object]]) -> Inner:
    return st.builds(
        lambda look, absence, asked: MedicationTaken(("drug",), look_back=look, absence=absence, **asked),  # type: ignore[arg-type]
        looks,
        absences,
        more,
    )


any_day = doses.filter(lambda test: test.measure != "mean").map(lambda test: {"dose": test})
medication_nodes = st.one_of(
    _taken(looks, times.map(lambda n: {"at_least": n})),
    _taken(looks, any_day),
    _taken(looks, in_courses),
    _taken(whole_looks, whole),
    _taken(st.builds(LookBack, durations), by_half_lives),
)
LEAVES: Mapping[type, st.SearchStrategy[Node]] = {
    ConditionPresent: st.builds(
        ConditionPresent,
        st.sampled_from([("cancer",), ("cold",), ("cancer", "cold")]),
        st.sampled_from([(), ("skin",)]),
        st.sampled_from(["present", "onset"]),
        looks,
        times,
        absences,
    ),
    MedicationTaken: medication_nodes,
    ObservationValue: st.one_of(
        st.builds(
            ObservationValue,
            st.just(("hb",)),
            nothing,
            st.just(NumberTest(Bounds(at_least=Decimal(10)), "g/dL")) | st.none(),
            choices,
            looks,
            fresh,
            absences,
        ),
        st.builds(
            ObservationValue,
            st.just(("virus",)),
            nothing,
            st.just(CodedTest(("positive",), ("negative",))),
            choices,
            looks,
            fresh,
            absences,
        ),
    ),
    ProcedureDone: st.builds(ProcedureDone, st.just(("operation",)), nothing, looks, times, absences),
    ImmunizationGiven: st.builds(ImmunizationGiven, st.just(("vaccine",)), nothing, looks, times, absences),
    EncounterHad: st.builds(EncounterHad, st.just(("admission",)), nothing, looks, times, absences),
    AdverseEventHad: st.builds(
        AdverseEventHad,
        st.just(("reaction",)),
        st.sampled_from([(), ("latex",)]),
        st.booleans(),
        looks,
        absences,
    ),
    AllergyKnown: st.builds(
        AllergyKnown, st.just(("latex",)), nothing, st.sampled_from([(), ("no-allergy",)]), absences
    ),
    ConsentIs: st.builds(ConsentIs, st.just(("research",)), st.booleans(), absences),
    AgeAtScreening: st.just(AgeAtScreening(Bounds(at_least=Decimal(56)))),
    SexIs: st.just(SexIs(("female",))),
    Alive: st.just(Alive()),
    Pregnant: st.builds(
        Pregnant,
        st.just(("pregnancy",)),
        nothing,
        st.just(("pregnancy-test",)),
        st.just(("positive",)),
        st.just(("negative",)),
        st.sampled_from([(), ("hysterectomy",)]),
        fresh,
    ),
    BreastFeeding: st.builds(
        BreastFeeding,
        st.just(("feeding",)),
        st.just(("feeding-status",)),
        st.just(("positive",)),
        st.just(("negative",)),
        fresh,
    ),
    Manual: st.just(Manual("Is it so?")),
}
COMPOSITES: Mapping[type, Callable[[Inner], Inner]] = {
    AllOf: lambda inner: st.builds(AllOf, st.tuples(inner, inner)),
    AnyOf: lambda inner: st.builds(AnyOf, st.tuples(inner, inner)),
    Not: lambda inner: st.builds(Not, inner),
    AtLeast: lambda inner: st.builds(AtLeast, st.just(2), st.tuples(inner, inner, inner)),
    IfElse: lambda inner: st.builds(IfElse, inner, inner, inner),
    Tiers: lambda inner: st.builds(lambda a, b: Tiers((Tier("sure", a), Tier("likely", b))), inner, inner),
}
leaves: Inner = st.one_of(*LEAVES.values())
nodes: Inner = st.recursive(
    leaves, lambda inner: st.one_of(*(make(inner) for make in COMPOSITES.values())), max_leaves=4
)


# Which facts bear on a leaf: for pairs of a criterion and a record that have to do with one another.
BEARING: Mapping[type, tuple[Maker, ...]] = {
    ConditionPresent: (lambda n: conditions(n, CANCERS),),
    MedicationTaken: (medications, medications, not_taken),
    ObservationValue: (measured, lambda n: said(n, ("virus",))),
    ProcedureDone: (operations,),
    ImmunizationGiven: (FACTS["Immunization"],),
    EncounterHad: (FACTS["Encounter"],),
    AdverseEventHad: (adverse_events,),
    AllergyKnown: (allergies,),
    ConsentIs: (consents,),
    Pregnant: (
        lambda n: conditions(n, (concept("7"), concept("8"), concept("9", text="pregnant"))),
        lambda n: said(n, ("hcg",)),
        lambda n: operations(n, "8"),
    ),
    BreastFeeding: (lambda n: conditions(n, (concept("10"),)), lambda n: said(n, ("bf",))),
}


@st.composite
def questions(draw: st.DrawFn) -> tuple[Node, PatientRecord]:
    """A criterion and a person: mostly one leaf with facts that bear on it, else any tree and any facts."""
    kind = draw(st.sampled_from([*BEARING, None, None]))
    if kind is None:
        return draw(nodes), draw(records())
    node = draw(LEAVES[kind])
    anchored = getattr(getattr(node, "look_back", None), "anchor", None)
    bearing = BEARING[kind] if anchored is None else (*BEARING[kind], *BEARING[type(anchored.event)])
    return node, draw(records(bearing))


@st.composite
def several_questions(draw: st.DrawFn) -> tuple[tuple[Node, ...], PatientRecord]:
    """One to three criteria, and a person with facts that bear on them."""
    kinds = draw(st.lists(st.sampled_from(list(BEARING)), min_size=1, max_size=3))
    asked = tuple(draw(LEAVES[each]) for each in kinds)
    anchors = [getattr(getattr(each, "look_back", None), "anchor", None) for each in asked]
    whose = [*kinds, *(type(each.event) for each in anchors if each is not None)]
    return asked, draw(records(tuple(dict.fromkeys(kind for each in whose for kind in BEARING[each]))))


@st.composite
def denied_drugs(draw: st.DrawFn) -> tuple[Node, PatientRecord]:
    """A criterion on a drug, an order, and statements about it."""
    asked = [{}, {"dose": DoseTest(Bounds(above=Decimal(10)))}, {"dose": DoseTest(Bounds(at_most=Decimal(10)))}]
    more = draw(st.one_of(st.sampled_from(asked), any_day, in_courses, whole))
    node = MedicationTaken(("drug",), look_back=draw(whole_looks), **more)  # type: ignore[arg-type]
    start = draw(vague())
    ordered = medication(
        instruction(draw(st.sampled_from(["5 mg", "15 mg", "5-15 mg"])), timing()),
        name="0",
        start=start,
        end=draw(st.sampled_from([Days.on(FOREVER), Days.on(max(start.latest, AT)) if start.known else Days.on(AT)])),
        certainty=draw(st.sampled_from([Certainty.SURE, Certainty.SURE, Certainty.POSSIBLE])),
        last_sign=Days.on(AT),
    )
    others = [
        draw(draw(st.sampled_from([not_taken, not_taken, medications]))(number))
        for number in range(1, draw(st.integers(2, 4)))
    ]
    return node, record(ordered, *others, contacts=draw(contacts))


# --------------------------------------------------------------------------------------------------------- truths
def precise(data: st.DataObject, fact: Fact) -> Fact:
    """The same fact, with its certainty, code, dates and value known: one of the truths it allows."""
    if fact.certainty is Certainty.POSSIBLE:
        fact = replace(fact, certainty=data.draw(st.sampled_from([Certainty.SURE, Certainty.DENIED])))
    if isinstance(fact, ConditionFact):
        return _condition(data, fact)
    if isinstance(fact, ObservationFact):
        return _result(data, fact)
    if isinstance(fact, MedicationFact):
        return _medication(data, fact)
    if isinstance(fact, ConsentFact):
        permits = data.draw(st.booleans()) if fact.permits is None else fact.permits
        return replace(fact, permits=permits, span=_lasting(data, fact.span))
    if isinstance(fact, AdverseEventFact):
        serious = data.draw(st.booleans()) if fact.serious is None else fact.serious
        suspects = tuple(_clear(data, each) for each in fact.suspects) or data.draw(
            st.sampled_from([(concept("5"),), (concept("3"),)])
        )
        return replace(fact, serious=serious, suspects=suspects, when=_one_day(data, fact.when))
    if isinstance(fact, AllergyFact):
        return _allergy(data, fact)
    if isinstance(fact, ImmunizationFact):
        return replace(fact, when=_one_day(data, fact.when))
    return replace(fact, span=Span.on(_one_day(data, fact.span.start)))


def precise_person(data: st.DataObject, person: Person) -> Person:
    """The same person, with sex, birth and death known."""
    sex = person.sex if person.sex in ("male", "female") else data.draw(st.sampled_from(["male", "female"]))
    birth = data.draw(st.dates(date(1950, 1, 1), AT)) if person.birth == ANY_DAY else None
    days = Days.on(birth) if birth is not None else Days.on(data.draw(st.dates(*_ends(person.birth))))
    assume(days.latest <= AT)
    return replace(person, sex=sex, birth=days, died=_one_day(data, person.died) if person.deceased else person.died)


def _ends(days: Days) -> tuple[date, date]:
    return days.earliest, days.latest


def _allergy(data: st.DataObject, fact: AllergyFact) -> Fact:
    written = fact.recorded.latest if fact.recorded.known else FOREVER
    begun = _one_day(
        data, fact.begun, FOREVER if fact.begun.known else min(AT, written) if written == FOREVER else written
    )
    there = fact.history and AT < fact.ended.latest < FOREVER and data.draw(st.booleans())
    fact = replace(fact, concept=_clear(data, fact.concept), begun=begun, recorded=_one_day(data, fact.recorded))
    return replace(fact, history=fact.history and not there, ended=Days.on(begun.earliest))


def _condition(data: st.DataObject, fact: ConditionFact) -> Fact:
    fact = replace(fact, concept=_clear(data, fact.concept))
    last = AT if fact.span.end.earliest == FOREVER else FOREVER
    written = fact.asserted.latest if fact.asserted.known else FOREVER
    # what is written down has begun; only a dated onset says otherwise
    start = _one_day(data, fact.span.start, last if fact.span.start.known else min(last, written))
    end = fact.span.end
    if fact.ended or end.earliest < FOREVER:
        # an end at all: without one, what passes by itself would be known to go on for its usual time only
        last = AT - timedelta(1) if fact.ended else data.draw(st.sampled_from([end.earliest, FOREVER - timedelta(1)]))
        assume(start.latest <= last)
        end = Days.on(last)
    return replace(fact, span=Span(start, end), ended=False)


def _result(data: st.DataObject, fact: ObservationFact) -> Fact:
    value, numeric = fact.value, fact.concept.codings[0].code == "hb"
    if isinstance(value, Quantity) and value.value.low is not None:
        number = data.draw(st.sampled_from([value.value.low, value.value.high]))
        value = Quantity(Interval.exactly(number), value.unit)
    elif numeric:
        value = Quantity(Interval.exactly(data.draw(numbers)), "g/dL")
    elif value not in (concept("pos"), concept("neg")):
        value = data.draw(st.sampled_from([concept("pos"), concept("neg")]))
    time = fact.order[0] or data.draw(st.sampled_from(["07:00", "09:00", "13:00"]))
    return replace(fact, when=_one_day(data, fact.when), value=value, order=(time, *fact.order[1:]))


def _medication(data: st.DataObject, fact: MedicationFact) -> Fact:
    dose = fact.instructions[0].amount if fact.instructions else None
    point = fact.source is Source.ADMINISTRATION
    fact = replace(fact, span=Span.on(_one_day(data, fact.span.start)) if point else _lasting(data, fact.span))
    if dose is None or dose.value.low is None:  # the dose engine has its own laws of what a missing dose means
        return fact
    number = data.draw(st.sampled_from([dose.value.low, dose.value.high]))
    exact = replace(fact.instructions[0], amount=Quantity(Interval.exactly(number), "mg"))
    return replace(fact, instructions=(exact,))


def _lasting(data: st.DataObject, span: Span) -> Span:
    start = _one_day(data, span.start, AT if span.end.earliest == FOREVER else FOREVER)
    end = data.draw(st.sampled_from([span.end.earliest, span.end.latest]))
    assume(start.latest <= end)
    return Span(start, Days.on(end))


def _clear(data: st.DataObject, what: Concept) -> Concept:
    """A code that is known, where the words or the map left it open."""
    if what.texts[:1] == ("latex",):
        return data.draw(st.sampled_from([concept("5"), concept("3")]))
    return data.draw(st.sampled_from(CLEARED)) if what in VAGUE else what


def _one_day(data: st.DataObject, days: Days, latest: date = FOREVER) -> Days:
    first, last = max(days.earliest, date(2023, 1, 1)), min(days.latest, date(2027, 1, 1), latest)
    assume(first <= last)
    return Days.on(data.draw(st.dates(first, last)))
