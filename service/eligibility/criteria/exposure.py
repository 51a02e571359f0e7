"""How a drug was taken over a window: all the time, in courses, in one and the same dose."""

from dataclasses import dataclass

from service.eligibility.dates import Duration, Unit
from service.errors import InvalidValue

NO_GAP = Duration(0, Unit.DAY)
ONE_DAY = Duration(1, Unit.DAY)


@dataclass(frozen=True, slots=True)
class Throughout:
    """On every day of the window up to its last; times of at most `gap` between two uses count as use."""

    gap: Duration = NO_GAP

    def __post_init__(self) -> None:
        _in_days(self.gap)


@dataclass(frozen=True, slots=True)
class Courses:
    """At least so many courses in the window, each of at least `lasting`; more than `gap` without the drug ends one."""

    at_least: int
    gap: Duration
    lasting: Duration = ONE_DAY

    def __post_init__(self) -> None:
        _in_days(self.gap)
        _in_days(self.lasting)
        if self.at_least < 1 or self.lasting.count < 1:
            raise InvalidValue("at least one course of at least one day is asked for")


@dataclass(frozen=True, slots=True)
class UnchangedDose:
    """In one and the same daily dose on every day of the window up to its last; as `Throughout` for the gaps.

    Each drug for itself; or all together, as the equivalent of a reference drug.
    """

    gap: Duration = NO_GAP
    equivalent_to: str | None = None

    def __post_init__(self) -> None:
        _in_days(self.gap)


Exposed = Throughout | Courses | UnchangedDose


def in_days(duration: Duration) -> int:
    """The length of a duration of days or weeks."""
    return duration.count * (7 if duration.unit is Unit.WEEK else 1)


def _in_days(duration: Duration) -> None:
    if duration.unit not in (Unit.DAY, Unit.WEEK):
        raise InvalidValue(f"{duration} is not always as long; state it in days or weeks")
