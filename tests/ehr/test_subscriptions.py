"""Subscriptions as wanted, and what to do about those that stand: pure. STANDARDS 2A, 2B."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.ehr.subscription_forms import CONTENT, HEARTBEAT, NARROWED, as_resource, changed
from service.ehr.subscriptions import Step, decide, differences
from service.ehr.wanted import Wanted, criteria_for, feed_narrowing, narrowing
from service.errors import UsageError

NOW = datetime(2026, 6, 30, tzinfo=UTC)
WEEK = timedelta(days=7)
TOPIC = "https://example.org/topic"
HOOK = "https://us.example/hooks/x7f3"


META = {"profile": ["http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription"]}


def wanted(**more: Any) -> Wanted:
    return Wanted(**{"endpoint": HOOK, "criteria": TOPIC, "secret": "s3cret", **more})


def standing(want: Wanted | None = None, **more: Any) -> dict[str, Any]:
    return {**as_resource(want or wanted()), "id": "1", "status": "active", **more}


def test_a_subscription_by_topic() -> None:
    made = as_resource(wanted(narrowed=("patient=1",), heartbeat=60, timeout=10, most_events=5))
    assert (made["status"], made["criteria"], made["meta"]) == ("requested", TOPIC, META)  # 2.2, 2.12
    assert made["_criteria"] == {"extension": [{"url": NARROWED, "valueString": "patient=1"}]}  # 2.12
    channel: Any = made["channel"]
    assert (channel["type"], channel["endpoint"]) == ("rest-hook", HOOK)
    assert channel["payload"] == "application/fhir+json; fhirVersion=4.0"  # 2.16
    assert channel["_payload"] == {"extension": [{"url": CONTENT, "valueCode": "id-only"}]}  # 2.14, 2.22
    assert channel["header"] == ["X-Prescreen-Secret: s3cret"]  # 2.7
    names = {each["url"].rpartition("/")[2]: each for each in channel["extension"]}  # 2.15
    assert names["backport-heartbeat-period"]["valueUnsignedInt"] == 60
    assert names["backport-timeout"]["valueUnsignedInt"] == 10
    assert names["backport-max-count"]["valuePositiveInt"] == 5


def test_2_16_r4b_says_its_version() -> None:
    channel: Any = as_resource(wanted(release="R4B"))["channel"]
    assert channel["payload"].endswith("fhirVersion=4.3")


@pytest.mark.parametrize(("payload", "mime"), [("empty", None), ("full-resource", "application/fhir+json")])
def test_2_4_a_subscription_by_criteria(payload: str, mime: str | None) -> None:
    made: Any = as_resource(wanted(criteria="Observation?code=x", by_topic=False, payload=payload))
    assert (made["criteria"], made["channel"].get("payload"), "_payload" in made["channel"]) == (
        "Observation?code=x",
        mime,
        False,
    )


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"endpoint": "http://us.example/hooks/x"}, id="2.17 not encrypted"),
        pytest.param({"endpoint": ""}, id="2.17 nowhere"),
        pytest.param({"secret_header": "Authorization"}, id="2.18 a token"),
        pytest.param({"secret": "a\r\nX: b"}, id="2.7 two lines"),
        pytest.param({"payload": "everything"}, id="2.14 no such payload"),
        pytest.param({"by_topic": False, "criteria": "A?b=c", "payload": "id-only"}, id="2.14 by topic alone"),
        pytest.param({"by_topic": False, "criteria": "A?b=c", "payload": "empty", "narrowed": ("a=b",)}, id="2.12"),
        pytest.param({"end": datetime(2026, 7, 1)}, id="2.53 an end without a time zone"),
        pytest.param({"release": "R6"}, id="2.57 no such release"),
        pytest.param({"release": "R5", "by_topic": False, "payload": "empty"}, id="2.57 R5 by topic alone"),
        pytest.param({"narrowed": ("patient=1", "Observation?patient=2&trigger=x")}, id="2.21 two patients"),
        pytest.param({"narrowed": ("patient=1,2",)}, id="2.21 two patients in one"),
    ],
)
def test_what_is_wanted_has_to_make_sense(more: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as refused:
        wanted(**more)
    assert "s3cret" not in str(refused.value) and HOOK not in str(refused.value)


def test_a_loopback_endpoint_needs_no_encryption_and_nothing_secret_is_shown() -> None:
    shown = repr(wanted(endpoint="http://127.0.0.1:8000/hooks/demo"))
    assert "s3cret" not in shown and "hooks" not in shown


def test_2_13_both_shapes_of_conditions() -> None:
    assert [
        narrowing("code", "a|b"),
        narrowing("code", "u", modifier="in"),
        narrowing("code", "a", kind="Observation"),
        narrowing("code", "u", kind="Observation", modifier="in"),
        feed_narrowing("Observation", [("patient", "1"), ("trigger", "create")]),
    ] == [
        "code=a|b",
        "code:in=u",
        "Observation.code=a",
        "Observation.code:in=u",
        "Observation?patient=1&trigger=create",
    ]


def test_one_subscription_for_each_type_and_group_of_codes() -> None:
    codes = [f"http://loinc.org|{number}-{number % 10}" for number in range(1000, 1100)]
    groups = criteria_for("Observation", reversed([*codes, *codes]), longest=500)
    assert all(len(each) <= 500 and each.startswith("Observation?code=http") for each in groups)
    assert [code for each in groups for code in each.removeprefix("Observation?code=").split(",")] == codes
    assert criteria_for("Patient", ()) == ("Patient?",)


@pytest.mark.parametrize(
    ("change", "elements", "grave"),
    [
        pytest.param({}, [], False, id="2.19 as asked"),
        pytest.param({"criteria": "https://example.org/other"}, ["criteria"], True, id="2.19 another topic"),
        pytest.param({"channel.endpoint": "https://else.example"}, ["channel.endpoint"], True, id="2.19 elsewhere"),
        pytest.param({"channel.type": "email"}, ["channel.endpoint"], True, id="2.19 another channel"),
        pytest.param({"_criteria": None}, ["criteria.extension"], False, id="2.19 a condition dropped"),
        pytest.param(
            {"_criteria": {"extension": [{"url": NARROWED, "valueString": each} for each in ("a=b", "c=d")]}},
            ["criteria.extension"],
            True,
            id="2.19 a condition added",
        ),
        pytest.param(
            {"channel._payload": {"extension": [{"url": CONTENT, "valueCode": "empty"}]}},
            ["channel.payload"],
            False,
            id="2.19 a smaller payload",
        ),
        pytest.param({"channel._payload": None}, ["channel.payload"], False, id="2.19 no payload"),
        pytest.param({"channel.extension": None}, ["channel.heartbeat"], False, id="2.19 no heartbeat"),
        pytest.param(
            {"channel.extension": [{"url": HEARTBEAT, "valueUnsignedInt": 3600}]},
            ["channel.heartbeat"],
            False,
            id="2.19 another heartbeat",
        ),
        pytest.param({"channel.header": None}, [], False, id="2.19 a secret that is not shown back"),
        pytest.param({"end": "2026-12-31T00:00:00Z"}, ["end"], False, id="2.53 the server sets an end"),
        pytest.param({"meta": {"versionId": "7"}, "contact": []}, [], False, id="2.19 what the server adds"),
    ],
)
def test_what_the_server_made_of_it(change: dict[str, Any], elements: list[str], grave: bool) -> None:
    want = wanted(narrowed=("a=b",), heartbeat=60)
    actual = standing(want)
    for path, value in change.items():
        place, name = (actual["channel"], path.partition(".")[2]) if path.startswith("channel.") else (actual, path)
        place[name] = value
    found = differences(want, actual)
    assert ([each.element for each in found], any(each.grave for each in found)) == (elements, grave)


def test_a_search_may_be_written_in_another_way() -> None:
    want = wanted(criteria="Observation?code=a|b&status=final", by_topic=False, payload="empty")
    same = standing(want, criteria="https://ehr.example/fhir/Observation?status=final&code=a%7Cb")
    assert differences(want, same) == ()
    assert differences(want, standing(want, criteria="Observation?code=a|b"))[0].grave


@pytest.mark.parametrize(
    ("actual", "step"),
    [
        pytest.param(None, Step.CREATE, id="none"),
        pytest.param({"status": "active"}, Step.KEEP, id="2.3 active"),
        pytest.param({"status": "requested"}, Step.WAIT, id="2.3 requested"),
        pytest.param({"status": "error"}, Step.RECOVER, id="2.50 error"),
        pytest.param({"status": "error", "criteria": "https://else.example"}, Step.REVIEW, id="2.20 adjusted"),
        pytest.param({"status": "off"}, Step.REVIEW, id="2.3 switched off"),
        pytest.param({"status": "off", "end": "2026-06-29T00:00:00Z"}, Step.RENEW, id="2.53 ended"),
        pytest.param({"status": "active", "end": "2026-07-05T00:00:00Z"}, Step.RENEW, id="2.53 ends soon"),
        pytest.param({"status": "active", "end": "2026-08-05T00:00:00Z"}, Step.KEEP, id="2.53 ends later"),
        pytest.param({"status": "active", "end": "some day"}, Step.KEEP, id="2.53 an end that cannot be read"),
        pytest.param({"status": "active", "criteria": "https://else.example"}, Step.CHANGE, id="2.19 not ours now"),
    ],
)
def test_what_to_do(actual: dict[str, Any] | None, step: Step) -> None:
    there = None if actual is None else standing(**actual)
    decision = decide(wanted(), there, NOW, WEEK)
    assert decision.step is step and decision.reason


def test_a_change_keeps_what_the_server_knows_besides() -> None:
    actual = standing(contact=[{"value": "x"}], meta={"versionId": "3"}, end="2026-07-01T00:00:00Z", error="404")
    actual["channel"]["extension"] = [{"url": "urn:theirs"}]
    made: Any = changed(actual, wanted(end=NOW + 4 * WEEK))
    assert (made["status"], made["contact"], made["meta"]) == ("requested", [{"value": "x"}], META | {"versionId": "3"})
    assert (made["end"], "error" in made) == ("2026-07-28T00:00:00+00:00", False)
    assert made["channel"]["extension"] == [{"url": "urn:theirs"}]
    assert "end" not in changed(actual, wanted())
