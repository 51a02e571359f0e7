"""The status of a notification: Parameters of R4 or SubscriptionStatus of R4B and R5, read into one form.

Both are first brought to parts, each with the FHIRPath of where it stood: a problem names the sender's own place.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from service.fhir.notifications import standard
from service.fhir.notifications.model import Event, Kind
from service.fhir.notifications.places import Bases
from service.fhir.notifications.standard import Report

NAMES = {  # R4 parameter -> (element of SubscriptionStatus, the type of its value)
    "subscription": ("subscription", "valueReference"),
    "topic": ("topic", "valueCanonical"),
    "status": ("status", "valueCode"),
    "type": ("type", "valueCode"),
    "events-since-subscription-start": ("eventsSinceSubscriptionStart", "valueString"),
    "error": ("error", "valueCodeableConcept"),
    "event-number": ("eventNumber", "valueString"),
    "timestamp": ("timestamp", "valueInstant"),
    "focus": ("focus", "valueReference"),
    "additional-context": ("additionalContext", "valueReference"),
}
KINDS = {each.value: each for each in (Kind.HANDSHAKE, Kind.HEARTBEAT, Kind.EVENT, Kind.QUERY_STATUS, Kind.QUERY_EVENT)}
DIGITS = re.compile(r"[0-9]{1,19}")
VALUE = re.compile(r"value[A-Z][A-Za-z0-9]{1,20}")
GREATEST = 2**63 - 1
SUBSCRIPTION = re.compile(r"(?:^|/)Subscription/([A-Za-z0-9._-]{1,64})(?:/_history/[^/]+)?$")
REPEATABLE = frozenset({"error", "additionalContext"})


@dataclass(frozen=True, slots=True)
class Part:
    """One value of a status and where it stood."""

    value: object
    where: str


Parts = dict[str, list[Part]]


@dataclass(frozen=True, slots=True)
class Status:
    """A status as it was read. `kind` is None where it says no type."""

    kind: Kind | None
    subscription: str | None
    topic: str | None
    status: str | None
    count: int | None
    events: tuple[Event, ...]
    errors: tuple[str, ...]


def is_status(resource: object) -> bool:
    """Is this the status of a subscription? Parameters are, where they name one, or a type of notification."""
    if not isinstance(resource, Mapping):
        return False
    if resource.get("resourceType") == "SubscriptionStatus":
        return True
    parameters = resource.get("parameter")
    listed = parameters if isinstance(parameters, list) else ()
    named = {each["name"] for each in listed if isinstance(each, Mapping) and isinstance(each.get("name"), str)}
    return resource.get("resourceType") == "Parameters" and not named.isdisjoint(("subscription", "type"))


def read_status(resource: Mapping[str, object], where: str, bases: Bases, report: Report) -> Status:
    """Read a status. `where` is its FHIRPath; what breaks the standard is reported."""
    if resource.get("resourceType") == "Parameters":
        parts, events = _of_parameters(resource, where, report)
    else:
        parts, events = _of_elements(resource, where, report)
    status = _string(parts, "status", report)
    if status is None:
        report(standard.STATUS_CODE, where)
    return Status(
        kind=_kind(parts, where, report),
        subscription=_subscription(parts, where, bases, report),
        topic=_string(parts, "topic", report),
        status=status,
        count=_counter(_one(parts, "eventsSinceSubscriptionStart", report), report),
        events=_events(events, bases, report),
        errors=tuple(code for part in parts.get("error", ()) for code in _codes(part.value)),
    )


def _of_elements(resource: Mapping[str, object], where: str, report: Report) -> tuple[Parts, list[tuple[Parts, str]]]:
    events = [
        (_elements(event, place), place)
        for event, place in _objects(resource.get("notificationEvent"), f"{where}.notificationEvent", report)
    ]
    return _elements(resource, where), events


def _elements(node: Mapping[str, object], where: str) -> Parts:
    found: Parts = {}
    for name, value in node.items():
        if name in REPEATABLE and isinstance(value, list):
            found[name] = [Part(each, f"{where}.{name}[{index}]") for index, each in enumerate(value)]
        elif value is not None:
            found[name] = [Part(value, f"{where}.{name}")]
    return found


def _of_parameters(resource: Mapping[str, object], where: str, report: Report) -> tuple[Parts, list[tuple[Parts, str]]]:
    listed = list(_objects(resource.get("parameter"), f"{where}.parameter", report))
    events = [
        (_parameters(_objects(each.get("part"), f"{place}.part", report), report), place)
        for each, place in listed
        if each.get("name") == "notification-event"
    ]
    return _parameters(iter(listed), report), events


def _parameters(listed: Iterator[tuple[Mapping[str, object], str]], report: Report) -> Parts:
    """The values of named parameters. Those with other names are not ours to judge."""
    found: Parts = {}
    for each, where in listed:
        name = each.get("name")
        if not isinstance(name, str) or name not in NAMES:
            continue
        element, wanted = NAMES[name]
        key = next((key for key in each if VALUE.fullmatch(key) and each[key] is not None), None)
        if key is None:
            continue
        if key != wanted:
            report(standard.VALUE_TYPE, f"{where}.{key}")
        found.setdefault(element, []).append(Part(each[key], f"{where}.{key}"))
    return found


def _objects(value: object, where: str, report: Report) -> Iterator[tuple[Mapping[str, object], str]]:
    """The objects of a list, with their places; what is none is reported and left out."""
    if value is None:
        return
    if not isinstance(value, list):
        report(standard.SHAPE, where)
        return
    for index, each in enumerate(value):
        if isinstance(each, Mapping):
            yield each, f"{where}[{index}]"
        else:
            report(standard.SHAPE, f"{where}[{index}]")


def _one(parts: Parts, name: str, report: Report) -> Part | None:
    found = parts.get(name, [])
    if len(found) > 1:
        report(standard.REPEATED, found[1].where)
    return found[0] if found else None


def _string(parts: Parts, name: str, report: Report) -> str | None:
    part = _one(parts, name, report)
    if part is None:
        return None
    if not isinstance(part.value, str):
        report(standard.SHAPE, part.where)
        return None
    return part.value.strip() or None


def _kind(parts: Parts, where: str, report: Report) -> Kind | None:
    said = _string(parts, "type", report)
    if said is None:
        report(standard.TYPE, where)
        return None
    if said not in KINDS:
        report(standard.UNKNOWN_TYPE, parts["type"][0].where)
        return Kind.UNKNOWN
    return KINDS[said]


def _subscription(parts: Parts, where: str, bases: Bases, report: Report) -> str | None:
    """The id of the Subscription, by whatever address its server calls itself."""
    part = _one(parts, "subscription", report)
    written = part.value.get("reference") if part is not None and isinstance(part.value, Mapping) else None
    found = SUBSCRIPTION.search(written.strip()) if isinstance(written, str) else None
    if part is None or found is None:
        report(standard.SUBSCRIPTION, where if part is None else part.where)
        return None
    if bases.place(part.value, part.where).where == "foreign":
        report(standard.FOREIGN_SUBSCRIPTION, part.where)
    return found[1]


def _counter(part: Part | None, report: Report) -> int | None:
    if part is None:
        return None
    value = part.value
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= GREATEST:
        report(standard.COUNTER_AS_NUMBER, part.where)
        return value
    if isinstance(value, str) and DIGITS.fullmatch(value.strip()) and int(value) <= GREATEST:
        return int(value)
    report(standard.COUNTER, part.where)
    return None


def _events(listed: list[tuple[Parts, str]], bases: Bases, report: Report) -> tuple[Event, ...]:
    """The events in the order of their numbers; those without one come last, in the order in which they stand."""
    events = [_event(parts, where, bases, report) for parts, where in listed]
    numbers = [each.number for each in events if each.number is not None]
    if len(numbers) != len(set(numbers)):
        report(standard.EVENT_TWICE, listed[0][1].rpartition("[")[0])
    return tuple(sorted(events, key=lambda each: (each.number is None, each.number or 0)))


def _event(parts: Parts, where: str, bases: Bases, report: Report) -> Event:
    number = _counter(_one(parts, "eventNumber", report), report)
    if number is None or number == 0:
        report(standard.EVENT_NUMBER, where)
        number = None
    part = _one(parts, "focus", report)
    place = None if part is None else bases.place(part.value, part.where)
    if part is not None and place is not None and place.where != "own":
        report(standard.FOREIGN_FOCUS if place.where == "foreign" else standard.FOCUS, part.where)
    context = [bases.place(each.value, each.where).key for each in parts.get("additionalContext", ())]
    return Event(
        number=number,
        focus=place.key if place is not None else None,
        foreign=place is not None and place.where == "foreign",
        context=tuple(dict.fromkeys(each for each in context if each is not None)),
        timestamp=_string(parts, "timestamp", report),
    )


def _codes(concept: object) -> Iterator[str]:
    codings = concept.get("coding") if isinstance(concept, Mapping) else None
    for each in codings if isinstance(codings, list) else ():
        if isinstance(each, Mapping) and isinstance(each.get("code"), str):
            yield str(each["code"])
