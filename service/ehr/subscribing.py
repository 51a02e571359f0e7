"""Subscriptions on a server: found, created, read again, renewed, recovered. `subscriptions` decides what to do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.ehr.capability import Features
from service.ehr.client import FhirClient
from service.ehr.subscription_forms import Resource, as_resource, changed, endpoint_of
from service.ehr.subscriptions import Decision, Difference, Step, asks_for, decide, differences, instant
from service.ehr.wanted import Wanted
from service.errors import ResourceGone, UnusableAnswer, VersionConflict

RENEW_BEFORE = timedelta(days=7)
SUBSCRIPTION, TOPIC = "Subscription", "SubscriptionTopic"
CHANGING = frozenset({Step.CHANGE, Step.RENEW, Step.RECOVER})


@dataclass(frozen=True, slots=True)
class Standing:
    """A Subscription after it was looked after. `step` is what was done (REVIEW: nothing was, a person has to).

    `differences` are those that are left: what the server made of what was asked.
    """

    id: str
    version: str | None
    status: str
    step: Step
    reason: str
    end: datetime | None
    differences: tuple[Difference, ...]


def ensure(
    client: FhirClient,
    wanted: Wanted,
    known_id: str | None,
    now: datetime,
    recover: Callable[[str], None],
    renew_before: timedelta = RENEW_BEFORE,
    before: Mapping[str, object] | None = None,
) -> Standing:
    """Make the Subscription stand as wanted, and read back what came of it.

    `known_id`: its id, if it was created before; otherwise it is looked for by its endpoint, so that it is never there
    twice. `recover(id)` fetches the missed events, and is called before one in error, or ended, is requested again;
    what it raises leaves the Subscription as it is. `before`: as for `decide`. Raises as the client does; what was done
    then will be found.
    """
    actual = find(client, wanted, known_id)
    decision = decide(wanted, actual, now, renew_before, before)
    if actual is None:
        created = client.create(_sent(client, wanted, as_resource(wanted)))
        return _standing(wanted, client.read(SUBSCRIPTION, created.id), decision)
    left = decision.step is Step.WAIT and not client.dialect.activates
    if decision.step not in CHANGING and not left:
        return _standing(wanted, actual, decision)
    identity = str(actual["id"])
    if actual.get("status") != "active":
        recover(identity)
    client.update(_sent(client, wanted, changed(actual, wanted)), _version(actual))
    return _standing(wanted, client.read(SUBSCRIPTION, identity), decision)


def find(client: FhirClient, wanted: Wanted, known_id: str | None) -> Resource | None:
    """The Subscription as it stands; None if there is none. Raises VersionConflict if several send the same to us."""
    if known_id is not None:
        try:
            return client.read(SUBSCRIPTION, known_id)
        except ResourceGone:
            pass  # somebody deleted it; it may have been created anew
    result = client.search(SUBSCRIPTION, {"url": wanted.endpoint})
    if not result.complete:
        raise UnusableAnswer(f"GET Subscription: whether it stands already cannot be told ({result.problem})")
    ours = [each for each in result.resources if endpoint_of(each) == wanted.endpoint and _is_meant(wanted, each)]
    if len(ours) > 1:
        raise VersionConflict(f"GET Subscription: {len(ours)} send to the same endpoint; delete all but one")
    return ours[0] if ours else None


def offered_topics(client: FhirClient, features: Features) -> frozenset[str]:
    """The canonicals of the topics that the server lists: in its CapabilityStatement, or as resources.

    That it does not let us look for them is no error: it lists none. STANDARDS 2.58.
    """
    if not features.has(TOPIC, "search-type"):
        return features.topics
    listed = client.search(TOPIC).resources
    found = {str(each["url"]) for each in listed if "url" in each and each.get("status") != "retired"}
    return features.topics | found


def switch_off(client: FhirClient, id: str) -> None:
    """Ask the server to send nothing more. One that is gone is off."""
    try:
        actual = client.read(SUBSCRIPTION, id)
    except ResourceGone:
        return
    client.update({**actual, "status": "off"}, _version(actual))


def missed_events(client: FhirClient, id: str, since: int, until: int | None = None) -> Resource:
    """The notification Bundle of the events numbered `since` to `until`, both included, as far as the server still has
    them: compare the numbers that come back. Raises EhrRefused if the server has no `$events`."""
    params = {"eventsSinceNumber": str(since)} | ({"eventsUntilNumber": str(until)} if until is not None else {})
    bundle = client.operation(SUBSCRIPTION, id, "$events", params=params)
    if bundle.get("resourceType") != "Bundle":
        raise UnusableAnswer("GET Subscription/$events: the answer is no Bundle")
    return bundle


def reported_status(client: FhirClient, id: str) -> tuple[Resource, ...]:
    """The status resources that `$status` reports: Parameters (R4) or SubscriptionStatus (R4B)."""
    bundle = client.operation(SUBSCRIPTION, id, "$status")
    listed = bundle.get("entry")
    if bundle.get("type") != "searchset" or not isinstance(listed, list):
        raise UnusableAnswer("GET Subscription/$status: the answer is no Bundle of the type searchset")
    found = [each.get("resource") for each in listed if isinstance(each, dict)]
    return tuple(each for each in found if isinstance(each, dict))


def _sent(client: FhirClient, wanted: Wanted, resource: Resource) -> Resource:
    """As this server takes it: requested, as a client may ask (STANDARDS 2.2), unless nobody would make it active; and
    with what makes it tell of deletions, where a notification says which resource it is about."""
    dialect, channel = client.dialect, resource.get("channel")
    if not dialect.activates:
        resource = {**resource, "status": "active"}
    if dialect.deletions is not None and not wanted.by_topic and isinstance(channel, dict) and "payload" in channel:
        asked = {"url": dialect.deletions, "valueBoolean": True}
        others = [each for each in channel.get("extension", ()) if each.get("url") != dialect.deletions]
        resource = {**resource, "channel": {**channel, "extension": [*others, asked]}}
    return resource


def _standing(wanted: Wanted, actual: Resource, decision: Decision) -> Standing:
    return Standing(
        str(actual["id"]),
        _version(actual),
        str(actual.get("status")),
        decision.step,
        decision.reason,
        instant(actual.get("end")),
        differences(wanted, actual),
    )


def _version(resource: Resource) -> str | None:
    meta = resource.get("meta")
    version = meta.get("versionId") if isinstance(meta, dict) else None
    return version if isinstance(version, str) else None


def _is_meant(wanted: Wanted, actual: Resource) -> bool:
    """By criteria, one endpoint may have a Subscription for each type, which then is told by its criteria."""
    return wanted.by_topic or asks_for(actual.get("criteria"), wanted.criteria)
