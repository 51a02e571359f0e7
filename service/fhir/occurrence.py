"""When something was: `onset[x]`, `performed[x]`, `effective[x]` … of every kind, as days. SEMANTICS §3."""

from collections.abc import Callable
from datetime import date
from decimal import ROUND_FLOOR, Decimal

from service.eligibility.dates import ALWAYS, ANY_DAY, FOREVER, Days, Duration, Span, Unit, shift
from service.eligibility.quantity import Quantity
from service.errors import UnreadableResource
from service.fhir.dates import read_event_period
from service.fhir.elements import node
from service.fhir.quantities import read_quantity, read_range
from service.fhir.reading import Resource

AGE_UNITS = {"a": Unit.YEAR, "mo": Unit.MONTH, "wk": Unit.WEEK, "d": Unit.DAY}
OLDEST = {"a": 150, "mo": 1800, "wk": 7830, "d": 54800}  # no age is more than 150 years


def some_day(resource: Resource, stem: str) -> Days | None:
    """The day, or the interval of days, that a `stem[x]` speaks of; None if it is absent, ANY_DAY if it is only words.

    A Period is the time within which it lies; an Age or Range of ages counts from the birth date, where that is known.
    """
    chosen = resource.choice(stem)
    if chosen is None:
        return None
    kind, value = chosen
    read = READERS.get(kind)
    if read is None:
        raise UnreadableResource("a kind of value that FHIR does not have here", resource.path(stem + kind))
    return read(resource, stem + kind, value)


def lasting(resource: Resource, stem: str, *, ongoing: bool) -> Span:
    """The span of a `stem[x]`: a Period lasts, anything else is one event. `ongoing`: its status says it goes on."""
    chosen = resource.choice(stem)
    if chosen is not None and chosen[0] == "Period":
        return period(resource, stem + "Period", chosen[1], ongoing=ongoing)
    return Span.on(some_day(resource, stem) or ANY_DAY)


def period(resource: Resource, name: str, value: object, *, ongoing: bool) -> Span:
    """A Period as a span. A missing start is unknown; a missing end is open if it goes on, else some later day."""
    first, last = _ends(resource, name, value)
    start = first or Days(ALWAYS, last.latest if last else FOREVER)
    if last is not None:
        return Span(start, last)
    if ongoing:
        return Span(start, Days.on(FOREVER))
    return Span(start, resource.not_after_update(Days(start.earliest, FOREVER)))


def _ends(resource: Resource, name: str, value: object) -> tuple[Days | None, Days | None]:
    return read_event_period(value, resource.path(name), resource.reading.zone)


def _date(resource: Resource, name: str, value: object) -> Days:
    return resource.read_days(value, name)


def _within(resource: Resource, name: str, value: object) -> Days:
    first, last = _ends(resource, name, value)
    days = Days(first.earliest if first else ALWAYS, last.latest if last else FOREVER)
    return resource.not_after_update(days) if first and last is None else days


def _age(resource: Resource, name: str, value: object) -> Days:
    age = read_quantity(value, resource.path(name), resource.reading.units)
    return _since_birth(resource, name, age)


def _ages(resource: Resource, name: str, value: object) -> Days:
    ages = read_range(value, resource.path(name), resource.reading.units)
    return _since_birth(resource, name, ages)


def _since_birth(resource: Resource, name: str, age: Quantity | None) -> Days:
    """The days on which someone born then was that old: "52 years" is any day of the year after the 52nd birthday."""
    if age is None:
        return ANY_DAY
    low, high, unit = age.value.low, age.value.high, age.unit or ""
    if any(each is not None and not 0 <= each <= OLDEST.get(unit, each) for each in (low, high)):
        raise UnreadableResource("an absurd age", resource.path(name))
    birth, counted = resource.birth, AGE_UNITS.get(unit)
    if birth == ANY_DAY or counted is None:
        return ANY_DAY
    earliest = birth.earliest if low is None else _aged(birth.earliest, low, counted)
    latest = FOREVER if high is None else shift(_aged(birth.latest, high + 1, counted), -1)
    return Days(min(earliest, latest), latest)


def _aged(birth: date, age: Decimal, unit: Unit) -> date:
    return Duration(int(age.to_integral_value(ROUND_FLOOR)), unit).after(birth)


def _words(resource: Resource, name: str, value: object) -> Days:
    if not isinstance(value, str):
        raise UnreadableResource("a string is expected here", resource.path(name))
    return ANY_DAY


def _timing(resource: Resource, name: str, value: object) -> Days:
    timing = node(value, resource.path(name))
    events = timing.get("event")
    if isinstance(events, list) and events:
        days = [_date(resource, f"{name}.event", each) for each in events]
        return Days(min(each.earliest for each in days), max(each.latest for each in days))
    repeat = node(timing.get("repeat"), resource.path(f"{name}.repeat"))
    return _within(resource, f"{name}.repeat.boundsPeriod", repeat.get("boundsPeriod"))


READERS: dict[str, Callable[[Resource, str, object], Days]] = {
    "DateTime": _date,
    "Date": _date,
    "Instant": _date,
    "Period": _within,
    "Age": _age,
    "Range": _ages,
    "String": _words,
    "Timing": _timing,
}
