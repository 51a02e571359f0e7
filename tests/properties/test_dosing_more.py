"""Laws of the dose engine on whole charts: more records, replacements, stops, depots, bodies; and a calendar's rules.

SEMANTICS §2, §6.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from dateutil.rrule import DAILY, HOURLY, WEEKLY, rrule
from hypothesis import assume, given, settings, strategies as st

from service.eligibility.criteria import Bounds, DoseTest
from service.eligibility.dates import ANY_DAY, Days, Duration, Unit
from service.eligibility.dosing.body import Body, Measurement
from service.eligibility.dosing.depots import Acting
from service.eligibility.dosing.measure import DoseAnswer, Step, Taken, Terms, dose_in_window, steps
from service.eligibility.dosing.model import Instruction, Lapse, Timing
from service.eligibility.dosing.ranges import ZERO, Range
from service.eligibility.facts import MedicationFact, Source
from service.eligibility.outcome import Outcome
from service.eligibility.policy import Policy
from service.eligibility.quantity import Interval, Quantity
from tests.doses import START, TABLE, days, instruction, medication, strength, timing
from tests.properties.test_dosing import AT, WIDE, narrowed, narrower, nearer, records

GROWN = days("1970-05-05")
limits = st.integers(0, 40).map(Decimal)


@st.composite
def charts(draw: st.DrawFn) -> list[Taken]:
    """A few records of one drug: linked, replacing, over, depots, some administrations without a dose."""
    found = [draw(records(name=str(n))) for n in range(draw(st.integers(1, 4)))]
    first = found[0].evidence.reference
    made = [Taken(found[0])]
    for each in found[1:]:
        links = draw(st.sampled_from(((), (first,))))
        replaces = links if each.source is found[0].source is Source.REQUEST and draw(st.booleans()) else ()
        over = each.source is Source.STATEMENT and draw(st.booleans())
        known = draw(st.sampled_from((None, Outcome.MET, Outcome.UNKNOWN)))
        acting = None if known is None else Acting(Duration(draw(st.integers(1, 40)), Unit.DAY), known)
        made.append(Taken(replace(each, links=links, replaces=replaces, over=over), acting=acting))
    return made


measurements = st.builds(
    lambda value, more, when, vague, n, sure: Measurement(
        Days(START + timedelta(days=when), START + timedelta(days=when + vague)),
        Interval(Decimal(value), Decimal(value + more)),
        f"Observation/{n}",
        sure,
    ),
    st.integers(3, 120), st.integers(0, 5), st.integers(-200, 200), st.sampled_from((0, 0, 0, 30)),
    st.integers(0, 9), st.booleans(),
)  # fmt: skip
bodies = st.lists(measurements, max_size=4, unique_by=lambda m: m.reference).map(lambda m: Body(tuple(m), birth=GROWN))


def asked(taken: list[Taken], above: Decimal, body: Body | None = None) -> DoseAnswer:
    test = DoseTest(Bounds(above=above), equivalent_to="prednisone")
    return dose_in_window(taken, WIDE, AT, test, TABLE, Policy(), body=body or Body())


def by_day(taken: list[Taken], body: Body | None = None) -> dict[date, Step]:
    found = steps(taken, AT, Terms(table=TABLE, body=body or Body()))
    return {step.start + timedelta(days=n): step for step in found for n in range((step.end - step.start).days + 1)}


def upper(value: Fraction | None) -> Fraction:
    return Fraction(10**12) if value is None else value


@given(st.lists(records(source=Source.REQUEST), min_size=1, max_size=3), records(source=Source.REQUEST), st.data())
def test_another_unlinked_record_of_the_same_kind_lowers_no_day(
    facts: list[MedicationFact], more: MedicationFact, data: st.DataObject
) -> None:
    source = data.draw(st.sampled_from((Source.REQUEST, Source.DISPENSE, Source.STATEMENT)))
    made = [
        replace(
            each, source=source, evidence=replace(each.evidence, reference=f"{source.value}/{n}"),
        )
        for n, each in enumerate([*facts, more])
    ]  # fmt: skip
    before, after = (by_day([Taken(each) for each in some]) for some in (made[:-1], made))
    for day, step in before.items():
        assert after[day].value.average.low >= step.value.average.low
        assert upper(after[day].value.average.high) >= upper(step.value.average.high)
        assert upper(after[day].value.peak.high) >= upper(step.value.peak.high)


@given(charts(), limits)
def test_the_order_of_a_chart_changes_nothing(taken: list[Taken], above: Decimal) -> None:
    assert asked(taken[::-1], above) == asked(taken, above)


@settings(max_examples=200)
@given(st.data(), charts(), limits)
def test_knowing_more_of_a_chart_never_turns_an_answer_round(
    data: st.DataObject, taken: list[Taken], above: Decimal
) -> None:
    vague = asked(taken, above).outcome
    precise = asked([replace(each, fact=data.draw(narrower(each.fact))) for each in taken], above).outcome
    assert {vague, precise} != {Outcome.MET, Outcome.NOT_MET}


per_body = st.builds(
    lambda tenths, unit, fact: replace(
        fact, instructions=tuple(replace(each, amount=Quantity(tenths, unit)) for each in fact.instructions)
    ),
    st.integers(1, 20).map(lambda n: Interval.exactly(Decimal(n) / 10)),
    st.sampled_from(("mg/kg", "mg")),
    records(),
)


@st.composite
def closer_look(draw: st.DrawFn, each: Measurement, value: Interval) -> Measurement:
    """The same measurement with its day and number known more precisely."""
    return replace(each, when=nearer(draw, each.when), value=narrowed(draw, value))


@settings(max_examples=200)
@given(st.data(), per_body, bodies, limits)
def test_weighing_more_precisely_never_turns_an_answer_round(
    data: st.DataObject, fact: MedicationFact, body: Body, above: Decimal
) -> None:
    closer = tuple(data.draw(closer_look(each, each.value)) for each in body.weights if each.value is not None)
    vague = asked([Taken(fact)], above, body).outcome
    precise = asked([Taken(fact)], above, replace(body, weights=closer)).outcome
    assert {vague, precise} != {Outcome.MET, Outcome.NOT_MET}


@given(per_body, bodies, limits, st.randoms(use_true_random=False))
def test_the_order_of_measurements_changes_nothing(fact: MedicationFact, body: Body, above: Decimal, r: object) -> None:
    mixed = list(body.weights)
    r.shuffle(mixed)  # type: ignore[attr-defined]
    assert asked([Taken(fact)], above, replace(body, weights=tuple(mixed))) == asked([Taken(fact)], above, body)


@given(per_body, bodies)
def test_a_dose_by_weight_lies_between_those_of_the_lightest_and_the_heaviest(fact: MedicationFact, body: Body) -> None:
    assume(body.weights and all(each.amount is not None for each in fact.instructions))
    ends = [end for m in body.weights if m.value for end in (m.value.low, m.value.high) if end is not None]

    def weighing(kilograms: Decimal) -> Body:
        on = fact.span.start if fact.span.start.known else ANY_DAY
        return Body((Measurement(on, Interval.exactly(kilograms), "w"),), birth=GROWN)

    found = by_day([Taken(fact)], body)
    least, most = (by_day([Taken(fact)], weighing(end)) for end in (min(ends), max(ends)))
    for day, step in found.items():
        if step.value.average.high is not None and day in least:
            assert least[day].value.average.low <= step.value.average.low
            assert step.value.average.high <= upper(most[day].value.average.high)


@given(st.integers(1, 12), st.integers(1, 60), st.integers(1, 20), st.sampled_from(("d", "wk")))
def test_splitting_a_dose_within_its_period_keeps_the_average(parts: int, mg: int, period: int, unit: str) -> None:
    whole = medication(instruction(f"{mg * parts} mg", timing(1, f"{period} {unit}")))
    split = medication(instruction(f"{mg} mg", timing(parts, f"{period} {unit}")))
    one, other = (by_day([Taken(each)])[START + timedelta(days=150)] for each in (whole, split))
    assert one.value.average == other.value.average and one.value.peak.high is not None
    assert upper(other.value.peak.high) <= one.value.peak.high


@given(st.integers(1, 40), st.integers(1, 20), st.integers(1, 8), st.sampled_from(("{tbl}", "mL", "L")))
def test_half_the_strength_and_twice_as_much_of_anything_is_the_same(mg: int, much: int, by: int, unit: str) -> None:
    one = medication(instruction(f"{much} {unit}"), strengths=(strength(mg * by, f"1 {unit}"),))
    other = medication(instruction(f"{much * by} {unit}"), strengths=(strength(mg, f"1 {unit}"),))
    third = medication(instruction(f"{much} {unit}"), strengths=(strength(mg * by * by, f"{by} {unit}"),))
    found = {(a.least, a.most) for a in (asked([Taken(each)], Decimal(1)) for each in (one, other, third))}
    assert len(found) == 1


MIDNIGHT = datetime(START.year, START.month, START.day)
RULES: Mapping[str, Literal[2, 3, 4]] = {"h": HOURLY, "d": DAILY, "wk": WEEKLY}


@st.composite
def calendars(draw: st.DrawFn) -> tuple[Timing, list[date]]:
    """A timing with a count of doses, and the days of those doses by the rules of a calendar."""
    count = draw(st.integers(2, 40))
    counted = Interval.exactly(count)
    if draw(st.booleans()):
        listed = tuple(sorted(draw(st.sets(st.integers(0, 6), min_size=1))))
        rule = rrule(WEEKLY, dtstart=MIDNIGHT, byweekday=listed, count=count)
        return Timing(days_of_week=listed, count=counted), [each.date() for each in rule]
    unit = draw(st.sampled_from(("h", "d", "wk")))
    every = draw(st.integers(1, 36 if unit == "h" else 10))
    rule = rrule(RULES[unit], dtstart=MIDNIGHT, interval=every, count=count)
    how = Timing(Interval.exactly(1), Lapse(Interval.exactly(every), unit), count=counted)  # type: ignore[arg-type]
    return how, [each.date() for each in rule]


@given(calendars(), st.integers(1, 40))
def test_every_dose_of_a_calendar_s_rule_is_in_the_course(made: tuple[Timing, list[date]], mg: int) -> None:
    """No day of a dose is left out, none is busier than the engine says, and nothing goes on after the last cycle."""
    how, given_on = made
    found = by_day([Taken(medication(Instruction("x", amount=Quantity(Interval.exactly(mg), "mg"), timing=how)))])
    per_day = {day: Fraction(mg * given_on.count(day)) for day in given_on if day <= AT}
    for day, dose in per_day.items():
        assert day in found
        assert dose <= upper(found[day].value.peak.high)
    assert max(found) <= max(given_on) + timedelta(days=cycle(how) + 7)
    total = Fraction(mg * len(given_on))
    assert all(upper(step.value.average.high) <= total for step in found.values())


def cycle(how: Timing) -> int:
    if how.period is None:
        return 7
    return max(1, -(-int(how.period.value.low or 1) * {"h": 1, "d": 24, "wk": 168}[how.period.unit] // 24))


@given(st.integers(1, 36), st.sampled_from(("h", "d", "wk")), st.integers(1, 40), st.integers(0, 30))
def test_the_average_of_a_whole_cycle_is_that_of_a_calendar_s_rule(every: int, unit: str, mg: int, skip: int) -> None:
    how = Timing(Interval.exactly(1), Lapse(Interval.exactly(every), unit))  # type: ignore[arg-type]
    length = every * {"h": 1, "d": 1, "wk": 7}[unit]
    first = MIDNIGHT + timedelta(days=skip)
    rule = rrule(RULES[unit], dtstart=MIDNIGHT, interval=every, until=first + timedelta(days=length, seconds=-1))
    doses = [each for each in rule if each >= first]
    found = by_day([Taken(medication(Instruction("x", amount=Quantity(Interval.exactly(mg), "mg"), timing=how)))])
    step = found[first.date()]
    assert step.value.average == Range.exactly(Fraction(mg * len(doses), length))
    busiest = max((sum(d.date() == day.date() for d in doses) for day in doses), default=0)
    assert upper(step.value.peak.high) >= mg * busiest and step.value.trough.low >= ZERO.low
