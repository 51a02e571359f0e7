"""A chart that is opened again is not read again; what is said of it is decided anew each time."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from service.eligibility.criteria import Criterion
from service.fhir.cds.call import Access, Hook, read_call
from service.fhir.cds.feedback import Feedback, Reported, Response
from service.screening.cds import opening
from service.screening.cds.answer import answer_view
from service.screening.cds.looked import Glance, Looked
from service.screening.cds.memory import Memory, Recent, key_of_chart
from service.screening.cds.policy import Show, Shown
from service.screening.cds.reader import CallReader
from service.screening.cds.report import keep_feedback
from service.screening.chart import Chart
from service.screening.decisions.kinds import Kind
from service.screening.versions import stamp
from service.store import decisions
from service.store.decisions import Decision
from service.store.engine import Store
from tests.cds.world import CHART, EHR, NOON, Desk, Json, Sample, lent_by, prefetched, request
from tests.fhir_server import FhirServer
from tests.screening.world import STUDY, cancer, haemoglobin, patient
from tests.shape.source import ROOT
from tests.working.world import TODAY, catalog, shipped


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whose charts were read."""
    found: list[str] = []
    real = opening.read_record

    def counted(*given: object) -> object:
        found.append(str(given[1]))
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(opening, "read_record", counted)
    return found


def test_the_same_chart_is_read_once_and_gets_the_same_card(store: Store, read: list[str]) -> None:
    desk = Desk(store)
    first, second = (desk.views(*CHART).cards[0] for _ in range(2))
    assert (read, first) == (["p"], second)


@pytest.mark.parametrize(
    "more",
    [
        {"hookInstance": "another"},
        {"context_userId": "PractitionerRole/9"},
        {"context_encounterId": "e"},
        {"fhirServer": EHR},
        {"fhirServer": f"{EHR}/"},
    ],
    ids=str,
)
def test_what_differs_with_each_call_does_not_make_it_another_chart(
    store: Store, read: list[str], more: dict[str, str]
) -> None:
    desk = Desk(store)
    cards = [each for one in ({}, more) for each in desk.views(*CHART, **one).cards]
    assert len(cards) == 2 and read == ["p"]


def test_of_another_server_it_is_another_chart(store: Store, read: list[str]) -> None:
    """An absolute reference to our source is then one to somebody else."""
    absolute = {**cancer(), "subject": {"reference": f"{EHR}/Patient/p"}}
    desk, elsewhere = Desk(store), {"fhirServer": "https://elsewhere.example/fhir"}
    lacking = [set(desk.views(*CHART, absolute, **more).lacking) for more in ({}, elsewhere, {"fhirServer": EHR})]
    assert (lacking, read) == ([set(), {"Condition"}, set()], ["p", "p"])


def test_nor_does_what_came_along_about_the_user(store: Store, read: list[str]) -> None:
    desk, came = Desk(store), prefetched(Desk(store).tenant, CHART)
    for role in ("a", "b"):
        whole = {**came, "userRole": {"resourceType": "PractitionerRole", "id": role}, "unknown": {"id": role}}
        assert desk.answers(request(prefetch=whole)).cards
    assert read == ["p"]


def test_another_chart_another_patient_and_another_day_are_read(store: Store, read: list[str]) -> None:
    desk = Desk(store)
    desk.views(*CHART)
    desk.views(*CHART[:1], haemoglobin("h2"), *CHART[2:])
    desk.views(*CHART, now=NOON + timedelta(days=1))
    desk.views(patient("q"), *({**each, "subject": {"reference": "Patient/q"}} for each in CHART[1:]), of="q")
    assert read == ["p", "p", "p", "q"]


def test_a_result_that_came_since_counts(store: Store, read: list[str]) -> None:
    desk = Desk(store)
    assert desk.views(*CHART).cards
    assert not desk.views(*CHART, cancer()).cards  # which excludes
    assert desk.views(*CHART).cards
    assert read == ["p", "p"]


def test_an_answer_silences_a_chart_that_is_remembered(store: Store, read: list[str]) -> None:
    desk = Desk(store)
    (card,) = desk.views(*CHART).cards
    keep_feedback(store, "north", Reported((Feedback(card.uuid, Response.OVERRIDDEN, NOON),)), NOON)
    assert (desk.views(*CHART).cards, read) == ((), ["p"])


def test_a_chart_of_whom_nothing_may_be_said_is_not_read(store: Store, read: list[str]) -> None:
    desk = Desk(store)
    shy = desk.under(usual=Shown(Show.NEVER))
    assert (shy.views(*CHART).cards, read) == ((), [])
    decide(store, Kind.STATUS, status="declined")
    assert (desk.views(*CHART).cards, read) == ((), [])
    decide(store, Kind.STATUS, status=None)
    assert len(desk.views(*CHART).cards) == 1 and read == ["p"]


@pytest.mark.parametrize("link", ["link", "l\\u0069nk", "\\u006cink", "lin\\u006B", "li\\u006Ek"])
def test_unless_the_patient_may_have_another_record(store: Store, read: list[str], link: str) -> None:
    desk = Desk(store).under(usual=Shown(Show.NEVER))
    body = orjson.dumps(request(prefetch=prefetched(desk.tenant, (patient(link=[]), *CHART[1:]))))
    call = read_call(body.replace(b'"link"', f'"{link}"'.encode()), tuple(Hook))
    assert answer_view(desk.counter, call, NOON).cards == () and read == ["p"]


def test_letters_by_their_numbers_alone_tell_of_no_other_record(store: Store, read: list[str]) -> None:
    """Many EHRs write every letter beyond ASCII so; their charts, too, are read once, if at all."""
    desk = Desk(store)
    body = json.dumps(request(prefetch=prefetched(desk.tenant, (patient(name=[{"family": "Müller"}]), *CHART[1:]))))
    call = replace(read_call(body.encode(), tuple(Hook)), access=Access("lent", ()), server="https://ehr.example/fhir")
    assert "\\u00fc" in body
    assert answer_view(desk.counter, call, NOON) == answer_view(desk.counter, call, NOON) and read == ["p"]


def test_rules_are_those_of_each_call(store: Store) -> None:
    desk = Desk(store)
    shy = desk.under(usual=Shown(Show.NEVER))
    shared = replace(shy.counter, memory=desk.counter.memory)
    assert desk.views(*CHART).cards
    call = desk.call(request(prefetch=prefetched(desk.tenant, CHART)))
    assert answer_view(shared, call, NOON).cards == ()


def order(**drug: object) -> Json:
    return {"resourceType": "MedicationRequest", "id": "m", "subject": {"reference": "Patient/p"}, **drug}


@pytest.mark.parametrize(
    ("drug", "asks"),
    [
        ({"medicationReference": {"reference": "Medication/1"}}, True),
        ({"medication": {"reference": {"reference": "Medication/1"}}}, True),  # R5
        ({"medicationCodeableConcept": {"text": "prednisone"}}, False),
        ({"medicationReference": {"reference": "#inside"}}, False),
    ],
)
def test_only_an_order_that_refers_to_a_drug_asks_the_ehr(store: Store, drug: Json, asks: bool) -> None:
    """And what the EHR is asked for is not remembered: it may have another answer next time."""
    desk = Desk(store)
    asked = list[bool]()
    reader = CallReader(desk.tenant, desk.call(request()), lambda: asked.append(True))
    chart = Chart(("p",))
    chart.add("MedicationRequest", [order(**drug)])
    reader.medications(chart)
    assert (bool(asked), reader.asked) == (asks, asks)


def referring_chart(store: Store, server: FhirServer) -> tuple[Desk, str, Json]:
    """A desk that may ask this server, a patient, and an order of theirs whose drug the server alone knows."""
    server.seed({"resourceType": "Medication", "id": "1", "code": {"text": "water"}})
    of = "sample-0031"
    referring = order(subject={"reference": f"Patient/{of}"}, medicationReference={"reference": "Medication/1"})
    return Desk(store, shipped()).with_access(server), of, referring


def test_a_chart_for_which_the_ehr_is_asked_is_not_remembered(
    store: Store, read: list[str], server: FhirServer, sample: Sample
) -> None:
    """The EHR may say another thing next time. Where it cannot be asked, all that there is came along."""
    ward, of, referring = referring_chart(store, server)
    for access, times in ((lent_by(server), 2), ({}, 1)):
        read.clear()
        for _ in range(2):
            ward.views(*sample.charts[of], referring, of=of, **access)
        assert read == [of] * times


def test_nor_is_one_for_which_another_ehr_could_be_asked(
    store: Store, read: list[str], server: FhirServer, sample: Sample
) -> None:
    """The server that the first call names is not listed, so that the drug is not known; that of the second is."""
    ward, of, referring = referring_chart(store, server)
    elsewhere = {"fhirServer": "https://elsewhere.example/fhir"}
    for access in (elsewhere, {}):
        ward.views(*sample.charts[of], referring, of=of, **{**lent_by(server), **access})
    assert read == [of] * 2 and server.log.of(where="Medication\\b")


def test_an_incomplete_chart_is_not_remembered(store: Store, read: list[str]) -> None:
    desk = Desk(store)
    whole = prefetched(desk.tenant, CHART)
    partly = {key: each for key, each in whole.items() if key != "condition"}
    for _ in range(2):
        desk.answers(request(prefetch=partly))
    assert read == ["p", "p"]


def test_the_oldest_is_forgotten_and_so_is_another_day() -> None:
    recent = Recent[str](most=2)
    for key in (b"1", b"2"):
        recent.keep(key, TODAY, "kept")
    recent.get(b"1", TODAY)
    recent.keep(b"3", TODAY, "kept")
    assert [recent.get(each, TODAY) for each in (b"1", b"2", b"3")] == ["kept", None, "kept"]
    assert recent.get(b"1", TODAY + timedelta(days=1)) is None
    recent.keep(b"4", TODAY + timedelta(days=1), "kept")
    assert recent.get(b"1", TODAY) is None and recent.get(b"1", TODAY + timedelta(days=1)) is None


def test_large_charts_push_others_out_and_the_largest_are_not_kept() -> None:
    """However many there are, and however large: the memory of a process has an end."""
    recent = Recent[str](most=9, most_bytes=100)

    def held() -> list[str]:
        return [each for each in "abcd" if recent.get(each.encode(), TODAY) is not None]

    for key, size in ((b"a", 40), (b"b", 40), (b"a", 20)):
        recent.keep(key, TODAY, "kept", size)
    assert held() == ["a", "b"]
    recent.keep(b"c", TODAY, "kept", 101)
    assert held() == ["a", "b"]
    recent.keep(b"c", TODAY, "kept", 41)
    assert held() == ["b", "c"]
    recent.keep(b"d", TODAY, "kept", 100)
    assert held() == ["d"]
    recent.keep(b"a", TODAY + timedelta(days=1), "kept", 100)
    assert held() == []


def test_a_chart_is_as_large_as_what_came_of_it(store: Store, read: list[str]) -> None:
    desk = Desk(store)
    for chart in (CHART, (*CHART, *(haemoglobin(f"h{number}") for number in range(10)))):
        call = desk.call(request(prefetch=prefetched(desk.tenant, chart)))
        size = sum(len(each) for each in call.prefetch.values())
        glances = Recent[Glance](most=0)
        again = replace(desk.counter, memory=Memory(glances=glances, read=Recent(9, most_bytes=size)))
        short = replace(desk.counter, memory=Memory(glances=glances, read=Recent(9, most_bytes=size - 1)))
        for counter, times in ((again, 1), (short, 2)):
            read.clear()
            for _ in range(2):
                answer_view(counter, call, NOON)
            assert len(read) == times


def test_what_a_chart_says_is_remembered_for_longer_than_the_chart(store: Store, read: list[str]) -> None:
    """It is read again only for what cannot be told without it: what people answered, and what was not said yet."""
    desk = Desk(store, catalog(STUDY, replace(STUDY, id="other", title="Another study")))
    desk = desk.remembering(Memory(read=Recent[Looked](most=0)))
    first, card = (desk.views(*CHART).cards[0] for _ in range(2))
    assert first == card
    assert "2 studies" in card.summary and read == ["p"]
    decide(store, Kind.STATUS, study="other", status="declined")
    for _ in range(2):
        assert "demonstration" in desk.views(*CHART).cards[0].summary
    assert read == ["p", "p"]
    decide(store, Kind.STATUS, study="other", status=None)
    assert desk.views(*CHART).cards[0].summary == card.summary and read == ["p", "p"]
    decide(store, Kind.OVERRIDE, "E1", outcome="met", was="not_met", version="1.0")
    for _ in range(2):
        assert "Another" in desk.views(*CHART).cards[0].summary
    assert read == ["p", "p", "p", "p"]


# ------------------------------------------------------------------------------------------- what must not be outlasted
def decide(store: Store, kind: Kind, about: str | None = None, study: str | None = "demo", **content: Any) -> None:
    decisions.add(store, Decision("north", study, "p", kind, about, content, "why", "anna", NOON))


def test_one_changed_byte_is_another_chart(store: Store, read: list[str]) -> None:
    desk = Desk(store)
    body = orjson.dumps(request(prefetch=prefetched(desk.tenant, CHART)))
    other = body.replace(b'"value":13,', b'"value":14,')
    assert len(body) == len(other) and body != other
    for each in (body, other):
        answer_view(desk.counter, read_call(each, tuple(Hook)), NOON)
    assert read == ["p", "p"]


def test_the_same_bytes_are_another_chart_of_another_patient_or_under_another_key() -> None:
    call = read_call(orjson.dumps(request(prefetch={"condition": {"a": 1}, "patient": None})), tuple(Hook))
    moved = {"condition": call.prefetch["patient"], "patient": call.prefetch["condition"]}
    others = [replace(call, patient="q"), replace(call, prefetch=moved), replace(call, prefetch={})]
    keys = [key_of_chart(each, ("condition", "procedure")) for each in (call, *others)]
    assert len(set(keys)) == 4
    by_another = replace(call, prefetch={**call.prefetch, "userRole": b"{}"})
    assert key_of_chart(by_another, ("procedure", "condition")) == keys[0]


def test_another_study_content_is_another_counter(store: Store) -> None:
    """Nothing is remembered beyond the content that it was judged by: that of a counter never changes."""
    desk = Desk(store)
    assert desk.views(*CHART).cards
    stricter = replace(STUDY, criteria=(*STUDY.criteria, Criterion("E9", "exclusion", "has a result", STUDY.entry[0])))
    assert Desk(store, catalog(stricter)).views(*CHART).cards == ()


def test_another_tenant_has_a_memory_of_its_own(store: Store, read: list[str]) -> None:
    north, south = Desk(store), Desk(store)
    elsewhere = replace(south.counter, tenant=replace(south.tenant, name="south"))
    call = north.call(request(prefetch=prefetched(north.tenant, CHART)))
    assert answer_view(north.counter, call, NOON).cards and answer_view(elsewhere, call, NOON).cards
    decide(store, Kind.SILENCE, study=None, why="do-not-contact", until=None)
    assert not answer_view(north.counter, call, NOON).cards and answer_view(elsewhere, call, NOON).cards
    assert read == ["p", "p"]


FROM_ELSEWHERE = """
import sys
from datetime import datetime
from service.store import cards, decisions, published
from service.store.engine import open_store
url, what, card, now = sys.argv[1:]
store, now = open_store(url), datetime.fromisoformat(now)
def decide(kind, about=None, **content):
    decisions.add(store, decisions.Decision("north", "demo", "p", kind, about, content, None, "anna", now))
match what:
    case "a status": decide("status", status="declined")
    case "a silence": decide("silence", why="do-not-contact", until=None)
    case "an answer": decide("override", "E1", outcome="met", was="not_met", version="1.0")
    case "a correction":
        version = card
        decide("correction", "Observation/o", claim="entered-in-error", version=version, criteria={})
    case "a state in the EHR":
        published.record(store, published.Published("north", "demo", "p", "s", "1", None, None, "on-study", None, now))
    case "an override":
        cards.keep_responses(store, [cards.CardResponse("north", card, "overridden", now, now)])
store.close()
"""


@pytest.mark.parametrize(
    "what", ["a status", "a silence", "an answer", "a correction", "a state in the EHR", "an override"]
)
def test_what_another_process_keeps_counts_with_the_next_call(store: Store, read: list[str], what: str) -> None:
    """With the next call, not after a while: nothing that people say is remembered."""
    desk = Desk(store)
    chart = (*CHART[:1], haemoglobin(meta={"versionId": "1", "lastUpdated": "2026-06-01T00:00:00Z"}), *CHART[2:])
    for _ in range(2):
        (card,) = desk.views(*chart).cards
    named = stamp(chart[1]).token if what == "a correction" else card.uuid
    url = store.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", FROM_ELSEWHERE, url, what, named, NOON.isoformat()]
    subprocess.run(command, check=True, cwd=ROOT)
    assert desk.views(*chart).cards == ()
    assert read == (["p", "p"] if what == "a correction" else ["p"])
