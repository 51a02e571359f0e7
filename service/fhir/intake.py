"""From when to when a drug was taken, as its record says: bounds, effective period, supply, status.

SEMANTICS §6.1, §6.5. An end that is only inferred is an interval of days: what a supply lasts, with a month's grace;
what a status has ended, up to the planned end or the last update.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from math import ceil, floor
from zoneinfo import ZoneInfo

from service.eligibility.dates import ALWAYS, ANY_DAY, FOREVER, Days, Span, shift
from service.eligibility.dosing.daily import Holding
from service.eligibility.dosing.lasting import days_of_quantity
from service.eligibility.dosing.layout import planned_end
from service.eligibility.dosing.model import Instruction, Lapse, Supply
from service.eligibility.dosing.ranges import Range
from service.eligibility.dosing.units import days
from service.eligibility.outcome import Outcome, truth
from service.eligibility.quantity import Interval, Quantity
from service.errors import UnreadableResource
from service.fhir.dates import read_event_date
from service.fhir.dosage import dose_quantity
from service.fhir.elements import node, number
from service.fhir.timing import read_lapse

GRACE = 30  # days for which a supply that has run out may still last (missed doses, stock at home)
MOST_REPEATS = 1000
NOTHING_HELD = Holding()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a record plans: its instructions, its supply, and what the product holds."""

    instructions: tuple[Instruction, ...] = ()
    supply: Supply | None = None
    holding: Holding = NOTHING_HELD

    def end(self, start: Days) -> tuple[Days | None, str | None]:
        """The last day of the plan begun at `start`, and the mark of how it was inferred; None if nothing limits it."""
        if start == ANY_DAY:
            return None, None
        planned = planned_end(self.instructions, start)
        if planned is not None:
            return planned, None
        lasting = self._supplied(start)
        if lasting is None or lasting.low < 1:
            return None, None
        last = FOREVER if lasting.high is None else shift(start.latest, ceil(lasting.high) - 1 + GRACE)
        return Days(shift(start.earliest, floor(lasting.low) - 1), last), "end-from-supply"

    def _supplied(self, start: Days) -> Range | None:
        """How many days the supply lasts, used from `start` on: one fill at least, all fills at most."""
        if self.supply is None:
            return None
        if self.supply.days is not None:
            return Range.of(self.supply.days).times(Range(Range.exactly(1).low, Range.exactly(self.supply.fills).high))
        if self.supply.quantity is None:
            return None
        return days_of_quantity(self.supply.quantity, self.supply.fills, self.instructions, self.holding, start)


def ended(start: Days, planned: Days | None, known: Days, updated: Days) -> Days:
    """The end of what its status says is over: the recorded day, else any day up to the planned end or last update."""
    if known.known:
        return Days(max(known.earliest, start.earliest), max(known.latest, start.earliest))
    limits = [day.latest for day in (planned, updated) if day is not None and day.known]
    return Days(start.earliest, max(min(limits, default=FOREVER), start.earliest))


def forestalled(start: Days, written: Days, stop: Days, status: str) -> Outcome:
    """Was it stopped before it was to begin: surely, possibly, or not? `stop`: when, or at the latest when.

    "Completed" before its first day, or stopped before it was written, contradicts itself: possibly.
    """
    planned = written.known and written.latest < start.earliest
    if stop.known and stop.latest < start.earliest:
        sure = status != "completed" and not (written.known and written.earliest > stop.latest)
        return truth(sure, True)
    if status == "completed":
        return Outcome.NOT_MET
    on_its_first_day = stop.known and stop.latest <= start.earliest
    return truth(False, on_its_first_day or (planned and stop.earliest <= start.latest))


def begun(dated: Sequence[Days], updated: Days) -> Days:
    """The earliest of the stated starts; where none is stated, any day up to the last update."""
    known = [day for day in dated if day.known and day.latest > ALWAYS]
    if known:
        return min(known, key=lambda day: (day.earliest, day.latest))
    return Days(ALWAYS, updated.latest) if updated.known else ANY_DAY


def latest_sign(signs: Sequence[Days]) -> Days:
    """The latest day on which the record shows life; ANY_DAY if it shows none."""
    return max((each for each in signs if each.known), key=lambda each: (each.latest, each.earliest), default=ANY_DAY)


def spanning(start: Days, end: Days) -> Span:
    """The span from start to end; raises UnreadableResource where it ends before it begins."""
    if start.earliest > end.latest:
        raise UnreadableResource("it ends before it begins", "period")
    return Span(start, end)


def bounds_starts(instructions: Sequence[Instruction]) -> tuple[Days, ...]:
    """The fixed starts that instructions state."""
    events = [
        Days.on(min(each.timing.events)) for each in instructions if each.timing is not None and each.timing.events
    ]
    return (*(each.bounds.start for each in instructions if each.bounds is not None), *events)


def read_supply(quantity: object, length: object, repeats: object, element: str) -> Supply | None:
    """What is handed out: a quantity, for so many days, once and `repeats` more times. None if none of it is stated."""
    amount = dose_quantity(quantity, f"{element}.quantity")
    lapse = read_lapse(length, element) if _has_unit(node(length, element)) else None
    more = 0 if repeats is None else int(number(repeats, f"{element}.numberOfRepeatsAllowed"))
    if not 0 <= more <= MOST_REPEATS:
        raise UnreadableResource("an absurd number of repeats", f"{element}.numberOfRepeatsAllowed")
    if amount is None and lapse is None:
        return None
    return Supply(amount, _whole_days(lapse) if lapse is not None else None, more + 1)


def with_first_fill(supply: Supply | None, first: Supply | None) -> Supply | None:
    """The supply with its initial fill, as so many fills more; as very many where the two cannot be compared.

    One fill is sure, which may be the initial one alone: of two that differ it is either.
    """
    if supply is None or first is None:
        return supply or first
    one, other = supply.quantity, first.quantity
    both = supply.days.hull(first.days) if supply.days is not None and first.days is not None else supply.days
    if one is not None and other is not None and one.unit == other.unit:
        more = _as_fills(other.value, one.value)
        supply = replace(supply, quantity=Quantity(one.value.hull(other.value), one.unit))
    elif supply.days is not None and first.days is not None:
        more = _as_fills(first.days, supply.days)
    else:
        more = MOST_REPEATS
    return replace(supply, days=both, fills=supply.fills + more)


def _as_fills(first: Interval, each: Interval) -> int:
    if first.high is None or not each.low:
        return MOST_REPEATS
    return min(ceil(first.high / each.low), MOST_REPEATS)


def _has_unit(length: Mapping[str, object]) -> bool:
    """A length without a unit says nothing, and is not guessed: the supply then has no known length."""
    return length.get("code") is not None or length.get("unit") is not None


def _whole_days(lapse: Lapse) -> Interval:
    length = days(lapse)
    return Interval(Decimal(ceil(length.low)), None if length.high is None else Decimal(ceil(length.high)))


def last_updated(resource: Mapping[str, object], element: str, zone: ZoneInfo) -> Days:
    """`meta.lastUpdated`."""
    return read_event_date(
        node(resource.get("meta"), f"{element}.meta").get("lastUpdated"), f"{element}.meta.lastUpdated", zone
    )
