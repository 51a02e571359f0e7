"""What a record says about a dose, before anything is computed. Made by `fhir.dosage`, read by the rest of `dosing`."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from service.eligibility.dates import Span
from service.eligibility.quantity import Interval, Quantity
from service.eligibility.terms import Coding, Concept
from service.errors import InvalidValue

TimeUnit = Literal["s", "min", "h", "d", "wk", "mo", "a"]


@dataclass(frozen=True, slots=True)
class Lapse:
    """A length of time as the record gives it (8 h, 1 to 2 wk); kept in its unit: a third of a day is no decimal."""

    value: Interval
    unit: TimeUnit

    def __post_init__(self) -> None:
        if self.value.low is None or self.value.low < 0 or self.value.high == 0:
            raise InvalidValue(f"a length of time is more than nothing: {self.value} {self.unit}")


@dataclass(frozen=True, slots=True)
class Timing:
    """How often. All parts are None or empty when not stated; `problem` says why it cannot be computed.

    `frequency` times per `period`; `days_of_week` 0 = Monday; `occasions`: how many times on such a day (`timeOfDay`,
    `when`); `count` doses in all; `events` are the explicit days on which it is given; `duration`: how long each
    administration lasts. `alternative` is a second statement of the same thing that may disagree (a code beside
    `repeat`).
    """

    frequency: Interval | None = None
    period: Lapse | None = None
    days_of_week: tuple[int, ...] = ()
    occasions: Interval | None = None
    count: Interval | None = None
    events: tuple[date, ...] = ()
    duration: Lapse | None = None
    alternative: "Timing | None" = None
    marks: tuple[str, ...] = ()
    problem: str | None = None

    def __post_init__(self) -> None:
        if any(not 0 <= day <= 6 for day in self.days_of_week):
            raise InvalidValue(f"days of the week are 0 (Monday) to 6: {self.days_of_week}")


@dataclass(frozen=True, slots=True)
class Cap:
    """`maxDosePerPeriod`: no more than `most` in `period`."""

    most: Quantity
    period: Lapse


@dataclass(frozen=True, slots=True)
class Rate:
    """The speed of an infusion: `amount` (mg, mL) per `period`. `whole`: a ratio, a total if over a day or more."""

    amount: Quantity
    period: Lapse
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Instruction:
    """One dosage instruction. `amount` is what one dose is: mg, or tablets, or mL (unit `{tbl}`, `mL` …), or None.

    `others`: what else it states this one dose to be, in units of another kind. `rate` is an alternative to `amount`.
    `bounds`: the planned days; `lasts`: a planned length without fixed dates.
    `most` is the most of one administration. `element` is where it stands in the resource; `text` its free text, and
    `unread` why that was not understood; `advice` what it tells the patient beside that. `readings`: what its text says
    instead, so that the dose spans all of them.
    """

    element: str
    sequence: int | None = None
    amount: Quantity | None = None
    others: tuple[Quantity, ...] = ()
    rate: Rate | None = None
    timing: Timing | None = None
    bounds: Span | None = None
    lasts: Lapse | None = None
    as_needed: bool = False
    caps: tuple[Cap, ...] = ()
    route: Concept | None = None
    text: str | None = None
    advice: str | None = None
    most: Quantity | None = None
    readings: tuple["Instruction", ...] = ()
    marks: tuple[str, ...] = ()
    unread: str = ""


@dataclass(frozen=True, slots=True)
class Strength:
    """How much of an ingredient one unit of the product holds: `amount` mg per `per` (1 tablet, 1 mL …).

    `source` says where it was read: `ingredient`, `product-map`, `product-name`. `unit` is the unit of `amount`, and of
    `package`: what a whole package holds where the product is one, with no upper end where nobody says how many pieces.
    """

    ingredient: Coding
    name: str
    amount: Interval | None
    per: Quantity | None
    source: str
    unit: str = "mg"
    package: Interval | None = None

    def __post_init__(self) -> None:
        if (self.amount is None) != (self.per is None):
            raise InvalidValue("a strength is an amount per something, or neither is known")


@dataclass(frozen=True, slots=True)
class Supply:
    """What was handed out or ordered: a quantity of product, for so many days, so many times."""

    quantity: Quantity | None = None
    days: Interval | None = None
    fills: int = 1
