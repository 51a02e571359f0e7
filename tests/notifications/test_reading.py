"""Every form in which a notification arrives, and every sentence of the standard that one can break."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from service.fhir.notifications import (
    Arrival,
    Bases,
    Concerns,
    Event,
    Heard,
    Kind,
    Notification,
    Numbers,
    advance,
    concerns,
    problems_outcome,
    read_notification,
    read_statuses,
    standard,
)
from service.fhir.notifications.standard import Sentence
from service.twofold import decode
from tests.builders import twice
from tests.notifications.forms import BASE, FORMS, TOPIC, Json, Told, r4, r4b, r5

LAB: Json = {"resourceType": "Observation", "id": "o1", "subject": {"reference": "Patient/p1"}}
LAB_OF_TWO = json.dumps(LAB).replace('"Patient/p1"', '"Patient/p1", "reference": "Patient/p2"').encode()
MERGED: Json = {"resourceType": "Patient", "id": "p1", "link": [{"other": {"reference": "Patient/p2"}}]}
EVERY_FORM = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


def read(body: object, **said: Any) -> Notification:
    return read_notification(Arrival(said.pop("method", "POST"), body, **said), (BASE, "http://internal/fhir/"))


def todo(notification: Notification) -> Concerns:
    return concerns(notification, trusted=True)


# ------------------------------------------------------------------------------------------------- R4 rest-hooks
HOOKS: dict[str, tuple[Arrival, Kind, Concerns]] = {
    "an empty POST": (Arrival("POST"), Kind.EMPTY, Concerns(query=True)),
    "an empty PUT": (Arrival("PUT"), Kind.EMPTY, Concerns(query=True)),
    "a PUT with the resource": (
        Arrival("PUT", LAB, "Observation", "o1"),
        Kind.RESOURCE,
        Concerns(patients=("p1",)),
    ),
    "a POST with the resource": (Arrival("POST", LAB), Kind.RESOURCE, Concerns(patients=("p1",))),
    "a POST to the resource": (
        Arrival("POST", LAB, "Observation", "o1"),
        Kind.RESOURCE,
        Concerns(patients=("p1",)),
    ),
    "a PUT that only names it": (
        Arrival("PUT", None, "Observation", "o1"),
        Kind.RESOURCE,
        Concerns(to_read=("Observation/o1",)),
    ),
    "a PUT that names a patient": (Arrival("PUT", None, "Patient", "p1"), Kind.RESOURCE, Concerns(patients=("p1",))),
    "a DELETE": (Arrival("DELETE", None, "Observation", "o1"), Kind.DELETED, Concerns(gone=("Observation/o1",))),
    "a deletion in a header": (
        Arrival("POST", {}, deleted="Observation/o1"),
        Kind.DELETED,
        Concerns(gone=("Observation/o1",)),
    ),
    "a deletion in a header, without a body": (
        Arrival("POST", None, deleted=f"{BASE}/Observation/o1"),
        Kind.DELETED,
        Concerns(gone=("Observation/o1",)),
    ),
    "a patient": (
        Arrival("POST", {"resourceType": "Patient", "id": "p1"}),
        Kind.RESOURCE,
        Concerns(patients=("p1",)),
    ),
    "a patient merged into another": (
        Arrival("POST", {"resourceType": "Patient", "id": "p1", "link": [{"other": {"reference": "Patient/p2"}}]}),
        Kind.RESOURCE,
        Concerns(patients=("p1", "p2")),
    ),
    "by the element patient": (
        Arrival("POST", {"resourceType": "Immunization", "id": "i", "patient": {"reference": f"{BASE}/Patient/p1"}}),
        Kind.RESOURCE,
        Concerns(patients=("p1",)),
    ),
    "of nobody": (
        Arrival("POST", {"resourceType": "Medication", "id": "m"}),
        Kind.RESOURCE,
        Concerns(placeless=("Medication/m",)),
    ),
    "of another server's patient": (
        Arrival("POST", {**LAB, "subject": {"reference": "https://other.example/fhir/Patient/p1"}}),
        Kind.RESOURCE,
        Concerns(placeless=("Observation/o1",)),
    ),
    "of two patients, since a key stands twice": (
        Arrival("POST", decode(twice(LAB, subject={"reference": "Patient/p2"})).content),
        Kind.RESOURCE,
        Concerns(patients=("p1", "p2")),
    ),
    "of two patients, since the reference stands twice": (
        Arrival("POST", decode(LAB_OF_TWO).content),
        Kind.RESOURCE,
        Concerns(patients=("p1", "p2")),
    ),
    "two ids": (
        Arrival("POST", decode(twice(LAB, id="o2")).content),
        Kind.RESOURCE,
        Concerns(patients=("p1",)),
    ),
    "a patient with two links": (
        Arrival("POST", decode(twice(MERGED, link=[{"other": {"reference": "Patient/p3"}}])).content),
        Kind.RESOURCE,
        Concerns(patients=("p1", "p2", "p3")),
    ),
    "a transaction": (
        Arrival("POST", {"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": LAB}]}),
        Kind.RESOURCE,
        Concerns(patients=("p1",)),
    ),
    "a collection with addresses of its own": (
        Arrival(
            "POST",
            {
                "resourceType": "Bundle",
                "type": "collection",
                "entry": [
                    {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient", "id": "p9"}},
                    {"fullUrl": "urn:uuid:2", "resource": {**LAB, "subject": {"reference": "urn:uuid:1"}}},
                ],
            },
        ),
        Kind.RESOURCE,
        Concerns(patients=("p9",)),
    ),
    "an empty collection": (
        Arrival("POST", {"resourceType": "Bundle", "type": "collection"}),
        Kind.EMPTY,
        Concerns(query=True),
    ),
}


@pytest.mark.parametrize(("arrival", "kind", "expected"), HOOKS.values(), ids=HOOKS)
def test_a_rest_hook(arrival: Arrival, kind: Kind, expected: Concerns) -> None:
    notification = read_notification(arrival, (BASE,))
    assert (notification.kind, todo(notification)) == (kind, expected)
    assert not notification.refused


def test_without_trust_nothing_carried_is_believed() -> None:
    assert concerns(read(LAB), trusted=False) == Concerns(to_read=("Observation/o1",))
    nameless = {key: value for key, value in LAB.items() if key != "id"}
    assert concerns(read(nameless), trusted=False) == Concerns(query=True)
    assert todo(read(nameless)) == Concerns(patients=("p1",))


def test_an_id_that_the_body_leaves_out_is_that_of_the_path() -> None:
    nameless = {key: value for key, value in LAB.items() if key != "id"}
    notification = read(nameless, method="PUT", type="Observation", id="o1")
    assert [each.focus for each in notification.events] == ["Observation/o1"]
    assert [each.sentence for each in notification.problems] == [standard.NO_ID]


# ------------------------------------------------------------------------------------------------- topic-based forms
@EVERY_FORM
@pytest.mark.parametrize("kind", ["handshake", "heartbeat", "query-status"])
def test_what_tells_of_no_event_does_nothing(form: Callable[[Told], Json], kind: str) -> None:
    notification = read(form(Told(kind, 7, codes=["no-response"])))
    assert (notification.kind, notification.count, notification.problems) == (Kind(kind), 7, ())
    assert (notification.subscription, notification.topic, notification.errors) == ("s1", TOPIC, ("no-response",))
    assert todo(notification) == Concerns()


@EVERY_FORM
def test_several_events_are_told_in_the_order_of_their_numbers(form: Callable[[Told], Json]) -> None:
    lab = {**LAB, "id": "o3", "subject": {"reference": "Patient/p3"}}
    events = [(3, "Observation/o3", ["Patient/x"]), (1, "Condition/c", []), (2, None, [])]
    notification = read(form(Told("event-notification", 3, events, [lab])))
    assert notification.events == (
        Event(1, "Condition/c"),
        Event(2),
        Event(3, "Observation/o3", context=("Patient/x",)),
    )
    assert notification.content == "full-resource"
    assert todo(notification) == Concerns(patients=("p3",), to_read=("Condition/c",), query=True)
    fresh = notification.events[:1]
    assert concerns(notification, fresh, trusted=True) == Concerns(to_read=("Condition/c",))


@EVERY_FORM
def test_another_address_of_the_same_server_is_that_server(form: Callable[[Told], Json]) -> None:
    body = form(Told("event-notification", 1, [(1, "Observation/o1", [])], [LAB]))
    notification = read(json.loads(json.dumps(body).replace(BASE, "http://internal/fhir")))
    assert notification.problems == ()
    assert todo(notification) == Concerns(patients=("p1",))


@EVERY_FORM
def test_a_focus_on_another_server_is_never_read(form: Callable[[Told], Json]) -> None:
    body = form(Told("event-notification", 1, [(1, "Observation/o1", [])], [LAB]))
    notification = read_notification(Arrival("POST", body), ("https://other.example/fhir",))
    assert notification.events == (Event(1, None, foreign=True),)
    assert todo(notification) == Concerns(foreign=1)
    assert notification.carried == ()


def test_parts_that_nobody_knows_are_ignored() -> None:
    body = r4(Told("event-notification", 1, [(1, "Observation/o1", [])]))
    parameters = body["entry"][0]["resource"]["parameter"]
    parameters.append({"name": "colour", "valueString": "red"})
    event = next(each for each in parameters if each["name"] == "notification-event")
    event["part"].append({"name": "trigger", "valueCoding": {"code": "feed-event"}})
    assert (read(body).events, read(body).problems) == ((Event(1, "Observation/o1"),), ())


@EVERY_FORM
def test_a_counter_may_be_a_number(form: Callable[[Told], Json]) -> None:
    body = form(Told("event-notification", 12, [(12, None, [])]))
    notification = read(json.loads(json.dumps(body).replace('"12"', "12")))
    assert (notification.count, notification.events) == (12, (Event(12),))
    assert {each.sentence for each in notification.problems} <= {standard.COUNTER_AS_NUMBER, standard.VALUE_TYPE}


def test_status_answers_with_a_searchset_of_statuses() -> None:
    statuses = [r5(Told("query-status", number))["entry"][0] for number in (4, 5)]
    body = {"resourceType": "Bundle", "type": "searchset", "entry": [*statuses, {"resource": LAB}]}
    assert [(each.count, each.problems) for each in read_statuses(body, (BASE,))] == [(4, ()), (5, ())]
    assert [each.count for each in read_statuses(statuses[0]["resource"], (BASE,))] == [4]
    assert read_statuses(None, (BASE,)) == read_statuses({"entry": 1}, (BASE,)) == ()


# ------------------------------------------------------------------------------------------------- breaches
def changed(form: Callable[[Told], Json], change: Callable[[Json], object], kind: str = "event-notification") -> Json:
    events = [(1, "Observation/o1", [])] if kind == "event-notification" else []
    body = copy.deepcopy(form(Told(kind, 1, events, [LAB] if events else [])))
    change(body)
    return body


def status(body: Json) -> Json:
    return body["entry"][0]["resource"]  # type: ignore[no-any-return]


def parameter(body: Json, name: str) -> Json:
    return next(each for each in status(body)["parameter"] if each["name"] == name)  # type: ignore[no-any-return]


def event(body: Json) -> Json:
    return status(body)["notificationEvent"][0]  # type: ignore[no-any-return]


def repeated(form: Callable[[Told], Json], element: str) -> object:
    """An event in which the key with which this text begins stands twice."""
    written = json.dumps(changed(form, lambda _: None))
    key = element.partition(":")[0]
    assert written.count(element) == 1
    return decode(written.replace(element, f"{key}: null, {element}").encode()).content


REFUSED: dict[str, tuple[Arrival, Sentence]] = {
    "another method": (Arrival("PATCH", {}), standard.METHOD),
    "a path that is none": (Arrival("PUT", LAB, "observation", "o 1"), standard.PATH),
    "a path without an id": (Arrival("PUT", LAB, "Observation"), standard.PATH),
    "a DELETE of nothing": (Arrival("DELETE"), standard.NAMELESS_DELETE),
    "a list": (Arrival("POST", [LAB]), standard.OBJECT),
    "a text": (Arrival("POST", "hello"), standard.OBJECT),
    "no type": (Arrival("POST", {"id": "1"}), standard.RESOURCE_TYPE),
    "a type that is none": (Arrival("POST", {"resourceType": "observation"}), standard.RESOURCE_TYPE),
    "another id than that of the path": (Arrival("PUT", LAB, "Observation", "o2"), standard.OTHER_RESOURCE),
    "another type than that of the path": (Arrival("PUT", LAB, "Condition", "o1"), standard.OTHER_RESOURCE),
    "no entry": (Arrival("POST", {"resourceType": "Bundle", "type": "history"}), standard.FIRST_ENTRY),
    "no status": (Arrival("POST", changed(r5, lambda b: b["entry"].pop(0))), standard.FIRST_ENTRY),
    "an entry that is none": (Arrival("POST", changed(r5, lambda b: b["entry"].insert(0, 1))), standard.FIRST_ENTRY),
    "a status without a type": (Arrival("POST", changed(r5, lambda b: status(b).pop("type"))), standard.TYPE),
    "a type that is no code": (Arrival("POST", changed(r5, lambda b: status(b).update(type=1))), standard.TYPE),
    "Parameters without a type": (
        Arrival("POST", changed(r4, lambda b: parameter(b, "type").update(name="kind"))),
        standard.TYPE,
    ),
    "a Bundle with two lists of entries": (
        Arrival("POST", decode(twice(changed(r5, lambda _: None), entry=[])).content),
        standard.TWOFOLD,
    ),
    "a status with two counts": (Arrival("POST", repeated(r5, '"type": "event')), standard.TWOFOLD),
    "Parameters with a repeated name": (Arrival("POST", repeated(r4, '"name": "type"')), standard.TWOFOLD),
    "a status alone with two types": (
        Arrival("POST", decode(twice(status(changed(r5, lambda _: None)), type="x")).content),
        standard.TWOFOLD,
    ),
    "Parameters that are no status": (
        Arrival("POST", changed(r4, lambda b: status(b).update(parameter=[]))),
        standard.FIRST_ENTRY,
    ),
}


@pytest.mark.parametrize(("arrival", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_nobody_can_act_upon_is_refused(arrival: Arrival, sentence: Sentence) -> None:
    notification = read_notification(arrival, (BASE,))
    assert notification.refused and sentence in [each.sentence for each in notification.problems]
    assert notification == Notification(Kind.REFUSED, problems=notification.problems)
    assert todo(notification) == Concerns()


FIRST = "Bundle.entry[0].resource"
EVENT = f"{FIRST}.notificationEvent[0]"
READ = Concerns(to_read=("Observation/o1",))
SCREEN = Concerns(patients=("p1",))
QUERY = Concerns(query=True)
# body -> the sentences it breaks with their places, and what is done all the same
ACCEPTED: dict[str, tuple[object, list[tuple[Sentence, str]], Concerns]] = {
    "an unknown type": (
        changed(r5, lambda b: status(b).update(type="party")),
        [(standard.UNKNOWN_TYPE, f"{FIRST}.type")],
        Concerns(),
    ),
    "another type of Bundle": (
        changed(r5, lambda b: b.update(type="collection")),
        [(standard.BUNDLE_TYPE, "Bundle.type")],
        SCREEN,
    ),
    "a status by itself": (
        status(changed(r5, lambda b: None)),
        [(standard.NO_BUNDLE, "SubscriptionStatus")],
        READ,
    ),
    "Parameters by themselves": (status(changed(r4, lambda b: None)), [(standard.NO_BUNDLE, "Parameters")], READ),
    "an empty object": ({}, [(standard.EMPTY_OBJECT, "request body")], QUERY),
    "no subscription": (
        changed(r5, lambda b: status(b).pop("subscription")),
        [(standard.SUBSCRIPTION, FIRST)],
        SCREEN,
    ),
    "a subscription that is none": (
        changed(r4b, lambda b: status(b)["subscription"].update(reference="Observation/1")),
        [(standard.SUBSCRIPTION, f"{FIRST}.subscription")],
        SCREEN,
    ),
    "a subscription elsewhere": (
        changed(r4b, lambda b: status(b)["subscription"].update(reference="https://other/Subscription/s1")),
        [(standard.FOREIGN_SUBSCRIPTION, f"{FIRST}.subscription")],
        SCREEN,
    ),
    "no status": (changed(r4b, lambda b: status(b).pop("status")), [(standard.STATUS_CODE, FIRST)], SCREEN),
    "a topic that is no text": (
        changed(r4b, lambda b: status(b).update(topic=[TOPIC])),
        [(standard.SHAPE, f"{FIRST}.topic")],
        SCREEN,
    ),
    "a parameter twice": (
        changed(r4, lambda b: status(b)["parameter"].append({"name": "topic", "valueCanonical": TOPIC})),
        [(standard.REPEATED, f"{FIRST}.parameter[6].valueCanonical")],
        SCREEN,
    ),
    "a parameter of another type": (
        changed(r4, lambda b: status(b)["parameter"].__setitem__(2, {"name": "status", "valueString": "active"})),
        [(standard.VALUE_TYPE, f"{FIRST}.parameter[2].valueString")],
        SCREEN,
    ),
    "a counter in words": (
        changed(r5, lambda b: status(b).update(eventsSinceSubscriptionStart="two")),
        [(standard.COUNTER, f"{FIRST}.eventsSinceSubscriptionStart")],
        SCREEN,
    ),
    "a counter below zero": (
        changed(r5, lambda b: status(b).update(eventsSinceSubscriptionStart=-1)),
        [(standard.COUNTER, f"{FIRST}.eventsSinceSubscriptionStart")],
        SCREEN,
    ),
    "a counter too great": (
        changed(r5, lambda b: status(b).update(eventsSinceSubscriptionStart="9" * 19)),
        [(standard.COUNTER, f"{FIRST}.eventsSinceSubscriptionStart")],
        SCREEN,
    ),
    "an event without a number": (
        changed(r5, lambda b: event(b).pop("eventNumber")),
        [(standard.EVENT_NUMBER, EVENT)],
        SCREEN,
    ),
    "an event 0": (changed(r5, lambda b: event(b).update(eventNumber="0")), [(standard.EVENT_NUMBER, EVENT)], SCREEN),
    "two events of one number": (
        changed(r5, lambda b: status(b)["notificationEvent"].append({"eventNumber": "1"})),
        [(standard.EVENT_TWICE, f"{FIRST}.notificationEvent")],
        Concerns(patients=("p1",), query=True),
    ),
    "an event that is none": (
        changed(r5, lambda b: status(b)["notificationEvent"].append("x")),
        [(standard.SHAPE, f"{FIRST}.notificationEvent[1]")],
        SCREEN,
    ),
    "no events": (
        changed(r5, lambda b: status(b).pop("notificationEvent")),
        [(standard.NO_EVENTS, "notification events")],
        QUERY,
    ),
    "events in a heartbeat": (
        changed(r5, lambda b: status(b).update(type="heartbeat")),
        [(standard.UNEXPECTED_EVENTS, "notification events")],
        Concerns(),
    ),
    "a focus elsewhere": (
        changed(r5, lambda b: event(b)["focus"].update(reference="https://other.example/fhir/Observation/o1")),
        [(standard.FOREIGN_FOCUS, f"{EVENT}.focus")],
        Concerns(foreign=1),
    ),
    "a focus elsewhere, behind a blank": (
        changed(r5, lambda b: event(b)["focus"].update(reference=" https://other.example/fhir/Observation/o1")),
        [(standard.FOREIGN_FOCUS, f"{EVENT}.focus")],
        Concerns(foreign=1),
    ),
    "a focus on a server whose name begins like ours": (
        changed(r5, lambda b: event(b)["focus"].update(reference=f"{BASE}x/Observation/o1")),
        [(standard.FOREIGN_FOCUS, f"{EVENT}.focus")],
        Concerns(foreign=1),
    ),
    "a focus that is a search": (
        changed(r5, lambda b: event(b)["focus"].update(reference=f"{BASE}/Observation?_id=o1")),
        [(standard.FOCUS, f"{EVENT}.focus")],
        QUERY,
    ),
    "a focus without a protocol": (
        changed(r5, lambda b: event(b)["focus"].update(reference="//other.example/Observation/o1")),
        [(standard.FOCUS, f"{EVENT}.focus")],
        QUERY,
    ),
    "a focus of another JSON type": (
        changed(r5, lambda b: event(b).update(focus=["Observation/o1"])),
        [(standard.FOCUS, f"{EVENT}.focus")],
        QUERY,
    ),
    "an entry elsewhere": (
        changed(r5, lambda b: b["entry"][1].update(fullUrl="https://other.example/fhir/Observation/o1")),
        [(standard.FOREIGN_ENTRY, "Bundle.entry[1].fullUrl")],
        READ,
    ),
    "an entry of another id": (
        changed(r5, lambda b: b["entry"][1].update(fullUrl=f"{BASE}/Observation/o2")),
        [(standard.FULL_URL_ID, "Bundle.entry[1].fullUrl")],
        READ,
    ),
    "a status of another id": (
        changed(r5, lambda b: b["entry"][0].update(fullUrl="urn:uuid:other")),
        [(standard.FULL_URL_ID, "Bundle.entry[0].fullUrl")],
        SCREEN,
    ),
    "an entry without an address": (
        changed(r5, lambda b: b["entry"][1].pop("fullUrl")),
        [(standard.NO_FULL_URL, "Bundle.entry[1]")],
        SCREEN,
    ),
    "an address that is no text": (
        changed(r5, lambda b: b["entry"][1].update(fullUrl=1)),
        [(standard.SHAPE, "Bundle.entry[1].fullUrl")],
        READ,
    ),
    "an entry that is none": (
        changed(r5, lambda b: b["entry"].append(None)),
        [(standard.SHAPE, "Bundle.entry[2]")],
        SCREEN,
    ),
    "a resource that is none": (
        changed(r5, lambda b: b["entry"][1].update(resource=[])),
        [(standard.SHAPE, "Bundle.entry[1].resource")],
        READ,
    ),
    "a resource without an id": (
        {"resourceType": "Observation", "subject": {"reference": "Patient/p1"}},
        [(standard.NO_ID, "Observation")],
        SCREEN,
    ),
}


@pytest.mark.parametrize(("body", "breaches", "expected"), ACCEPTED.values(), ids=ACCEPTED)
def test_what_can_be_acted_upon_is_accepted_with_a_warning(
    body: object, breaches: list[tuple[Sentence, str]], expected: Concerns
) -> None:
    notification = read(body)
    assert [(each.sentence, each.where) for each in notification.problems] == breaches
    assert {each.severity for each in notification.problems} == {"warning"}
    assert todo(notification) == expected


def test_events_in_a_heartbeat_are_missing_afterwards() -> None:
    """They were not worked on, so they must not count as received."""
    notification = read(changed(r5, lambda b: status(b).update(type="heartbeat")))
    assert (notification.events, notification.carried) == ((), ())
    assert advance(Heard(), notification).gaps == (Numbers(1, 1),)


def test_a_header_that_names_nothing_leads_to_a_query() -> None:
    notification = read({}, deleted="everything")
    assert [each.sentence for each in notification.problems] == [standard.DELETED_HEADER]
    assert todo(notification) == QUERY


def test_every_sentence_is_shown_to_be_broken() -> None:
    every = {name: each for name, each in vars(standard).items() if isinstance(each, Sentence)}
    shown = {sentence for _, sentence in REFUSED.values()}
    shown |= {sentence for _, breaches, _ in ACCEPTED.values() for sentence, _ in breaches}
    shown |= {standard.DELETED_HEADER, standard.COUNTER_AS_NUMBER}
    assert {name for name, each in every.items() if each not in shown} == set()


@pytest.mark.parametrize("sentence", [each for each in vars(standard).values() if isinstance(each, Sentence)])
def test_a_sentence_says_what_where_and_what_to_do(sentence: Sentence) -> None:
    problem = standard.Problem(sentence, "Bundle.type")
    (issue,) = problems_outcome([problem])["issue"]  # type: ignore[misc, attr-defined]
    assert sentence.text.endswith(".") and sentence.remedy.endswith(".") and sentence.source
    assert sentence.text in issue["details"]["text"] and sentence.source in issue["details"]["text"]
    assert sentence.remedy in issue["diagnostics"] and issue["expression"] == ["Bundle.type"]
    assert issue["severity"] == ("error" if sentence.refused else "warning")
    assert str(problem).startswith("Bundle.type: ")


def test_a_problem_repeats_nothing_of_the_content() -> None:
    body = changed(r4, lambda b: status(b)["parameter"].append({"name": "topic", "valueJohn Doe": "x", "value": 1}))
    assert read(body).problems == ()


def test_a_long_notification_takes_no_long_time() -> None:
    events = [(number, f"Observation/{number}", []) for number in range(1, 3001)]
    resources = [{**LAB, "id": str(number)} for number in range(1, 3001)]
    body = r5(Told("event-notification", 3000, events, resources))
    body["entry"][1:] = [{**each, "fullUrl": 5} for each in body["entry"][1:]]
    notification = read(body)
    assert len(notification.problems) == 3000 and len(todo(notification).to_read) == 3000


def test_places() -> None:
    bases = Bases((BASE,), {"urn:uuid:1": "Patient/p1"})
    assert bases.place("Patient/p1/_history/3", "x").key == "Patient/p1"
    assert bases.place({"reference": "urn:uuid:1"}, "x").key == "Patient/p1"
    assert bases.place({"reference": "urn:uuid:2"}, "x").where == "nowhere"
    assert bases.place({"display": "A"}, "x").where == "nowhere"
    assert bases.place({"reference": 1}, "x").where == "nowhere"
    assert bases.place("Patient/p1?x=y", "x").where == "nowhere"
    assert bases.place("HTTPS://other/Patient/p1", "x").where == "foreign"
