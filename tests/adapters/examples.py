"""Small valid resources, one per kind, which the adapter tests vary."""

from zoneinfo import ZoneInfo

from service.eligibility.units import UnitTable
from service.fhir.adapt import Adapted, Reading, adapt

SCT = "http://snomed.info/sct"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
UNITS = UnitTable(text_aliases={"mg per dL": "mg/dL", "years": "a", "mg": "mg", "g": "g", "pg/mL": "pg/mL"})
READING = Reading(zone=ZoneInfo("Europe/Berlin"), units=UNITS, aliases={"urn:uuid:aaa": "Patient/1"})


def coded(code: str, system: str = SCT, **more: object) -> dict[str, object]:
    """A CodeableConcept with one coding."""
    return {"coding": [{"system": system, "code": code, **more}]}


def quantity(value: object, code: str = "mg/dL", **more: object) -> dict[str, object]:
    """A Quantity in UCUM."""
    return {"value": value, "unit": code, "system": UCUM, "code": code, **more}


def make(kind: str, **elements: object) -> dict[str, object]:
    """A resource of this kind about patient 1; an element set to None is left out."""
    subject = "patient" if kind in ("AllergyIntolerance", "Immunization") else "subject"
    whole = {"resourceType": kind, "id": "x", subject: {"reference": "Patient/1"}, **EXAMPLES.get(kind, {}), **elements}
    return {name: value for name, value in whole.items() if value is not None}


def read(kind: str, reading: Reading = READING, **elements: object) -> Adapted:
    """What the adapter makes of `make(kind, …)`."""
    return adapt(make(kind, **elements), reading)


def fact(kind: str, reading: Reading = READING, **elements: object):  # type: ignore[no-untyped-def]
    """The first fact of `make(kind, …)`; fails if something was unreadable."""
    adapted = read(kind, reading, **elements)
    assert not adapted.unreadable, adapted.unreadable
    return adapted.facts[0]


EXAMPLES: dict[str, dict[str, object]] = {
    "Condition": {
        "meta": {"versionId": "3", "lastUpdated": "2024-06-01T10:00:00Z"},
        "clinicalStatus": coded("active", "http://terminology.hl7.org/CodeSystem/condition-clinical"),
        "verificationStatus": coded("confirmed", "http://terminology.hl7.org/CodeSystem/condition-ver-status"),
        "category": [coded("problem-list-item", "http://terminology.hl7.org/CodeSystem/condition-category")],
        "code": {**coded("44054006", display="Diabetes mellitus type 2"), "text": "Diabetes"},
        "onsetDateTime": "2020-05",
        "recordedDate": "2021-01-04",
    },
    "Observation": {
        "status": "final",
        "code": coded("2160-0", LOINC, display="Creatinine"),
        "effectiveDateTime": "2024-05-03T08:15:00+02:00",
        "valueQuantity": quantity(1.1),
        "referenceRange": [{"low": quantity(0.6), "high": quantity(1.2)}],
        "interpretation": [coded("N", "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation")],
    },
    "AllergyIntolerance": {
        "clinicalStatus": coded("active", "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"),
        "verificationStatus": coded(
            "confirmed", "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
        ),
        "code": coded("387560006", display="Sirolimus"),
        "recordedDate": "2019-02-03",
        "reaction": [{"substance": coded("1", "http://local"), "manifestation": [coded("271807003")]}],
    },
    "AdverseEvent": {
        "actuality": "actual",
        "event": coded("39579001", display="Anaphylaxis"),
        "date": "2022-03-04",
        "seriousness": {"coding": [{"code": "serious"}]},
        "suspectEntity": [{"instance": {"reference": "#drug", "display": "Rapamune"}}],
        "contained": [{"resourceType": "Medication", "id": "drug", "code": coded("35302", "rxnorm")}],
    },
    "Procedure": {
        "status": "completed",
        "code": coded("236886002", display="Hysterectomy"),
        "performedPeriod": {"start": "2020-01-01", "end": "2020-01-02"},
    },
    "Immunization": {"status": "completed", "vaccineCode": coded("207", "cvx"), "occurrenceDateTime": "2021-04-05"},
    "Consent": {
        "patient": {"reference": "Patient/1"},
        "status": "active",
        "scope": coded("research", "http://terminology.hl7.org/CodeSystem/consentscope"),
        "category": [coded("59284-0", LOINC)],
        "dateTime": "2023-01-02",
        "provision": {"type": "deny"},
    },
    "Encounter": {
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "type": [coded("11429006")],
        "period": {"start": "2024-05-03T08:00:00+02:00", "end": "2024-05-05T09:00:00+02:00"},
    },
    "MedicationRequest": {
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": coded("312615", "http://www.nlm.nih.gov/research/umls/rxnorm"),
        "authoredOn": "2024-05-03",
        "dosageInstruction": [{"timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}}],
    },
}
