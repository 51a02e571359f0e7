"""What a sig is made of once its words are understood: the parts that stand in a sentence, in its own order."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from service.eligibility.dosing.model import Lapse
from service.eligibility.quantity import Interval

MASSES = {"mg": Decimal(1), "g": Decimal(1000), "ug": Decimal("0.001")}
PIECES = frozenset({"{tbl}", "{capsule}", "{suppository}", "{each}"})


@dataclass(frozen=True, slots=True)
class Amount:
    """So much of a unit; `unit` None where none is written. `product`: written as `2 x 5 mg`, without a form."""

    value: Interval
    unit: str | None
    product: bool = False

    @property
    def mass(self) -> bool:
        """Is it a mass, whatever the strength of the product?"""
        return self.unit in MASSES

    @property
    def pieces(self) -> bool:
        """Is it a count of pieces?"""
        return self.unit in PIECES


class Means(Enum):
    """What an amount in brackets after another says: all of it, each piece, or one of the two."""

    TOTAL = "total"
    EACH = "each"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Equal:
    """The dose once more in another unit: `(10 mg total)`."""

    amount: Amount
    means: Means = Means.OPEN


@dataclass(frozen=True, slots=True)
class Strong:
    """A strength of the product: `5 mg tablets`, `15 mg/5 mL`. `one`: written of a single piece."""

    amount: Amount
    per: Amount
    one: bool = False


@dataclass(frozen=True, slots=True)
class Alternating:
    """Two amounts in turn, day by day."""

    first: Amount
    second: Amount


@dataclass(frozen=True, slots=True)
class Scheme:
    """`1-0-1` or `1-0-0-1`: amounts at fixed times of one day."""

    amounts: tuple[Decimal, ...]
    unit: str | None


@dataclass(frozen=True, slots=True)
class Often:
    """`frequency` times in `period`. `total`: the amount beside it is that of the whole period (divided doses)."""

    frequency: Interval
    period: Lapse
    total: bool = False


@dataclass(frozen=True, slots=True)
class Once:
    """One time, which a statement of how often may follow; alone it is a single dose."""


@dataclass(frozen=True, slots=True)
class Single:
    """A single dose, or so many doses in all."""

    count: Interval


@dataclass(frozen=True, slots=True)
class Occasion:
    """Times of the day, also `meals` and `clock …`. `every`: of each day; `listed`: a bare word, as in a list."""

    names: tuple[str, ...]
    every: bool = False
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Weekdays:
    """0 is Monday."""

    days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Lasting:
    """For so long."""

    length: Lapse


@dataclass(frozen=True, slots=True)
class Numbered:
    """`day 1`, `days 2 to 5`."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Starting:
    """From this date on."""

    day: date


@dataclass(frozen=True, slots=True)
class Needed:
    """Only as needed; also `up to`: from nothing to the most."""


@dataclass(frozen=True, slots=True)
class Most:
    """Not more than `amount` in `period`."""

    amount: Amount
    period: Lapse


@dataclass(frozen=True, slots=True)
class Change:
    """From dose to dose by `amount` (`sign` -1: less), each for `every`, as far as `to`; None: to nothing."""

    sign: int
    amount: Amount
    every: Lapse
    to: Amount | None


@dataclass(frozen=True, slots=True)
class Divided:
    """The amount is that of the day, in `count` doses; `daily`: the words themselves say how often a day."""

    count: Interval | None = None
    daily: bool = False


@dataclass(frozen=True, slots=True)
class Twofold:
    """In each of two eyes, ears or nostrils."""


@dataclass(frozen=True, slots=True)
class Why:
    """An indication. `episode`: one that comes and goes, so that the dose is not taken daily unless that is said."""

    episode: bool = False


@dataclass(frozen=True, slots=True)
class Directed:
    """As directed: says nothing."""


Part = (
    Amount | Equal | Strong | Alternating | Scheme | Often | Once | Single | Occasion | Weekdays | Lasting | Numbered
    | Starting | Needed | Most | Change | Divided | Twofold | Why | Directed
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Segment:
    """Parts that stand together, and what joined them to those before: `,`, `and`, `plus`, or nothing."""

    joined: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """The steps of a sig, one after another, each of segments; `stops`: the last words are `then stop`."""

    steps: tuple[tuple[Segment, ...], ...]
    stops: bool
