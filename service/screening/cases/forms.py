"""The short forms of cases.yaml, each made into the FHIR R4 resource it stands for.

A code is written "SYSTEM code" with the system's short name; a quantity "2.1 g/L"; a day as FHIR writes it.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from service.errors import UsageError
from service.screening.cases.model import Json

SYSTEMS = {
    "ATC": "http://www.whocc.no/atc",
    "ICD-10": "http://hl7.org/fhir/sid/icd-10",
    "ICD-10-CM": "http://hl7.org/fhir/sid/icd-10-cm",
    "ICD-10-GM": "http://fhir.de/CodeSystem/bfarm/icd-10-gm",
    "LOCAL": "https://fhir-prescreen.org/fhir/CodeSystem/local",
    "LOINC": "http://loinc.org",
    "RxNorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "SNOMED": "http://snomed.info/sct",
    "consent-scope": "http://terminology.hl7.org/CodeSystem/consentscope",
    "absent": "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips",
    "laboratory": "urn:oid:2.999.1",  # a site's own codes, which nobody maps
}
UCUM = "http://unitsofmeasure.org"
HL7 = "http://terminology.hl7.org/CodeSystem"
ROUTES = {
    "oral": "26643006",
    "intravenous": "47625008",
    "intramuscular": "78421000",
    "subcutaneous": "34206005",
    "topical": "6064005",
    "inhaled": "447694001",
    "ophthalmic": "54485002",
    "intra-articular": "12130007",
}
Form = Mapping[str, Any]


def concept(form: Form, code: str = "code") -> Json:
    """A CodeableConcept of `code` ("SYSTEM code", or a list of them), `display` and `text` (or `name`)."""
    given = form.get(code, [])
    codings: list[Json] = [coding(each) for each in (given if isinstance(given, list) else [given])]
    if "display" in form:
        codings = [{**each, "display": form["display"]} for each in codings]
    text = form.get("text", form.get("name"))
    return {**({"coding": codings} if codings else {}), **({"text": text} if text else {})}


def coding(written: str) -> Json:
    """A Coding of "SYSTEM code". UsageError if the system is none of SYSTEMS."""
    system, _, code = str(written).partition(" ")
    if system not in SYSTEMS or not code:
        raise UsageError(f"{written!r} is no code; write its system and the code, such as 'ICD-10-CM C50.9'. "
                         f"Systems: {', '.join(sorted(SYSTEMS))}")  # fmt: skip
    return {"system": SYSTEMS[system], "code": code.strip()}


def quantity(written: object) -> Json:
    """A Quantity of "2.1 g/L", "<5 mg/L" or a bare number."""
    found = re.fullmatch(r"(<=|>=|<|>)?\s*(-?\d+(?:\.\d+)?)(?:\s+(\S.*))?", str(written))
    if found is None:
        raise UsageError(f"{written!r} is no quantity; write a number and its unit, such as '2.1 g/L'")
    comparator, number, unit = found.groups()
    quantity: Json = {"value": Decimal(number)}
    if unit:
        quantity |= {"unit": unit, "code": unit, "system": UCUM}
    return quantity | ({"comparator": comparator} if comparator else {})


def _status(name: str, code: str) -> Json:
    return {"coding": [{"system": f"{HL7}/{name}", "code": code}]}


def _condition(form: Form) -> Json:
    made: Json = {
        "code": concept(form),
        "clinicalStatus": _status("condition-clinical", form.get("status", "active")),
        "verificationStatus": _status("condition-ver-status", form.get("verification", "confirmed")),
    }
    return made | _dates(form, onset="onsetDateTime", ended="abatementDateTime", recorded="recordedDate")


def _observation(form: Form) -> Json:
    made: Json = {"status": form.get("status", "final"), "code": concept(form)}
    value = form.get("value")
    if isinstance(value, bool):
        made["valueBoolean"] = value
    elif value is not None:
        made["valueQuantity"] = quantity(value)
    if "answer" in form:
        made["valueCodeableConcept"] = {"coding": [coding(form["answer"])]}
    if "words" in form:
        made["valueString"] = form["words"]
    limits = {end: quantity(form[end]) for end in ("low", "high") if end in form}
    return made | ({"referenceRange": [limits]} if limits else {}) | _dates(form, on="effectiveDateTime")


def _medication_request(form: Form) -> Json:
    made: Json = {
        "status": form.get("status", "active"),
        "intent": form.get("intent", "order"),
        "medicationCodeableConcept": concept(form),
        "dosageInstruction": [_dosage(form)],
    }
    return made | _dates({"on": form.get("from"), **form}, on="authoredOn")


def _medication_statement(form: Form) -> Json:
    period = _period(form)
    made: Json = {"status": form.get("status", "active"), "medicationCodeableConcept": concept(form)}
    return made | {"dosage": [_dosage(form)]} | ({"effectivePeriod": period} if period else {})


def _period(form: Form) -> Json:
    return {name: str(form[key]) for key, name in (("from", "start"), ("to", "end")) if form.get(key) is not None}


def _dosage(form: Form) -> Json:
    """`dose` "10 mg" or "2 tablets", `per_day` or `every` "2 d", `as_needed`, `directions`, `route`, `from`, `to`."""
    dosage: Json = {"text": form["directions"]} if "directions" in form else {}
    if "route" in form:
        dosage["route"] = {"coding": [{"system": SYSTEMS["SNOMED"], "code": ROUTES[form["route"]]}]}
    repeat: Json = {"boundsPeriod": period} if (period := _period(form)) else {}
    if "per_day" in form:
        repeat |= {"frequency": form["per_day"], "period": 1, "periodUnit": "d"}
    elif "every" in form:
        length, _, unit = str(form["every"]).partition(" ")
        repeat |= {"frequency": 1, "period": Decimal(length), "periodUnit": unit}
    if "dose" in form:
        dosage["doseAndRate"] = [{"doseQuantity": _dose(form["dose"])}]
    if form.get("as_needed"):
        dosage["asNeededBoolean"] = True
    return dosage | ({"timing": {"repeat": repeat}} if repeat else {})


def _dose(written: object) -> Json:
    number, _, unit = str(written).partition(" ")
    counted = {"tablet": "{tbl}", "tablets": "{tbl}", "capsule": "{capsule}", "capsules": "{capsule}"}
    return quantity(f"{number} {counted.get(unit, unit)}")


def _procedure(form: Form) -> Json:
    made: Json = {"status": form.get("status", "completed"), "code": concept(form)}
    return made | _dates(form, on="performedDateTime")


def _allergy(form: Form) -> Json:
    made: Json = {
        "code": concept(form),
        "clinicalStatus": _status("allergyintolerance-clinical", form.get("status", "active")),
        "verificationStatus": _status("allergyintolerance-verification", form.get("verification", "confirmed")),
    }
    return made | _dates(form, recorded="recordedDate", onset="onsetDateTime")


def _adverse_event(form: Form) -> Json:
    made: Json = {"actuality": "actual", "event": concept(form)}
    if "serious" in form:
        word = "Serious" if form["serious"] else "Non-serious"
        made["seriousness"] = _status("adverse-event-seriousness", word)
    if "suspect" in form or "suspect_code" in form:
        suspect = concept({"code": form.get("suspect_code", []), "text": form.get("suspect")})
        made["contained"] = [{"resourceType": "Medication", "id": "suspect", "code": suspect}]
        made["suspectEntity"] = [{"instance": {"reference": "#suspect"}}]
    return made | _dates(form, on="date")


def _consent(form: Form) -> Json:
    provision = {"type": "permit" if form["given"] else "deny"}
    scope = {"coding": [coding("consent-scope research")]}
    made: Json = {"status": "active", "scope": scope, "category": [scope], "provision": provision}
    return made | _dates(form, on="dateTime")


def _encounter(form: Form) -> Json:
    made: Json = {"status": form.get("status", "finished"), "class": {"system": f"{HL7}/v3-ActCode", "code": "AMB"}}
    return made | {"period": {"start": str(form["on"]), "end": str(form.get("to", form["on"]))}}


def _dates(form: Form, **names: str) -> Json:
    return {name: str(form[key]) for key, name in names.items() if form.get(key) is not None}


FORMS: Mapping[str, tuple[str, str, Callable[[Form], Json]]] = {
    "condition": ("Condition", "subject", _condition),
    "observation": ("Observation", "subject", _observation),
    "medication_request": ("MedicationRequest", "subject", _medication_request),
    "medication_statement": ("MedicationStatement", "subject", _medication_statement),
    "procedure": ("Procedure", "subject", _procedure),
    "allergy": ("AllergyIntolerance", "patient", _allergy),
    "adverse_event": ("AdverseEvent", "subject", _adverse_event),
    "consent": ("Consent", "patient", _consent),
    "encounter": ("Encounter", "subject", _encounter),
}
PATIENT = "Patient/case"


def expand(record: Form, number: int) -> Json:
    """The resource of one entry of `records`, of the case's patient. UsageError says what is not understood."""
    (name, form), *more = record.items()
    if more or (name != "fhir" and name not in FORMS):
        raise UsageError(f"{', '.join(record)}: each record is one of {', '.join(FORMS)}, fhir")
    if name == "fhir":
        key = "patient" if form.get("resourceType") in ("AllergyIntolerance", "Consent", "Immunization") else "subject"
        return {"id": f"r{number}", key: {"reference": PATIENT}, **form}
    type_name, subject, make = FORMS[name]
    try:
        made = make(form)
    except KeyError as missing:
        raise UsageError(f"{name}: {missing.args[0]!r} is missing, or not a known word") from missing
    return {"resourceType": type_name, "id": f"r{number}", subject: {"reference": PATIENT}, **made}
