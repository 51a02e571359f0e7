"""Leaving out results that nobody asks for changes no answer. SEMANTICS §4: a result shows that the person was seen."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from service.eligibility.facts import PatientRecord
from service.screening.cds import reader
from service.screening.cds.opening import Opening
from service.screening.cds.thinning import thinned
from service.screening.needs import Needs
from service.store.engine import open_store
from tests.builders import SCT
from tests.cds.world import EHR, LENT, NOON, Desk, Json, Sample, prefetched, request
from tests.databases import sqlite_url
from tests.screening.world import cancer, encounter, haemoglobin, patient
from tests.working.world import shipped


def as_it_is(results: dict[str, Json], *_: object, **__: object) -> dict[str, Json]:
    return results


def records(desk: Desk, chart: list[Json], of: str = "p") -> tuple[PatientRecord, PatientRecord]:
    """As it is read, and as it would be if nothing were left out."""
    body = request(of=of, prefetch=prefetched(desk.tenant, chart))
    thin = desk.looks(body).record
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(reader, "thinned", as_it_is)
        whole = desk.looks(body).record
    assert thin is not None and whole is not None
    return thin, whole


def check_same(desk: Desk, chart: list[Json], of: str = "p") -> None:
    thin, whole = records(desk, chart, of)
    assert (thin.facts, thin.contacts, thin.loaded) == (whole.facts, whole.contacts, whole.loaded)
    assert set(thin.unreadable) <= set(whole.unreadable)
    for study in desk.tenant.studies:
        assert desk.verdict(thin, study) == desk.verdict(whole, study)


def test_of_the_invented_population(desk: Desk, sample: Sample) -> None:
    shipping = Desk(desk.store, shipped())
    for owner, chart in list(sample.charts.items())[::6]:
        if shipping.looks(request(of=owner, prefetch=prefetched(shipping.tenant, chart))).record is not None:
            check_same(shipping, chart, owner)


OTHER = {"coding": [{"system": SCT, "code": "77"}], "text": "sodium"}
BARE = {"coding": [{"system": "urn:local", "code": "x"}]}
MOMENTS = ["2026-06-01", "2026-06-01T08:00:00Z", "2025", "2024-01-01", "2027-01-01", "not a date", None]
PARTS: list[Json] = [
    {"code": OTHER},
    {"code": BARE},
    {"code": {}},
    {"code": "wrong"},
    {"code": OTHER, "component": [{"code": {"coding": [{"system": "http://loinc.org", "code": "hb"}]}}]},
    {"code": OTHER, "component": [{"code": OTHER, "valueQuantity": {"value": 1}}, {"code": BARE}]},
    {"code": OTHER, "component": [{"code": OTHER, "valueQuantity": {"value": "1"}}]},
    {"code": OTHER, "component": [{"code": {}}]},
    {"code": OTHER, "component": [{"code": BARE, "valueQuantity": {"value": "1"}}]},
    {},
]
ODDITIES: list[Json] = [
    {},
    {"status": "preliminary"},
    {"status": "entered-in-error"},
    {"status": None},
    {"focus": [{"reference": "Patient/fetus"}]},
    {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/observation-focusCode"}]},
    {"extension": [{"url": "urn:other"}]},
    {"extension": "wrong"},
    {"valueQuantity": {"value": "7"}},
    {"valueQuantity": {"value": 7, "unit": "mmol/L"}},
    {"valueQuantity": {"value": 7, "unit": ["mmol/L"]}},
    {"valueQuantity": {"value": 7, "comparator": "about"}},
    {"valueString": "7"},
    {"effectivePeriod": {"start": "2026-01-01"}},
    {"issued": "2026-06-03T08:00:00Z"},
    {"issued": "some day"},
    {"meta": {"lastUpdated": "some day"}},
    {"meta": {"lastUpdated": "2026-06-03T08:00:00Z"}},
    {"meta": "wrong"},
    {"interpretation": "wrong"},
    {"dataAbsentReason": {"text": "unknown"}},
    {"referenceRange": "wrong"},
    {"component": "wrong"},
    {"modifierExtension": [{"url": "x", "valueBoolean": True}]},
]


@st.composite
def results(draw: st.DrawFn) -> list[Json]:
    """Results of a few moments, most of them of no use to anybody."""
    found: list[Json] = []
    for number in range(draw(st.integers(1, 8))):
        more: dict[str, Any] = {**draw(st.sampled_from(PARTS)), **draw(st.sampled_from(ODDITIES))}
        found.append({**haemoglobin(f"o{number}"), "effectiveDateTime": draw(st.sampled_from(MOMENTS)), **more})
    return found


@pytest.fixture(scope="module")
def empty(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk for many charts; what it keeps of cards is of nobody's concern here."""
    store = open_store(sqlite_url(sqlite_template, tmp_path_factory.mktemp("thinning")))
    yield Desk(store)
    store.close()


@given(held=results(), ill=st.booleans(), seen=st.booleans())
@settings(max_examples=200)
def test_of_whatever_results(empty: Desk, held: list[Json], ill: bool, seen: bool) -> None:
    check_same(empty, [patient(), *held, *([cancer()] if ill else []), *([encounter()] if seen else [])])


@pytest.mark.parametrize(
    ("code", "spoils"), [(haemoglobin("x")["code"], True), (BARE, False)], ids=["asked for", "bare"]
)
def test_a_component_that_cannot_be_read_is_left_out_only_where_nobody_asks_for_it(
    desk: Desk, code: Json, spoils: bool
) -> None:
    """Of a code that nobody knows no value would have been an answer; so an unreadable one takes none away."""
    odd = [{"code": code, "valueQuantity": {"value": "1"}}]
    panels = [{**haemoglobin(each), "code": OTHER, "component": [*more]} for each, more in (("a", []), ("b", odd))]
    thin, whole = records(desk, [patient(), encounter(), *panels])
    assert thin.unreadable == whole.unreadable
    assert bool(whole.unreadable) is spoils


@pytest.mark.parametrize("more", ODDITIES)
def test_a_result_that_may_be_no_contact_never_stands_for_one_that_is(desk: Desk, more: Json) -> None:
    results = [{**haemoglobin("a"), "code": OTHER, **more}, {**haemoglobin("b"), "code": OTHER}]
    check_same(desk, [patient(), *results])


def test_of_a_panel_one_stays_and_what_is_asked_for_stays(desk: Desk) -> None:
    needs = Needs(desk.tenant.open_studies, desk.tenant.catalog.terminology)
    panel = {f"s{number}": {**haemoglobin(f"s{number}"), "code": OTHER} for number in range(20)}
    later = {"s20": {**haemoglobin("s20"), "code": OTHER, "effectiveDateTime": "2026-06-02"}}
    asked = {"h": haemoglobin("h")}
    assert list(thinned({**panel, **later, **asked}, needs)) == ["s0", "s20", "h"]


# ---------------------------------------------------------------------------------------------------------- body sizes
WEIGHT = {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]}


def weight(identity: str) -> Json:
    value = {"value": 70, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"}
    return {**haemoglobin(identity), "code": WEIGHT, "valueQuantity": value}


def dosed(unit: str) -> Json:
    amount = {"value": 1, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
    once = {"timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}}
    return {
        "resourceType": "MedicationRequest", "id": "m", "status": "active", "intent": "order",
        "subject": {"reference": "Patient/p"}, "authoredOn": "2026-06-10",
        "medicationCodeableConcept": {"coding": [{"system": "http://www.whocc.no/atc", "code": "H02AB07"}]},
        "dosageInstruction": [{**once, "doseAndRate": [{"doseQuantity": amount}]}],
    }  # fmt: skip


def opened(
    desk: Desk, chart: list[Json], *, of: str = "p", ordering: bool = False, **more: Any
) -> PatientRecord | None:
    """As a chart is read all of which came along."""
    call = desk.call(request(of=of, prefetch=prefetched(desk.tenant, chart), **more))
    return Opening(desk.counter, call, NOON).look(desk.tenant.studies, {}, ordering=ordering).record


def weights(record: PatientRecord | None) -> int:
    assert record is not None
    return sum(each.evidence.reference.startswith("Observation/w") for each in record.facts)


def test_weights_are_read_only_where_a_dose_may_go_by_them(desk: Desk) -> None:
    shipping = Desk(desk.store, shipped())
    others = [patient(), {**haemoglobin("a"), "code": OTHER}, weight("w1"), weight("w2"), encounter()]
    assert weights(opened(shipping, others)) == 0
    assert weights(opened(shipping, [*others, dosed("mg")])) == 0
    assert weights(opened(shipping, [*others, dosed("mg/kg")])) == 2
    assert weights(opened(shipping, others, ordering=True)) == 2, "the order may go by them"
    access = {"fhirServer": EHR, "fhirAuthorization": LENT}
    assert weights(opened(shipping, [*others, dosed("mg")], **access)) == 2, "it would be asked for twice"
    alone = [patient(), weight("w1"), weight("w2")]
    assert weights(opened(shipping, alone)) == 1, "one shows that the person was seen"


@pytest.mark.parametrize("third", range(3))
def test_without_them_the_answers_are_the_same(desk: Desk, sample: Sample, third: int) -> None:
    shipping, sized = Desk(desk.store, shipped()), 0
    for owner, chart in list(sample.charts.items())[third::3]:
        thin = opened(shipping, list(chart), of=owner)
        whole = opened(shipping, list(chart), of=owner, ordering=True)
        assert (thin is None) == (whole is None)
        if thin is not None and whole is not None:
            assert (thin.contacts, thin.loaded, thin.unreadable) == (whole.contacts, whole.loaded, whole.unreadable)
            assert set(thin.facts) <= set(whole.facts)
            sized += len(thin.facts) < len(whole.facts)
            for study in shipping.tenant.studies:
                assert shipping.verdict(thin, study) == shipping.verdict(whole, study)
    assert sized, "of somebody a weight was left out"
