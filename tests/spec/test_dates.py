"""Days, durations and windows: calendar months are clamped, both ends are in, imprecision leads to UNKNOWN."""

from datetime import date

import pytest

from service.eligibility.dates import ANY_DAY, FOREVER, Days, Duration, Span, Unit, Window, describe
from service.eligibility.outcome import Outcome
from service.errors import InvalidValue
from tests.builders import days

N, U, M = Outcome.NOT_MET, Outcome.UNKNOWN, Outcome.MET
MONTHS, YEARS, WEEKS, DAYS = Unit.MONTH, Unit.YEAR, Unit.WEEK, Unit.DAY


@pytest.mark.parametrize(
    ("anchor", "count", "unit", "start"),
    [
        ("2026-05-15", 3, MONTHS, "2026-02-15"),
        ("2026-05-31", 3, MONTHS, "2026-02-28"),
        ("2024-05-31", 3, MONTHS, "2024-02-29"),
        ("2026-03-31", 1, MONTHS, "2026-02-28"),
        ("2028-02-29", 60, MONTHS, "2023-02-28"),
        ("2028-02-29", 5, YEARS, "2023-02-28"),
        ("2026-07-01", 12, WEEKS, "2026-04-08"),
        ("2026-07-01", 5, YEARS, "2021-07-01"),
        ("2026-01-10", 90, DAYS, "2025-10-12"),
        ("0001-01-20", 3, MONTHS, "0001-01-01"),
    ],
)
def test_look_back_start(anchor: str, count: int, unit: Unit, start: str) -> None:
    assert Duration(count, unit).before(date.fromisoformat(anchor)) == date.fromisoformat(start)


def test_a_duration_is_never_negative() -> None:
    with pytest.raises(InvalidValue):
        Duration(-1, Unit.DAY)


WINDOW = Window.of(date(2026, 2, 15), date(2026, 5, 15))


@pytest.mark.parametrize(
    ("when", "outcome"),
    [
        ("2026-02-14", N),
        ("2026-02-15", M),
        ("2026-05-15", M),
        ("2026-05-16", N),
        ("2026-03", M),
        ("2026-02", U),
        ("2026-05", U),
        ("2026", U),
        ("2025", N),
        (None, U),
    ],
)
def test_an_event_in_a_window(when: str | None, outcome: Outcome) -> None:
    assert WINDOW.holds(days(when)) is outcome


@pytest.mark.parametrize(
    ("start", "end", "outcome"),
    [
        ("2026-02-01", "2026-02-14", N),
        ("2026-02-01", "2026-02-15", M),
        ("2020", "2026-02", U),
        ("2020", "2026-03", M),
        ("2020", "2027", M),
        ("2020", None, U),
        (None, "2026-03-01", M),
        (None, "2025-03-01", N),
        (None, None, U),
        ("2026-05-15", "2027", M),
        ("2026-05-16", "2027", N),
        ("2026-05", "2027", U),
    ],
)
def test_something_that_lasts_in_a_window(start: str | None, end: str | None, outcome: Outcome) -> None:
    assert Span(days(start), days(end)).during(WINDOW) is outcome


def test_an_uncertain_anchor_narrows_the_sure_part() -> None:
    window = Window(Days(date(2026, 3, 1), date(2026, 5, 1)), Days(date(2026, 2, 1), date(2026, 6, 1)))
    assert window.holds(days("2026-04-01")) is M
    assert window.holds(days("2026-02-10")) is U
    assert window.holds(days("2026-01-31")) is N
    assert Window(None, window.possible).holds(days("2026-04-01")) is U


def test_what_is_impossible_cannot_be_built() -> None:
    with pytest.raises(InvalidValue):
        Days(date(2026, 1, 2), date(2026, 1, 1))
    with pytest.raises(InvalidValue):
        Span(days("2026"), days("2025"))


@pytest.mark.parametrize(
    ("days_", "words"),
    [
        (days("2026-05-03"), "2026-05-03"),
        (days("2026-05"), "2026-05"),
        (days("2026-02"), "2026-02"),
        (days("2026"), "2026"),
        (ANY_DAY, "an unknown day"),
        (days("2026-05-03/2026-06-01"), "between 2026-05-03 and 2026-06-01"),
        (Days(date.min, date(2026, 1, 1)), "2026-01-01 or before"),
        (Days(date(2026, 1, 1), FOREVER), "2026-01-01 or later"),
    ],
)
def test_dates_in_words(days_: Days, words: str) -> None:
    assert describe(days_) == words
