"""A chart that is opened again is not read again; what is said of it is decided anew each time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.fhir.cds.feedback import Feedback, Reported, Response
from service.screening.cds import answer
from service.screening.cds.memory import Memory
from service.screening.cds.policy import Show, Shown
from service.screening.cds.reader import CallReader
from service.screening.cds.report import keep_feedback
from service.screening.chart import Chart
from service.store.engine import Store
from tests.cds.world import CHART, NOON, Desk, Json, prefetched, request
from tests.screening.world import cancer, haemoglobin, patient


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whose charts were read."""
    found: list[str] = []
    real = answer.read_record

    def counted(*given: object) -> object:
        found.append(str(given[1]))
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(answer, "read_record", counted)
    return found


def test_the_same_chart_is_read_once_and_gets_another_card(store: Store, read: list[str]) -> None:
    desk = Desk(store)
    first, second = (desk.views(*CHART).cards[0] for _ in range(2))
    assert read == ["p"]
    assert first.uuid != second.uuid and replace(first, uuid=second.uuid) == second


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


def test_rules_are_those_of_each_call(store: Store) -> None:
    desk = Desk(store)
    shy = desk.under(usual=Shown(Show.NEVER))
    shared = replace(shy.counter, memory=desk.counter.memory)
    assert desk.views(*CHART).cards
    call = desk.call(request(prefetch=prefetched(desk.tenant, CHART)))
    assert answer.answer_view(shared, call, NOON).cards == ()


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


def test_an_incomplete_chart_is_not_remembered(store: Store, read: list[str]) -> None:
    desk = Desk(store)
    whole = prefetched(desk.tenant, CHART)
    partly = {key: each for key, each in whole.items() if key != "condition"}
    for _ in range(2):
        desk.answers(request(prefetch=partly))
    assert read == ["p", "p"]


def test_the_oldest_is_forgotten(store: Store) -> None:
    memory, looked = Memory(most=2), Desk(store).looks(request(prefetch=prefetched(Desk(store).tenant, CHART)))
    for key in (b"1", b"2"):
        memory.keep(key, looked, 1)
    memory.get(b"1", looked.at)
    memory.keep(b"3", looked, 1)
    assert [memory.get(each, looked.at) is not None for each in (b"1", b"2", b"3")] == [True, False, True]
    memory.keep(b"4", replace(looked, at=looked.at + timedelta(days=1)), 1)
    assert memory.get(b"1", looked.at) is None


def test_large_charts_push_others_out_and_the_largest_are_not_kept(store: Store) -> None:
    """However many there are, and however large: the memory of a process has an end."""
    memory, looked = Memory(most_bytes=100), Desk(store).looks(request(prefetch=prefetched(Desk(store).tenant, CHART)))

    def held() -> list[str]:
        return [each for each in "abcd" if memory.get(each.encode(), looked.at) is not None]

    for key, size in ((b"a", 40), (b"b", 40), (b"a", 20)):
        memory.keep(key, looked, size)
    assert held() == ["a", "b"]
    memory.keep(b"c", looked, 101)
    assert held() == ["a", "b"]
    memory.keep(b"c", looked, 41)
    assert held() == ["b", "c"]
    memory.keep(b"d", looked, 100)
    assert held() == ["d"]
    memory.keep(b"a", replace(looked, at=looked.at + timedelta(days=1)), 100)
    assert held() == []


def test_a_chart_is_as_large_as_what_came_of_it(store: Store, read: list[str]) -> None:
    desk = Desk(store)
    for chart in (CHART, (*CHART, *(haemoglobin(f"h{number}") for number in range(10)))):
        call = desk.call(request(prefetch=prefetched(desk.tenant, chart)))
        size = sum(len(each) for each in call.prefetch.values())
        again = replace(desk.counter, memory=Memory(most_bytes=size))
        short = replace(desk.counter, memory=Memory(most_bytes=size - 1))
        for counter, times in ((again, 1), (short, 2)):
            read.clear()
            for _ in range(2):
                answer.answer_view(counter, call, NOON)
            assert len(read) == times
