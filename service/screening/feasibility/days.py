"""The past days as of which it is counted: every month from one day to another. Pure."""

from datetime import date
from typing import Literal

from service.eligibility.dates import Duration, Unit
from service.errors import UsageError

Every = Literal["week", "month", "quarter", "year"]
LENGTHS: dict[str, tuple[int, Unit]] = {
    "week": (1, Unit.WEEK),
    "month": (1, Unit.MONTH),
    "quarter": (3, Unit.MONTH),
    "year": (1, Unit.YEAR),
}
MOST = 1000


def days_of(every: Every | None, first: date | None, last: date | None, as_of: date) -> tuple[date, ...]:
    """The days, both ends in where a step leads there, and `as_of` where it is the last; none if nobody asked.
    Months are counted from the first day.

    Raises UsageError for days that are not past, the wrong way round, or too many.
    """
    if every is None:
        if first is not None or last is not None:
            raise UsageError(
                "--from and --to say between which days to count; add --every week, month, quarter or year"
            )
        return ()
    if first is None:
        raise UsageError("--every needs --from, the first day as of which to count")
    last = as_of if last is None else last
    if last > as_of:
        raise UsageError(f"--to {last} is later than --as-of {as_of}: only past days can be counted")
    if first > last:
        raise UsageError(f"--from {first} is later than the last day, {last}")
    count, unit = LENGTHS[every]
    found: list[date] = []
    while (day := Duration(count * len(found), unit).after(first)) <= last:
        found.append(day)
        if len(found) > MOST:
            raise UsageError(f"more than {MOST} days; take a longer step than a {every}, or a later --from")
    if last == as_of and found[-1] < as_of:
        found.append(as_of)  # so that the line ends at the number that is told of that day
    return tuple(found)
