"""Explaining one patient: the same reading and judging as for a population, for one person and one study."""

from dataclasses import dataclass

from service.catalog.load import Catalog
from service.eligibility.assess import Assessment, assess
from service.eligibility.explain import Phrases
from service.errors import UsageError
from service.screening.population import (
    Progress,
    Request,
    gather,
    knowledge_of,
    merge_replaced,
    phrases_of,
    reason_to_hold,
)


@dataclass(frozen=True, slots=True)
class Explained:
    """An assessment with the words to say it in."""

    assessment: Assessment
    phrases: Phrases


def explain_patient(catalog: Catalog, request: Request, patient: str, progress: Progress) -> Explained:
    """The assessment of one person for the request's study.

    Raises UsageError if the person is not in the input, was merged into another record, or is held back.
    """
    population = gather(catalog, request, lambda reject: None, progress).population
    known = patient in population.people
    merge_replaced(population)
    person = population.people.get(patient)
    if person is None and known:
        raise UsageError("this record was replaced by another (Patient.link); ask for the surviving one")
    if person is None or person.patient is None:
        raise UsageError("no readable Patient of that id in the input; check the id and the input's rejects")
    reason = reason_to_hold(catalog, request, population, person.patient, person)
    if reason is not None:
        raise UsageError(f"this person is held back and not screened: {reason}")
    record = person.record(population.loaded(sorted(person.sources), request.accepted_rejects))
    assessment = assess(record, request.studies[0], request.at, knowledge_of(catalog))
    return Explained(assessment, phrases_of(catalog))
