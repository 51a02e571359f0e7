"""Notification Bundles: Parameters for R4 and SubscriptionStatus for R4B (the Backport), and those of R5."""

import uuid
from dataclasses import dataclass
from typing import Any

Resource = dict[str, Any]
BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"


@dataclass(frozen=True)
class Event:
    """One event of one Subscription."""

    number: int
    at: str
    method: str
    focus: str
    resource: Resource | None


def bundle(
    base: str, subscription: Resource, type_: str, total: int, events: list[Event], release: str, payload: str
) -> Resource:
    """A notification; `payload` is empty, id-only or full-resource."""
    status = (_parameters if release == "4.0" else _status)(base, subscription, type_, total, events, payload)
    address = f"{base}/Subscription/{subscription['id']}/$status"
    first: Resource = {"fullUrl": f"urn:uuid:{status['id']}", "resource": status}
    if release != "5.0":
        first |= {"request": {"method": "GET", "url": address}, "response": {"status": "200"}}
    entries = [first]
    if payload != "empty":
        entries += [_entry(base, each, payload) for each in events]
    kind = "subscription-notification" if release == "5.0" else "history"
    return {"resourceType": "Bundle", "id": uuid.uuid4().hex, "type": kind, "entry": entries}


def _entry(base: str, event: Event, payload: str) -> Resource:
    entry: Resource = {
        "fullUrl": f"{base}/{event.focus}",
        "request": {"method": event.method, "url": event.focus},
        "response": {"status": "201" if event.method == "POST" else "200"},
    }
    return entry | {"resource": event.resource} if payload == "full-resource" and event.resource else entry


def status_entry(base: str, subscription: Resource, total: int, release: str) -> Resource:
    """What `$status` says."""
    return (_parameters if release == "4.0" else _status)(base, subscription, "query-status", total, [], "empty")


def _parameters(
    base: str, subscription: Resource, type_: str, total: int, events: list[Event], payload: str
) -> Resource:
    listed: list[Resource] = [
        {"name": "subscription", "valueReference": {"reference": f"{base}/Subscription/{subscription['id']}"}},
        {"name": "topic", "valueCanonical": subscription["criteria"]},
        {"name": "status", "valueCode": subscription["status"]},
        {"name": "type", "valueCode": type_},
        {"name": "events-since-subscription-start", "valueString": str(total)},
    ]
    for event in events:
        parts: list[Resource] = [
            {"name": "event-number", "valueString": str(event.number)},
            {"name": "timestamp", "valueInstant": event.at},
        ]
        if payload != "empty":
            parts.append({"name": "focus", "valueReference": {"reference": f"{base}/{event.focus}"}})
        listed.append({"name": "notification-event", "part": parts})
    profile = BACKPORT + "backport-subscription-status-r4"
    return {"resourceType": "Parameters", "id": str(uuid.uuid4()), "meta": {"profile": [profile]}, "parameter": listed}


def _status(base: str, subscription: Resource, type_: str, total: int, events: list[Event], payload: str) -> Resource:
    listed = []
    for event in events:
        one: Resource = {"eventNumber": str(event.number), "timestamp": event.at}
        listed.append(one if payload == "empty" else one | {"focus": {"reference": f"{base}/{event.focus}"}})
    status: Resource = {
        "resourceType": "SubscriptionStatus",
        "id": str(uuid.uuid4()),
        "status": subscription["status"],
        "type": type_,
        "eventsSinceSubscriptionStart": str(total),
        "subscription": {"reference": f"{base}/Subscription/{subscription['id']}"},
        "topic": subscription.get("topic") or subscription["criteria"],
    }
    return status | {"notificationEvent": listed} if listed else status
