"""What must hold for every dose: against a slow day-by-day reference, and the laws of SEMANTICS §2 and §6."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import permutations

from hypothesis import assume, example, given, settings, strategies as st

from service.eligibility.dates import Days, Span, Window
from service.eligibility.dosing.daily import Holding, daily
from service.eligibility.dosing.measure import Taken, Terms, steps
from service.eligibility.dosing.model import Instruction, Lapse, TimeUnit, Timing
from service.eligibility.dosing.names import read_name
from service.eligibility.dosing.ranges import Range
from service.eligibility.facts import MedicationFact, Source
from service.eligibility.outcome import Outcome
from service.eligibility.quantity import Interval, Quantity
from tests.doses import START, TABLE, asked, days, instruction, medication, strength, timing

AT = date(2026, 12, 31)
WIDE = Window.of(date(2026, 1, 1), AT)
HOURS: dict[TimeUnit, int] = {"h": 1, "d": 24, "wk": 24 * 7}

doses = st.integers(1, 80).map(lambda quarter: Decimal(quarter) / 4)
units: st.SearchStrategy[TimeUnit] = st.sampled_from(("h", "d", "wk"))


@st.composite
def regular(draw: st.DrawFn) -> Timing:
    """So many times in so many hours, days or weeks; not more often than hourly."""
    unit = draw(units)
    period, frequency = draw(st.integers(1, 12)), draw(st.integers(1, 6))
    assume(frequency <= period * HOURS[unit])
    return Timing(Interval.exactly(frequency), Lapse(Interval.exactly(period), unit))


weekly = st.builds(
    lambda listed, times: Timing(Interval.exactly(times), None, tuple(sorted(listed))),
    st.sets(st.integers(0, 6), min_size=1),
    st.integers(1, 4),
)
timings = st.one_of(regular(), weekly)


def reference(how: Timing, dose: Decimal, length: int) -> list[Fraction]:
    """The dose of each of `length` days, by giving every single dose at its time. Slow and obvious."""
    totals = [Fraction(0)] * length
    if how.days_of_week:
        for n in range(length):
            if (START + timedelta(days=n)).weekday() in how.days_of_week and how.frequency is not None:
                totals[n] = Fraction(dose) * Fraction(how.frequency.low or 0)
        return totals
    assert how.period is not None and how.frequency is not None
    minutes = Fraction(how.period.value.low or 0) * HOURS[how.period.unit] * 60 / Fraction(how.frequency.low or 1)
    count, moment = 0, datetime(START.year, START.month, START.day)
    while (moment - datetime(START.year, START.month, START.day)).days < length:
        totals[(moment.date() - START).days] += Fraction(dose)
        count += 1
        exact = minutes * count  # a dose due in the middle of a minute is given in that minute
        moment = datetime(START.year, START.month, START.day) + timedelta(minutes=int(exact))
    return totals


def cycle_days(how: Timing) -> int:
    """A number of whole days after which the pattern of doses surely repeats."""
    if how.period is None:
        return 7
    hours = int(how.period.value.low or 1) * HOURS[how.period.unit]
    return hours if hours % 24 else hours // 24


@given(timings, doses)
def test_the_engine_agrees_with_giving_every_dose_at_its_time(how: Timing, dose: Decimal) -> None:
    found = daily(Instruction("x", amount=Quantity(Interval.exactly(dose), "mg"), timing=how), Holding())
    length = cycle_days(how)
    totals = reference(how, dose, length)
    assert found.average == Range.exactly(sum(totals, Fraction(0)) / length)
    assert found.peak == Range.exactly(max(totals))
    assert found.trough.low <= min(totals) and (found.trough.high or 0) >= min(totals)


@given(timings, doses, st.integers(0, 60), st.integers(1, 90))
def test_the_busiest_day_of_any_stretch_lies_in_its_range(how: Timing, dose: Decimal, skip: int, length: int) -> None:
    totals = reference(how, dose, skip + length)
    first, last = START + timedelta(days=skip), START + timedelta(days=skip + length - 1)
    fact = medication(Instruction("x", amount=Quantity(Interval.exactly(dose), "mg"), timing=how))
    found = [step.value.peak for step in steps([Taken(fact)], AT, Terms(table=TABLE), Days(first, last))]
    assert found[0].low <= max(totals[skip:]) <= (found[0].high or 0)


ranges = (
    st.tuples(st.integers(0, 30), st.integers(0, 30))
    .map(sorted)
    .map(lambda ends: Interval(Decimal(ends[0]), Decimal(ends[1])))
)
exact = st.integers(0, 30).map(lambda mg: Interval.exactly(mg))
sources = st.sampled_from(Source)


@st.composite
def records(draw: st.DrawFn, name: str = "1", source: Source | None = None) -> MedicationFact:
    """A record of any kind, with one or two instructions, within the year."""
    kind = source or draw(sources)
    begin = START + timedelta(days=draw(st.integers(0, 200)))
    start = Days(begin, begin + timedelta(days=draw(st.sampled_from((0, 0, 0, 20)))))
    end = Days(
        start.latest + timedelta(days=draw(st.integers(0, 60))),
        start.latest + timedelta(days=60 + draw(st.integers(0, 60))),
    )
    given_doses = tuple(
        instruction(None, draw(st.sampled_from((timing(), timing(2), timing(1, "2 d"), timing(1, "8 h"), None))))
        for _ in range(draw(st.integers(0, 2)))
    )
    filled = tuple(
        replace(each, amount=Quantity(draw(ranges), "mg"), as_needed=draw(st.booleans())) for each in given_doses
    )
    return medication(
        *filled, name=name, source=kind, start=start, end=draw(st.sampled_from((end, start if start.exact else end)))
    )


@st.composite
def several(draw: st.DrawFn) -> list[MedicationFact]:
    """A few records, some linked to the first."""
    found = [draw(records(name=str(n))) for n in range(draw(st.integers(1, 4)))]
    reference_ = found[0].evidence.reference
    return [found[0], *(replace(each, links=draw(st.sampled_from(((), (reference_,))))) for each in found[1:])]


limits = st.integers(0, 40).map(str)


@given(several(), limits)
def test_the_order_of_records_and_doubles_change_nothing(facts: list[MedicationFact], limit: str) -> None:
    found = asked(facts, above=limit, window=WIDE, at=AT)
    for again in ([*reversed(facts)], [*facts, *facts]):
        assert asked(again, above=limit, window=WIDE, at=AT) == found


@given(records(), limits)
def test_the_order_of_instructions_changes_nothing(fact: MedicationFact, limit: str) -> None:
    found = asked([fact], above=limit, window=WIDE, at=AT)
    for each in permutations(fact.instructions):
        assert asked([replace(fact, instructions=each)], above=limit, window=WIDE, at=AT) == found


@given(st.lists(st.integers(1, 40), min_size=1, max_size=4), st.integers(1, 40), sources)
def test_another_record_of_the_same_kind_never_lowers_the_sum(mgs: list[int], more: int, source: Source) -> None:
    how = None if source is Source.ADMINISTRATION else timing()
    made = [
        medication(instruction(f"{mg} mg", how), name=str(n), source=source, end=days("2026-01-05"))
        for n, mg in enumerate([*mgs, more])
    ]
    before, after = asked(made[:-1]), asked(made)
    assert after.least >= before.least
    assert (after.most or 0) >= (before.most or 0)


@given(st.integers(1, 12), st.integers(1, 60))
def test_splitting_a_dose_over_the_day_keeps_it(parts: int, mg: int) -> None:
    whole = medication(instruction(f"{mg * parts} mg", timing(1, "1 d")))
    split = medication(instruction(f"{mg} mg", timing(parts, "1 d")))
    apart = medication(*(instruction(f"{mg} mg", timing(1, "1 d")) for _ in range(parts)))
    answers = {(a.least, a.most, a.outcome) for a in (asked([whole]), asked([split]), asked([apart]))}
    assert len(answers) == 1


@given(st.integers(1, 40), st.integers(1, 20), st.integers(1, 8))
def test_half_the_strength_and_twice_the_tablets_is_the_same(mg: int, tablets: int, factor: int) -> None:
    one = medication(instruction(f"{tablets} {{tbl}}"), strengths=(strength(mg * factor),))
    other = medication(instruction(f"{tablets * factor} {{tbl}}"), strengths=(strength(mg),))
    assert (asked([one]).least, asked([one]).most) == (asked([other]).least, asked([other]).most)


def narrowed(draw: st.DrawFn, value: Interval) -> Interval:
    """An interval inside the other."""
    low, high = int(value.low or 0), int(value.high or 0)
    ends = sorted(draw(st.tuples(st.integers(low, high), st.integers(low, high))))
    return Interval(Decimal(ends[0]), Decimal(ends[1]))


def nearer(draw: st.DrawFn, value: Days) -> Days:
    """Fewer days than before, out of the same."""
    length = (value.latest - value.earliest).days
    ends = sorted(draw(st.tuples(st.integers(0, length), st.integers(0, length))))
    return Days(value.earliest + timedelta(days=ends[0]), value.earliest + timedelta(days=ends[1]))


@st.composite
def narrower(draw: st.DrawFn, fact: MedicationFact) -> MedicationFact:
    """The same record with doses and days known more precisely."""
    start = nearer(draw, fact.span.start)
    end = start if fact.span.point else nearer(draw, fact.span.end)
    assume(start.earliest <= end.latest)
    doses_ = tuple(
        replace(each, amount=Quantity(narrowed(draw, each.amount.value), "mg")) if each.amount is not None else each
        for each in fact.instructions
    )
    return replace(fact, span=Span(start, end), instructions=doses_)


@settings(max_examples=200)
@given(st.data(), several(), limits)
def test_knowing_more_never_turns_an_answer_round(data: st.DataObject, facts: list[MedicationFact], limit: str) -> None:
    vague = asked(facts, above=limit, window=WIDE, at=AT).outcome
    precise = asked([data.draw(narrower(each)) for each in facts], above=limit, window=WIDE, at=AT).outcome
    assert {vague, precise} != {Outcome.MET, Outcome.NOT_MET}


@given(records(), limits)
def test_rounded_numbers_for_people_never_contradict_the_outcome(fact: MedicationFact, limit: str) -> None:
    found = asked([fact], above=limit, window=WIDE, at=AT)
    if found.outcome is Outcome.NOT_MET:
        assert found.most is not None and found.most <= Decimal(limit)


@given(st.text(alphabet="0123456789.,/%mgMLlh ({})[]prednison", max_size=40))
@example("L)0%")
def test_any_text_reads_as_a_product_name_or_not_at_all(name: str) -> None:
    found = read_name(name)
    assert all(each.amount.low is not None and each.amount.low > 0 for each in found.strengths)
