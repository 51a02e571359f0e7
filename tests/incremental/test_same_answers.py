"""Whatever changes in a hospital: going on from one export to the next comes to what a run over everything says."""

from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings, strategies as st

from tests.incremental.world import DAY, Hospital, Json, Resource, check_same, run_on, run_whole

PEOPLE = ("p", "q", "r", "s")
people = st.sampled_from(PEOPLE)
days = st.integers(-900, 250).map(lambda each: (DAY + timedelta(each)).isoformat())
META = st.sampled_from(({}, {"meta": {"versionId": "1"}}, {"meta": {"lastUpdated": "2020-01-01T00:00:00Z"}}))


def about(of: str) -> Json:
    return {"subject": {"reference": f"Patient/{of}"}}


def coded(system: str, code: str, text: str) -> Json:
    return {"coding": [{"system": system, "code": code}], "text": text}


@st.composite
def patients(draw: st.DrawFn) -> Json:
    links = st.builds(
        lambda kind, other: {"link": [{"type": kind, "other": {"reference": f"Patient/{other}"}}]},
        st.sampled_from(("replaced-by", "replaces")), people,
    )  # fmt: skip
    more = draw(
        st.one_of(
            st.just({}), st.just({}), links,
            st.sampled_from(({"birthDate": "x"}, {"birthDate": "2008-08-01"}, {"deceasedBoolean": True})),
            st.builds(lambda day: {"deceasedDateTime": day}, days),
        )
    )  # fmt: skip
    return {"resourceType": "Patient", "id": draw(people), "birthDate": "1970-05-05", "gender": "female", **more}


@st.composite
def conditions(draw: st.DrawFn) -> Json:
    code = draw(
        st.sampled_from((coded("http://hl7.org/fhir/sid/icd-10-cm", "C50.9", "breast cancer"), {"text": "pneumonia"},
                         coded("http://hl7.org/fhir/sid/icd-10-cm", "M16.1", "arthrosis"), 5))
    )  # fmt: skip
    onset = draw(st.one_of(days.map(lambda day: {"onsetDateTime": day}), st.just({})))
    visit: Json = {} if onset else {
        "category": [{"coding": [{"code": "encounter-diagnosis"}]}],
        "encounter": {"reference": f"Encounter/{draw(st.sampled_from('vwx'))}"},
    }  # fmt: skip
    return {"resourceType": "Condition", "id": draw(st.sampled_from("cde")), "code": code, **about(draw(people)),
            **onset, **visit}  # fmt: skip


@st.composite
def results(draw: st.DrawFn) -> Json:
    named = {"718-7": "Hemoglobin", "29463-7": "Weight", "9999-9": "something", "2951-2": "Sodium"}
    code = draw(st.sampled_from(sorted(named)))
    kind = coded("http://loinc.org", code, named[code])
    weight = kind["text"] == "Weight"
    value = {"value": draw(st.sampled_from((8, 13, 70))), "unit": "kg" if weight else "g/dL",
             "code": "kg" if weight else "g/dL", "system": "http://unitsofmeasure.org"}  # fmt: skip
    return {"resourceType": "Observation", "id": draw(st.sampled_from("abefgh")), "status": "final", "code": kind,
            "valueQuantity": value, "effectiveDateTime": draw(days), **about(draw(people))}  # fmt: skip


@st.composite
def visits(draw: st.DrawFn) -> Json:
    start = date.fromisoformat(draw(days))
    period = {"start": start.isoformat(), "end": (start + timedelta(draw(st.sampled_from((0, 3, 60))))).isoformat()}
    return {"resourceType": "Encounter", "id": draw(st.sampled_from("vwx")), "status": "finished",
            "class": {"code": "AMB"}, "period": period, **about(draw(people))}  # fmt: skip


@st.composite
def drugs(draw: st.DrawFn) -> Json:
    name = draw(st.sampled_from(("Prednisolone 5 MG Oral Tablet", "Sirolimus 1 MG Oral Tablet", "Paracetamol")))
    return {"resourceType": "Medication", "id": draw(st.sampled_from("mn")), "code": {"text": name}}


@st.composite
def orders(draw: st.DrawFn) -> Json:
    by_weight = {"doseQuantity": {"value": 1, "unit": "mg/kg"}}
    dose = draw(st.sampled_from((by_weight, {"doseQuantity": {"value": 10, "unit": "mg"}})))
    which = draw(
        st.sampled_from(({"medicationReference": {"reference": "Medication/m"}},
                         {"medicationReference": {"reference": "https://ehr.example/fhir/Medication/n/_history/2"}},
                         {"medicationCodeableConcept": {"text": "Prednisolone"}}))
    )  # fmt: skip
    instruction = {"doseAndRate": [dose], "timing": {"code": {"text": "BID"}}}
    period = draw(
        st.sampled_from(({}, {"dispenseRequest": {"expectedSupplyDuration": {"value": 30, "unit": "d", "code": "d",
                              "system": "http://unitsofmeasure.org"}}}))
    )  # fmt: skip
    return {"resourceType": "MedicationRequest", "id": draw(st.sampled_from("xy")), "status": "active",
            "intent": "order", "authoredOn": draw(days), "dosageInstruction": [instruction], **which, **period,
            **about(draw(people))}  # fmt: skip


@st.composite
def refusals(draw: st.DrawFn) -> Json:
    start = date.fromisoformat(draw(days))
    period = {"start": start.isoformat(), "end": (start + timedelta(draw(st.integers(0, 200)))).isoformat()}
    scope = coded("http://terminology.hl7.org/CodeSystem/consentscope", "research", "research")
    return {"resourceType": "Consent", "id": "o", "status": "active", "scope": scope,
            "patient": {"reference": f"Patient/{draw(people)}"},
            "provision": {"type": draw(st.sampled_from(("deny", "permit"))), "period": period}}  # fmt: skip


TWICE = [
    b'{"resourceType":"Condition","id":"c","code":{"text":"cold"},"code":{"text":"cancer"},'
    b'"subject":{"reference":"Patient/p"}}',
    b'{"resourceType":"Medication","id":"m","code":{"text":"cold"},"code":{"text":"Sirolimus"}}',
]
MAKERS = (patients(), conditions(), results(), visits(), drugs(), orders(), refusals())


@st.composite
def resources(draw: st.DrawFn) -> Resource:
    made: Any = draw(st.one_of(*MAKERS, *MAKERS, *MAKERS, st.sampled_from(TWICE)))
    return made if isinstance(made, bytes) else {**made, **draw(META)}


KEYS = ("Patient/p", "Patient/q", "Condition/c", "Condition/d", "Observation/a", "Observation/e", "Encounter/v",
        "Medication/m", "MedicationRequest/x", "Consent/o")  # fmt: skip
LATER = st.sampled_from((0, 0, 1, 30, 200))
STEPS = st.lists(
    st.tuples(st.lists(resources(), max_size=5), st.lists(st.sampled_from(KEYS), max_size=3), LATER),
    min_size=1,
    max_size=3,
)  # fmt: skip
FIRST = [{"resourceType": "Patient", "id": each, "birthDate": "1970-05-05", "gender": "female"} for each in PEOPLE[:3]]


@given(before=st.lists(resources(), max_size=12), steps=STEPS, accepted=st.integers(0, 1))
@settings(max_examples=60, deadline=None)
def test_going_on_comes_to_what_everything_says(
    before: list[Resource], steps: list[tuple[list[Resource], list[str], int]], accepted: int
) -> None:
    with TemporaryDirectory() as place:
        hospital, at = Hospital(Path(place)), DAY
        hospital.put(*FIRST, *before)
        state = Path(place) / "state"
        found = run_on(hospital.next(), state, at, accepted)
        for number, (put, removed, later) in enumerate(steps):
            for each in removed:
                hospital.records.pop(each, None)
            hospital.put(*put)
            at += timedelta(later)
            found = run_on(hospital.next(), state, at, accepted)
            check_same(found, run_whole(hospital.everything(f"everything{number}"), at, accepted))
