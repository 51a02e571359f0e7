"""Explaining one patient: the same reading and judging as for a population, for one person and one study."""

from dataclasses import dataclass

from service.catalog.load import Catalog
from service.eligibility.assess import Assessment, assess
from service.eligibility.explain import Phrases
from service.screening.judging import knowledge_of, phrases_of
from service.screening.one_person import read_person
from service.screening.request import Progress, Request


@dataclass(frozen=True, slots=True)
class Explained:
    """An assessment with the words to say it in."""

    assessment: Assessment
    phrases: Phrases


def explain_patient(catalog: Catalog, request: Request, patient: str, progress: Progress) -> Explained:
    """The assessment of one person for the request's study.

    Raises UsageError if the person is not in the input, was merged into another record, or is held back.
    """
    record = read_person(catalog, request, patient, progress)
    assessment = assess(record, request.studies[0], request.at, knowledge_of(catalog))
    return Explained(assessment, phrases_of(catalog))
