"""From what arrived to a Notification: the forms of R4 rest-hooks, and topic-based Bundles."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from service.fhir.notifications import standard
from service.fhir.notifications.entries import carried, carry, entries, is_type, key_of, with_aliases
from service.fhir.notifications.model import Arrival, Event, Kind, Notification
from service.fhir.notifications.places import KEY, Bases
from service.fhir.notifications.standard import Report
from service.fhir.notifications.status import Status, is_status, read_status
from service.twofold import is_twofold, is_twofold_beside_resources

METHODS = ("POST", "PUT", "DELETE")
NOTIFICATION_TYPES = ("history", "subscription-notification")
QUIET = (Kind.HANDSHAKE, Kind.HEARTBEAT, Kind.QUERY_STATUS)
DELETED_HEADER = "header X-Medplum-Deleted-Resource"
REFUSED = Notification(Kind.REFUSED)
Json = Mapping[str, object]


def read_notification(arrival: Arrival, bases: Sequence[str]) -> Notification:
    """Read what arrived. `bases`: the addresses of the sender's FHIR server, first that by which we read.

    Never raises. A refused notification holds its problems and nothing else, so that nothing can come of it.
    """
    report = Report()
    found = _read(arrival, Bases(tuple(bases)), report)
    problems = report.problems
    if any(each.sentence.refused for each in problems):
        return replace(REFUSED, problems=problems)
    return replace(found, problems=problems)


def read_statuses(body: object, bases: Sequence[str]) -> tuple[Notification, ...]:
    """What `$status` answers: a searchset of statuses (or one status), each as a notification."""
    listed = entries(body, Report()) if isinstance(body, Mapping) else []
    found = [body] if is_status(body) else [each.get("resource") for each, _ in listed]
    return tuple(_answered(each, bases) for each in found if is_status(each))


def _answered(status: object, bases: Sequence[str]) -> Notification:
    """A status that was asked for stands in no Bundle of its own."""
    found = read_notification(Arrival("POST", status), bases)
    problems = tuple(each for each in found.problems if each.sentence is not standard.NO_BUNDLE)
    return replace(found, problems=problems)


def _read(arrival: Arrival, bases: Bases, report: Report) -> Notification:
    named = _named(arrival, report)
    if arrival.method not in METHODS:
        report(standard.METHOD, "request method")
        return REFUSED
    if arrival.method == "DELETE":
        if named is None:
            report(standard.NAMELESS_DELETE, "request path")
        return Notification(Kind.DELETED, gone=() if named is None else (named,))
    if arrival.body is None or arrival.body == {}:
        return _without_content(arrival, named, bases, report)
    if not isinstance(arrival.body, Mapping):
        report(standard.OBJECT, "request body")
        return REFUSED
    return _content(arrival.body, named, bases, report)


def _named(arrival: Arrival, report: Report) -> str | None:
    """`Type/id` of the path."""
    if arrival.type is None and arrival.id is None:
        return None
    key = f"{arrival.type or ''}/{arrival.id or ''}"
    if not KEY.fullmatch(key):
        report(standard.PATH, "request path")
        return None
    return key


def _without_content(arrival: Arrival, named: str | None, bases: Bases, report: Report) -> Notification:
    if arrival.deleted is not None:
        place = bases.place(arrival.deleted, DELETED_HEADER)
        if place.key is not None:
            return Notification(Kind.DELETED, gone=(place.key,))
        report(standard.DELETED_HEADER, DELETED_HEADER)
    elif arrival.body is not None:
        report(standard.EMPTY_OBJECT, "request body")
    if named is not None:
        return Notification(Kind.RESOURCE, events=(Event(None, named),))
    return Notification(Kind.EMPTY)


def _content(body: Json, named: str | None, bases: Bases, report: Report) -> Notification:
    if _says_twice(body):
        report(standard.TWOFOLD, "request body")
        return REFUSED
    kind = body.get("resourceType")
    if not is_type(kind):
        report(standard.RESOURCE_TYPE, "request body")
        return REFUSED
    own = key_of(body)
    if named is not None and (not named.startswith(f"{kind}/") or own not in (None, named)):
        report(standard.OTHER_RESOURCE, "request path")
        return REFUSED
    if kind == "Bundle":
        return _bundle(body, bases, report)
    if kind == "SubscriptionStatus" or is_status(body):
        report(standard.NO_BUNDLE, str(kind))
        return _of_status(read_status(body, str(kind), bases, report), (), bases, report)
    if own is None:
        report(standard.NO_ID, str(kind))
    found = carry(body if own or named is None else {**body, "id": named.partition("/")[2]}, bases)
    events = () if found.key is None else (Event(None, found.key),)
    return Notification(Kind.RESOURCE, events=events, carried=(found,))


def _says_twice(body: Json) -> bool:
    """Does a key stand twice where it is said what happened? A resource that came along is only looked at for whose
    it is, and every reading of it counts."""
    if body.get("resourceType") != "Bundle":
        return is_status(body) and is_twofold(body)
    listed = body.get("entry")
    first = listed[0] if isinstance(listed, list) and listed else None
    status = first.get("resource") if isinstance(first, Mapping) else None
    return is_twofold_beside_resources(body) or (is_status(status) and is_twofold(status))


def _bundle(bundle: Json, bases: Bases, report: Report) -> Notification:
    listed = entries(bundle, report)
    first = listed[0][0].get("resource") if listed and listed[0][1] == "Bundle.entry[0]" else None
    if isinstance(first, Mapping) and is_status(first):
        return _topic_based(bundle, first, listed, bases, report)
    if bundle.get("type") in NOTIFICATION_TYPES:
        report(standard.FIRST_ENTRY, "Bundle.entry[0].resource")
        return REFUSED
    return _unpacked(listed, bases, report)


def _topic_based(
    bundle: Json, first: Json, listed: Sequence[tuple[Json, str]], bases: Bases, report: Report
) -> Notification:
    if bundle.get("type") not in NOTIFICATION_TYPES:
        report(standard.BUNDLE_TYPE, "Bundle.type")
    url, identity = listed[0][0].get("fullUrl"), first.get("id")
    if isinstance(url, str) and isinstance(identity, str) and not url.endswith((f"/{identity}", f":{identity}")):
        report(standard.FULL_URL_ID, "Bundle.entry[0].fullUrl")
    known = with_aliases(bases, listed[1:])
    return _of_status(read_status(first, "Bundle.entry[0].resource", known, report), listed[1:], known, report)


def _of_status(status: Status, rest: Sequence[tuple[Json, str]], bases: Bases, report: Report) -> Notification:
    kind = status.kind or Kind.REFUSED
    events = status.events
    if kind in QUIET and events:
        report(standard.UNEXPECTED_EVENTS, "notification events")
    if kind is Kind.EVENT and not events:
        report(standard.NO_EVENTS, "notification events")
    acts = kind in (Kind.EVENT, Kind.QUERY_EVENT)
    return Notification(
        kind=kind,
        subscription=status.subscription,
        topic=status.topic,
        status=status.status,
        count=status.count,
        events=events if acts else (),
        carried=carried(rest, bases, report) if acts else (),
        errors=status.errors,
    )


def _unpacked(listed: Sequence[tuple[Json, str]], bases: Bases, report: Report) -> Notification:
    """A Bundle of another type: its resources, one by one (STANDARDS 2.11)."""
    found = carried(listed, with_aliases(bases, listed), report)
    keys = dict.fromkeys(each.key for each in found if each.key is not None)
    if not found:
        return Notification(Kind.EMPTY)
    return Notification(Kind.RESOURCE, events=tuple(Event(None, each) for each in keys), carried=found)
