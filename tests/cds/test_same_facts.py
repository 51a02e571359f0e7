"""The same chart gives the same answers, whether it comes along or is asked for. STANDARDS 1.45."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from service.eligibility.facts import PatientRecord
from service.errors import InsufficientData
from service.screening.cds.templates import PATIENT
from tests.builders import TYPES
from tests.cds.world import Desk, Json, Sample, lent_by, owner_of, prefetched, request
from tests.fhir_server import FhirServer
from tests.screening.world import cancer, encounter, haemoglobin, patient
from tests.working.test_same_as_bulk import EVERYTHING
from tests.working.world import catalog, shipped

EVERY = 8
GONE = "the Patient neither came along"


def record_of(desk: Desk, body: Json) -> PatientRecord | str:
    try:
        found = desk.looks(body).record
    except InsufficientData as problem:
        return str(problem)[: len(GONE)]
    return "held back" if found is None else found


def told(desk: Desk, found: PatientRecord | str) -> Any:
    """The record, and what is made of it by each study."""
    if isinstance(found, str):
        return found
    facts = sorted(found.facts, key=repr)
    return replace(found, facts=tuple(facts)), [desk.verdict(found, each) for each in desk.tenant.studies]


def held_by(server: FhirServer, owner: str) -> list[Json]:
    return [each for kind in ("Patient", *TYPES) for each in server.all(kind) if owner_of(each) == owner]


def both_ways(desk: Desk, server: FhirServer, owner: str) -> tuple[Any, Any]:
    """Once all that the server holds of this patient came along, once nothing did."""
    came = record_of(desk, request(of=owner, prefetch=prefetched(desk.tenant, held_by(server, owner))))
    asked = record_of(desk.with_access(server), request(of=owner, **lent_by(server)))
    return told(desk, came), told(desk, asked)


@pytest.fixture(scope="module")
def crowded(sample: Sample) -> Iterator[FhirServer]:
    """An EHR that holds the invented population, and has small pages."""
    with FhirServer() as running:
        running.rest.most = 25
        for chart in sample.charts.values():
            running.seed(*chart)
        yield running


def test_of_the_invented_population(desk: Desk, crowded: FhirServer, sample: Sample) -> None:
    shipping = Desk(desk.store, shipped())
    for owner in list(sample.charts)[::EVERY]:
        came, asked = both_ways(shipping, crowded, owner)
        assert came == asked, owner


SUBJECT = {"subject": {"reference": "Patient/p"}}
DRUG = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "8640"}]}
MAKERS: list[Json] = [
    cancer("c1"),
    cancer("c2", clinicalStatus={"coding": [{"code": "resolved"}]}, abatementDateTime="2025"),
    cancer("c3", onsetDateTime="2027-01-01"),
    cancer("c4", code={"text": "carcinoma"}),
    cancer("c5", onsetDateTime="not a date"),
    haemoglobin("o1"),
    haemoglobin("o2", value=9, effectiveDateTime="2019"),
    haemoglobin("o3", status="entered-in-error"),
    haemoglobin("o4", effectiveDateTime=None),
    encounter("e1"),
    {
        "resourceType": "MedicationRequest", "id": "m1", "status": "active", "intent": "order", "authoredOn": "2026-06",
        "medicationCodeableConcept": DRUG, **SUBJECT,
    },
    {
        "resourceType": "MedicationRequest", "id": "m2", "status": "active", "intent": "order", "authoredOn": "2026-06",
        "contained": [{"resourceType": "Medication", "id": "x", "code": DRUG}],
        "medicationReference": {"reference": "#x"}, **SUBJECT,
    },
    {"resourceType": "Procedure", "id": "p1", "status": "completed", "performedDateTime": "2020",
     "code": {"coding": [{"system": "http://snomed.info/sct", "code": "4"}]}, **SUBJECT},
    {"resourceType": "AllergyIntolerance", "id": "a1", "patient": {"reference": "Patient/p"},
     "code": {"coding": [{"system": "http://snomed.info/sct", "code": "5"}]}},
]  # fmt: skip
PATIENTS: list[Json] = [
    patient(),
    patient(birthDate="1970"),
    patient(birthDate=None, gender=None),
    patient(active=False),
    patient(deceasedBoolean=True),
    patient(birthDate="never"),
]


@given(st.sampled_from(PATIENTS), st.lists(st.sampled_from(MAKERS), unique_by=lambda each: str(each["id"])))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_of_any_chart(desk: Desk, server: FhirServer, person: Json, held: list[Json]) -> None:
    every = Desk(desk.store, catalog(EVERYTHING))
    for kind in ("Patient", *(str(each["resourceType"]) for each in MAKERS)):
        for each in server.all(kind):
            server.remove(kind, each["id"])
    chart = tuple({name: value for name, value in each.items() if value is not None} for each in (person, *held))
    server.seed(*chart)
    came, asked = both_ways(every, server, "p")
    assert came == asked


@pytest.mark.parametrize("lacking", ["condition", "observation", "encounter", PATIENT])
def test_what_came_in_part_is_filled_up(desk: Desk, server: FhirServer, lacking: str) -> None:
    chart = (patient(), cancer(), haemoglobin(), encounter())
    server.seed(*chart)
    came = prefetched(desk.tenant, held_by(server, "p"))
    whole = record_of(desk, request(prefetch=came))
    del came[lacking]
    asked = record_of(desk.with_access(server), request(prefetch=came, **lent_by(server)))
    assert told(desk, asked) == told(desk, whole)
    assert len(server.log.of(where="/fhir/(?!metadata)")) == 1


class TestMergedRecords:
    """The records of one person that lie under several Patients."""

    old = patient("old", link=[{"other": {"reference": "Patient/p"}, "type": "replaced-by"}])
    new = patient(link=[{"other": {"reference": "Patient/old"}, "type": "replaces"}])

    def came(self, desk: Desk) -> Json:
        return prefetched(desk.tenant, (self.new, haemoglobin(), encounter()))

    def test_what_lies_under_the_other_is_read(self, desk: Desk, server: FhirServer) -> None:
        server.seed(self.old, self.new, cancer("c", of="old"))
        body = request(prefetch=self.came(desk), **lent_by(server))
        assert desk.with_access(server).outcomes(body)["E1"] == "met"

    def test_without_access_nothing_is_whole(self, desk: Desk) -> None:
        assert desk.outcomes(request(prefetch=self.came(desk)))["E1"] == "unknown"

    @pytest.mark.parametrize("where", ["Patient(/old|\\?link)", "Condition\\?patient=Patient/old"])
    @pytest.mark.parametrize("asked_besides", [True, False])
    def test_if_it_cannot_be_read_nothing_is_whole(
        self, desk: Desk, server: FhirServer, where: str, asked_besides: bool
    ) -> None:
        server.seed(self.old, self.new, cancer("c", of="old"), haemoglobin(), encounter())
        server.fail(where=where, status=503, times=99)
        came = self.came(desk)
        if asked_besides:
            del came["condition"]
        body = request(prefetch=came, **lent_by(server))
        assert desk.with_access(server).outcomes(body)["E1"] == "unknown"

    def test_of_a_record_that_was_replaced_nothing_is_said(self, desk: Desk, server: FhirServer) -> None:
        server.seed(self.old, self.new)
        came = prefetched(desk.tenant, (self.old, haemoglobin(of="old"), encounter(of="old")))
        answer = desk.with_access(server).answers(request(of="old", prefetch=came, **lent_by(server)))
        assert answer.cards == ()
