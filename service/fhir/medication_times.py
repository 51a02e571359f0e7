"""When each kind of medication record says that the drug was taken, and until when it shows life. SEMANTICS §6.5."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from service.eligibility.dates import ALWAYS, ANY_DAY, FOREVER, Days, Span
from service.eligibility.dosing.model import Supply
from service.eligibility.outcome import Outcome
from service.fhir.dates import read_event_date, read_event_period
from service.fhir.elements import node
from service.fhir.intake import (
    Plan,
    begun,
    bounds_starts,
    ended,
    forestalled,
    last_updated,
    latest_sign,
    read_supply,
    spanning,
    with_first_fill,
)
from service.fhir.reading import Reading
from service.fhir.timing import read_timing

OVER = ("completed", "stopped", "ended")
END_FROM_STATUS = "end-from-status"
Resource = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Times:
    """The span of the exposure, the latest sign of life, the supply.

    `doubtful`: it may not have begun at all; `never`: it was stopped before; `over`: its status says that it has ended.
    """

    span: Span
    sign: Days = ANY_DAY
    supply: Supply | None = None
    marks: tuple[str, ...] = ()
    doubtful: bool = False
    over: bool = False
    never: bool = False


def request_times(resource: Resource, plan: Plan, status: str, reading: Reading) -> Times:
    """An order: from its bounds (R5: its period) or the day it was written, to its bounds, its supply, or its stop."""
    name, zone = "MedicationRequest", reading.zone
    authored = read_event_date(resource.get("authoredOn"), f"{name}.authoredOn", zone)
    updated = last_updated(resource, name, zone)
    changed = read_event_date(resource.get("statusChanged"), f"{name}.statusChanged", zone)
    first, last = read_event_period(resource.get("effectiveDosePeriod"), f"{name}.effectiveDosePeriod", zone)
    request = node(resource.get("dispenseRequest"), f"{name}.dispenseRequest")
    supply = _ordered_supply(request, f"{name}.dispenseRequest")
    start = _order_start(first, plan, authored, updated)
    planned, mark = (last, None) if last is not None else replace(plan, supply=supply).end(start)
    end, marks, foregone = planned or Days.on(FOREVER), [mark] if mark else [], Outcome.NOT_MET
    if status in OVER:
        known, shown = changed if status != "completed" else ANY_DAY, latest_sign([changed, updated])
        end = ended(start, planned, known, shown)
        marks += [] if known.known else [END_FROM_STATUS]
        foregone = forestalled(start, authored, known if known.known else Days(ALWAYS, shown.latest), status)
    sign = latest_sign([authored, updated, changed])
    return _unless(foregone, Times(spanning(start, end), sign, supply, tuple(marks), over=status in OVER))


def _ordered_supply(request: Resource, element: str) -> Supply | None:
    repeats = request.get("numberOfRepeatsAllowed")
    supply = read_supply(request.get("quantity"), request.get("expectedSupplyDuration"), repeats, element)
    first = node(request.get("initialFill"), f"{element}.initialFill")
    return with_first_fill(
        supply, read_supply(first.get("quantity"), first.get("duration"), None, f"{element}.initialFill")
    )


def _unless(foregone: Outcome, times: Times) -> Times:
    return replace(times, doubtful=foregone is Outcome.UNKNOWN, never=foregone is Outcome.MET)


def _order_start(first: Days | None, plan: Plan, authored: Days, updated: Days) -> Days:
    """The period's start, else the earliest bounds; for what has none the day of writing, else any up to the update."""
    bounded = bounds_starts(plan.instructions)
    unbounded = len(bounded) < max(len(plan.instructions), 1)
    for stated in ([first or ANY_DAY], [*bounded, *([authored] if unbounded else [])], [authored]):
        start = begun(stated, ANY_DAY)
        if start.known:
            return start
    return begun([], updated)


def statement_times(resource: Resource, plan: Plan, status: str, reading: Reading) -> Times:
    """A statement: its period, or a day on which it was taken; what is still taken goes on past the day it was said."""
    name, zone = "MedicationStatement", reading.zone
    asserted = read_event_date(resource.get("dateAsserted"), f"{name}.dateAsserted", zone)
    updated = last_updated(resource, name, zone)
    sign = latest_sign([asserted, updated])
    on, first, last = _stated(resource, name, "effective", zone)
    start = _statement_start([on, first or ANY_DAY], last, plan, asserted if asserted.known else updated)
    foregone = Outcome.NOT_MET
    if status in OVER:
        foregone = forestalled(start, ANY_DAY, asserted if asserted.known else updated, status)
    if last is not None:
        return _unless(foregone, Times(spanning(start, last), sign, over=status in OVER))
    planned = plan.end(start)[0]
    if status in OVER:
        end = ended(start, planned, ANY_DAY, sign)
        return _unless(foregone, Times(spanning(start, end), sign, marks=(END_FROM_STATUS,), over=True))
    if planned is not None and asserted.known and asserted.earliest > planned.latest:
        return Times(Span(start, Days(planned.earliest, FOREVER)), sign)  # said to be taken after the plan had ended
    if planned is None and on.known:
        return Times(Span(start, Days(start.earliest, FOREVER)), sign)
    return Times(Span(start, planned or Days.on(FOREVER)), latest_sign([sign, first or ANY_DAY]))


def _statement_start(stated: Sequence[Days], last: Days | None, plan: Plan, said: Days) -> Days:
    """The stated day, else that of the bounds of all instructions, else any day up to when it was said or ended."""
    bounded = bounds_starts(plan.instructions)
    for days in (stated, bounded if len(bounded) == len(plan.instructions) else ()):
        start = begun(days, ANY_DAY)
        if start.known:
            return start
    return begun([], said) if last is None else Days(ALWAYS, last.latest)


def _stated(resource: Resource, name: str, stem: str, zone: ZoneInfo) -> tuple[Days, Days | None, Days | None]:
    """What `stem[x]` says: a day (ANY_DAY if none), or the first and last day of a Period or of a Timing (R5)."""
    on = read_event_date(resource.get(f"{stem}DateTime"), f"{name}.{stem}DateTime", zone)
    first, last = read_event_period(resource.get(f"{stem}Period"), f"{name}.{stem}Period", zone)
    timing = read_timing(resource.get(f"{stem}Timing"), f"{name}.{stem}Timing", zone)
    if timing is None:
        return on, first, last
    if timing.timing is not None and timing.timing.events:
        return on, Days.on(min(timing.timing.events)), Days.on(max(timing.timing.events))
    if timing.bounds is None:
        return on, first, last
    start, end = timing.bounds.start, timing.bounds.end
    return on, start if start.latest > ALWAYS else None, end if end.earliest < FOREVER else None


def dispense_times(resource: Resource, plan: Plan, status: str, reading: Reading) -> Times:
    """A dispense: from the day it was handed over, for as long as its supply lasts."""
    name, zone = "MedicationDispense", reading.zone
    handed = read_event_date(resource.get("whenHandedOver"), f"{name}.whenHandedOver", zone)
    prepared = read_event_date(resource.get("whenPrepared"), f"{name}.whenPrepared", zone)
    updated = last_updated(resource, name, zone)
    supply = read_supply(resource.get("quantity"), resource.get("daysSupply"), None, name)
    start = begun([handed if handed.known else prepared], updated)
    end, mark = replace(plan, supply=supply).end(start)
    span = Span(start, end or Days(start.earliest, FOREVER))
    marks = ("end-from-supply",) if mark else ()
    return Times(span, latest_sign([handed, prepared, updated]), supply, marks, doubtful=not handed.known)


def administration_times(resource: Resource, plan: Plan, status: str, reading: Reading) -> Times:
    """An administration: the day, or the days from its beginning to its end (R5 spells it `occurence`)."""
    name, zone = "MedicationAdministration", reading.zone
    for stem in ("effective", "occurence", "occurrence"):
        on, first, last = _stated(resource, name, stem, zone)
        if on.known:
            return Times(Span.on(on), on)
        if first is not None or last is not None:
            start = first or Days(ALWAYS, last.latest if last is not None else FOREVER)
            going = Days(start.earliest, FOREVER if status == "in-progress" else start.latest)
            return Times(spanning(start, last or going), last or start)
    return Times(Span.on(begun([], last_updated(resource, name, zone))))
