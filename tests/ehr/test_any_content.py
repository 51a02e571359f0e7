"""Whatever JSON a server sends, it is read or named unusable; and what is odd is never complete."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, strategies as st

from service.ehr.answers import Answer, failure, issues
from service.ehr.capability import FEATURES, read_features
from service.ehr.dates import surely_outside
from service.ehr.dialects import STANDARD
from service.ehr.searching import Gathering
from service.ehr.subscription_forms import changed, endpoint_of, shown
from service.ehr.subscriptions import decide
from service.ehr.wanted import Wanted
from service.ehr.writing import entry_answers, is_repeatable, place_of, version_of
from service.errors import EhrError, UnusableAnswer
from tests.ehr.records import observation, order, outcome, page

BASE = "https://ehr.example/fhir"
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from(["", "1", "2026-05", "match", "next", "Patient/p1"])
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)
SUBSCRIPTION = {
    "resourceType": "Subscription",
    "id": "1",
    "meta": {"versionId": "1"},
    "status": "error",
    "end": "2026-07-01T00:00:00Z",
    "criteria": "Observation?code=x",
    "_criteria": {"extension": [{"url": "x", "valueString": "y"}]},
    "channel": {"type": "rest-hook", "endpoint": "x", "_payload": {"extension": [{"url": "x"}]}, "header": ["a: b"]},
}
SUBSCRIPTION_R5 = {
    "resourceType": "Subscription",
    "id": "1",
    "meta": {"versionId": "1"},
    "status": "error",
    "topic": "https://example.org/topic",
    "filterBy": [{"resourceType": "x/Observation", "filterParameter": "a", "comparator": "ge", "value": "b"}],
    "channelType": {"code": "rest-hook"},
    "endpoint": "x",
    "heartbeatPeriod": 5,
    "content": "empty",
}
STATEMENT = {
    "fhirVersion": "4.0.1",
    "software": {"name": "x"},
    "rest": [{"mode": "server", "interaction": [{"code": "batch"}], "resource": [{"type": "List", "extension": [{}]}]}],
}
RESPONSE = {
    "resourceType": "Bundle",
    "type": "batch-response",
    "entry": [{"response": {"status": "200", "etag": 'W/"1"', "location": "List/1", "outcome": outcome("x")}}],
}


def with_odd_part(draw: st.DrawFn, whole: Any) -> Any:
    """The same content with one part replaced by anything."""
    content = orjson.loads(orjson.dumps(whole))
    place = content
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = draw(st.sampled_from(keys))
        if not isinstance(place[key], (dict, list)) or not place[key] or draw(st.integers(0, 2)) == 0:
            place[key] = draw(VALUES)
            return content
        place = place[key]


@st.composite
def odd(draw: st.DrawFn, whole: Any) -> Any:
    """As a strategy."""
    return with_odd_part(draw, whole)


PAGE = page(
    {**observation("1"), "meta": {"tag": [{"code": "x"}], "lastUpdated": "2026-01-01"}},
    order("2", "m"),
    next=f"{BASE}/2",
    self=f"{BASE}/Observation?patient=p1",
)
PAGE["entry"].append({"resource": outcome("processing", "warning", "4101"), "search": {"mode": "outcome"}})


@given(odd(PAGE))
def test_any_page(content: Any) -> None:
    params = (("patient", "p1"), ("date", "ge2026-01-01"), ("_lastUpdated", "ge2020"), ("_id", "1"))
    gathering = Gathering("Observation", params, BASE, STANDARD)
    url = gathering.add(content, f"{BASE}/Observation")
    result = gathering.result()
    assert url is None or url.startswith("https://ehr.example/")
    assert all(isinstance(each, dict) and each["resourceType"] == "Observation" for each in result.resources)
    whose = [each.get("subject") for each in result.resources if isinstance(each.get("subject"), dict)]
    assert all(each.get("reference") in ("Patient/p1", None) or "/" not in str(each["reference"]) for each in whose)


@given(odd(STATEMENT))
def test_any_statement(content: Any) -> None:
    features = read_features(content)
    assert all(isinstance(each, str) for name in FEATURES for each in features.missing(name))


@given(odd(SUBSCRIPTION))
def test_any_subscription(content: Any) -> None:
    want = Wanted("https://us.example/x", "https://example.org/topic", narrowed=("a=b",), heartbeat=5)
    now = datetime(2026, 6, 30, tzinfo=UTC)
    assert decide(want, content, now, timedelta(days=7), shown(want)).reason
    assert changed(content, want)["status"] == "requested"


@given(odd(SUBSCRIPTION_R5))
def test_any_subscription_of_r5(content: Any) -> None:
    narrowed = ("Observation.a=b",)
    want = Wanted("https://us.example/x", "https://example.org/topic", narrowed=narrowed, heartbeat=5, release="R5")
    now = datetime(2026, 6, 30, tzinfo=UTC)
    assert decide(want, content, now, timedelta(days=7), shown(want)).reason
    assert changed(content, want)["status"] == "requested"
    assert endpoint_of(content) is None or endpoint_of(content) == content["endpoint"]


@given(odd(outcome("processing", "error", "4101")), st.sampled_from([400, 401, 404, 412, 422, 500, 503]))
def test_any_outcome(content: Any, status: int) -> None:
    answer = Answer(status, {"content-type": "application/json"}, orjson.dumps(content), "GET Patient", BASE)
    error = failure(answer)
    assert isinstance(error, EhrError) and "Secret" not in str(error)
    assert all(each.severity and each.code for each in issues(content))


@given(odd(RESPONSE))
def test_any_answer_to_a_batch(content: Any) -> None:
    asked = {"entry": [{"request": {"method": "PUT"}}]}
    try:
        answers = entry_answers(content, asked)
    except UnusableAnswer:
        return
    assert len(answers) == 1 and isinstance(answers[0].status, int)


@given(odd(observation("1")), st.sampled_from(["date", "_lastUpdated", "code"]), st.text(max_size=12))
def test_any_date(content: Any, name: str, value: str) -> None:
    assert surely_outside(content, name, value) in (True, False)


@given(odd({**observation("1"), "meta": {"versionId": "1"}}))
def test_any_written_resource(content: Any) -> None:
    answer = Answer(
        201, {"location": f"{BASE}/Observation/1/_history/2"}, orjson.dumps(content), "POST Observation", BASE
    )
    assert isinstance(place_of(answer, "Observation"), str)
    assert version_of(answer, content) is None or isinstance(version_of(answer, content), str)


@given(odd({"entry": [{"request": {"method": "POST", "ifNoneExist": "a"}}, {"request": {"method": "GET"}}]}))
def test_any_bundle(content: Any) -> None:
    assert is_repeatable(content) in (True, False)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"{", b'{"a": NaN}', b"null", b"7", b'"x"'])
def test_any_bytes(body: bytes) -> None:
    with pytest.raises(UnusableAnswer):
        Answer(200, {}, body, "GET Patient", BASE).resource()
