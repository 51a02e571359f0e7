"""FHIR dates as closed intervals of days in the site's time zone. What is not a FHIR date is refused, never guessed.

Source: FHIR R4 and R5, datatypes `date`, `dateTime`, `instant`, `Period`; SEMANTICS §3.1.
"""

import calendar
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from service.eligibility.dates import ANY_DAY, Days
from service.errors import UnreadableResource

PARTS = re.compile(
    r"(?P<year>[0-9]{4})(-(?P<month>0[1-9]|1[0-2])(-(?P<day>0[1-9]|[12][0-9]|3[01])"
    r"(?P<time>T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00))?)?)?"
)
PLAUSIBLE_YEARS = range(1850, 2201)  # outside of it a day on which something happened is a placeholder, not a date
NO_END_YEAR = 9000
LONGEST_DATE = 64


def read_date(value: object, element: str, zone: ZoneInfo) -> Days:
    """A `date`, `dateTime` or `instant` of any precision; ANY_DAY if absent (null).

    Raises UnreadableResource for anything that FHIR does not call a date: text, year 0000, 31 February, 24:00,
    a time without seconds or without its offset.
    """
    if value is None:
        return ANY_DAY
    if not isinstance(value, str) or len(value) > LONGEST_DATE:
        raise UnreadableResource("a date is expected here", element)
    try:
        return _parse(value, zone)
    except ValueError:
        raise UnreadableResource(
            "not a FHIR date (YYYY, YYYY-MM, YYYY-MM-DD or a full time with its offset)", element
        ) from None


def read_moment(value: object, element: str, zone: ZoneInfo) -> tuple[Days, str]:
    """The days, and a text that sorts moments of one day by time ("" if no time is given). Raises as `read_date`."""
    days = read_date(value, element, zone)
    return days, _moment(value, zone) if isinstance(value, str) else ""


def read_event_date(value: object, element: str, zone: ZoneInfo) -> Days:
    """As `read_date`, for a day on which something happened: a placeholder such as 0001-01-01 or 9999 is refused."""
    return plausible(read_date(value, element, zone), element)


def plausible(days: Days, element: str) -> Days:
    """The days themselves; raises UnreadableResource where no patient's record can lie (before 1850, after 2200)."""
    if days.earliest.year in PLAUSIBLE_YEARS and days.latest.year in PLAUSIBLE_YEARS:
        return days
    if days != ANY_DAY:
        raise UnreadableResource("an absurd date, most likely a placeholder", element)
    return days


def read_period(value: object, element: str, zone: ZoneInfo) -> tuple[Days | None, Days | None]:
    """Start and end of a Period, each None where not given. Raises UnreadableResource if it ends before it begins."""
    if value is None:
        return None, None
    if not isinstance(value, Mapping):
        raise UnreadableResource("a Period is expected here", element)
    start, end = value.get("start"), value.get("end")
    first = None if start is None else read_date(start, f"{element}.start", zone)
    last = None if end is None else read_date(end, f"{element}.end", zone)
    if first is not None and last is not None and first.earliest > last.latest:
        raise UnreadableResource("it ends before it begins", element)
    return first, last


def read_event_period(value: object, element: str, zone: ZoneInfo) -> tuple[Days | None, Days | None]:
    """As `read_period`, for days on which something went on: 9999 as an end is how some write "no end".

    Raises UnreadableResource for any other placeholder.
    """
    first, last = read_period(value, element, zone)
    if last is not None and last.earliest.year >= NO_END_YEAR:
        last = None
    for days, end in ((first, "start"), (last, "end")):
        if days is not None:
            plausible(days, f"{element}.{end}")
    return first, last


@lru_cache(maxsize=8192)
def _parse(text: str, zone: ZoneInfo) -> Days:
    parts = PARTS.fullmatch(text)
    if parts is None:
        raise ValueError(text)
    year, month, day, time = parts.group("year", "month", "day", "time")
    if time is None:
        return _interval(int(year), month, day)
    moment = _instant(text)
    try:
        return Days.on(moment.astimezone(zone).date())
    except OverflowError:  # within a day of the calendar's ends
        return Days.on(moment.date())


@lru_cache(maxsize=8192)
def _moment(text: str, zone: ZoneInfo) -> str:
    """What sorts a date that can be read by its time; asked for of few."""
    if "T" not in text:
        return ""
    moment = _instant(text)
    try:
        universal, _ = moment.astimezone(UTC), moment.astimezone(zone)
    except OverflowError:
        return ""
    return universal.isoformat(timespec="microseconds") + ("~" if _is_leap(text) else "")


def _interval(year: int, month: str | None, day: str | None) -> Days:
    if day is not None and month is not None:
        return Days.on(date(year, int(month), int(day)))
    if month is not None:
        first = date(year, int(month), 1)
        return Days(first, first.replace(day=calendar.monthrange(year, int(month))[1]))
    return Days(date(year, 1, 1), date(year, 12, 31))


def _instant(text: str) -> datetime:
    """The moment; of a leap second the one before."""
    return datetime.fromisoformat(text[:17] + "59" + text[19:] if _is_leap(text) else text)


def _is_leap(text: str) -> bool:
    return text[17:19] == "60"
