"""Subscriptions as we want them, as the server has them, and what to do about the difference: pure. STANDARDS 2B.

R4 and R4B: by topic (Subscriptions R5 Backport) where the server has topics, else by criteria.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlsplit

from service.ehr.capability import Features
from service.errors import UsageError

Resource = dict[str, object]
BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
PROFILE = BACKPORT + "backport-subscription"
NARROWED = BACKPORT + "backport-filter-criteria"
CONTENT = BACKPORT + "backport-payload-content"
HEARTBEAT = BACKPORT + "backport-heartbeat-period"
TIMEOUT = BACKPORT + "backport-timeout"
MOST_EVENTS = BACKPORT + "backport-max-count"
PATIENT_DATA_FEED = "http://hl7.org/fhir/us/core/SubscriptionTopic/patient-data-feed"
PAYLOADS = ("empty", "id-only", "full-resource")  # each says more than the one before
VERSIONS = {"R4": "4.0", "R4B": "4.3"}
PERSONS = ("patient=", "subject=")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A Subscription that should stand on the server.

    `criteria`: the canonical of a topic if `by_topic`, else a search such as `Observation?code=…`. `narrowed`:
    conditions of a topic, all of which have to hold (see `narrowing`). `payload`: one of PAYLOADS; by criteria there
    is no id-only: empty sends no body, full-resource the resource. `heartbeat` and `timeout` are in seconds. `secret`
    comes back with every notification in the header `secret_header`; it never shows in a message. Raises UsageError.
    """

    endpoint: str = field(repr=False)
    criteria: str
    by_topic: bool = True
    narrowed: tuple[str, ...] = ()
    payload: str = "id-only"
    secret: str | None = field(default=None, repr=False)
    secret_header: str = "X-Prescreen-Secret"
    heartbeat: int | None = None
    timeout: int | None = None
    most_events: int | None = None
    end: datetime | None = None
    release: str = "R4"
    reason: str = "Pre-screening of clinical trials"

    def __post_init__(self) -> None:
        if problems := tuple(_problems(self)):
            raise UsageError("; ".join(problems))


class Step(Enum):
    """What to do about a Subscription."""

    KEEP = "keep"
    WAIT = "wait"  # requested: the server has still to make it active
    CREATE = "create"
    CHANGE = "change"  # it does not ask for what is wanted
    RENEW = "renew"  # it ends soon, or has ended
    RECOVER = "recover"  # error: what was missed is fetched first, then it is requested again
    REVIEW = "review"  # somebody switched it off, or the server made something else of it: a person decides


@dataclass(frozen=True, slots=True)
class Difference:
    """An element that is not as asked. `grave`: notifications may be missing, or go elsewhere."""

    element: str
    grave: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, and why."""

    step: Step
    reason: str
    differences: tuple[Difference, ...] = ()


def chosen_topic(features: Features, preferred: Iterable[str]) -> str | None:
    """The first of the preferred topics that the server has; None: Subscriptions are made by criteria."""
    return next((each for each in preferred if each in features.topics), None)


def narrowing(param: str, value: str, *, kind: str | None = None, modifier: str | None = None) -> str:
    """A condition of a topic: `param=value`, `Type.param:modifier=value` and what lies between."""
    named = f"{param}:{modifier}" if modifier else param
    return f"{kind}.{named}={value}" if kind else f"{named}={value}"


def feed_narrowing(kind: str, params: Iterable[tuple[str, str]]) -> str:
    """A condition as the Patient Data Feed of US Core writes it: `Type?param=value&trigger=…`."""
    return f"{kind}?" + "&".join(f"{name}={value}" for name, value in params)


def criteria_for(kind: str, codes: Iterable[str], param: str = "code", longest: int = 1000) -> tuple[str, ...]:
    """Searches for a type and these `system|code`, each short enough for servers; without codes, all of the type."""
    groups: list[str] = []
    for code in sorted(set(codes)):
        longer = f"{groups[-1]},{code}" if groups else ""
        if longer and len(longer) <= longest:
            groups[-1] = longer
        else:
            groups.append(f"{kind}?{param}={code}")
    return tuple(groups) or (f"{kind}?",)


def as_resource(wanted: Wanted) -> Resource:
    """The Subscription to create; its status is `requested`, as a client may set no other. STANDARDS 2.2."""
    channel: Resource = {"type": "rest-hook", "endpoint": wanted.endpoint}
    mime = f"application/fhir+json; fhirVersion={VERSIONS[wanted.release]}"
    meta: Resource = {}
    if wanted.by_topic:
        meta = {"meta": {"profile": [PROFILE]}}  # some servers tell by it that the criteria are a topic
        channel |= {"payload": mime, "_payload": {"extension": [{"url": CONTENT, "valueCode": wanted.payload}]}}
        if extensions := _channel_extensions(wanted):
            channel["extension"] = extensions
    elif wanted.payload == "full-resource":
        channel["payload"] = "application/fhir+json"
    if wanted.secret is not None:
        channel["header"] = [f"{wanted.secret_header}: {wanted.secret}"]
    resource: Resource = {
        "resourceType": "Subscription",
        **meta,
        "status": "requested",
        "reason": wanted.reason,
        "criteria": wanted.criteria,
        "channel": channel,
    }
    if wanted.narrowed:
        resource["_criteria"] = {"extension": [{"url": NARROWED, "valueString": each} for each in wanted.narrowed]}
    if wanted.end is not None:
        resource["end"] = wanted.end.isoformat()
    return resource


def changed(actual: Resource, wanted: Wanted) -> Resource:
    """What stands there, made what is wanted; whatever else it holds stays."""
    ours = as_resource(wanted)
    kept = {name: value for name, value in actual.items() if name not in ("end", "_criteria", "error")}
    merged = {name: {**_object(actual.get(name)), **_object(ours.get(name))} for name in ("meta", "channel")}
    return {**kept, **ours, **merged}


def differences(wanted: Wanted, actual: Resource) -> tuple[Difference, ...]:
    """Where the Subscription on the server is not what was asked for. STANDARDS 2.19."""
    channel = _object(actual.get("channel"))
    found: list[Difference] = []
    if not asks_for(actual, wanted.criteria):
        found.append(Difference("criteria", True, "it asks for something else"))
    if channel.get("type") != "rest-hook" or channel.get("endpoint") != wanted.endpoint:
        found.append(Difference("channel.endpoint", True, "its notifications do not come here"))
    found += _narrowing_differences(wanted, actual)
    if (payload := _payload(wanted, channel)) != wanted.payload:
        found.append(Difference("channel.payload", False, f"its payload is {payload}, not {wanted.payload}"))
    for name, url, value in _numbers(wanted):
        if value is not None and _extension(channel, url) != value:
            found.append(Difference(f"channel.{name}", False, f"its {name} is not {value}"))
    end = instant(actual.get("end"))
    if end is not None and (wanted.end is None or end < wanted.end):
        found.append(Difference("end", False, "it ends earlier"))
    return tuple(found)


def asks_for(actual: Resource, criteria: str) -> bool:
    """Does the Subscription ask for this, however the server writes it?"""
    return _query(actual.get("criteria")) == _query(criteria)


def decide(wanted: Wanted, actual: Resource | None, now: datetime, renew_before: timedelta) -> Decision:
    """What to do about it, from its status, its content and its end."""
    if actual is None:
        return Decision(Step.CREATE, "there is none yet")
    found = differences(wanted, actual)
    grave = [each for each in found if each.grave]
    end, status = instant(actual.get("end")), actual.get("status")
    if status == "error":
        if grave:
            return Decision(Step.REVIEW, f"it is in error, and the server changed it: {grave[0].sentence}", found)
        return Decision(Step.RECOVER, "it is in error", found)
    if status == "off" and (end is None or end > now):
        return Decision(Step.REVIEW, "somebody switched it off", found)
    if grave:
        return Decision(Step.CHANGE, grave[0].sentence, found)
    if end is not None and end - renew_before <= now:
        return Decision(Step.RENEW, "it ends soon" if end > now else "it has ended", found)
    if status == "requested":
        return Decision(Step.WAIT, "the server has not made it active yet", found)
    return Decision(Step.KEEP, "it stands", found)


def instant(value: object) -> datetime | None:
    """An instant with its time zone; None for anything else."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _problems(wanted: Wanted) -> Iterable[str]:
    parts = urlsplit(wanted.endpoint)
    if parts.scheme != "https" and not _is_loopback(parts.hostname or ""):
        yield "notifications are received at an https address"
    if wanted.payload not in PAYLOADS:
        yield f"a payload is one of {', '.join(PAYLOADS)}"
    if not wanted.by_topic and (wanted.payload == "id-only" or wanted.narrowed):
        yield "a Subscription by criteria has neither the payload id-only nor conditions beside its criteria"
    if wanted.release not in VERSIONS:
        yield f"Subscriptions are made for {' and '.join(VERSIONS)}, not yet for {wanted.release}"
    if wanted.end is not None and wanted.end.tzinfo is None:
        yield "the end of a Subscription has a time zone"
    if wanted.secret_header.lower() in ("authorization", "proxy-authorization"):
        yield "no token is put into a Subscription; use a header of its own for the secret"
    if any(each in wanted.secret_header + (wanted.secret or "") for each in "\r\n"):
        yield "the secret and the name of its header are one line"
    persons = {each.rpartition("=")[2] for each in wanted.narrowed if any(name in each for name in PERSONS)}
    if len(persons) > 1 or any("," in each for each in persons):
        yield "a Subscription is about one patient, or about all"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _channel_extensions(wanted: Wanted) -> list[Resource]:
    kinds = {HEARTBEAT: "valueUnsignedInt", TIMEOUT: "valueUnsignedInt", MOST_EVENTS: "valuePositiveInt"}
    return [{"url": url, kinds[url]: value} for _, url, value in _numbers(wanted) if value is not None]


def _numbers(wanted: Wanted) -> tuple[tuple[str, str, int | None], ...]:
    return (
        ("heartbeat", HEARTBEAT, wanted.heartbeat),
        ("timeout", TIMEOUT, wanted.timeout),
        ("most events", MOST_EVENTS, wanted.most_events),
    )


def _narrowing_differences(wanted: Wanted, actual: Resource) -> list[Difference]:
    there = set(_extensions(_object(actual.get("_criteria")), NARROWED))
    found = []
    if there - set(wanted.narrowed):
        found.append(Difference("criteria.extension", True, "the server added conditions"))
    if set(wanted.narrowed) - there:
        found.append(Difference("criteria.extension", False, "the server dropped conditions: more is notified"))
    return found


def _payload(wanted: Wanted, channel: Mapping[str, object]) -> str:
    if not wanted.by_topic:
        return "full-resource" if channel.get("payload") else "empty"
    stated = _extension(_object(channel.get("_payload")), CONTENT)
    return stated if isinstance(stated, str) and stated in PAYLOADS else "not stated"


def _extension(place: Mapping[str, object], url: str) -> object:
    return next(iter(_extensions(place, url)), None)


def _extensions(place: Mapping[str, object], url: str) -> list[object]:
    listed = place.get("extension")
    mine = [each for each in (listed if isinstance(listed, list) else []) if _object(each).get("url") == url]
    return [value for each in mine for name, value in each.items() if name.startswith("value")]


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _query(criteria: object) -> object:
    """A search whose parameters may stand in another order, or be written with other escapes; a canonical as it is."""
    kind, mark, query = str(criteria).partition("?")
    return (kind.rpartition("/")[2], frozenset(parse_qsl(query, keep_blank_values=True))) if mark else kind
