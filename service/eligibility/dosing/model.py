"""What a record says about a dose, before anything is computed. Made by `fhir.dosage`, read by `dosing.course`."""

from dataclasses import dataclass
from datetime import date

from service.eligibility.dates import Days
from service.eligibility.quantity import Interval, Quantity
from service.eligibility.terms import Coding, Concept
from service.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class Timing:
    """How often. All optional parts are None or empty when not stated; `problem` says why it cannot be computed.

    `frequency` times per `period_days` (an interval of days); `per_day` from a coded timing (BID = 2, QOD = 0.5);
    `days_of_week` 0 = Monday; `occasions`: how many times on such a day (`timeOfDay`, `when`); `count` doses in all;
    `events` are the explicit days on which it is given.
    """

    frequency: Interval | None = None
    period_days: Interval | None = None
    per_day: Interval | None = None
    days_of_week: tuple[int, ...] = ()
    occasions: Interval | None = None
    count: Interval | None = None
    events: tuple[date, ...] = ()
    marks: tuple[str, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Cap:
    """`maxDosePerPeriod`: no more than `most` in `days` days."""

    most: Quantity
    days: Interval


@dataclass(frozen=True, slots=True)
class Instruction:
    """One dosage instruction. `amount` is what one dose is: mg, or tablets, or mL (unit `{tbl}`, `mL` …), or None.

    `rate` is an amount per day of an infusion (unit per day), alternative to `amount`. `bounds`: the planned days;
    `bounds_days`: a planned length in days without fixed dates. `element` is where it stands in the resource.
    """

    element: str
    sequence: int | None = None
    amount: Quantity | None = None
    rate: Quantity | None = None
    timing: Timing | None = None
    bounds: Days | None = None
    bounds_days: Interval | None = None
    as_needed: bool = False
    caps: tuple[Cap, ...] = ()
    route: Concept | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Strength:
    """How much of an ingredient one unit of the product holds: `amount` mg per `per` (1 tablet, 1 mL …).

    `source` says where it was read: `ingredient`, `product-map`, `product-name`.
    """

    ingredient: Coding
    name: str
    amount: Interval | None
    per: Quantity | None
    source: str

    def __post_init__(self) -> None:
        if (self.amount is None) != (self.per is None):
            raise InvalidValue("a strength is an amount per something, or neither is known")


@dataclass(frozen=True, slots=True)
class Supply:
    """What was handed out or ordered: a quantity of product, for so many days, so many times."""

    quantity: Quantity | None = None
    days: Interval | None = None
    fills: int = 1
