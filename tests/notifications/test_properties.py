"""Whatever arrives, reading it ends well; and what is written in any of the three forms is read back as meant."""

import json
from typing import Any

from hypothesis import given, settings, strategies as st

from service.fhir.notifications import (
    Arrival,
    Heard,
    Kind,
    advance,
    concerns,
    problems_outcome,
    read_notification,
    read_statuses,
)
from tests.notifications.forms import BASE, FORMS, Told

NAMES = st.sampled_from(
    "resourceType type entry resource fullUrl id parameter name part valueString valueCode valueReference reference "
    "subscription status topic notificationEvent eventNumber eventsSinceSubscriptionStart focus additionalContext "
    "error coding code subject link other timestamp notification-event event-number".split()
)
WORDS = st.sampled_from(
    "Bundle Parameters SubscriptionStatus Observation Patient history subscription-notification event-notification "
    "handshake heartbeat Patient/1 Observation/2 urn:uuid:1 Subscription/1 type subscription notification-event "
    "event-number focus 1 2 99999999999999999999".split()
) | st.sampled_from([f"{BASE}/Patient/1", "https://other/Patient/1", "", " ", "\x00", "é"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4) | WORDS
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=25,
)
STATUS = st.builds(
    lambda kind, body: {**body, "resourceType": kind},
    st.sampled_from(["SubscriptionStatus", "Parameters"]),
    st.dictionaries(NAMES, ANY_JSON, max_size=8),
)
BUNDLES = st.builds(
    lambda kind, first, rest: {"resourceType": "Bundle", "type": kind, "entry": [{"resource": first}, *rest]},
    WORDS,
    STATUS,
    st.lists(ANY_JSON, max_size=4),
)
PIECE = st.none() | st.text(max_size=8) | WORDS
ARRIVALS = st.builds(
    Arrival, st.sampled_from(["POST", "PUT", "DELETE", "GET", ""]), ANY_JSON | BUNDLES, PIECE, PIECE, PIECE
)


@settings(max_examples=400)
@given(ARRIVALS, st.booleans())
def test_whatever_arrives_is_read(arrival: Arrival, trusted: bool) -> None:
    read = read_notification(arrival, (BASE,))
    todo = concerns(read, trusted=trusted)
    advance(Heard(3), read)
    json.dumps(problems_outcome(read.problems))
    assert read.refused == any(each.severity == "error" for each in read.problems)
    assert not (read.refused and (todo.patients or todo.to_read or todo.query or todo.gone))
    assert trusted or not set(todo.placeless)


@given(ANY_JSON | BUNDLES)
def test_whatever_status_answers_is_read(body: Any) -> None:
    assert all(each.kind in Kind for each in read_statuses(body, (BASE,)))


IDS = st.from_regex(r"[A-Za-z0-9.-]{1,12}", fullmatch=True)
KEYS = st.builds(
    lambda kind, identity: f"{kind}/{identity}", st.sampled_from(["Observation", "Condition", "Encounter"]), IDS
)
EVENTS = st.lists(
    st.tuples(st.integers(1, 10**15), st.none() | KEYS, st.lists(KEYS, max_size=2, unique=True)),
    max_size=5,
    unique_by=lambda each: each[0],
)
TYPES = st.sampled_from(["event-notification", "query-event"])


@given(st.sampled_from(sorted(FORMS)), TYPES, EVENTS, st.integers(0, 10**15), IDS, st.lists(IDS, max_size=2), st.data())
def test_what_is_written_is_read_back(
    form: str, kind: str, events: list[Any], count: int, subscription: str, codes: list[str], data: st.DataObject
) -> None:
    foci = sorted({focus for _, focus, _ in events if focus})
    carried = data.draw(st.lists(st.sampled_from(foci), unique=True)) if foci else []
    resources = [
        {"resourceType": key.split("/")[0], "id": key.split("/")[1], "subject": {"reference": "Patient/p"}}
        for key in carried
    ]
    told = Told(kind, count, events, resources, subscription=subscription, codes=codes)
    read = read_notification(Arrival("POST", FORMS[form](told)), (BASE,))
    assert [(each.number, each.focus, each.context) for each in read.events] == [
        (number, focus, tuple(context)) for number, focus, context in sorted(events, key=lambda each: each[0])
    ]
    assert (read.kind.value, read.count, read.subscription, read.errors) == (kind, count, subscription, tuple(codes))
    assert [each.key for each in read.carried] == carried
    todo = concerns(read, trusted=True)
    assert todo.patients == (("p",) if carried else ())
    assert set(todo.to_read) == set(foci) - set(carried)
    assert all(each.sentence.text.startswith("An event notification lists") for each in read.problems)
