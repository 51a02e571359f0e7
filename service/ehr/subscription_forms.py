"""Subscriptions as FHIR writes them: R4 and R4B (by topic: the Backport's extensions), and R5. Pure. STANDARDS 2A, 2B.

`as_resource` writes what is wanted, `stated` reads what stands on a server, in words that are the same for all.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from service.ehr.wanted import PAYLOADS, Condition, Wanted, conditions, narrowing

Resource = dict[str, object]
BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
PROFILE = BACKPORT + "backport-subscription"
NARROWED = BACKPORT + "backport-filter-criteria"
CONTENT = BACKPORT + "backport-payload-content"
HEARTBEAT = BACKPORT + "backport-heartbeat-period"
TIMEOUT = BACKPORT + "backport-timeout"
MOST_EVENTS = BACKPORT + "backport-max-count"
VERSIONS = {"R4": "4.0", "R4B": "4.3"}
FHIR_JSON = "application/fhir+json"
REST_HOOK = "rest-hook"
CHANNEL_TYPES = "http://terminology.hl7.org/CodeSystem/subscription-channel-type"
DEFINITION = "http://hl7.org/fhir/StructureDefinition/"
OURS = "fhir-prescreen"
EXTENSIONS = {
    "heartbeat": (HEARTBEAT, "valueUnsignedInt"),
    "timeout": (TIMEOUT, "valueUnsignedInt"),
    "most events": (MOST_EVENTS, "valuePositiveInt"),
}
NUMBERS_R5 = {"heartbeat": "heartbeatPeriod", "timeout": "timeout", "most events": "maxCount"}


@dataclass(frozen=True, slots=True)
class Stated:
    """What a Subscription on a server says. `asked`: its criteria or topic; `narrowed`: its conditions, as written in
    R4; `payload`: one of PAYLOADS, or `not stated`; `numbers`: heartbeat, timeout, most events."""

    asked: object
    channel: object
    endpoint: object
    narrowed: frozenset[object]
    payload: str
    numbers: Mapping[str, object]


def numbers(wanted: Wanted) -> Mapping[str, int]:
    """The numbers that are asked for, by name."""
    given = {"heartbeat": wanted.heartbeat, "timeout": wanted.timeout, "most events": wanted.most_events}
    return {name: value for name, value in given.items() if value is not None}


def narrowed(wanted: Wanted) -> frozenset[object]:
    """The conditions that are asked for, as `stated` gives those that stand."""
    if wanted.release != "R5":
        return frozenset(wanted.narrowed)
    return frozenset(_written(each) for given in wanted.narrowed for each in conditions(given))


def as_resource(wanted: Wanted) -> Resource:
    """The Subscription to create; its status is `requested`, as a client may set no other. STANDARDS 2.2, 2.57."""
    made = _r5(wanted) if wanted.release == "R5" else _r4(wanted)
    return made if wanted.end is None else {**made, "end": wanted.end.isoformat()}


def changed(actual: Resource, wanted: Wanted) -> Resource:
    """What stands there, made what is wanted; whatever else it holds stays."""
    ours = as_resource(wanted)
    kept = {name: value for name, value in actual.items() if name not in ("end", "_criteria", "filterBy", "error")}
    merged: Resource = {}
    for name in ("meta", "channel"):
        if name in actual or name in ours:
            merged[name] = {**_object(actual.get(name)), **_object(ours.get(name))}
    return {**kept, **ours, **merged}


def stated(actual: Resource, wanted: Wanted) -> Stated:
    """What stands there, read as what is wanted would be written."""
    if wanted.release == "R5":
        return _stated_r5(actual)
    channel = _object(actual.get("channel"))
    return Stated(
        actual.get("criteria"),
        channel.get("type"),
        channel.get("endpoint"),
        frozenset(str(each) for each in _extensions(_object(actual.get("_criteria")), NARROWED)),
        _payload(channel) if wanted.by_topic else "full-resource" if channel.get("payload") else "empty",
        {name: next(iter(_extensions(channel, url)), None) for name, (url, _) in EXTENSIONS.items()},
    )


def endpoint_of(actual: Resource) -> object:
    """Where it sends to, in any release."""
    return actual.get("endpoint", _object(actual.get("channel")).get("endpoint"))


def hidden_endpoint(endpoint: str) -> str:
    """An endpoint without the part that nobody may know."""
    return endpoint.rpartition("/")[0] + "/…"


def shown(wanted: Wanted) -> Resource:
    """The Subscription as it would be created, without the secret and the part of the address nobody may know."""
    made, address = as_resource(wanted), hidden_endpoint(wanted.endpoint)
    if wanted.release == "R5":
        hidden = {"parameter": [{"name": wanted.secret_header, "value": "…"}]} if "parameter" in made else {}
        return {**made, "endpoint": address, **hidden}
    channel = _object(made["channel"])
    header = {"header": [f"{wanted.secret_header}: …"]} if "header" in channel else {}
    return {**made, "channel": {**channel, "endpoint": address, **header}}


def _r4(wanted: Wanted) -> Resource:
    channel: Resource = {"type": REST_HOOK, "endpoint": wanted.endpoint}
    meta: Resource = {}
    if wanted.by_topic:
        meta = {"meta": {"profile": [PROFILE]}}  # some servers tell by it that the criteria are a topic
        mime = f"{FHIR_JSON}; fhirVersion={VERSIONS[wanted.release]}"
        channel |= {"payload": mime, "_payload": {"extension": [{"url": CONTENT, "valueCode": wanted.payload}]}}
        if extensions := [{"url": EXTENSIONS[name][0], EXTENSIONS[name][1]: n} for name, n in numbers(wanted).items()]:
            channel["extension"] = extensions
    elif wanted.payload == "full-resource":
        channel["payload"] = FHIR_JSON
    if wanted.secret is not None:
        channel["header"] = [f"{wanted.secret_header}: {wanted.secret}"]
    made: Resource = {"resourceType": "Subscription", **meta, "status": "requested", "reason": wanted.reason}
    made |= {"criteria": wanted.criteria, "channel": channel}
    if wanted.narrowed:
        made["_criteria"] = {"extension": [{"url": NARROWED, "valueString": each} for each in wanted.narrowed]}
    return made


def _r5(wanted: Wanted) -> Resource:
    made: Resource = {
        "resourceType": "Subscription",
        "name": OURS,
        "status": "requested",
        "reason": wanted.reason,
        "topic": wanted.criteria,
        "channelType": {"system": CHANNEL_TYPES, "code": REST_HOOK},
        "endpoint": wanted.endpoint,
        "contentType": FHIR_JSON,
        "content": wanted.payload,
    }
    if filters := [_filter_by(each) for given in wanted.narrowed for each in conditions(given)]:
        made["filterBy"] = filters
    if wanted.secret is not None:
        made["parameter"] = [{"name": wanted.secret_header, "value": wanted.secret}]
    return made | {NUMBERS_R5[name]: value for name, value in numbers(wanted).items()}


def _filter_by(condition: Condition) -> Resource:
    """A condition as R5 has it; a comparison, such as in `ge5`, stands in the value, as in a search."""
    kind = {} if condition.kind is None else {"resourceType": DEFINITION + condition.kind}
    modifier = {} if condition.modifier is None else {"modifier": condition.modifier}
    return {**kind, "filterParameter": condition.param, **modifier, "value": condition.value}


def _stated_r5(actual: Resource) -> Stated:
    listed = actual.get("filterBy")
    return Stated(
        actual.get("topic"),
        _object(actual.get("channelType")).get("code"),
        actual.get("endpoint"),
        frozenset(_filter_said(_object(each)) for each in (listed if isinstance(listed, list) else ())),
        _known(actual.get("content")),
        {name: actual.get(element) for name, element in NUMBERS_R5.items()},
    )


def _filter_said(given: Mapping[str, object]) -> str:
    """A condition of a server's; one that compares as nothing of ours does is none of ours."""
    kind = str(given["resourceType"]).rpartition("/")[2] if "resourceType" in given else None
    modifier = str(given["modifier"]) if "modifier" in given else None
    comparator = "" if given.get("comparator") in (None, "eq") else str(given["comparator"])
    said = Condition(kind, str(given.get("filterParameter")), modifier, comparator + str(given.get("value")))
    return _written(said)


def _written(condition: Condition) -> str:
    return narrowing(condition.param, condition.value, kind=condition.kind, modifier=condition.modifier)


def _payload(channel: Mapping[str, object]) -> str:
    return _known(next(iter(_extensions(_object(channel.get("_payload")), CONTENT)), None))


def _known(payload: object) -> str:
    return payload if isinstance(payload, str) and payload in PAYLOADS else "not stated"


def _extensions(place: Mapping[str, object], url: str) -> list[object]:
    listed = place.get("extension")
    mine = [each for each in (listed if isinstance(listed, list) else []) if _object(each).get("url") == url]
    return [value for each in mine for name, value in each.items() if name.startswith("value")]


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
