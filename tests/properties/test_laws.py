"""What must always hold of outcomes, days and intervals."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, strategies as st

from service.eligibility.dates import Days, Duration, Span, Unit, Window
from service.eligibility.outcome import Outcome, conjunction, disjunction, negate
from service.eligibility.quantity import Interval

outcomes = st.sampled_from(Outcome)
some_days = st.dates(date(2000, 1, 1), date(2050, 12, 31))
durations = st.builds(Duration, st.integers(0, 60), st.sampled_from(Unit))
numbers = st.decimals(-1000, 1000, places=3)


@st.composite
def intervals_of_days(draw: st.DrawFn) -> Days:
    first = draw(some_days)
    return Days(first, first + timedelta(draw(st.integers(0, 800))))


@given(outcomes, outcomes, outcomes)
def test_kleene_laws(a: Outcome, b: Outcome, c: Outcome) -> None:
    assert negate(negate(a)) is a
    assert conjunction([a, conjunction([b, c])]) is conjunction([conjunction([a, b]), c])
    assert disjunction([a, disjunction([b, c])]) is disjunction([disjunction([a, b]), c])
    assert conjunction([a, b]) is conjunction([b, a])
    assert negate(conjunction([a, b])) is disjunction([negate(a), negate(b)])
    assert conjunction([a, disjunction([a, b])]) is a
    assert conjunction([a, disjunction([b, c])]) is disjunction([conjunction([a, b]), conjunction([a, c])])


@given(st.lists(outcomes, min_size=1), st.integers(0, 20), outcomes)
def test_logic_is_monotonic(parts: list[Outcome], index: int, precise: Outcome) -> None:
    """Replacing one UNKNOWN part by an answer never turns MET into NOT_MET or back."""
    place = index % len(parts)
    parts[place] = Outcome.UNKNOWN
    better = [*parts[:place], precise, *parts[place + 1 :]]
    for combine in (conjunction, disjunction):
        before, after = combine(parts), combine(better)
        assert before is Outcome.UNKNOWN or before is after


@given(some_days, durations)
def test_the_first_day_without_is_the_first(day: date, duration: Duration) -> None:
    first = duration.first_day_without(day)
    assert duration.before(first) > day
    assert duration.before(first - timedelta(1)) <= day


@given(some_days, some_days, durations)
def test_windows_move_forward(a: date, b: date, duration: Duration) -> None:
    early, late = sorted((a, b))
    assert duration.before(early) <= duration.before(late)


@given(intervals_of_days(), intervals_of_days(), st.data())
def test_a_more_precise_date_never_contradicts(days: Days, window: Days, data: st.DataObject) -> None:
    known = Days.on(data.draw(st.dates(days.earliest, days.latest)))
    vague = Window.of(window.earliest, window.latest).holds(days)
    exact = Window.of(window.earliest, window.latest).holds(known)
    assert exact is not Outcome.UNKNOWN
    assert vague in (Outcome.UNKNOWN, exact)


@given(intervals_of_days(), intervals_of_days(), intervals_of_days(), st.data())
def test_a_more_precise_span_never_contradicts(start: Days, end: Days, window: Days, data: st.DataObject) -> None:
    true_start = data.draw(st.dates(start.earliest, start.latest))
    true_end = data.draw(st.dates(end.earliest, end.latest))
    if true_start > true_end:
        return
    looked = Window.of(window.earliest, window.latest)
    vague = Span(start, end).during(looked)
    present = true_start <= window.latest and true_end >= window.earliest
    assert vague in (Outcome.UNKNOWN, Outcome.MET if present else Outcome.NOT_MET)


@given(numbers, numbers, numbers, st.booleans(), st.booleans())
def test_comparisons_agree_with_the_numbers_inside(a: Decimal, b: Decimal, limit: Decimal, lo: bool, ho: bool) -> None:
    low, high = sorted((a, b))
    if low == high:
        lo = ho = False
    interval = Interval(low, high, lo, ho)
    inside = [x for x in (low, (low + high) / 2, high, limit) if low <= x <= high]
    inside = [x for x in inside if not (lo and x == low) and not (ho and x == high)]
    for name, holds in (
        ("above", lambda x: x > limit),
        ("at_least", lambda x: x >= limit),
        ("below", lambda x: x < limit),
        ("at_most", lambda x: x <= limit),
    ):
        outcome = getattr(interval, name)(limit)
        answers = {holds(x) for x in inside}
        if outcome is Outcome.MET:
            assert answers == {True}
        elif outcome is Outcome.NOT_MET:
            assert answers == {False}
        elif low < limit < high:
            assert answers == {True, False} or (lo or ho)


@given(numbers, numbers, st.decimals("0.001", 1000, places=3))
def test_scaling_keeps_the_order(a: Decimal, b: Decimal, factor: Decimal) -> None:
    low, high = sorted((a, b))
    scaled = Interval(low, high).scaled(factor)
    assert scaled.low == low * factor
    assert scaled.high == high * factor
