"""FHIR dates are closed intervals of days in the site's zone; what is no FHIR date is refused."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from service.eligibility.dates import ANY_DAY, Days
from service.errors import UnreadableResource
from service.fhir.dates import read_date, read_event_date, read_moment, read_period

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("written", "earliest", "latest"),
    [
        pytest.param("2020", "2020-01-01", "2020-12-31", id="year"),
        pytest.param("2020-02", "2020-02-01", "2020-02-29", id="month of a leap year"),
        pytest.param("2021-02", "2021-02-01", "2021-02-28", id="month"),
        pytest.param("2020-02-29", "2020-02-29", "2020-02-29", id="day"),
        pytest.param("2020-01-01T23:30:00Z", "2020-01-02", "2020-01-02", id="an instant is the zone's day, later"),
        pytest.param(
            "2020-01-02T01:00:00+14:00", "2020-01-01", "2020-01-01", id="an instant is the zone's day, earlier"
        ),
        pytest.param("2016-12-31T23:59:60Z", "2017-01-01", "2017-01-01", id="leap second"),
        pytest.param("2020-06-01T10:00:00.1234567-05:00", "2020-06-01", "2020-06-01", id="seven digits of a second"),
        pytest.param("9999-12-31", "9999-12-31", "9999-12-31", id="the calendar's last day"),
        pytest.param("9999-12-31T23:59:59Z", "9999-12-31", "9999-12-31", id="last day, beyond it in the zone"),
        pytest.param("0001-01-01T00:00:00+14:00", "0001-01-01", "0001-01-01", id="first day, before it in the zone"),
    ],
)
def test_reads_dates(written: str, earliest: str, latest: str) -> None:
    expected = Days(date.fromisoformat(earliest), date.fromisoformat(latest))
    assert read_date(written, "X.date", BERLIN) == expected


@pytest.mark.parametrize(
    "written",
    [
        "0000",
        "0000-01-01",
        "2020-02-30",
        "2021-02-29",
        "2020-13",
        "2020-00",
        "20200501",
        "2020-5-1",
        "2020-05-01T",
        "2020-05-01T24:00:00Z",
        "2020-05-01T10:00Z",
        "2020-05-01T10:00:00",
        "2020-05-01 10:00:00Z",
        "2020-05-01T10:00:00+15:00",
        "2020-05-01T10:00:61Z",
        "2020\n",
        " 2020",
        "",
        "last spring",
        "٢٠٢٠",
        "20",
        "12020",
        "2020-W10",
        "2" * 3_000_000,
        2020,
        1.0,
        True,
        False,
        [],
        {},
        ["2020"],
    ],
    ids=lambda written: repr(written)[:30],
)
def test_refuses_what_is_no_date(written: object) -> None:
    with pytest.raises(UnreadableResource, match=r"^X\.date: "):
        read_date(written, "X.date", BERLIN)


def test_a_missing_date_is_any_day_never_today() -> None:
    assert read_date(None, "X.date", BERLIN) == ANY_DAY


@given(st.dates(), st.sampled_from(["%Y", "%Y-%m", "%Y-%m-%d"]))
def test_a_day_lies_in_every_shorter_way_of_writing_it(day: date, precision: str) -> None:
    length = {"%Y": 4, "%Y-%m": 7, "%Y-%m-%d": 10}[precision]
    assert Days.on(day).inside(read_date(day.isoformat()[:length], "X.date", BERLIN))


def test_moments_of_one_day_sort_by_time_whatever_their_zone() -> None:
    written = [
        "2024-05-03T08:00:00+02:00",
        "2024-05-03T07:00:00Z",
        "2024-05-03T07:00:00.5Z",
        "2024-05-03T18:00:00+09:00",
    ]
    assert sorted(written, key=lambda each: read_moment(each, "X", BERLIN)[1]) == written
    assert read_moment("2024-05-03", "X", BERLIN)[1] == ""


@pytest.mark.parametrize("placeholder", ["0001-01-01", "1753-01-01", "9999-12-31", "2999"])
def test_placeholders_are_no_event_dates(placeholder: str) -> None:
    with pytest.raises(UnreadableResource, match="absurd"):
        read_event_date(placeholder, "X.date", BERLIN)


def test_periods() -> None:
    first, last = Days.on(date(2020, 1, 1)), Days(date(2020, 2, 1), date(2020, 2, 29))
    assert read_period({"start": "2020-01-01", "end": "2020-02"}, "X", BERLIN) == (first, last)
    assert read_period({"end": "2020-02"}, "X", BERLIN) == (None, last)
    assert read_period({"start": None}, "X", BERLIN) == read_period(None, "X", BERLIN) == (None, None)


@pytest.mark.parametrize(
    "value", ["2020", [], {"start": "2021", "end": "2020"}, {"start": "soon"}, {"end": 5}], ids=repr
)
def test_refuses_bad_periods(value: object) -> None:
    with pytest.raises(UnreadableResource):
        read_period(value, "X", BERLIN)
