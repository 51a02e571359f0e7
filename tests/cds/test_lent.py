"""The token that is lent for one call: where it goes, for how long, and that nothing is left of it.

STANDARDS 1.13, 1.17, 1.18, 1.88 and 1.89, by number. Time is that of a clock which moves only when the EHR answers.
"""

import io
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
import requests
from urllib3 import HTTPResponse

from service.errors import InsufficientData
from service.screening.cds.lent import Lending
from tests.cds.world import CHART, EHR, LENT, TOKEN, Desk, Json, lent_by, page, prefetched, request, summaries
from tests.ehr.clock import Watch
from tests.fhir_server import FhirServer
from tests.screening.world import cancer, encounter, haemoglobin, patient

BUDGET = 0.5
METADATA: Json = {
    "resourceType": "CapabilityStatement",
    "fhirVersion": "4.0.1",
    "rest": [
        {
            "mode": "server",
            "resource": [
                {"type": kind, "interaction": [{"code": "search-type"}, {"code": "read"}]}
                for kind in ("Patient", "Condition", "Observation", "Encounter", "Consent")
            ],
        }
    ],
}
HELD: dict[str, Json] = {
    "metadata": METADATA,
    "Patient/p": patient(),
    "Condition": page(),
    "Observation": page(haemoglobin()),
    "Encounter": page(encounter()),
    "Consent": page(),
}


@dataclass
class Slow:
    """An EHR that takes its time: seconds for each answer, by what is asked; drips are for each piece of an answer."""

    watch: Watch
    takes: dict[str, float] = field(default_factory=dict)
    drips: dict[str, float] = field(default_factory=dict)
    status: dict[str, int] = field(default_factory=dict)
    sent: list[tuple[float, str]] = field(default_factory=list)
    tokens: set[str | None] = field(default_factory=set)
    waits: list[float] = field(default_factory=list)
    lock: Any = field(default_factory=threading.Lock)

    def request(
        self, method: str, url: str, *, headers: Any, timeout: tuple[float, float], **more: Any
    ) -> requests.Response:
        what = url.removeprefix(f"{EHR}/").partition("?")[0]
        with self.lock:
            self.sent.append((self.watch.passed, what))
            self.tokens.add(headers.get("Authorization") if what != "metadata" else headers.get("Authorization", ""))
            self.waits.append(timeout[1])
            takes = self.takes.get(what, 0.0)
            self.watch.passed += min(takes, timeout[1])
            if takes > timeout[1]:
                raise requests.exceptions.ReadTimeout(f"no answer of {url}")
        return self.answer(what)

    def answer(self, what: str) -> requests.Response:
        response = requests.Response()
        response.status_code = self.status.get(what, 200)
        body = orjson.dumps(HELD[what] if response.status_code == 200 else {"resourceType": "OperationOutcome"})
        response.headers.update({"Content-Type": "application/fhir+json"})
        response.raw = Dripping(body, self.watch, self.drips.get(what, 0.0))
        return response


class Dripping(HTTPResponse):
    """Content of which each piece takes some seconds."""

    def __init__(self, body: bytes, watch: Watch, each: float) -> None:
        super().__init__(io.BytesIO(body), preload_content=False)
        self.watch, self.each = watch, each

    def stream(self, amt: int | None = None, decode_content: bool | None = None) -> Any:
        for piece in super().stream(64, decode_content):
            self.watch.passed += self.each
            yield piece


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def slow(watch: Watch) -> Slow:
    return Slow(watch)


def desk_at(desk: Desk, slow: Slow, budget: float = BUDGET) -> Desk:
    lending = Lending((EHR,), budget, clock=slow.watch.clock, transport=slow)
    return Desk(desk.store, desk.content, desk.policy, lending)


def asks(prefetch: Json | None = None, **changes: Any) -> Json:
    return request(prefetch=prefetch, fhirServer=EHR, fhirAuthorization={**LENT, **changes})


def without(*keys: str) -> Json:
    came = prefetched(Desk(None).tenant, CHART)  # type: ignore[arg-type]
    return {key: value for key, value in came.items() if key not in keys}


def test_1_89_what_lacks_is_asked_for_with_the_token(desk: Desk, slow: Slow) -> None:
    answer = desk_at(desk, slow).answers(asks())
    assert summaries(answer) == ["May fit A demonstration: 3 of 4 criteria fit, 1 to be judged"]
    assert sorted(what for _, what in slow.sent) == sorted(HELD)
    assert slow.tokens == {f"Bearer {TOKEN}", ""}  # what the server can do is asked without it


def test_1_89_what_lacks_is_asked_for_at_once(desk: Desk, server: FhirServer) -> None:
    """The Patient and four searches meet at the EHR: none is answered before all have come."""
    server.seed(*CHART)
    meeting = threading.Barrier(5, timeout=30)

    def together(content: Any) -> Any:
        meeting.wait()
        return content

    server.fail(where="/fhir/(Patient/p|Condition|Consent|Encounter|Observation)", times=5, change=together)
    assert len(desk.with_access(server).answers(request(**lent_by(server))).cards) == 1


def test_1_88_what_is_not_there_in_time_is_said_to_lack(desk: Desk, slow: Slow) -> None:
    slow.takes = {"Condition": 10.0}
    answer = desk_at(desk, slow).answers(asks(without("condition")))
    assert slow.watch.passed == pytest.approx(BUDGET)
    assert set(answer.lacking) == {"Condition"} and "did not answer in time" in answer.lacking["Condition"]
    assert "cancer not recorded" in summaries(answer)[0]


def test_1_88_no_wait_is_longer_than_the_time_that_is_left(desk: Desk, slow: Slow) -> None:
    slow.takes = {"metadata": 0.2, "Condition": 0.1, "Observation": 0.1, "Encounter": 10.0}
    desk_at(desk, slow).answers(asks(without("condition", "observation", "encounter")))
    assert all(at + wait <= BUDGET + 0.001 for (at, _), wait in zip(slow.sent, slow.waits, strict=True))
    assert slow.watch.passed <= BUDGET + 0.001


def test_1_88_nothing_is_sent_when_the_time_is_over(desk: Desk, slow: Slow) -> None:
    slow.takes = {"metadata": BUDGET}
    with pytest.raises(InsufficientData):
        desk_at(desk, slow).answers(asks(without("patient")))
    assert [what for _, what in slow.sent] == ["metadata"]


def test_1_88_an_answer_that_drips_in_is_given_up(desk: Desk, slow: Slow) -> None:
    slow.drips = {"Observation": 0.2}
    answer = desk_at(desk, slow).answers(asks(without("observation")))
    assert set(answer.lacking) == {"Observation"}
    assert slow.watch.passed < 2 * BUDGET


def test_1_18_nothing_is_tried_again(desk: Desk, slow: Slow) -> None:
    slow.status = {"Condition": 503, "Observation": 500, "Encounter": 429}
    answer = desk_at(desk, slow).answers(asks(without("condition", "observation", "encounter")))
    assert sorted(what for _, what in slow.sent) == ["Condition", "Encounter", "Observation", "metadata"]
    assert set(answer.lacking) == {"Condition", "Observation", "Encounter"}
    assert slow.watch.slept == []


def test_1_18_nothing_goes_on_when_the_answer_is_given(desk: Desk, slow: Slow) -> None:
    before = set(threading.enumerate())
    slow.takes = {"Condition": 10.0}
    desk_at(desk, slow).answers(asks())
    assert [each.name for each in threading.enumerate() if each not in before and each.name.startswith("hook")] == []


def test_what_a_server_can_do_is_asked_once(desk: Desk, slow: Slow) -> None:
    lending = desk_at(desk, slow)
    for _ in range(3):
        lending.answers(asks(without("condition")))
    assert [what for _, what in slow.sent].count("metadata") == 1
    slow.watch.passed += 13 * 3600
    lending.answers(asks(without("condition")))
    assert [what for _, what in slow.sent].count("metadata") == 2


def test_a_whole_prefetch_asks_nobody(desk: Desk, slow: Slow) -> None:
    desk_at(desk, slow).answers(asks(without()))
    assert slow.sent == []


NOT_LISTED = [
    "https://evil.example/fhir",
    "https://ehr.example.evil.example/fhir",
    "https://ehr.example/fhir/other",
    "https://ehr.example",
    "http://ehr.example/fhir",
    "https://ehr.example:8443/fhir",
    "https://user@ehr.example/fhir",
    "https://ehr.example/fhir?x=1",
    "https://ehr.example/fhir#x",
    "https://EHR.example@evil.example/fhir",
    "ehr.example/fhir",
    "file:///etc/passwd",
    "http://[",
    "http://169.254.169.254/latest",
    "",
]


@pytest.mark.parametrize("named", NOT_LISTED)
def test_1_13_a_server_that_is_not_listed_is_never_asked(desk: Desk, slow: Slow, named: str) -> None:
    body = {**asks(without("condition")), "fhirServer": named}
    answer = desk_at(desk, slow).answers(body)
    assert slow.sent == [] and set(answer.lacking) == {"Condition"}
    with pytest.raises(InsufficientData):
        desk_at(desk, slow).answers({**asks(), "fhirServer": named})
    assert slow.sent == []


@pytest.mark.parametrize("named", [EHR, f"{EHR}/", f" {EHR} "])
def test_1_13_the_one_that_is_listed_is(desk: Desk, slow: Slow, named: str) -> None:
    assert desk_at(desk, slow).answers({**asks(), "fhirServer": named}).lacking == {}


def test_1_13_a_page_on_another_host_is_not_followed(desk: Desk, slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = page(link=[{"relation": "next", "url": "https://evil.example/fhir/Condition?page=2"}])
    monkeypatch.setitem(HELD, "Condition", elsewhere)
    answer = desk_at(desk, slow).answers(asks(without("condition")))
    assert [what for _, what in slow.sent] == ["metadata", "Condition"] and set(answer.lacking) == {"Condition"}


def test_without_a_token_nothing_is_asked(desk: Desk, slow: Slow) -> None:
    body = {**request(prefetch=without("condition")), "fhirServer": EHR}
    assert set(desk_at(desk, slow).answers(body).lacking) == {"Condition"}
    assert slow.sent == []


@pytest.mark.parametrize(
    ("scope", "lacking"),
    [
        ("user/*.rs", set[str]()),
        ("user/*.read", set()),
        ("patient/*.rs", set()),
        ("user/Observation.rs user/Encounter.read user/Consent.s", {"Condition"}),
        ("user/*.rs user/Condition.rs?category=problem-list-item", set()),
        ("user/Observation.rs user/Encounter.rs user/Consent.rs user/Condition.rs?category=x", {"Condition"}),
        ("system/*.rs", {"Condition", "Observation", "Encounter", "Consent"}),
        ("launch openid", {"Condition", "Observation", "Encounter", "Consent"}),
    ],
)
def test_1_16_what_was_not_granted_is_said_to_lack(desk: Desk, slow: Slow, scope: str, lacking: set[str]) -> None:
    body = asks({"patient": patient()}, scope=scope, patient="p")
    try:
        found = set(desk_at(desk, slow).looks(body).lacking)
    except InsufficientData:
        found = {"Condition", "Observation", "Encounter", "Consent"}
    assert found == lacking


def test_a_token_that_is_refused_is_not_used_again(desk: Desk, slow: Slow) -> None:
    slow.status = dict.fromkeys(HELD, 401) | {"metadata": 200}
    with pytest.raises(InsufficientData):
        desk_at(desk, slow).answers(asks({"patient": patient()}))
    assert len(slow.sent) <= 1 + 4  # each search at most once


Fails = Callable[[FhirServer], object]
FAILURES: dict[str, Fails] = {
    "nothing fails": lambda server: None,
    "it refuses": lambda server: server.fail(where="Condition", status=403, body=TOKEN, times=9),
    "it fails": lambda server: server.fail(where="Condition", status=500, body=TOKEN, times=9),
    "it repeats the token": lambda server: server.fail(where="Condition", status=401, body=TOKEN, times=9),
    "it ends the connection": lambda server: server.fail(where="Condition", drop=True, times=9),
}


@pytest.mark.parametrize("fails", FAILURES.values(), ids=FAILURES)
def test_1_17_nothing_is_left_of_a_token(
    desk: Desk, server: FhirServer, caplog: pytest.LogCaptureFixture, fails: Fails
) -> None:
    caplog.set_level(logging.DEBUG)
    server.seed(*CHART, cancer("x", of="q"))
    fails(server)
    try:
        said = repr(desk.with_access(server).answers(request(**lent_by(server))).as_json())
    except InsufficientData as problem:
        said = repr(problem) + repr(problem.__cause__)
    assert TOKEN not in said and TOKEN not in caplog.text
    assert server.log.of(where="Condition")[0].headers["authorization"] == f"Bearer {TOKEN}"
    with desk.store.engine.connect() as connection:
        assert TOKEN not in "\n".join(connection.connection.iterdump())  # type: ignore[attr-defined]


def test_a_server_that_does_not_say_in_time_what_it_can_do_is_asked_from_the_next_call_on(
    desk: Desk, slow: Slow
) -> None:
    slow.takes = {"metadata": 10.0}
    lending = desk_at(desk, slow)
    assert set(lending.answers(asks(without("condition"))).lacking) == {"Condition"}
    assert lending.answers(asks(without("condition"))).lacking == {}
    assert [what for _, what in slow.sent] == ["metadata", "Condition"]
    slow.watch.passed += 10 * 60
    slow.takes = {}
    assert lending.answers(asks(without("condition"))).lacking == {}
    assert [what for _, what in slow.sent].count("metadata") == 2


def test_what_such_a_server_cannot_do_is_unknown(desk: Desk, slow: Slow) -> None:
    slow.status = {"metadata": 401, "Condition": 404}
    answer = desk_at(desk, slow).answers(asks(without("condition")))
    assert set(answer.lacking) == {"Condition"} and "cancer not recorded" in summaries(answer)[0]
