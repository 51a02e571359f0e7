"""Reading one person out of a whole input: as for a population, and with the same refusals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from service.eligibility.facts import Kind, PatientRecord
from service.errors import UsageError
from service.screening.judging import reason_to_hold
from service.screening.merging import MERGE_UNCLEAR, merge_replaced
from service.screening.population import gather
from service.screening.request import Progress, Request

if TYPE_CHECKING:
    from service.catalog.load import Catalog


def read_person(
    catalog: Catalog, request: Request, patient: str, progress: Progress, whole: Iterable[Kind] = ()
) -> PatientRecord:
    """The record of one person: what the request's studies can need, and every fact of the kinds `whole`.

    Raises UsageError if the person is not in the input, was merged into another record, or is held back.
    """
    population = gather(catalog, request, lambda reject: None, progress, whole).population
    known = patient in population.people
    merge_replaced(population)
    person = population.people.get(patient)
    if person is None and known:
        raise UsageError("this record was replaced by another (Patient.link); ask for the surviving one")
    if person is not None and person.unclear:
        raise UsageError(f"this person is held back and not screened: {MERGE_UNCLEAR}")
    if person is None or person.patient is None:
        hint = "; give the id alone, without Patient/" if patient.startswith("Patient/") else ""
        raise UsageError(f"no readable Patient of that id in the input{hint}; check the id and the input's rejects")
    reason = reason_to_hold(catalog, request, population, person.patient, person)
    if reason is not None:
        raise UsageError(f"this person is held back and not screened: {reason}")
    return population.record(person, population.completeness.spoiled(request.accepted_rejects))
