"""Notifications as the three forms of the standard write them: one meaning, three ways to say it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
BASE = "https://ehr.example/fhir"
TOPIC = "https://fhir-prescreen.org/fhir/SubscriptionTopic/prescreening"


@dataclass(frozen=True)
class Told:
    """What a notification is to say. `events`: (number, focus key or None, keys of additional context)."""

    type: str
    count: int = 0
    events: Sequence[tuple[int, str | None, Sequence[str]]] = ()
    resources: Sequence[Json] = ()
    status: str = "active"
    subscription: str = "s1"
    codes: Sequence[str] = ()


def r4(told: Told) -> Json:
    """The R4 backport: Parameters."""
    parameters: list[Json] = [
        {"name": "subscription", "valueReference": {"reference": f"{BASE}/Subscription/{told.subscription}"}},
        {"name": "topic", "valueCanonical": TOPIC},
        {"name": "status", "valueCode": told.status},
        {"name": "type", "valueCode": told.type},
        {"name": "events-since-subscription-start", "valueString": str(told.count)},
        *({"name": "notification-event", "part": _event_parts(*each)} for each in told.events),
        *({"name": "error", "valueCodeableConcept": {"coding": [{"code": each}]}} for each in told.codes),
    ]
    return _bundle("history", {"resourceType": "Parameters", "id": "status", "parameter": parameters}, told.resources)


def _event_parts(number: int, focus: str | None, context: Sequence[str]) -> list[Json]:
    parts: list[Json] = [{"name": "event-number", "valueString": str(number)}]
    parts += [{"name": "focus", "valueReference": {"reference": f"{BASE}/{focus}"}}] if focus else []
    return parts + [{"name": "additional-context", "valueReference": {"reference": each}} for each in context]


def r4b(told: Told) -> Json:
    """The R4B backport: SubscriptionStatus in a history."""
    return _bundle("history", _status(told), told.resources)


def r5(told: Told) -> Json:
    """R5: SubscriptionStatus in a Bundle of its own type."""
    return _bundle("subscription-notification", _status(told), told.resources)


FORMS: Mapping[str, Callable[[Told], Json]] = {"R4": r4, "R4B": r4b, "R5": r5}


def _status(told: Told) -> Json:
    status: Json = {
        "resourceType": "SubscriptionStatus",
        "id": "status",
        "status": told.status,
        "type": told.type,
        "eventsSinceSubscriptionStart": str(told.count),
        "subscription": {"reference": f"{BASE}/Subscription/{told.subscription}"},
        "topic": TOPIC,
    }
    if told.events:
        status["notificationEvent"] = [_event(*each) for each in told.events]
    if told.codes:
        status["error"] = [{"coding": [{"code": each}]} for each in told.codes]
    return status


def _event(number: int, focus: str | None, context: Sequence[str]) -> Json:
    event: Json = {"eventNumber": str(number)}
    if focus:
        event["focus"] = {"reference": f"{BASE}/{focus}"}
    if context:
        event["additionalContext"] = [{"reference": each} for each in context]
    return event


def _bundle(kind: str, status: Json, resources: Sequence[Json]) -> Json:
    first = {"fullUrl": "urn:uuid:status", "resource": status, "request": {"method": "GET", "url": "Subscription"}}
    rest = [
        {"fullUrl": f"{BASE}/{each['resourceType']}/{each['id']}", "resource": each, "request": {"method": "PUT"}}
        for each in resources
    ]
    return {"resourceType": "Bundle", "id": "b", "type": kind, "entry": [first, *rest]}
