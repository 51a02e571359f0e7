"""Subscriptions that really call back, from a thread of their own: by criteria (rest-hook), by topic (backport, R5)."""

import json
import queue
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import requests

from tests.fhir_server.notifications import BACKPORT, Event, bundle, status_entry
from tests.fhir_server.problems import Refusal
from tests.fhir_server.search import KNOWN, meets
from tests.fhir_server.storage import Change, Storage

Resource = dict[str, Any]
FHIR_JSON = "application/fhir+json"

DELETIONS = "http://hapifhir.io/fhir/StructureDefinition/subscription-send-delete-messages"


@dataclass
class Feed:
    """What the server keeps of one Subscription."""

    events: list[Event] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@dataclass
class Subscriptions:
    """`topics`: the canonical of each topic and the types that it is about. `style`: how criteria Subscriptions with a
    payload notify, `hapi` (PUT and DELETE to {endpoint}/{Type}/{id}) or `medplum` (POST, deletions by a header, and a
    payload whether one was asked for or not). `activates`: what is requested becomes active; else the client sets it.
    `lost`: that many notifications are counted, but not sent. `kept`: how many events `$events` still knows. `r5`:
    Subscriptions are written as R5 has them."""

    storage: Storage
    topics: dict[str, set[str]] = field(default_factory=dict)
    style: str = "hapi"
    activates: bool = True
    lost: int = 0
    kept: int = 1000
    r5: bool = False
    timeout: float = 5.0
    base: str = ""
    feeds: dict[str, Feed] = field(default_factory=dict)
    going: threading.Event = field(default_factory=threading.Event)  # cleared: nothing is sent, none becomes active
    _queue: "queue.Queue[Any]" = field(default_factory=queue.Queue)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self.going.set()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.going.set()
        self._queue.put(None)
        if self._thread is not None:
            self._thread.join(timeout=10)

    def wait(self) -> None:
        """Until everything that was to be sent has been sent, or has failed."""
        self._queue.join()

    def check(self, resource: Resource) -> None:
        """Raises 422 for a Subscription that the server cannot keep."""
        if is_r5(resource) != self.r5:
            raise Refusal(422, "structure", "that is a Subscription of another release")
        if channel_of(resource) != "rest-hook" or not endpoint_of(resource):
            raise Refusal(422, "not-supported", "only rest-hook with an endpoint")
        if resource.get("status") not in ("requested", "off", *(() if self.activates else ("active",))):
            raise Refusal(422, "business-rule", "a client sets requested or off")
        if not is_by_topic(resource) and not resource.get("criteria", "").partition("?")[1]:
            raise Refusal(422, "not-found", "no such topic, and no search")
        if is_by_topic(resource) and topic_of(resource) not in self.topics:
            raise Refusal(422, "not-found", "no such topic")

    def after(self, changes: list[Change]) -> None:
        """Tell what changed to whom it concerns."""
        for change in changes:
            if change.kind == "Subscription":
                if self.activates and change.after and change.after["status"] == "requested":
                    self._queue.put(("start", change.id))
            else:
                for subscription in self.storage.current("Subscription"):
                    if subscription["status"] in ("active", "error"):
                        self._tell(subscription, change)

    def heartbeat(self, id: str) -> None:
        """Send a heartbeat, soon."""
        self._queue.put(("heartbeat", id))

    def resend(self, id: str, *numbers: int) -> None:
        """Send these events once more, in one Bundle, soon."""
        self._queue.put(("events", id, [each for each in self.feed(id).events if each.number in numbers]))

    def break_down(self, id: str) -> None:
        """Set it to error, as if its notifications had failed."""
        self._set_status(id, "error")

    def feed(self, id: str) -> Feed:
        with self._lock:
            return self.feeds.setdefault(id, Feed())

    def events_bundle(self, id: str, since: int, until: int | None) -> Resource:
        """The answer of `$events`."""
        subscription, feed = self.storage.read("Subscription", id), self.feed(id)
        if not is_by_topic(subscription):
            raise Refusal(404, "not-supported")
        kept = feed.events[-self.kept :] if self.kept else []
        chosen = [each for each in kept if since <= each.number and (until is None or each.number <= until)]
        release, payload = release_of(subscription), payload_of(subscription)
        return bundle(self.base, subscription, "query-event", len(feed.events), chosen, release, payload)

    def status_bundle(self, id: str) -> Resource:
        """The answer of `$status`."""
        subscription = self.storage.read("Subscription", id)
        if not is_by_topic(subscription):
            raise Refusal(404, "not-supported")
        status = status_entry(self.base, subscription, len(self.feed(id).events), release_of(subscription))
        entry = {"fullUrl": f"urn:uuid:{status['id']}", "resource": status, "search": {"mode": "match"}}
        return {"resourceType": "Bundle", "type": "searchset", "total": 1, "entry": [entry]}

    def _tell(self, subscription: Resource, change: Change) -> None:
        if is_by_topic(subscription):
            if self._concerns(subscription, change):
                event = self._new_event(subscription["id"], change)
                if self.lost > 0:
                    self.lost -= 1
                elif subscription["status"] == "active":
                    self._queue.put(("events", subscription["id"], [event]))
        elif subscription["status"] == "active" and self._is_told(subscription, change):
            if self.lost > 0:
                self.lost -= 1
            else:
                self._queue.put(("change", subscription["id"], change))

    def _is_told(self, subscription: Resource, change: Change) -> bool:
        """By criteria; HAPI FHIR tells of a deletion only where an extension of its own asks for it."""
        asked = {each["url"]: each.get("valueBoolean") for each in subscription["channel"].get("extension", ())}
        silent = self.style == "hapi" and change.after is None and asked.get(DELETIONS) is not True
        return _fulfils(subscription["criteria"], change) and not silent

    def _new_event(self, id: str, change: Change) -> Event:
        with self._lock:
            feed = self.feed(id)
            at = self.storage.now().isoformat()
            event = Event(len(feed.events) + 1, at, change.method, f"{change.kind}/{change.id}", change.after)
            feed.events.append(event)
            return event

    def _concerns(self, subscription: Resource, change: Change) -> bool:
        if change.kind not in self.topics.get(topic_of(subscription), set()):
            return False
        resource = change.after or change.before or {}
        return all(_holds(each, change.kind, resource) for each in conditions_of(subscription))

    def _run(self) -> None:
        with requests.Session() as session:
            while (work := self._queue.get()) is not None:
                self.going.wait()
                try:
                    self._do(session, *work)
                except Refusal:
                    pass  # the Subscription was deleted meanwhile
                finally:
                    self._queue.task_done()
            self._queue.task_done()

    def _do(self, session: requests.Session, what: str, id: str, *more: Any) -> None:
        subscription = self.storage.read("Subscription", id)
        if what == "start":
            self._begin(session, subscription)
        elif what == "heartbeat":
            self._send_bundle(session, subscription, "heartbeat", [])
        elif what == "events":
            self._send_bundle(session, subscription, "event-notification", more[0])
        else:
            self._send_change(session, subscription, more[0])

    def _begin(self, session: requests.Session, subscription: Resource) -> None:
        if not is_by_topic(subscription) or self._send_bundle(session, subscription, "handshake", []):
            self._set_status(subscription["id"], "active")

    def _send_bundle(self, session: requests.Session, subscription: Resource, type_: str, events: list[Event]) -> bool:
        total, release = len(self.feed(subscription["id"]).events), release_of(subscription)
        payload = payload_of(subscription)
        body = bundle(self.base, subscription, type_, total, events, release, payload)
        content_type = FHIR_JSON if is_r5(subscription) else subscription["channel"]["payload"]
        return self._send(session, subscription, "POST", "", body, {"Content-Type": content_type})

    def _send_change(self, session: requests.Session, subscription: Resource, change: Change) -> bool:
        if not subscription["channel"].get("payload") and self.style == "hapi":
            return self._send(session, subscription, "POST", "", None, {})
        place, json_type = f"/{change.kind}/{change.id}", {"Content-Type": FHIR_JSON}
        if self.style == "hapi":
            method = "PUT" if change.after else "DELETE"
            return self._send(session, subscription, method, place, change.after, json_type)
        deleted = {} if change.after else {"X-Medplum-Deleted-Resource": place[1:]}
        return self._send(session, subscription, "POST", "", change.after or {}, json_type | deleted)

    def _send(
        self,
        session: requests.Session,
        subscription: Resource,
        method: str,
        place: str,
        body: Resource | None,
        headers: dict[str, str],
    ) -> bool:
        """Send; if it fails, the Subscription is set to error."""
        own = headers_of(subscription)
        content = b"" if body is None else json.dumps(body).encode()
        try:
            address = endpoint_of(subscription) + place
            answer = session.request(method, address, data=content, headers=headers | own, timeout=self.timeout)
            problem = None if answer.ok and answer.content in (b"",) else f"{answer.status_code} {answer.text[:200]}"
        except requests.RequestException as error:
            problem = type(error).__name__
        if problem is not None:
            self.feed(subscription["id"]).errors.append(problem)
            self._set_status(subscription["id"], "error")
        return problem is None

    def _set_status(self, id: str, status: str) -> None:
        with self.storage.lock:
            subscription = self.storage.read("Subscription", id)
            if subscription["status"] != status:
                self.storage.put("Subscription", id, {**subscription, "status": status})


def is_r5(subscription: Resource) -> bool:
    return "topic" in subscription and not {"criteria", "_criteria", "channel"} & subscription.keys()


def is_by_topic(subscription: Resource) -> bool:
    return is_r5(subscription) or "extension" in subscription.get("channel", {}).get("_payload", {})


def topic_of(subscription: Resource) -> str:
    return str(subscription["topic"] if is_r5(subscription) else subscription["criteria"])


def channel_of(subscription: Resource) -> object:
    if is_r5(subscription):
        return subscription.get("channelType", {}).get("code")
    return subscription.get("channel", {}).get("type")


def endpoint_of(subscription: Resource) -> Any:
    return subscription.get("endpoint") if is_r5(subscription) else subscription.get("channel", {}).get("endpoint")


def headers_of(subscription: Resource) -> dict[str, str]:
    if is_r5(subscription):
        return {each["name"]: each["value"] for each in subscription.get("parameter", ())}
    return dict(each.split(": ", 1) for each in subscription["channel"].get("header", ()))


def conditions_of(subscription: Resource) -> list[str]:
    """The conditions of a topic, as R4 writes them."""
    if not is_r5(subscription):
        return [each["valueString"] for each in subscription.get("_criteria", {}).get("extension", ())]
    found = []
    for each in subscription.get("filterBy", ()):
        kind = f"{each['resourceType'].rpartition('/')[2]}." if "resourceType" in each else ""
        modifier = f":{each['modifier']}" if "modifier" in each else ""
        found.append(f"{kind}{each['filterParameter']}{modifier}={each['value']}")
    return found


def payload_of(subscription: Resource) -> str:
    if is_r5(subscription):
        return str(subscription.get("content", "empty"))
    extensions = subscription["channel"].get("_payload", {}).get("extension", ())
    named = [each["valueCode"] for each in extensions if each["url"] == BACKPORT + "backport-payload-content"]
    return str(named[0]) if named else "empty"


def release_of(subscription: Resource) -> str:
    if is_r5(subscription):
        return "5.0"
    return "4.3" if "fhirVersion=4.3" in subscription["channel"].get("payload", "") else "4.0"


def _fulfils(criteria: str, change: Change) -> bool:
    """Does what stands now fulfil the search? A deletion is told if what stood before did."""
    kind, _, query = criteria.partition("?")
    resource = change.after or change.before
    return kind == change.kind and resource is not None and meets(resource, parse_qsl(query))


def _holds(condition: str, kind: str, resource: Resource) -> bool:
    """Does one condition of a topic hold? One of another type holds for this one."""
    query = condition
    if "?" in condition:
        named, _, query = condition.partition("?")
    else:
        named = condition.partition(".")[0] if "." in condition.partition("=")[0] else ""
        query = condition.removeprefix(f"{named}.")
    params = [each for each in parse_qsl(query) if each[0].split(":")[0] in KNOWN]
    return named not in ("", kind) or meets(resource, params)
