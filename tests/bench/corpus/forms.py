"""How the lines of each type look: resources with holes, made to bytes once, so that a line costs only its filling.

A hole is `$name` within a string; `#$name` is a string that becomes the bare value, such as a number. Every line has
`id` and `patient`; `who` is the patient's name, `visit` the id of the Encounter, `when` an instant, `day` its day,
`until` the end of the visit, `later` a day after it. Shape and size of lines are those of Synthea's exports by way of a
FHIR server, which adds `meta`.
"""

import re
from typing import Any

import orjson

from service.screening.sample.terms import HL7, LOINC, Element, coding, concept, hl7, quantity

US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
SUBJECT = {"reference": "Patient/$patient", "display": "$who"}
VISIT = {"reference": "Encounter/$visit"}
DOCTOR = {"reference": "Practitioner/7d3a1f0e-52c4-4c1b-9a70-0c7c5f6b1e21", "display": "Dr. Ada Voss"}
WARD = {"reference": "Organization/1b7e7c62-0d7f-4a5b-8f0a-c1f3b3a9d0f4", "display": "Riverside General Hospital"}
PLACE = {"reference": "Location/5f0c2b7d-94ad-4c62-b8b7-6f1b0fb1d1aa", "display": "Riverside General Hospital"}
LABORATORY = (("laboratory", "Laboratory"), "observation-lab")
VITAL_SIGNS = (("vital-signs", "Vital Signs"), "vital-signs")
SURVEY = (("survey", "Survey"), "observation-screening-assessment")
SOCIAL = (("social-history", "Social History"), "observation-social-history")
Category = tuple[tuple[str, str], str]


def form(resource: Element) -> bytes:
    """A line with its line end, to be filled by `%` with a mapping of bytes."""
    text = orjson.dumps(resource, option=orjson.OPT_APPEND_NEWLINE).replace(b"%", b"%%")
    return re.sub(rb'"#\$(\w+)"|\$(\w+)', lambda found: b"%%(%b)b" % (found[1] or found[2]), text)


def resource_of(kind: str, profile: str | None = None, **elements: Any) -> bytes:
    meta: Element = {"versionId": "1", "lastUpdated": "$when"}
    if profile:
        meta["profile"] = [profile if profile.startswith("http") else US_CORE + profile]
    return form({"resourceType": kind, "id": "$id", "meta": meta, **elements})


def told(code: Element) -> Element:
    """The same concept with a text, as servers write it."""
    return {**code, "text": code.get("text") or code["coding"][0].get("display", "")}


def _observation(code: Element, category: Category, **value: Any) -> bytes:
    (name, display), profile = category
    return resource_of(
        "Observation",
        profile,
        status="final",
        category=[hl7("observation-category", name, display)],
        code=told(code),
        subject=SUBJECT,
        encounter=VISIT,
        effectiveDateTime="$when",
        issued="$when",
        performer=[DOCTOR],
        **value,
    )


def measured(
    code: Element, unit: str, category: Category, low: float | None = None, high: float | None = None
) -> bytes:
    """A number with its unit, and with limits of normal where there are any."""
    more: Element = {"valueQuantity": quantity("#$value", unit)}  # type: ignore[arg-type]
    limits = {end: quantity(limit, unit) for end, limit in (("low", low), ("high", high)) if limit is not None}
    if limits:
        words = " - ".join(f"{each['value']:g}" for each in limits.values())
        more["interpretation"] = [hl7("v3-ObservationInterpretation", "N", "Normal")]
        more["referenceRange"] = [{**limits, "text": f"{words} {unit}"}]
    return _observation(code, category, **more)


def answered(code: Element, category: Category, answer: Element) -> bytes:
    """A result in words."""
    return _observation(code, category, valueCodeableConcept=told(answer))


def blood_pressure() -> bytes:
    """A panel of two components."""
    parts = (("8480-6", "Systolic blood pressure", "#$value"), ("8462-4", "Diastolic blood pressure", "#$other"))
    components = [
        {"code": told(concept(coding(LOINC, code, name))), "valueQuantity": quantity(value, "mmHg", "mm[Hg]")}  # type: ignore[arg-type]
        for code, name, value in parts
    ]
    panel = concept(coding(LOINC, "85354-9", "Blood pressure panel with all children optional"))
    return _observation(panel, VITAL_SIGNS, component=components)


def patient() -> bytes:
    """A Patient: `sex`, `letter` of it, `born`, `family`, `given`, `number`."""
    race = [
        {"url": "ombCategory", "valueCoding": coding("urn:oid:2.16.840.1.113883.6.238", "2106-3", "White")},
        {"url": "text", "valueString": "White"},
    ]
    record = told(hl7("v2-0203", "MR", "Medical Record Number"))
    insured = told(hl7("v2-0203", "SS", "Social Security Number"))
    return resource_of(
        "Patient",
        "patient",
        extension=[
            {"url": US_CORE + "race", "extension": race},
            {"url": US_CORE + "birthsex", "valueCode": "$letter"},
            {
                "url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace",
                "valueAddress": {"city": "Springfield", "state": "Massachusetts", "country": "US"},
            },
        ],
        identifier=[
            {"use": "usual", "type": record, "system": "http://hospital.example.org/mrn", "value": "$number"},
            {"type": insured, "system": "http://hl7.org/fhir/sid/us-ssn", "value": "999-00-0000"},
        ],
        active=True,
        name=[{"use": "official", "family": "$family", "given": ["$given"], "text": "$who"}],
        telecom=[{"system": "phone", "value": "555-0100", "use": "home"}],
        gender="$sex",
        birthDate="$born",
        address=[
            {
                "use": "home",
                "line": ["586 Station Road"],
                "city": "Springfield",
                "state": "MA",
                "postalCode": "01013",
                "country": "US",
            }
        ],
        maritalStatus=told(hl7("v3-MaritalStatus", "M", "Married")),
        communication=[{"language": told(concept(coding("urn:ietf:bcp:47", "en-US", "English")))}],
        generalPractitioner=[DOCTOR],
        managingOrganization=WARD,
    )


def encounter(setting: tuple[str, str], kind: Element, reason: Element | None) -> bytes:
    """A visit; its own id is `visit`."""
    why = {"reasonCode": [told(reason)]} if reason else {}
    person = [hl7("v3-ParticipationType", "PPRF", "primary performer")]
    return resource_of(
        "Encounter",
        "encounter",
        status="finished",
        **{"class": coding(f"{HL7}/v3-ActCode", *setting)},
        type=[told(kind)],
        subject=SUBJECT,
        participant=[{"type": person, "individual": DOCTOR}],
        period={"start": "$when", "end": "$until"},
        **why,
        serviceProvider=WARD,
    )


def condition(code: Element, *, over: bool) -> bytes:
    """A diagnosis; `over`: it ended on the day `later`."""
    profile = "condition-encounter-diagnosis"
    return resource_of(
        "Condition",
        profile,
        clinicalStatus=hl7("condition-clinical", "resolved" if over else "active", "Resolved" if over else "Active"),
        verificationStatus=hl7("condition-ver-status", "confirmed", "Confirmed"),
        category=[hl7("condition-category", "encounter-diagnosis", "Encounter Diagnosis")],
        code=told(code),
        subject=SUBJECT,
        encounter=VISIT,
        onsetDateTime="$when",
        **({"abatementDateTime": "$later"} if over else {}),
        recordedDate="$when",
        recorder=DOCTOR,
    )


def allergy(code: Element, category: str) -> bytes:
    """An allergy, or the statement that there is none."""
    return resource_of(
        "AllergyIntolerance",
        "allergyintolerance",
        clinicalStatus=hl7("allergyintolerance-clinical", "active", "Active"),
        verificationStatus=hl7("allergyintolerance-verification", "confirmed", "Confirmed"),
        type="allergy",
        category=[category],
        criticality="low",
        code=told(code),
        patient=SUBJECT,
        recordedDate="$when",
        recorder=DOCTOR,
    )


def report(code: Element, parts: tuple[str, ...]) -> bytes:
    """A report of several results, by their names."""
    return resource_of(
        "DiagnosticReport",
        "diagnosticreport-lab",
        status="final",
        category=[told(hl7("v2-0074", "LAB", "Laboratory"))],
        code=told(code),
        subject=SUBJECT,
        encounter=VISIT,
        effectiveDateTime="$when",
        issued="$when",
        performer=[WARD],
        resultsInterpreter=[DOCTOR],
        result=[{"type": "Observation", "display": each} for each in parts],
        conclusion="No value outside of what is usual for this age.",
    )


def claim(items: tuple[Element, ...]) -> bytes:
    """A bill: nothing that a study asks for stands in it."""
    price = {"value": "#$value", "currency": "USD"}
    return resource_of(
        "Claim",
        None,
        status="active",
        type=told(hl7("claim-type", "institutional", "Institutional")),
        use="claim",
        patient=SUBJECT,
        billablePeriod={"start": "$when", "end": "$until"},
        created="$when",
        insurer={"display": "Commonwealth Mutual"},
        provider=WARD,
        priority=hl7("processpriority", "normal", "Normal"),
        facility=PLACE,
        careTeam=[{"sequence": 1, "provider": DOCTOR, "responsible": True}],
        insurance=[{"sequence": 1, "focal": True, "coverage": {"display": "Commonwealth Mutual"}}],
        item=[
            {
                "sequence": number,
                "productOrService": told(each),
                "servicedPeriod": {"start": "$when", "end": "$until"},
                "quantity": {"value": 1},
                "unitPrice": price,
                "net": price,
                "encounter": [VISIT],
            }
            for number, each in enumerate(items, 1)
        ],
        total=price,
    )
