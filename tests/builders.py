"""Small makers of facts, records and knowledge, so that a test says only what it is about."""

import json
from datetime import date
from decimal import Decimal

from service.eligibility.criteria import Node
from service.eligibility.dates import ANY_DAY, FOREVER, Days, Span
from service.eligibility.dosing.half_lives import HalfLife, HalfLives
from service.eligibility.evaluate import Case, Judgement, Knowledge, evaluate
from service.eligibility.facts import (
    AdverseEventFact,
    AllergyFact,
    Certainty,
    ConditionFact,
    ConsentFact,
    EncounterFact,
    Evidence,
    Fact,
    ImmunizationFact,
    Loaded,
    ObservationFact,
    PatientRecord,
    Person,
    ProcedureFact,
    Unreadable,
)
from service.eligibility.policy import Policy
from service.eligibility.quantity import Interval, Quantity
from service.eligibility.terms import Codes, Coding, Concept, Terminology, ValueSet
from service.eligibility.units import UnitTable

AT = date(2026, 6, 30)
SCT = "http://snomed.info/sct"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
TYPES = (
    "Condition Observation MedicationRequest MedicationStatement MedicationDispense MedicationAdministration "
    "AllergyIntolerance AdverseEvent Procedure Immunization Consent Encounter"
).split()


def coded(system: str, *codes: str) -> Codes:
    """Listed codes of one system."""
    return Codes(frozenset(Coding(system, each) for each in codes))


CANCER = ValueSet(
    "cancer",
    "cancer",
    sure=Codes(frozenset({Coding(SCT, "1")}), (Coding(ICD, "C"),)),
    inexact=coded(SCT, "2"),
    words=("carcinoma", "cancer"),
    not_words=("cancer screening",),
    exhaustive=frozenset({ICD}),
)
SKIN = ValueSet("skin", "skin cancer", sure=Codes(prefixes=(Coding(ICD, "C44"),)), words=("basal cell",))
COLD = ValueSet("cold", "a cold", sure=coded(SCT, "3"), words=("common cold",), self_limited_days=60)
HB = ValueSet("hb", "haemoglobin", sure=coded(LOINC, "hb"), words=("haemoglobin",))
VIRUS = ValueSet("virus", "a virus test", sure=coded(LOINC, "virus"), words=("virus test",))
POSITIVE = ValueSet("positive", "positive", sure=coded(SCT, "pos"), words=("positive",))
NEGATIVE = ValueSet("negative", "negative", sure=coded(SCT, "neg"), words=("negative",))
OPERATION = ValueSet("operation", "an operation", sure=coded(SCT, "4"), words=("operation",))
LATEX = ValueSet("latex", "latex", sure=coded(SCT, "5"), words=("latex",))
NO_ALLERGY = ValueSet("no-allergy", "no known allergy", sure=coded(SCT, "6"), words=("no known allerg",))
PREGNANCY = ValueSet("pregnancy", "pregnancy", sure=coded(SCT, "7"), words=("pregnan",), self_limited_days=294)
PREGNANCY_TEST = ValueSet("pregnancy-test", "a pregnancy test", sure=coded(LOINC, "hcg"), words=("pregnancy test",))
HYSTERECTOMY = ValueSet("hysterectomy", "hysterectomy", sure=coded(SCT, "8"), words=("hysterectomy",))
BREAST_FEEDING = ValueSet("feeding", "breast feeding", sure=coded(SCT, "10"), words=("lactation",))
FEEDING_STATUS = ValueSet("feeding-status", "breast feeding status", sure=coded(LOINC, "bf"), words=("breast feeding",))
RESEARCH = ValueSet("research", "consent to research", sure=coded(SCT, "11"), words=("research",))
DRUG = ValueSet("drug", "prednisone", sure=coded(RXNORM, "8640", "6902"), words=("prednisone",))
TEN_TO_TWENTY_DAYS = HalfLife("prednisone", Interval(Decimal(10), Decimal(20)), "invented for tests")
REACTION = ValueSet("reaction", "a reaction", sure=coded(SCT, "12"), words=("reaction",))
VACCINE = ValueSet("vaccine", "a vaccine", sure=coded(SCT, "13"), words=("vaccine",))
ADMISSION = ValueSet("admission", "an admission", sure=coded(SCT, "14"), words=("admission",))
GOUT = ValueSet("gout", "gout", sure=coded(SCT, "15"), words=("gout",))
ONE_DRUG = ValueSet("one-drug", "prednisone alone", sure=coded(RXNORM, "8640"), words=("prednisone",))
SETS = (
    *(CANCER, SKIN, COLD, HB, VIRUS, POSITIVE, NEGATIVE, OPERATION, LATEX, NO_ALLERGY, PREGNANCY, PREGNANCY_TEST),
    *(HYSTERECTOMY, BREAST_FEEDING, FEEDING_STATUS, RESEARCH, DRUG, REACTION, VACCINE, ADMISSION),
    *(GOUT, ONE_DRUG),
)


def knowledge(policy: Policy | None = None) -> Knowledge:
    """A small world of some twenty value sets."""
    terminology = Terminology({each.id: each for each in SETS})
    half_lives = HalfLives({Coding(RXNORM, "8640"): TEN_TO_TWENTY_DAYS})
    return Knowledge(terminology, UnitTable({}, {}, {}), {}, policy or Policy(), half_lives)


def concept(*codes: str, text: str = "something", system: str = SCT) -> Concept:
    """A concept of these codes with one text (empty: none)."""
    return Concept(tuple(Coding(system, each) for each in codes), (text,) if text else ())


def days(text: str | None) -> Days:
    """`2026`, `2026-05`, `2026-05-03`, `2026-05-03/2026-06-01`, or None for any day."""
    if text is None:
        return ANY_DAY
    if "/" in text:
        first, last = text.split("/")
        return Days(days(first).earliest, days(last).latest)
    if len(text) == 4:
        return Days(date(int(text), 1, 1), date(int(text), 12, 31))
    if len(text) == 7:
        year, month = map(int, text.split("-"))
        following = date(year + month // 12, month % 12 + 1, 1)
        return Days(date(year, month, 1), date.fromordinal(following.toordinal() - 1))
    return Days.on(date.fromisoformat(text))


def condition(
    what: Concept, onset: str | None = "2024-01-01", end: str | None = None, number: int = 1, **more: object
) -> ConditionFact:
    """A condition; still present unless it has an end."""
    over = Days(FOREVER, FOREVER) if end is None else days(end)
    certainty = more.pop("certainty", Certainty.SURE)
    evidence = Evidence(f"Condition/{number}", "Condition.code")
    return ConditionFact(evidence, what, certainty, Span(days(onset), over), **more)  # type: ignore[arg-type]


def result(
    what: Concept,
    value: object,
    when: str | None = "2026-06-01",
    unit: str | None = "g/dL",
    number: int = 1,
    **more: object,
) -> ObservationFact:
    """A result; numbers and pairs of numbers become quantities."""
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        value = Quantity(Interval.exactly(str(value)), unit)
    elif isinstance(value, tuple):
        value = Quantity(Interval(Decimal(value[0]), Decimal(value[1])), unit)
    certainty = more.pop("certainty", Certainty.SURE)
    evidence = Evidence(f"Observation/{number}", "Observation.value")
    return ObservationFact(evidence, what, certainty, days(when), value, **more)  # type: ignore[arg-type]


def procedure(
    what: Concept, when: str | None = "2026-05-01", number: int = 1, certainty: Certainty = Certainty.SURE
) -> ProcedureFact:
    """A procedure on a day."""
    return ProcedureFact(Evidence(f"Procedure/{number}", "Procedure.code"), what, certainty, Span.on(days(when)))


def adverse_event(
    what: Concept, when: str | None = "2026-05-01", number: int = 1, serious: bool | None = True, **more: object
) -> AdverseEventFact:
    """A serious adverse event."""
    certainty = more.pop("certainty", Certainty.SURE)
    evidence = Evidence(f"AdverseEvent/{number}", "AdverseEvent.event")
    return AdverseEventFact(evidence, what, certainty, days(when), serious=serious, **more)  # type: ignore[arg-type]


def immunization(
    what: Concept, when: str | None = "2026-05-01", number: int = 1, certainty: Certainty = Certainty.SURE
) -> ImmunizationFact:
    """A vaccine given on a day."""
    return ImmunizationFact(Evidence(f"Immunization/{number}", "Immunization.vaccineCode"), what, certainty, days(when))


def encounter(
    what: Concept, when: str | None = "2026-05-01", number: int = 1, certainty: Certainty = Certainty.SURE
) -> EncounterFact:
    """A visit of one day."""
    return EncounterFact(Evidence(f"Encounter/{number}", "Encounter.class"), what, certainty, Span.on(days(when)))


def consent(
    permits: bool | None,
    since: str | None = "2025-01-01",
    end: str | None = None,
    number: int = 1,
    certainty: Certainty = Certainty.SURE,
) -> ConsentFact:
    """A decision on research, in force until its end."""
    over = Days(FOREVER, FOREVER) if end is None else days(end)
    evidence = Evidence(f"Consent/{number}", "Consent.provision")
    return ConsentFact(evidence, concept("11"), certainty, Span(days(since), over), permits)


def allergy(what: Concept, number: int = 1, certainty: Certainty = Certainty.SURE, **more: object) -> AllergyFact:
    """An allergy."""
    evidence = Evidence(f"AllergyIntolerance/{number}", "AllergyIntolerance.code")
    return AllergyFact(evidence, what, certainty, **more)  # type: ignore[arg-type]


def record(
    *facts: Fact,
    loaded: dict[str, Loaded] | None = None,
    contacts: tuple[date, ...] = (date(2026, 6, 1),),
    unreadable: tuple[Unreadable, ...] = (),
    birth: str | None = "1970-05-05",
    sex: str | None = "female",
) -> PatientRecord:
    """A person seen this month, of whom everything was loaded."""
    person = Person("p", Evidence("Patient/p", "Patient"), days(birth), sex)  # type: ignore[arg-type]
    everything = dict.fromkeys(TYPES, Loaded.COMPLETE)
    return PatientRecord(person, tuple(facts), unreadable, everything if loaded is None else loaded, contacts)


def judge(node: Node, *facts: Fact, at: date = AT, policy: Policy | None = None, **more: object) -> Judgement:
    """Evaluate one node on a record of these facts."""
    return evaluate(node, Case(record(*facts, **more), at, knowledge(policy)))  # type: ignore[arg-type]


def twice(resource: object, **again: object) -> bytes:
    """JSON of an object in which these keys stand a second time, at its end."""
    more = "".join(f",{json.dumps(key)}:{json.dumps(value)}" for key, value in again.items())
    return (json.dumps(resource)[:-1] + more + "}").encode()
