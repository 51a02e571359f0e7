"""How fast what a window holds can change while it moves with the screening date and no record begins or ends.

A total grows and shrinks day by day. Instead of looking at each day anew, it is looked at again when it can have come
to a limit at the earliest; being nearer then, it is looked at again, until it crosses.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil

from service.eligibility.criteria import LookBack
from service.eligibility.dates import Duration, Unit
from service.eligibility.dosing.ranges import Range

MOST_SWAY = 3  # a month has 28 to 31 days


@dataclass(frozen=True, slots=True)
class Pace:
    """How a window moves from the screening date `at` on. `sways`: its length is not always as many days.

    `anchored`: it moves with something else than the screening date, and every day is looked at.
    """

    at: date
    sways: bool = False
    anchored: bool = False

    @classmethod
    def of(cls, look_back: LookBack | None, at: date) -> "Pace":
        """The pace of this look-back's window."""
        if look_back is None:
            return cls(at)
        lengths = (look_back.duration, look_back.gap, look_back.ahead)
        return cls(at, any(_calendar(each) for each in lengths), look_back.anchor is not None)

    def days_to(self, distance: Fraction, a_day: Fraction, *, still: bool) -> int | None:
        """After how many days something `distance` away may be reached, where a day changes it by at most `a_day`.

        `still`: as much comes in as goes out. None: never, as long as that is so.
        """
        if self.anchored:
            return 1
        if a_day == 0 or (still and (not self.sways or distance > MOST_SWAY * a_day)):
            return None
        return max(1, ceil(distance / (a_day * (1 + (MOST_SWAY if self.sways else 0)))))


def _calendar(duration: Duration | None) -> bool:
    return duration is not None and duration.unit in (Unit.MONTH, Unit.YEAR)


def reached(value: Range, limits: Iterable[Fraction]) -> Fraction:
    """How far the nearer end of the range is from the nearest of the limits."""
    ends = [value.low] if value.high is None else [value.low, value.high]
    return min(abs(end - limit) for end in ends for limit in limits)
