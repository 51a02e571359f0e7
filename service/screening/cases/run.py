"""Running a case: its resources go through the same adapters and the same evaluator as a hospital's."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from service.catalog.load import Catalog
from service.eligibility.assess import Assessment, assess
from service.eligibility.criteria import Study
from service.eligibility.facts import Loaded, PatientRecord
from service.fhir.adapt import Reading, adapt
from service.fhir.patient import adapt_patient
from service.screening.cases.model import Expected, PatientCase
from service.screening.judging import knowledge_of
from service.screening.needs import Needs
from service.screening.people import Gathered


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case that was run: the assessment, and in words what differs from what was expected."""

    case: PatientCase
    assessment: Assessment
    differences: tuple[str, ...]


def run_case(case: PatientCase, study: Study, catalog: Catalog) -> CaseResult:
    """Assess the case's patient for the study and compare. Raises UnreadableResource for an illegible patient."""
    assessment = assess(record_of(case, study, catalog), study, case.at, knowledge_of(catalog))
    return CaseResult(case, assessment, tuple(_differences(case, assessment)))


def record_of(case: PatientCase, study: Study, catalog: Catalog) -> PatientRecord:
    """What the service would gather of this patient; every type is loaded completely but those the case names."""
    reading = Reading(zone=catalog.site.zone, units=catalog.units, drugs=catalog.drugs)
    person = Gathered(patient=adapt_patient(case.patient, reading))
    needs = Needs([study], catalog.terminology)
    for resource in case.resources:
        if resource["resourceType"] not in case.not_loaded:
            adapted = adapt(resource, reading)
            person.facts += [fact for fact in adapted.facts if needs.keep(fact)]
            person.unreadable += adapted.unreadable
            person.contacts.update(day.toordinal() for day in adapted.contacts)
    return person.record(dict.fromkeys(sorted(needs.types - case.not_loaded), Loaded.COMPLETE))


def _differences(case: PatientCase, assessment: Assessment) -> Iterator[str]:
    findings = {each.criterion.id: each for each in assessment.findings}
    for criterion, expected in case.expected.items():
        judgement = findings[criterion].judgement
        got = Expected(judgement.outcome, frozenset(each.code for each in judgement.reasons))
        if got.outcome is not expected.outcome or expected.reasons not in (None, got.reasons):
            yield f"{criterion}: expected {_words(expected)}, got {_words(got)}"
    for name, value in case.assessment.items():
        found = _of_assessment(assessment)[name]
        if found != (None if value is None else value if isinstance(value, dict) else str(value)):
            yield f"{name}: expected {value}, got {found}"


def _words(expected: Expected) -> str:
    why = f" ({', '.join(sorted(expected.reasons))})" if expected.reasons else ""
    return f"{expected.outcome.code}{why}"


def _of_assessment(assessment: Assessment) -> Mapping[str, object]:
    change = assessment.next_change
    return {
        "standing": assessment.standing.value,
        "signal": assessment.signal.value,
        "later": assessment.later.isoformat() if assessment.later else None,
        "next_change": {"date": change.date.isoformat(), "criterion": change.criterion, "outcome": change.outcome.code}
        if change
        else None,
    }
