"""What is written into charts: visits, diagnoses, results, allergies, procedures, vaccines and consents."""

from typing import Any, NamedTuple

from service.screening.sample.chart import Chart
from service.screening.sample.terms import (
    HL7,
    ICD10CM,
    LOCAL,
    LOINC,
    SNOMED,
    Element,
    coding,
    concept,
    hl7,
    quantity,
    reference,
)

SETTINGS = {"AMB": "ambulatory", "IMP": "inpatient encounter", "EMER": "emergency"}
VISIT_TYPES = {
    "AMB": concept(coding(SNOMED, "185349003", "Encounter for check up (procedure)")),
    "IMP": concept(coding(SNOMED, "32485007", "Hospital admission (procedure)")),
    "EMER": concept(coding(SNOMED, "50849002", "Emergency room admission (procedure)")),
}

PROBLEM = ("problem-list-item", "Problem List Item")
ENCOUNTER_DIAGNOSIS = ("encounter-diagnosis", "Encounter Diagnosis")


class Lab(NamedTuple):
    """A test: LOINC code, display, unit, and the limits of normal (None: one-sided)."""

    code: str
    display: str
    unit: str
    low: float | None
    high: float | None
    system: str = LOINC


SERUM_IGG4 = Lab("2469-5", "IgG subclass 4 [Mass/volume] in Serum", "mg/dL", 4, 86)
RESPONDER_INDEX = Lab("igg4rd-ri-total", "IgG4-RD Responder Index total", "{score}", None, None, LOCAL)


def visit(chart: Chart, ago: int, setting: str = "AMB", nights: int = 0) -> str:
    """A visit or stay that began `ago` days ago; its reference."""
    kind: Element = {"class": coding(f"{HL7}/v3-ActCode", setting, SETTINGS[setting])}  # a word Python keeps for itself
    over = chart.instant(max(ago - nights, 0), 15)
    return chart.add(
        "Encounter",
        ago,
        status="finished",
        **kind,
        type=[VISIT_TYPES[setting]],
        period={"start": chart.instant(ago), "end": over},
    )


def snomed(code: str, display: str) -> Element:
    """A SNOMED CT coding of a disorder or finding."""
    return coding(SNOMED, code, display)


def icd(code: str, display: str | None = None) -> Element:
    """An ICD-10-CM coding."""
    return coding(ICD10CM, code, display)


def condition(
    chart: Chart,
    code: Element,
    onset: str | None,
    *,
    recorded: int,
    status: str | None = "active",
    abated: str | None = None,
    verified: str = "confirmed",
    encounter: str | None = None,
) -> str:
    """A problem, or the diagnosis of a visit if `encounter` is given. `onset` and `abated` are dates as written."""
    category = ENCOUNTER_DIAGNOSIS if encounter else PROBLEM
    return chart.add(
        "Condition",
        recorded,
        clinicalStatus=hl7("condition-clinical", status) if status else None,
        verificationStatus=hl7("condition-ver-status", verified),
        category=[hl7("condition-category", *category)],
        code=code,
        onsetDateTime=onset,
        abatementDateTime=abated,
        recordedDate=chart.day(recorded),
        encounter=reference(encounter) if encounter else None,
    )


def observation(chart: Chart, code: Element, ago: int, category: str = "laboratory", **value: Any) -> str:
    """A final observation with whatever value is given (`valueCodeableConcept=…`, `valueQuantity=…`)."""
    return chart.add(
        "Observation",
        ago,
        status="final",
        category=[hl7("observation-category", category)],
        code=code,
        effectiveDateTime=chart.instant(ago, 10),
        **value,
    )


def result(chart: Chart, lab: Lab, value: float, ago: int, encounter: str | None = None, **more: Any) -> str:
    """A numeric result with its unit, its limits of normal and where it lies between them."""
    limits = {"low": lab.low, "high": lab.high}
    interval = {end: quantity(limit, lab.unit) for end, limit in limits.items() if limit is not None}
    whole: Element = {"valueQuantity": quantity(value, lab.unit)}
    if interval:
        whole["referenceRange"] = [interval]
        whole["interpretation"] = [_interpretation(lab, value)]
    if encounter:
        whole["encounter"] = reference(encounter)
    return observation(chart, concept(coding(lab.system, lab.code, lab.display)), ago, **{**whole, **more})


def _interpretation(lab: Lab, value: float) -> Element:
    if lab.high is not None and value > lab.high:
        return hl7("v3-ObservationInterpretation", "H", "High")
    if lab.low is not None and value < lab.low:
        return hl7("v3-ObservationInterpretation", "L", "Low")
    return hl7("v3-ObservationInterpretation", "N", "Normal")


def finding(chart: Chart, code: str, display: str, answer: Element, ago: int, category: str = "laboratory") -> str:
    """A result in words: positive, negative, pregnant."""
    return observation(chart, concept(coding(LOINC, code, display)), ago, category, valueCodeableConcept=answer)


def allergy(chart: Chart, code: Element, ago: int, *, clinical: str = "active", verified: str = "confirmed") -> str:
    """An allergy to a drug; `clinical` (active, inactive, resolved) must be stated even for a refuted one (ait-1)."""
    return chart.add(
        "AllergyIntolerance",
        ago,
        clinicalStatus=hl7("allergyintolerance-clinical", clinical),
        verificationStatus=hl7("allergyintolerance-verification", verified),
        type="allergy",
        category=["medication"],
        code=code,
        recordedDate=chart.day(ago),
    )


def procedure(chart: Chart, code: Element, ago: int) -> str:
    """A procedure done that many days ago."""
    return chart.add("Procedure", ago, status="completed", code=code, performedDateTime=chart.instant(ago, 11))


def vaccination(chart: Chart, code: Element, ago: int) -> str:
    """A vaccine given that many days ago."""
    return chart.add(
        "Immunization", ago, status="completed", vaccineCode=code, occurrenceDateTime=chart.day(ago), primarySource=True
    )


def research_consent(chart: Chart, ago: int, *, permits: bool) -> str:
    """A plain decision about research with one's data, in force."""
    policy = ("OPTIN", "opt-in") if permits else ("OPTOUT", "opt-out")
    return chart.add(
        "Consent",
        ago,
        status="active",
        scope=hl7("consentscope", "research", "Research"),
        category=[concept(coding(LOINC, "59284-0", "Consent Document"))],
        dateTime=chart.instant(ago),
        policyRule=hl7("v3-ActCode", *policy),
        provision={"type": "permit" if permits else "deny"},
    )
